// Protocols by name and number. Before you edit: libxtables/xtables.c (xtables_chain_protos, xtables_parse_protocol),
// iptables/xshared.c (proto_to_name), /etc/protocols of Debian's netbase.
import { Refused } from "../refused.ts";

/** Those xtables knows itself come first; the first name of a number is the one it prints. */
const CHAIN_PROTOCOLS: readonly (readonly [name: string, number: number])[] = [
  ["tcp", 6],
  ["sctp", 132],
  ["udp", 17],
  ["udplite", 136],
  ["icmp", 1],
  ["ipv6-icmp", 58],
  ["icmpv6", 58],
  ["esp", 50],
  ["ah", 51],
  ["mobility-header", 135],
  ["ipv6-mh", 135],
  ["mh", 135],
  ["all", 0],
];

/** The rest of /etc/protocols that anybody meets. */
const OTHER_PROTOCOLS: readonly (readonly [name: string, number: number])[] = [
  ["igmp", 2],
  ["ipencap", 4],
  ["ggp", 3],
  ["st", 5],
  ["egp", 8],
  ["igp", 9],
  ["pup", 12],
  ["hmp", 20],
  ["xns-idp", 22],
  ["rdp", 27],
  ["iso-tp4", 29],
  ["dccp", 33],
  ["xtp", 36],
  ["ddp", 37],
  ["idpr-cmtp", 38],
  ["ipv6", 41],
  ["ipv6-route", 43],
  ["ipv6-frag", 44],
  ["idrp", 45],
  ["rsvp", 46],
  ["gre", 47],
  ["skip", 57],
  ["ipv6-nonxt", 59],
  ["ipv6-opts", 60],
  ["rspf", 73],
  ["vmtp", 81],
  ["eigrp", 88],
  ["ospf", 89],
  ["ax.25", 93],
  ["ipip", 94],
  ["etherip", 97],
  ["encap", 98],
  ["pim", 103],
  ["ipcomp", 108],
  ["vrrp", 112],
  ["l2tp", 115],
  ["isis", 124],
  ["fc", 133],
  ["mpls-in-ip", 137],
  ["manet", 138],
  ["hip", 139],
  ["shim6", 140],
  ["wesp", 141],
  ["rohc", 142],
  ["ethernet", 143],
];

const NUMBERS = new Map([...OTHER_PROTOCOLS, ...CHAIN_PROTOCOLS].map(([name, number]) => [name, number]));
const NAMES = new Map([...OTHER_PROTOCOLS, ...CHAIN_PROTOCOLS.toReversed()].map(([name, number]) => [number, name]));

/** The number of `-p`, upper or lower case; 0 is any. Throws Refused. */
export function readProtocol(word: string): number {
  const name = word.toLowerCase();
  const number = /^(0x[\da-f]+|\d+)$/.test(name) ? Number(name) : NUMBERS.get(name);
  if (number === undefined || number > 255) throw new Refused(`unknown protocol "${name}" specified`);
  return number;
}

export function protocolName(number: number): string | null {
  return NAMES.get(number) ?? null;
}

/** The name xtables knows without looking into /etc/protocols. */
export function xtablesProtocolName(number: number): string | null {
  return CHAIN_PROTOCOLS.find((each) => each[1] === number)?.[0] ?? null;
}
