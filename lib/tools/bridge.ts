// `bridge link` and `bridge fdb`. Entries stand as on a kernel with VLAN filtering (every distribution's has it): a MAC of
// the bridge's own is there once for VLAN 1 and once without. IPv6 is off, but its all-nodes group is joined all the same.
// Before you edit: iproute2 6.1 bridge/bridge.c, bridge/link.c, bridge/fdb.c; net/core/rtnetlink.c (rtnl_fdb_dump),
// net/bridge/br_fdb.c (br_fdb_dump: newest first), net/bridge/br_multicast.c (br_multicast_join_snoopers).
import { AGEING_TIME } from "../link/bridge.ts";
import type { Device } from "../link/device.ts";
import { type VxlanRemote, vxlanEntries } from "../link/vxlan.ts";
import { changeFdb } from "./bridge-fdb.ts";
import { type Command, notModelled } from "./command.ts";
import { noOptions } from "./ip.ts";
import { Context, linkNetnsId, openNetns } from "./iproute/context.ts";
import { linkFlags } from "./iproute/link-text.ts";
import { duplicate, firstMatch, matches, Quit, Words } from "./iproute/words.ts";

const SUPPORTED = "link show, fdb show, fdb add|append|replace|del for VXLAN devices with the options -j, -n NAME";

/** `bridge` of iproute2 6.1. */
export const bridge: Command = (call) => {
  try {
    const words = new Words(call.args);
    const context = readOptions(new Context(call, call.ns, noOptions()), words);
    if (words.isEmpty) throw notModelled("bridge", "without an object", SUPPORTED);
    const object = words.take();
    const command = firstMatch(object, ["link", "fdb", "mdb", "vlan", "vni", "monitor", "help"]);
    if (command === "link") showOf(words, "link", () => link(context, words));
    else if (command === "fdb") showOf(words, "fdb", () => fdb(context, words), context);
    else if (command === undefined) throw new Quit(`Object "${object}" is unknown, try "bridge help".\n`, 255);
    else throw notModelled("bridge", object, SUPPORTED);
    return 0;
  } catch (failure) {
    if (!(failure instanceof Quit)) throw failure;
    call.err(failure.message);
    return failure.status;
  }
};

function readOptions(start: Context, words: Words): Context {
  let context = start;
  while (words.peek.startsWith("-")) {
    const word = words.take();
    const option = word.startsWith("--") ? word.slice(1) : word;
    if (
      matches(option, "-help") ||
      matches(option, "-stats") ||
      matches(option, "-statistics") ||
      matches(option, "-details")
    )
      throw notModelled("bridge", word, SUPPORTED);
    else if (matches(option, "-Version")) {
      start.out("bridge utility, 6.1.0\n");
      throw new Quit("", 0);
    } else if (matches(option, "-netns"))
      context = new Context(start.call, openNetns(start, words.argument()), start.options);
    else if (matches(option, "-json")) start.options.json = true;
    else if (!/^-(o|oneline)$/.test(option)) {
      if (/^-(t|f|4|6|c|p|b)/.test(option)) throw notModelled("bridge", word, SUPPORTED);
      throw new Quit(`Option "${word}" is unknown, try "bridge help".\n`, 255);
    }
  }
  return context;
}

function showOf(words: Words, object: "link" | "fdb", show: () => void, context?: Context): void {
  if (words.isEmpty) return show();
  const word = words.take();
  const commands = [
    "add",
    "append",
    "replace",
    "delete",
    "get",
    "set",
    "change",
    "show",
    "lst",
    "list",
    "flush",
    "help",
  ];
  const command = firstMatch(
    word,
    object === "fdb" ? commands.filter((each) => each !== "set" && each !== "change") : commands.slice(5),
  );
  if (command === "show" || command === "lst" || command === "list") return show();
  if (command === undefined || (object === "link" && command === "flush"))
    throw new Quit(`Command "${word}" is unknown, try "bridge ${object} help".\n`, 255);
  const isChange = command === "add" || command === "append" || command === "replace" || command === "delete";
  if (context !== undefined && isChange) return changeFdb(context, words, command);
  throw notModelled(`bridge ${object}`, word, "show");
}

