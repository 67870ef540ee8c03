// `bridge fdb show`. IPv6 is off, but its all-nodes group is joined all the same.
// Before you edit: iproute2 6.1 bridge/fdb.c (print_fdb), net/core/rtnetlink.c (rtnl_fdb_dump), net/bridge/br_fdb.c
// (br_fdb_dump: newest first), net/bridge/br_multicast.c (br_multicast_join_snoopers).
import { type BridgeState, type FdbEntry, isFresh } from "../link/bridge.ts";
import type { Device } from "../link/device.ts";
import { type VxlanRemote, vxlanEntries } from "../link/vxlan.ts";
import { bridgeDevice } from "./bridge-link.ts";
import { notModelled } from "./command.ts";
import { type Context, linkNetnsId } from "./iproute/context.ts";
import { matches, Quit, type Words } from "./iproute/words.ts";

interface FdbRow {
  readonly mac: string;
  readonly device: Device;
  readonly vlan: number | null;
  /** The bridge that forwards by it; null for an address the device listens to itself. */
  readonly master: Device | null;
  readonly state: "permanent" | "static" | "";
  /** Of an entry of a VXLAN device: where it leads. */
  readonly vxlan?: { readonly remote: VxlanRemote; readonly namespace: number | null };
}

export function showFdb(context: Context, words: Words): void {
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
  const device = only === null ? null : bridgeDevice(context, only);
  const rows = context
    .devices()
    .filter((each) => each.kind !== "loopback")
    .filter(
      (each) => (device === null || each === device) && (master === null || each === master || each.master === master),
    )
    .flatMap((each) => rowsOf(context, each))
    .filter((row) => !(dynamic && row.state !== "") && (vlan === null || row.vlan === vlan));
  if (context.options.json) return context.json(rows.map((row) => rowJson(row, device !== null)));
  for (const row of rows) context.out(rowText(row, device !== null));
}

/** What the kernel dumps for a device: what its bridge has for it, then the groups it listens to; a bridge the other way. */
function rowsOf(context: Context, device: Device): FdbRow[] {
  if (device.ipip !== null) return [];
  const self =
    device.vxlan !== null
      ? vxlanRows(context, device)
      : groupsOf(device).map((mac): FdbRow => ({ mac, device, vlan: null, master: null, state: "permanent" }));
  const owner = device.bridge === null ? device.master : device;
  if (owner === null) return self;
  const state = owner.bridge!;
  const { now } = context.call.lab;
  const row = ({ mac, local, isStatic }: FdbEntry, vlan: number): FdbRow => ({
    mac: mac.text,
    device,
    vlan: vlan === 0 ? null : vlan,
    master: owner,
    state: local ? "permanent" : isStatic ? "static" : "",
  });
  const entries = entriesBehind(state, device);
  // Its own addresses are there once for each VLAN and once without, the newest first.
  const vlans = [0, ...(device.bridge ?? device.port!).vlans.members.keys()].reverse();
  const own = entries.filter(([{ local }]) => local).flatMap(([entry]) => vlans.map((vlan) => row(entry, vlan)));
  const learned = entries
    .filter(([entry]) => !entry.local && isFresh(state, entry, now))
    .reverse()
    .map(([entry, vlan]) => row(entry, vlan));
  return device.bridge === null ? [...learned, ...own, ...self] : [...self, ...learned, ...own];
}

/** The entries of a port with their VLAN, the oldest first. */
function entriesBehind({ fdb, vlanFdb }: BridgeState, device: Device): (readonly [FdbEntry, number])[] {
  return [[0, fdb] as const, ...vlanFdb].flatMap(([vlan, table]) =>
    [...table.values()].filter(({ port }) => port === device).map((entry) => [entry, vlan] as const),
  );
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
      state: state === "reachable" ? "" : state,
      vxlan: { remote, namespace },
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
  if (state?.settings.snooping) groups.push("01:00:5e:00:00:6a", ...(groups.length > 0 ? ["33:33:00:00:00:6a"] : []));
  return [...groups, "01:00:5e:00:00:01"];
}

function rowText({ mac, device, vlan, master, state, vxlan }: FdbRow, isOnly: boolean): string {
  const words = [mac];
  if (!isOnly) words.push("dev", device.name);
  if (vxlan !== undefined) return `${[...words, ...remoteWords(vxlan)].join(" ")} self ${state}\n`;
  if (vlan !== null) words.push("vlan", `${vlan}`);
  if (master === null) words.push("self");
  else words.push("master", master.name);
  return `${words.join(" ")} ${state}\n`;
}

function rowJson({ mac, device, vlan, master, state, vxlan }: FdbRow, isOnly: boolean): object {
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
      state,
    };
  }
  return {
    mac,
    ...(!isOnly && { ifname: device.name }),
    ...(vlan !== null && { vlan }),
    flags: master === null ? ["self"] : [],
    ...(master !== null && { master: master.name }),
    state,
  };
}
