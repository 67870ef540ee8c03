// The words behind `type vxlan`, `type ipip` and `type vlan`.
// Before you edit: iproute2 6.1 ip/iplink_vxlan.c (vxlan_parse_opt), ip/link_iptnl.c (iptunnel_parse_opt), iplink_vlan.c.
import type { Device } from "../../link/device.ts";
import { IPIP_DEFAULTS, type IpipEncap, type IpipSettings } from "../../link/ipip.ts";
import { VXLAN_DEFAULTS, type VxlanSettings } from "../../link/vxlan.ts";
import type { Ipv4 } from "../../wire/address.ts";
import { VXLAN_PORT } from "../../wire/vxlan.ts";
import { notModelled } from "../command.ts";
import type { Context } from "./context.ts";
import { addressOf, unsigned } from "./values.ts";
import { matches, noDevice, Quit, refused, type Words, wrongArgument } from "./words.ts";

const VXLAN_WORDS =
  "id, local, remote, dev, ttl, tos, df, ageing, srcport, dstport, [no]learning, [no]udpcsum; no multicast group, no external";
const IPIP_WORDS =
  "local, remote, dev, ttl, tos, [no]pmtudisc, mode ipip|any, encap fou|gue|none, encap-sport, encap-dport, [no]encap-csum";