function deviceOf(context: Context, name: string): Device {
  const device = context.device(name);
  if (device === undefined) throw new Quit(`Cannot find device "${name}"\n`, 255);
  return device;
}

/** What a port's other end is called: the name its index has here, whoever's that is (iproute2 6.1 does not ask more). */
function linkOf(context: Context, device: Device): { readonly name: string; readonly isDown: boolean } | null {
  const { peer } = device;
  if (peer === null || peer.index === device.index) return null;
  const here = context.ns.deviceOfIndex(peer.index);
  return { name: here?.name ?? `if${peer.index}`, isDown: here !== undefined && !here.up };
}

function link(context: Context, words: Words): void {
  let name: string | null = null;
  while (!words.isEmpty) {
    if (words.take() !== "dev") continue;
    const argument = words.argument();
    if (name !== null) throw duplicate("dev", argument);
    name = argument;
  }
  const only = name === null ? null : deviceOf(context, name);
  const ports = context.devices().filter((port) => port.master !== null && (only === null || port === only));
  const rows = ports.map((port) => {
    const other = linkOf(context, port);
    const flags = linkFlags(context, port).filter((flag) => flag !== "M-DOWN");
    if (other?.isDown) flags.push("M-DOWN");
    return { port, other, flags, state: port.running && port.master!.up ? "forwarding" : "disabled" };
  });
  if (context.options.json) {
    return context.json(
      rows.map(({ port, other, flags, state }) => ({
        ifindex: port.index,
        ...(other !== null && { link: other.name }),
        ifname: port.name,
        flags,
        mtu: port.mtu,
        master: port.master!.name,
        state,
        priority: 32,
        cost: 2,
      })),
    );
  }
  for (const { port, other, flags, state } of rows) {
    const shown = other === null ? port.name : `${port.name}@${other.name}`;
    context.out(
      `${port.index}: ${shown}: <${flags.join(",")}> mtu ${port.mtu} master ${port.master!.name} state ${state} priority 32 cost 2 \n`,
    );
  }
}

interface FdbRow {
  readonly mac: string;
  readonly device: Device;
  readonly vlan: 1 | null;
  /** The bridge that forwards by it; null for an address the device listens to itself. */
  readonly master: Device | null;
  readonly permanent: boolean;
  /** Of an entry of a VXLAN device: where it leads, and what is printed of its state. */
  readonly vxlan?: { readonly remote: VxlanRemote; readonly state: string; readonly namespace: number | null };
}

function fdb(context: Context, words: Words): void {
  let only: string | null = null;
  let bridgeName: string | null = null;
  let dynamic = false;
  let vlan: number | null = null;
  while (!words.isEmpty) {
    const word = words.take();
    if (word === "dev" || word === "brport") only = words.argument();
    else if (word === "br") bridgeName = words.argument();
    else if (word === "dynamic") dynamic = true;
    else if (word === "vlan") vlan = Number.parseInt(words.argument(), 10) || null;
    else if (word === "state" || matches(word, "help"))
      throw notModelled("bridge fdb show", word, "br, dev, brport, vlan, dynamic");
  }
  const master = bridgeName === null ? null : context.device(bridgeName);
  if (master === undefined) throw new Quit(`Cannot find bridge device "${bridgeName}"\n`, 255);
  const device = only === null ? null : deviceOf(context, only);
  const rows = context
    .devices()
    .filter((each) => each.kind !== "loopback")
    .filter(
      (each) => (device === null || each === device) && (master === null || each === master || each.master === master),
    )
    .flatMap((each) => rowsOf(context, each))
    .filter((row) => !(dynamic && row.permanent) && (vlan === null || row.vlan === vlan));
  if (context.options.json) return context.json(rows.map((row) => rowJson(row, device !== null)));
  for (const row of rows) context.out(rowText(row, device !== null));
}

