// The words behind `ip link add` and `ip link set`.
// Before you edit: iproute2 ip/iplink.c (iplink_parse): the order of its comparisons decides what `a`, `b`, `d` mean.

import type { Device } from "../../link/device.ts";
import type { Netns } from "../../netns/netns.ts";
import type { Mac } from "../../wire/mac.ts";
import { ZERO_MAC } from "../../wire/mac.ts";
import { notModelled } from "../command.ts";
import type { Context } from "./context.ts";
import { linkAddress, macOf } from "./values.ts";
import { duplicate, duplicateOrGarbage, matches, noDevice, Quit, type Words, wrongArgument } from "./words.ts";

/** What a line asks of a device; what it does not name is undefined. */
export interface LinkRequest {
  name?: string;
  dev?: string;
  up?: boolean;
  index?: number;
  mtu?: number;
  /** As many octets as were written. */
  address?: readonly number[];
  netns?: Netns;
  /** Null: nomaster. */
  master?: Device | null;
  type?: string;
  /** The device below. */
  link?: Device;
}

const SUPPORTED =
  "up, down, name, dev, index, address, mtu, netns, master, nomaster, type veth, bridge, dummy, vxlan, ipip, vlan";

/** Words compared whole, and words that may be abbreviated, that nothing here answers to. */
const OTHER_WHOLE =
  /^(xdp|xdpgeneric|xdpdrv|xdpoffload|multicast|allmulticast|promisc|trailers|arp|carrier|vf|vrf|group|mode|state|protodown|protodown_reason|gso_max_size|gso_max_segs|gro_max_size|parentdev|qlen|brd)$/;

/** Reads up to `type` or the end; `creates` as the kernel's NLM_F_CREATE. */
export function readLink(context: Context, words: Words, creates: boolean): LinkRequest {
  const request: LinkRequest = {};
  let name: string | undefined;
  let dev: string | undefined;
  let mtu: number | undefined;
  while (!words.isEmpty && request.type === undefined) {
    const word = words.take();
    if (word === "up" || word === "down") request.up = word === "up";
    else if (word === "name") {
      const argument = words.argument();
      if (name !== undefined) throw duplicate("name", argument);
      if (!isName(argument) || argument.length > 15) throw wrongArgument(argument, '"name" not a valid ifname');
      name = argument;
      dev ??= name;
    } else if (word === "index") {
      const argument = words.argument();
      if (request.index !== undefined) throw duplicate("index", argument);
      request.index = Number.parseInt(argument, 10);
      if (!(request.index > 0)) throw wrongArgument(argument, 'Invalid "index" value');
    } else if (matches(word, "link")) {
      const argument = words.argument();
      const lower = context.device(argument);
      if (lower === undefined) throw noDevice(argument, 1);
      request.link = lower;
    } else if (matches(word, "address")) request.address = linkAddress(words.argument());
    else if (matches(word, "broadcast") || matches(word, "txqueuelen") || matches(word, "txqlen")) {
      linkAddressOrNumber(word, words.argument());
    } else if (word === "mtu") {
      const argument = words.argument();
      if (mtu !== undefined) throw duplicate("mtu", argument);
      if (!/^-?\d+$/.test(argument)) throw wrongArgument(argument, 'Invalid "mtu" value\n');
      mtu = Number(argument);
      request.mtu = mtu;
    } else if (word === "netns") {
      const argument = words.argument();
      if (request.netns !== undefined) throw duplicate("netns", argument);
      request.netns = namespaceOf(context, argument);
    } else if (OTHER_WHOLE.test(word)) throw notModelled("ip link", word, SUPPORTED);
    else if (matches(word, "master")) {
      const argument = words.argument();
      const master = context.device(argument);
      if (master === undefined) throw wrongArgument(argument, "Device does not exist\n");
      request.master = master;
    } else if (matches(word, "nomaster")) request.master = null;
    else if (matches(word, "dynamic")) {
      const argument = words.argument();
      if (argument !== "on" && argument !== "off")
        throw new Quit(`Error: argument of "dynamic" must be "on" or "off", not "${argument}"\n`, 1);
      throw notModelled("ip link", word, SUPPORTED);
    } else if (matches(word, "type")) request.type = words.argument();
    else if (
      ["alias", "numtxqueues", "numrxqueues", "addrgenmode", "link-netns", "link-netnsid"].some((each) =>
        matches(word, each),
      )
    )
      throw notModelled("ip link", word, SUPPORTED);
    else {
      if (matches(word, "help")) throw notModelled("ip link", word, SUPPORTED);
      const argument = word === "dev" ? words.argument() : word;
      if (dev !== name) throw duplicateOrGarbage("dev", argument);
      if (!isName(argument)) throw wrongArgument(argument, '"dev" not a valid ifname');
      dev = argument;
    }
  }
  if (creates && name !== undefined && dev !== undefined && name !== dev)
    throw new Quit('both "name" and "dev" cannot be used when creating devices.\n', 255);
  name ??= dev;
  dev ??= name;
  return { ...request, ...(name !== undefined && { name }), ...(dev !== undefined && { dev }) };
}

/** What the real tool would go on to do with these is not modelled, but what it would complain about is. */
function linkAddressOrNumber(word: string, argument: string): never {
  if (matches(word, "broadcast")) linkAddress(argument);
  throw notModelled("ip link", word, SUPPORTED);
}

/** check_altifname: no length is looked at. */
function isName(text: string): boolean {
  return text !== "" && !/[/\s]/.test(text);
}

function namespaceOf(context: Context, name: string): Netns {
  const found = context.named().find((ns) => ns.name === name);
  if (found !== undefined) return found;
  if (/^\d+$/.test(name)) throw notModelled("ip link", `netns ${name}`, "netns with a name; here are no process ids");
  throw wrongArgument(name, 'Invalid "netns" value\n');
}

/** The device an `ip link set` is about. */
export function deviceOf(context: Context, request: LinkRequest): Device {
  if (request.dev === undefined) throw new Quit('Not enough information: "dev" argument is required.\n', 255);
  const device = context.device(request.dev);
  const octets = device?.kind === "ipip" ? 4 : 6;
  if (request.address !== undefined && device !== undefined && request.address.length !== octets)
    throw new Quit(`Invalid address length ${request.address.length} - must be ${octets} bytes\n`, 1);
  if (request.index !== undefined && request.netns === undefined)
    throw new Quit("index can be used only when creating devices or when moving device to another netns.\n", 255);
  if (device === undefined) throw noDevice(request.dev);
  return device;
}

/** A MAC a device may have: not zero, not a group (is_valid_ether_addr). Null otherwise. */
export function stationMac(octets: readonly number[]): Mac | null {
  if (octets.length !== 6) return null;
  const mac = macOf(octets);
  return mac === ZERO_MAC || mac.isGroup ? null : mac;
}