export interface TunnelRequest<Settings> {
  readonly settings: Settings;
  readonly lower: Device | null;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function lowerOf(context: Context, name: string): Device {
  const device = context.device(name);
  if (device === undefined) throw noDevice(name, 255);
  return device;
}

function number(argument: string, limit: number, why: string): number {
  const value = unsigned(argument);
  if (value === null || value > limit) throw wrongArgument(argument, why);
  return value;
}

function inherited(argument: string, limit: string): number | "inherit" {
  if (argument === "inherit") return "inherit";
  const value = number(argument, 2 ** 32 - 1, `invalid ${limit}`);
  if (value > 255) throw wrongArgument(argument, `${limit} must be <= 255`);
  return value;
}

/** What `type vxlan` is followed by. Throws Quit in the words of the tool, and of the kernel when the id is missing. */
export function readVxlan(context: Context, words: Words): TunnelRequest<VxlanSettings> {
  const made: Writable<Omit<VxlanSettings, "vni" | "port">> = { ...VXLAN_DEFAULTS };
  let vni: number | undefined;
  let port: number | undefined;
  let lower: Device | null = null;
  // Without any word the tool does not look, and the kernel complains.
  const isBare = words.isEmpty;
  const flag = (word: string, name: string) => word === name || word === `no${name}`;
  while (!words.isEmpty) {
    const word = words.take();
    if (matches(word, "id") || matches(word, "vni")) vni = number(words.argument(), 2 ** 24 - 1, "invalid id");
    else if (matches(word, "group")) throw notModelled("ip link", `${word} ${words.argument()}`, VXLAN_WORDS);
    else if (matches(word, "remote")) made.remote = endOf(words.argument(), "remote");
    else if (matches(word, "local")) made.local = endOf(words.argument(), "local");
    else if (matches(word, "dev")) lower = lowerOf(context, words.argument());
    else if (matches(word, "ttl") || matches(word, "hoplimit")) {
      const argument = words.argument();
      made.ttl = argument === "auto" ? 0 : inherited(argument, "TTL");
    } else if (matches(word, "tos") || matches(word, "dsfield")) {
      const tos = inherited(words.argument(), "TOS");
      made.tos = tos === 1 ? "inherit" : tos;
    } else if (word === "df") {
      const argument = words.argument();
      if (argument !== "set" && argument !== "unset" && argument !== "inherit")
        throw wrongArgument(argument, "DF must be 'unset', 'set' or 'inherit'");
      made.df = argument;
    } else if (matches(word, "ageing")) {
      const argument = words.argument();
      made.ageing = (argument === "none" ? 0 : number(argument, 2 ** 32 - 1, "ageing timer")) || VXLAN_DEFAULTS.ageing;
    } else if (matches(word, "port") || matches(word, "srcport")) {
      const low = number(words.argument(), 65535, "min port");
      made.sourcePorts = { low, high: number(words.argument(), 65535, "max port") };
    } else if (matches(word, "dstport")) port = number(words.argument(), 65535, "dst port");
    else if (flag(word, "learning")) made.learning = word === "learning";
    else if (flag(word, "udpcsum")) made.udpChecksum = word === "udpcsum";
    else if (/^no(proxy|rsc|l2miss|l3miss|udp6zerocsumtx|udp6zerocsumrx|external|remcsumtx|remcsumrx)$/.test(word))
      continue;
    else throw notModelled("ip link", `type vxlan ${word}`, VXLAN_WORDS);
  }
  if (port === undefined && !isBare && vni !== undefined)
    context.call.err(
      "vxlan: destination port not specified\nWill use Linux kernel default (non-standard value)\nUse 'dstport 4789' to get the IANA assigned value\nUse 'dstport 0' to get default and quiet this message\n",
    );
  if (vni === undefined && !isBare) throw new Quit("vxlan: missing virtual network identifier\n", 1);
  if (vni === undefined)
    throw refused({ errno: "EINVAL", message: "Required attributes not provided to perform the operation" });
  return { settings: { ...made, vni, port: port || VXLAN_PORT.linux }, lower };
}

function endOf(argument: string, which: "remote" | "local"): Ipv4 | null {
  const address = addressOf(argument, "any valid");
  if (address.isMulticast) throw wrongArgument(argument, `invalid ${which} address`);
  return address.bits === 0 ? null : address;
}

/** What `type ipip`, or `ip tunnel add`, is followed by; null for a word that is none of these. */
export function ipipWord(
  context: Context,
  words: Words,
  word: string,
  made: Writable<IpipSettings> & { lower: Device | null },
): boolean {
  const address = () => {
    const found = addressOf(words.argument(), "inet");
    return found.bits === 0 ? null : found;
  };
  if (word === "remote") made.remote = address();
  else if (word === "local") made.local = address();
  else if (word === "dev") made.lower = lowerOf(context, words.argument());
  else if (word === "ttl" || word === "hoplimit" || word === "hlim") {
    const argument = words.argument();
    made.ttl = argument === "inherit" ? 0 : number(argument, 255, "invalid TTL\n");
  } else if (word === "tos" || word === "tclass" || word === "tc" || matches(word, "dsfield")) {
    const argument = words.argument();
    const tos = argument === "inherit" ? "inherit" : number(argument, 255, "bad TOS value");
    made.tos = tos === 1 ? "inherit" : tos;
  } else if (word === "pmtudisc" || word === "nopmtudisc") made.pmtudisc = word === "pmtudisc";
  else return false;
  return true;
}

export function newIpip(): Writable<IpipSettings> & { lower: Device | null } {
  return { ...IPIP_DEFAULTS, lower: null };
}

/** A TTL of its own counts from the outer header; without DF nobody would tell of a loop (RFC 2003 §5.2). */
export function checkIpip({ ttl, pmtudisc }: IpipSettings, status: number): void {
  if (ttl !== 0 && !pmtudisc) throw new Quit("ttl != 0 and nopmtudisc are incompatible\n", status);
}

/** Whether the word is one of encap's; without a type the rest means nothing. */
function encapWord(words: Words, word: string, made: Writable<Omit<IpipEncap, "type">> & { type: string }): boolean {
  const port = (what: string) => {
    const argument = words.argument();
    return argument === "auto" ? 0 : number(argument, 65535, `Invalid ${what} port.`);
  };
  if (word === "noencap") made.type = "none";
  else if (word === "encap") {
    made.type = words.argument();
    if (!["fou", "gue", "none"].includes(made.type)) throw wrongArgument(made.type, "Invalid encap type.");
  } else if (word === "encap-sport") made.sourcePort = port("source");
  else if (word === "encap-dport") made.port = port("destination");
  else if (word === "encap-csum" || word === "noencap-csum") made.checksum = word === "encap-csum";
  else return word === "noencap-udp6-csum" || word === "noencap-remcsum";
  return true;
}

export function readIpip(context: Context, words: Words): TunnelRequest<IpipSettings> {
  const made = newIpip();
  const encap = { type: "none", sourcePort: 0, port: 0, checksum: false };
  while (!words.isEmpty) {
    const word = words.take();
    if (word === "mode") {
      const argument = words.argument();
      if (["ipip", "ipv4/ipv4", "ip4ip4", "ip/ip", "ipv4"].includes(argument)) made.proto = "ipip";
      else if (argument === "any" || argument === "any/ipv4") made.proto = "any";
      else if (argument === "mplsip") throw notModelled("ip link", "mode mplsip", IPIP_WORDS);
      else throw wrongArgument(argument, "Cannot guess tunnel mode.");
    } else if (!ipipWord(context, words, word, made) && !encapWord(words, word, encap))
      throw notModelled("ip link", `type ipip ${word}`, IPIP_WORDS);
  }
  checkIpip(made, 255);
  const { type } = encap;
  if (type === "fou" || type === "gue") made.encap = { ...encap, type };
  const { lower, ...settings } = made;
  return { settings, lower };
}

/** The id behind `type vlan`, or null when there is none. */
export function readVlan(words: Words): number | null {
  let id: number | null = null;
  while (!words.isEmpty) {
    const word = words.take();
    if (matches(word, "protocol") && words.peek.toLowerCase() === "802.1q") words.take();
    else if (matches(word, "id")) id = number(words.argument(), 65535, "id is invalid");
    else throw notModelled("ip link", `type vlan ${word}`, "id, protocol 802.1Q");
  }
  if (id !== null && id >= 4096) throw refused({ errno: "ERANGE", message: "8021q: Invalid VLAN id" });
  return id;
}