/** What the kernel dumps for a device: what its bridge has for it, then the groups it listens to; a bridge the other way. */
function rowsOf(context: Context, device: Device): FdbRow[] {
  if (device.ipip !== null) return [];
  const self =
    device.vxlan !== null
      ? vxlanRows(context, device)
      : groupsOf(device).map((mac) => ({ mac, device, vlan: null, master: null, permanent: true }));
  const owner = device.bridge === null ? device.master : device;
  if (owner === null) return self;
  const { now } = context.call.lab;
  const entries = [...owner.bridge!.fdb.values()].filter((entry) => entry.port === device);
  const own = entries
    .filter(({ local }) => local)
    .flatMap(({ mac }) =>
      ([1, null] as const).map((vlan) => ({ mac: mac.text, device, vlan, master: owner, permanent: true })),
    );
  const learned = entries
    .filter(({ local, updated }) => !local && now - updated < AGEING_TIME)
    .reverse()
    .map(({ mac }) => ({ mac: mac.text, device, vlan: null, master: owner, permanent: false }));
  return device.bridge === null ? [...learned, ...own, ...self] : [...self, ...learned, ...own];
}

/** A VXLAN device has no groups to listen to, but a table (vxlan_fdb_dump). */
function vxlanRows(context: Context, device: Device): FdbRow[] {
  const namespace = linkNetnsId(context, device);
  return vxlanEntries(device.vxlan!, context.call.lab.now).flatMap(({ mac, remotes, state }) =>
    remotes.map((remote) => ({
      mac: mac.text,
      device,
      vlan: null,
      master: null,
      permanent: state === "permanent",
      vxlan: { remote, state: state === "reachable" ? "" : state, namespace },
    })),
  );
}

/** `dst 10.0.0.2 port 4789 vni 7 via eth0`; of another namespace's device only the number is known. */
function remoteWords({ remote, namespace }: NonNullable<FdbRow["vxlan"]>): string[] {
  const { address, port, vni, via } = remote;
  const words = ["dst", address.text];
  if (port !== null) words.push("port", `${port}`);
  if (vni !== null) words.push("vni", `${vni}`);
  if (via !== null) words.push("via", ...(namespace === null ? [via.name] : ["ifindex", `${via.index}`]));
  if (namespace !== null) words.push("link-netnsid", `${namespace}`);
  return words;
}

/** IPv6 is not for links that carry less (IPV6_MIN_MTU). */
const IPV6_LEAST_MTU = 1280;

/** Group addresses a device listens to: all nodes of IPv6, and of IPv4 while it is up; a bridge that is up snoops as well. */
function groupsOf({ bridge: state, up, mtu }: Device): string[] {
  const groups = mtu < IPV6_LEAST_MTU ? [] : ["33:33:00:00:00:01"];
  if (!up) return groups;
  if (state !== null) groups.push("01:00:5e:00:00:6a", ...(groups.length > 0 ? ["33:33:00:00:00:6a"] : []));
  return [...groups, "01:00:5e:00:00:01"];
}

function rowText({ mac, device, vlan, master, permanent, vxlan }: FdbRow, isOnly: boolean): string {
  const words = [mac];
  if (!isOnly) words.push("dev", device.name);
  if (vxlan !== undefined) return `${[...words, ...remoteWords(vxlan)].join(" ")} self ${vxlan.state}\n`;
  if (vlan !== null) words.push("vlan", `${vlan}`);
  if (master === null) words.push("self");
  else words.push("master", master.name);
  return `${words.join(" ")} ${permanent ? "permanent" : ""}\n`;
}

function rowJson({ mac, device, vlan, master, permanent, vxlan }: FdbRow, isOnly: boolean): object {
  if (vxlan !== undefined) {
    const { address, port, vni, via } = vxlan.remote;
    const { namespace } = vxlan;
    return {
      mac,
      ...(!isOnly && { ifname: device.name }),
      dst: address,
      ...(port !== null && { port }),
      ...(vni !== null && { vni }),
      ...(via !== null && (namespace === null ? { viaIf: via.name } : { viaIfIndex: via.index })),
      ...(namespace !== null && { linkNetNsId: namespace }),
      flags: ["self"],
      state: vxlan.state,
    };
  }
  return {
    mac,
    ...(!isOnly && { ifname: device.name }),
    ...(vlan !== null && { vlan }),
    flags: master === null ? ["self"] : [],
    ...(master !== null && { master: master.name }),
    state: permanent ? "permanent" : "",
  };
}
