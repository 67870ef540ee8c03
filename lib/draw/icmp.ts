// What pictures call the messages of ICMP and ICMPv6. Before you edit: RFC 792, RFC 4443, RFC 4861, RFC 3810.
import { ICMP, ICMP6, type Icmp, type Icmp6 } from "../wire/packet.ts";

const ICMP_NAME: Readonly<Record<number, string>> = {
  0: "echo reply",
  3: "destination unreachable",
  5: "redirect",
  8: "echo request",
  11: "time exceeded",
};
const UNREACHABLE = ["net", "host", "protocol", "port", "fragmentation needed"];

const ICMP6_NAME: Readonly<Record<number, string>> = {
  1: "destination unreachable",
  2: "packet too big",
  3: "time exceeded",
  4: "parameter problem",
  128: "echo request",
  129: "echo reply",
  133: "router solicitation",
  134: "router advertisement",
  135: "neighbour solicitation",
  136: "neighbour advertisement",
  137: "redirect",
  143: "multicast listener report",
};
const UNREACHABLE6 = ["no route", "prohibited", "beyond scope", "address", "port", "policy", "reject"];

/** `echo request`, `port unreachable`. */
export function icmpName(icmp: Icmp): string {
  const name = ICMP_NAME[icmp.type] ?? `type ${icmp.type}`;
  return icmp.type === ICMP.unreachable && UNREACHABLE[icmp.code] !== undefined
    ? `${UNREACHABLE[icmp.code]} unreachable`.replace("needed unreachable", "needed")
    : name;
}

/** `neighbour solicitation`, `port unreachable`. */
export function icmp6Name({ type, code }: Icmp6): string {
  const reason = type === ICMP6.unreachable ? UNREACHABLE6[code] : undefined;
  if (reason === undefined) return ICMP6_NAME[type] ?? `type ${type}`;
  return code === 3 || code === 4 ? `${reason} unreachable` : `unreachable (${reason})`;
}

/** Messages between neighbours on a link: their addresses, their routers, their groups. */
export function isDiscovery({ type }: Icmp6): boolean {
  return (type >= ICMP6.routerSolicitation && type <= 137) || type === ICMP6.mldReport;
}

/** Echo request or reply: the word behind the checksum is identifier and number. */
export function isEcho({ kind, type }: Icmp | Icmp6): boolean {
  const types = kind === "icmp" ? ICMP : ICMP6;
  return type === types.echoRequest || type === types.echoReply;
}
