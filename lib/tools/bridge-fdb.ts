// `bridge fdb add|append|replace|del`: the table of a VXLAN device (`dst`), or of the bridge of a port (`master`).
// Before you edit: iproute2 6.1 bridge/fdb.c (fdb_modify), drivers/net/vxlan/vxlan_core.c (vxlan_fdb_add,
// vxlan_fdb_update_existing, vxlan_fdb_update_create, __vxlan_fdb_delete), net/bridge/br_fdb.c (br_fdb_add, br_fdb_delete).

import { fdbTable } from "../link/bridge.ts";
import type { Device } from "../link/device.ts";
import type { VxlanEntryState, VxlanRemote } from "../link/vxlan.ts";
import type { Refusal } from "../netns/ipv4/fib.ts";
import { type Mac, mac, ZERO_MAC } from "../wire/mac.ts";
import { notModelled } from "./command.ts";
import type { Context } from "./iproute/context.ts";
import { addressOf, unsigned } from "./iproute/values.ts";
import { duplicateOrGarbage, matches, noDevice, Quit, refused, type Words, wrongArgument } from "./iproute/words.ts";

const SUPPORTED =
  "MAC dev DEV dst ADDR [port PORT] [vni VNI] [via DEV] [self] [permanent|static|dynamic], MAC dev PORT master static|dynamic [vlan VLAN]";

export type FdbVerb = "add" | "append" | "replace" | "delete";

interface Request {
  readonly mac: Mac;
  readonly device: Device;
  readonly state: VxlanEntryState;
  readonly remote: VxlanRemote | null;
  /** The bridge of the device is asked. */
  readonly master: boolean;
  readonly vlan: number;
}

function read(context: Context, words: Words): Request {
  let dev: string | undefined;
  let address: string | undefined;
  let dst: VxlanRemote["address"] | undefined;
  let port: number | null = null;
  let vni: number | null = null;
  let via: Device | null = null;
  let state: VxlanEntryState = "permanent";
  let master = false;
  let vlan = 0;
  while (!words.isEmpty) {
    const word = words.take();
    if (word === "dev") dev = words.argument();
    else if (word === "dst") {
      if (dst !== undefined) throw duplicateOrGarbage("dst", words.argument());
      dst = addressOf(words.argument(), "any valid");
    } else if (word === "port") {
      const argument = words.argument();
      port = unsigned(argument);
      if (port === null || port > 65535) throw new Quit(`invalid port: ${argument}\n`, 255);
    } else if (word === "vni") {
      const argument = words.argument();
      vni = unsigned(argument);
      if (vni === null || vni >= 2 ** 24) throw wrongArgument(argument, "VNI");
    } else if (word === "via") {
      const argument = words.argument();
      via = context.device(argument) ?? null;
      if (via === null) throw noDevice(argument, 255);
    } else if (word === "self") continue;
    else if (word === "master") master = true;
    else if (matches(word, "vlan")) {
      const argument = words.argument();
      vlan = Number.parseInt(argument, 10) || 0;
    } else if (matches(word, "local") || matches(word, "permanent")) state = "permanent";
    else if (matches(word, "temp") || matches(word, "static")) state = "static";
    else if (matches(word, "dynamic")) state = "reachable";
    else if (/^(src_vni|router|use|extern_learn|sticky|nhid|protocol|proto)$/.test(word))
      throw notModelled("bridge fdb", word, SUPPORTED);
    else {
      const argument = word === "to" ? words.argument() : word;
      if (address !== undefined) throw duplicateOrGarbage("to", argument);
      address = argument;
    }
  }
  if (dev === undefined || address === undefined || (dst === undefined && (port !== null || vni !== null)))
    throw new Quit("Device and address are required arguments.\n", 255);
  if (!/^[0-9a-fA-F]{1,2}(:[0-9a-fA-F]{1,2}){5}$/.test(address))
    throw new Quit(`Invalid mac address ${address}\n`, 255);
  const device = context.device(dev);
  if (device === undefined) throw noDevice(dev, 255);
  if (master) return { mac: mac(address), device, state, remote: null, master, vlan };
  if (vlan !== 0) throw notModelled("bridge fdb", "vlan without master", SUPPORTED);
  if (device.vxlan === null) throw notModelled("bridge fdb", `dev ${dev}`, "entries of VXLAN devices");
  if (dst?.isMulticast) throw notModelled("bridge fdb", `dst ${dst}`, "addresses of one machine; no multicast groups");
  const own = device.vxlan;
  const remote =
    dst === undefined
      ? null
      : { address: dst, port: port === own.port ? null : port, vni: vni === own.vni ? null : vni, via };
  return { mac: mac(address), device, state, remote, master, vlan };
}

