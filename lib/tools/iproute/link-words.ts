// The words behind `ip link add` and `ip link set`.
// Before you edit: iproute2 ip/iplink.c (iplink_parse): the order of its comparisons decides what `a`, `b`, `d` mean.

import type { LinkAttributes } from "../../link/attributes.ts";
import type { Device } from "../../link/device.ts";
import type { Netns } from "../../netns/netns.ts";
import type { Mac } from "../../wire/mac.ts";
import { ZERO_MAC } from "../../wire/mac.ts";
import { notModelled } from "../command.ts";
import type { Context } from "./context.ts";
import { linkAddress, macOf, unsigned } from "./values.ts";
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
  attributes?: Partial<LinkAttributes>;
}

const SUPPORTED =
  "up, down, name, dev, index, address, mtu, netns, master, nomaster, type veth, bridge, dummy, vxlan, ipip, vlan";

/** Words compared whole, and words that may be abbreviated, that nothing here answers to. */
const OTHER_WHOLE =
  /^(xdp|xdpgeneric|xdpdrv|xdpoffload|trailers|carrier|vf|vrf|mode|state|protodown|protodown_reason|gso_max_size|gso_max_segs|gro_max_size|parentdev|brd)$/;

/** Reads up to `type` or the end; `creates` as the kernel's NLM_F_CREATE. */
export function readLink(context: Context, words: Words, creates: boolean): LinkRequest {
  const request: LinkRequest = {};
  let name: string | undefined;
  let dev: string | undefined;
  let mtu: number | undefined;
  const say = (more: Partial<LinkAttributes>) => {
    request.attributes = { ...request.attributes, ...more };
  };
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
      // Only what is made stands on another device.
      const lower = creates ? context.device(argument) : undefined;
      if (creates && lower === undefined) throw noDevice(argument, 1);
      if (lower !== undefined) request.link = lower;
    } else if (matches(word, "address")) request.address = linkAddress(words.argument());
    else if (matches(word, "broadcast")) {
      linkAddress(words.argument());
      throw notModelled("ip link", word, SUPPORTED);
    } else if (matches(word, "txqueuelen") || word === "qlen" || matches(word, "txqlen"))
      say({ txqueuelen: count("txqueuelen", words, request.attributes?.txqueuelen) });
    else if (word === "mtu") {
      const argument = words.argument();
      if (mtu !== undefined) throw duplicate("mtu", argument);
      if (!/^-?\d+$/.test(argument)) throw wrongArgument(argument, 'Invalid "mtu" value\n');
      mtu = Number(argument);
      request.mtu = mtu;
    } else if (word === "netns") {
      const argument = words.argument();
      if (request.netns !== undefined) throw duplicate("netns", argument);
      request.netns = namespaceOf(context, argument);
    } else if (word === "multicast") say({ multicast: isOn(word, words) });
    else if (word === "allmulticast") say({ allmulticast: isOn(word, words) });
    else if (word === "promisc") say({ promisc: isOn(word, words) });
    else if (word === "arp") say({ arp: isOn(word, words) });
    else if (word === "group") {
      const argument = words.argument();
      if (request.attributes?.group !== undefined) throw duplicate("group", argument);
      const group = groupOf(argument);
      if (group === null) throw wrongArgument(argument, 'Invalid "group" value\n');
      say({ group });
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
    else if (matches(word, "alias")) {
      const argument = words.argument();
      if (argument.length >= 256) throw wrongArgument(argument, "alias too long\n");
      say({ alias: argument === "" ? null : argument });
    } else if (
      ["numtxqueues", "numrxqueues", "addrgenmode", "link-netns", "link-netnsid"].some((each) => matches(word, each))
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

/** `on` or `off`. */
function isOn(word: string, words: Words): boolean {
  const argument = words.argument();
  if (argument !== "on" && argument !== "off")
    throw new Quit(`Error: argument of "${word}" must be "on" or "off", not "${argument}"\n`, 1);
  return argument === "on";
}

function count(name: string, words: Words, before: number | undefined): number {
  const argument = words.argument();
  if (before !== undefined) throw duplicate(name, argument);
  const number = unsigned(argument);
  if (number === null) throw wrongArgument(argument, `Invalid "${name}" value\n`);
  return number;
}

/** rtnl_group_a2n: /etc/iproute2/group has one name. */
export function groupOf(word: string): number | null {
  return word === "default" ? 0 : unsigned(word);
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
