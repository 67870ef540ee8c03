// Addresses, prefixes, MACs, scopes, tables as iproute2 reads them: shorter forms than elsewhere are fine (10.1 is
// 10.1.0.0), IPv6's are in values6.ts.
// Before you edit: iproute2 lib/utils.c (get_addr_1, get_prefix_1), lib/ll_addr.c (ll_addr_a2n), lib/rt_names.c.
import type { Scope } from "../../ip/address.ts";
import { ROUTE_TYPES, type RouteProtocol, type RouteType, TABLE } from "../../ip/route.ts";
import { Ipv4 } from "../../wire/address.ts";
import { Mac } from "../../wire/mac.ts";
import { notModelled } from "../command.ts";
import { firstMatch, Quit } from "./words.ts";

/** What a prefix was written as. `given` says whether it had a length (PREFIXLEN_SPECIFIED). */
export interface PrefixWord {
  readonly address: Ipv4;
  readonly length: number;
  readonly given: boolean;
  /** `any` and `all` match every address; `default` is 0.0.0.0/0. */
  readonly any: boolean;
}

/** `strict` is what get_addr says in its complaint: "inet" when the family is known, else "any valid". */
type Family = "inet" | "any valid";

function readAddress(word: string): Ipv4 | null {
  const parts = word.split(".");
  if (parts.length > 4) return null;
  let bits = 0;
  for (const [i, part] of parts.entries()) {
    const value = unsigned(part);
    if (value === null || value > 255) return null;
    bits += value * 2 ** (24 - 8 * i);
  }
  return Ipv4.of(bits);
}

/** A number as strtoul(…, 0) reads it: decimal, 0x hexadecimal, 0 octal; null for anything else. */
export function unsigned(word: string): number | null {
  if (/^0[xX][0-9a-fA-F]+$/.test(word)) return Number.parseInt(word, 16);
  if (/^0[0-7]+$/.test(word)) return Number.parseInt(word, 8);
  return /^\d+$/.test(word) ? Number.parseInt(word, 10) : null;
}

export function addressOf(word: string, family: Family): Ipv4 {
  const address = ["default", "all", "any"].includes(word) ? Ipv4.of(0) : readAddress(word);
  if (address !== null) return address;
  throw new Quit(`Error: ${family} address is expected rather than "${word}".\n`, 1, true);
}

export function prefixOf(word: string, family: Family): PrefixWord {
  const wrong = () => new Quit(`Error: ${family} prefix is expected rather than "${word}".\n`, 1, true);
  if (word === "default") return { address: Ipv4.of(0), length: 0, given: true, any: false };
  if (word === "all" || word === "any") return { address: Ipv4.of(0), length: 0, given: false, any: true };
  const slash = word.indexOf("/");
  const address = readAddress(slash === -1 ? word : word.slice(0, slash));
  if (address === null) throw wrong();
  if (slash === -1) return { address, length: 32, given: false, any: false };
  const length = prefixLength(word.slice(slash + 1));
  if (length === null || length > 32) throw wrong();
  return { address, length, given: true, any: false };
}

/** `24` or `255.255.255.0` (get_netmask). */
function prefixLength(word: string): number | null {
  const length = unsigned(word);
  if (length !== null) return length;
  const mask = word.includes(".") ? readAddress(word)?.bits : undefined;
  if (mask === undefined) return null;
  const host = ~mask >>> 0;
  return (host & (host + 1)) === 0 ? 32 - host.toString(2).replace(/^0$/, "").length : null;
}

/** The octets of a link-layer address; Quit when a part of it is none. */
export function linkAddress(word: string): number[] {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(word)) return [...addressOctets(word)];
  const parts = word.split(":");
  return parts.slice(0, 20).map((part, i) => {
    const hex = /^\s*(?:0[xX])?([0-9a-fA-F]+)/.exec(part)?.[1];
    const value = hex === undefined ? Number.NaN : Number.parseInt(hex, 16);
    if (!(value <= 255)) throw new Quit(`"${i === 0 ? parts[0] : part}" is invalid lladdr.\n`, 1);
    return value;
  });
}

function addressOctets(word: string): number[] {
  const bits = readAddress(word)?.bits ?? 0;
  return [bits >>> 24, (bits >>> 16) & 255, (bits >>> 8) & 255, bits & 255];
}

export function macOf(octets: readonly number[]): Mac {
  return Mac.of(octets.reduce((bits, octet) => bits * 256 + octet, 0));
}

/** rtnl_rtscope_a2n: a name or a number; null when it is neither. Scopes nobody models are refused. */
export function scopeOf(word: string): Scope | "nowhere" | null {
  if (word === "global" || word === "link" || word === "host" || word === "nowhere") return word;
  const number = unsigned(word);
  const named = { 0: "global", 253: "link", 254: "host", 255: "nowhere" } as const;
  if (number !== null && number in named) return named[number as keyof typeof named];
  if (word === "site" || (number !== null && number < 256))
    throw notModelled("ip", `scope ${word}`, "global, link, host");
  return null;
}

/** rtnl_rttable_a2n: a name or a number; null when it is neither. */
export function tableOf(word: string): number | null {
  if (word in TABLE) return TABLE[word as keyof typeof TABLE];
  const number = unsigned(word);
  return number !== null && number <= 0xffffffff ? number : null;
}

/** /etc/iproute2/rt_protos */
const PROTOCOLS: Readonly<Record<number, RouteProtocol>> = {
  0: "unspec",
  1: "redirect",
  2: "kernel",
  3: "boot",
  4: "static",
  8: "gated",
  9: "ra",
  10: "mrt",
  11: "zebra",
  12: "bird",
  13: "dnrouted",
  14: "xorp",
  15: "ntk",
  16: "dhcp",
  18: "keepalived",
  42: "babel",
  99: "openr",
  186: "bgp",
  187: "isis",
  188: "ospf",
  189: "rip",
  192: "eigrp",
};

/** rtnl_rtprot_a2n: the name of a protocol, or its number in digits; null when the word is neither. */
export function protocolOf(word: string): RouteProtocol | null {
  if (Object.values(PROTOCOLS).includes(word)) return word;
  const number = unsigned(word);
  return number !== null && number < 256 ? (PROTOCOLS[number] ?? `${number}`) : null;
}

/** Types that may be abbreviated, in the tool's order. */
const TYPES = [
  "broadcast",
  "anycast",
  "multicast",
  "prohibit",
  "unreachable",
  "blackhole",
  "xresolve",
  "unicast",
] as const;

/** rtnl_rtntype_a2n: null when the word is no type. */
export function typeOf(word: string): RouteType | null {
  const name = ["local", "nat", "throw"].includes(word) ? word : firstMatch(word, TYPES);
  const type = ROUTE_TYPES.find((each) => each === name);
  if (type !== undefined) return type;
  const number = unsigned(word);
  if (name !== undefined || word === "brd" || (number !== null && number < 256))
    throw notModelled("ip route", word, `routes of type ${ROUTE_TYPES.join(", ")}`);
  return null;
}
