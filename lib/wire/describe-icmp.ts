// An ICMP message in the words of tcpdump.
// Before you edit: tcpdump's print-icmp.c (icmp_print).
import { Ipv4 } from "./address.ts";
import { ICMP, type Icmp, type Ipv4Packet, PROTOCOL } from "./packet.ts";
import { parseQuote } from "./parse.ts";

/** `ICMP echo request, id 1, seq 1, length 64`; `length` counts from the ICMP header on. */
export function describeIcmp(
  icmp: Icmp,
  length: number,
  quote: (quoted: Ipv4Packet, length: number) => string,
  { verbose = 0 }: { readonly verbose?: number },
): string {
  const line = `ICMP ${messageOf(icmp)}, length ${length}`;
  if (verbose === 0 || !ERRORS.includes(icmp.type) || icmp.data.length < 28) return line;
  const total = (icmp.data[2]! << 8) | icmp.data[3]!;
  return `${line}\n\t${quote(parseQuote(icmp.data), total)}`;
}

/** Unreachable, source quench, redirect, time exceeded, parameter problem: they quote a packet (ICMP_ERRTYPE). */
const ERRORS: readonly number[] = [3, 4, 5, 11, 12];

function messageOf(icmp: Icmp): string {
  const { type, code, rest } = icmp;
  if (type === ICMP.echoRequest || type === ICMP.echoReply)
    return `echo ${type === ICMP.echoRequest ? "request" : "reply"}, id ${rest >>> 16}, seq ${rest & 0xffff}`;
  if (type === ICMP.unreachable) return unreachable(icmp);
  if (type === ICMP.redirect) {
    if (code > 3) return `redirect-#${code} ${quotedDestination(icmp)} to ${Ipv4.of(rest)}`;
    const [tos, to] = [code > 1 ? "-tos" : "", code % 2 === 0 ? "net" : "host"];
    return `redirect${tos} ${quotedDestination(icmp)} to ${to} ${Ipv4.of(rest)}`;
  }
  if (type === ICMP.timeExceeded)
    return ["time exceeded in-transit", "ip reassembly time exceeded"][code] ?? `time exceeded-#${code}`;
  return OTHER[type] ?? `type-#${type}`;
}

const OTHER: Readonly<Record<number, string>> = { 4: "source quench", 10: "router solicitation" };

/** Codes of "destination unreachable", `@` stands for the address that was to be reached. */
const UNREACHABLE = [
  "net @ unreachable",
  "host @ unreachable",
  "", // protocol
  "", // port
  "", // fragmentation needed
  "@ unreachable - source route failed",
  "net @ unreachable - unknown",
  "host @ unreachable - unknown",
  "@ unreachable - source host isolated",
  "net @ unreachable - admin prohibited",
  "host @ unreachable - admin prohibited",
  "net @ unreachable - tos prohibited",
  "host @ unreachable - tos prohibited",
  "host @ unreachable - admin prohibited filter",
  "host @ unreachable - host precedence violation",
  "host @ unreachable - precedence cutoff",
] as const;

function unreachable(icmp: Icmp): string {
  const { code, rest, data } = icmp;
  const to = quotedDestination(icmp);
  const protocol = data[9] ?? 0;
  if (code === 2) return `${to} protocol ${protocol} unreachable`;
  if (code === 3) {
    const port = data.length >= 24 ? (data[22]! << 8) | data[23]! : 0;
    if (protocol === PROTOCOL.tcp || protocol === PROTOCOL.udp)
      return `${to} ${protocol === PROTOCOL.tcp ? "tcp" : "udp"} port ${port} unreachable`;
    return `${to} protocol ${protocol} port ${port} unreachable`;
  }
  if (code === 4) {
    const mtu = rest & 0xffff;
    return `${to} unreachable - need to frag${mtu === 0 ? "" : ` (mtu ${mtu})`}`;
  }
  return UNREACHABLE[code]?.replace("@", to) ?? `${to} unreachable - #${code}`;
}

function quotedDestination({ data }: Icmp): string {
  if (data.length < 20) return "[|icmp]";
  return Ipv4.of(new DataView(data.buffer, data.byteOffset).getUint32(16)).text;
}