/** Throws Quit with the kernel's answer when it refuses. */
export function changeFdb(context: Context, words: Words, verb: FdbVerb): void {
  const request = read(context, words);
  const change = request.master ? changeMaster : changeVxlan;
  const answer = change(request, verb);
  // Unlike ip, bridge ends with -1 whatever the kernel said.
  if (answer !== null) throw new Quit(refused(answer).message, 255);
}

function changeVxlan(request: Request, verb: FdbVerb): Refusal | null {
  return verb === "delete" ? remove(request) : put(request, verb);
}

/** An entry of a bridge is there without a VLAN and for each of the port's, unless one is named (br_fdb_add). */
function changeMaster({ mac: address, device, state, vlan }: Request, verb: FdbVerb): Refusal | null {
  if (device.port === null) return { errno: device.bridge === null ? "EOPNOTSUPP" : "EINVAL" };
  const bridge = device.master!.bridge!;
  const { members } = device.port.vlans;
  if (address === ZERO_MAC && verb !== "delete") return { errno: "EINVAL" };
  if (vlan !== 0 && !members.has(vlan)) return { errno: "EINVAL" };
  const tables = (vlan === 0 ? [0, ...members.keys()] : [vlan]).map((each) => fdbTable(bridge, each));
  if (verb === "delete") {
    const held = tables.filter((table) => table.get(address)?.port === device);
    for (const table of held) table.delete(address);
    return held.length > 0 ? null : { errno: "ENOENT" };
  }
  if (state === "permanent") throw notModelled("bridge fdb", "master permanent", SUPPORTED);
  const now = (device.owner as Context["ns"]).cables.now;
  for (const table of tables) {
    if (verb === "add" && table.has(address)) return { errno: "EEXIST" };
    table.set(address, {
      mac: address,
      port: device,
      local: false,
      ...(state === "static" && { isStatic: true }),
      updated: now,
    });
  }
  return null;
}

function put({ mac: address, device, state, remote }: Request, verb: Exclude<FdbVerb, "delete">): Refusal | null {
  if (remote === null) return { errno: "EINVAL" };
  const { fdb } = device.vxlan!;
  const { now } = (device.owner as Context["ns"]).cables;
  const entry = fdb.get(address);
  // Only what is flooded goes to more than one.
  const isFlooded = address.isGroup || address === ZERO_MAC;
  if (entry === undefined) {
    if (verb === "replace" && isFlooded) return NO_REPLACE;
    fdb.set(address, { mac: address, state, remotes: [remote], used: now });
    return null;
  }
  if (verb === "add") return { errno: "EEXIST" };
  if (verb === "replace" && isFlooded) return NO_REPLACE;
  entry.state = state;
  entry.used = now;
  if (verb === "replace") entry.remotes = [remote];
  else if (isFlooded && !entry.remotes.some((each) => sameRemote(each, remote))) entry.remotes.push(remote);
  return null;
}

const NO_REPLACE: Refusal = { errno: "EOPNOTSUPP", message: "Cannot replace non-unicast fdb entries" };

function remove({ mac: address, device, remote }: Request): Refusal | null {
  const { fdb } = device.vxlan!;
  const entry = fdb.get(address);
  if (entry === undefined) return { errno: "ENOENT" };
  // A destination that the entry does not have is nothing to complain of.
  if (remote !== null && !entry.remotes.some((each) => sameRemote(each, remote))) return null;
  const left = remote === null ? [] : entry.remotes.filter((each) => !sameRemote(each, remote));
  if (left.length === 0) fdb.delete(address);
  else entry.remotes = left;
  return null;
}

function sameRemote(a: VxlanRemote, b: VxlanRemote): boolean {
  return a.address === b.address && a.port === b.port && a.vni === b.vni && a.via === b.via;
}
