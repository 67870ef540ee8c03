// An IPv6 packet in the words of tcpdump 4.99 with -n.
// Before you edit: tcpdump's print-ip6.c (ip6_print), print-frag6.c, print-ip6opts.c, print-udp.c, print-tcp.c.
import { ipv4Length } from "./bytes.ts";
import { headers6Length, ipv6Bytes, ipv6Length } from "./bytes6.ts";
import type { DescribeOptions } from "./describe.ts";
import { describeDns } from "./describe-dns.ts";
import { describeIcmp6 } from "./describe-icmp6.ts";
import { PROTOCOL_NAME } from "./describe-protocol.ts";
import { describeTcp } from "./describe-tcp.ts";
import { describeVxlan, type Inner } from "./describe-vxlan.ts";
import { IPV6_INSIDE } from "./gue.ts";
import { type Ipv6Packet, PROTOCOL, protocolOf, type Udp, type UnknownBody } from "./packet.ts";
import { parseQuote } from "./parse.ts";
import { parseQuote6 } from "./parse6.ts";

/**
 * An IPv6 packet without the word IP6: `2001:db8::1 > 2001:db8::2: ICMP6, echo request, id 1, seq 1, length 64`.
 * `inner` prints what a tunnel carries.
 */
export function describeIpv6(packet: Ipv6Packet, options: DescribeOptions, inner: Inner): string {
  const { src, dst, fragment, routerAlert, body } = packet;
  const verbose = options.verbose ?? 0;
  const head = verbose > 0 ? header(packet) : "";
  // Ports belong to the addresses, unless another header stands between them.
  const isDirect = fragment === undefined && !routerAlert;
  const hasPorts = isDirect && (body.kind === "udp" || body.kind === "tcp");
  const ends = hasPorts ? "" : `${src} > ${dst}: `;
  const alert = routerAlert ? `HBH ${verbose > 0 ? "(rtalert: 0x0000) (padn) " : ""}` : "";
  const piece = fragment === undefined ? "" : `${fragmentText(packet, verbose)} `;
  if (fragment !== undefined && fragment.offset > 0) return `${head}${ends}${alert}${piece.trimEnd()}`;
  return `${head}${ends}${alert}${piece}${transport(packet, options, inner)}`;
}

function header(packet: Ipv6Packet): string {
  const { trafficClass, flowLabel, hopLimit, fragment, routerAlert } = packet;
  const next = routerAlert ? PROTOCOL.hopByHop : fragment === undefined ? protocolOf(packet) : PROTOCOL.fragment;
  const words = [
    ...(trafficClass > 0 ? [`class 0x${trafficClass.toString(16).padStart(2, "0")}`] : []),
    ...(flowLabel > 0 ? [`flowlabel 0x${flowLabel.toString(16).padStart(5, "0")}`] : []),
    `hlim ${hopLimit}`,
    `next-header ${PROTOCOL_NAME[next] ?? "unknown"} (${next}) payload length: ${ipv6Length(packet) - 40}`,
  ];
  return `(${words.join(", ")}) `;
}

function fragmentText(packet: Ipv6Packet, verbose: number): string {
  const { id, offset } = packet.fragment!;
  const place = `${offset}|${ipv6Length(packet) - headers6Length(packet)}`;
  return `frag (${verbose > 0 ? `0x${id.toString(16).padStart(8, "0")}:` : ""}${place})`;
}

function transport(packet: Ipv6Packet, options: DescribeOptions, inner: Inner): string {
  const { src, dst, fragment, routerAlert } = packet;
  const isFragment = fragment !== undefined;
  const body = isFragment ? parseQuote6(ipv6Bytes(packet)).body : packet.body;
  const headers = headers6Length(packet);
  const ports = (srcPort: number, dstPort: number) =>
    isFragment || routerAlert ? `${srcPort} > ${dstPort}: ` : `${src}.${srcPort} > ${dst}.${dstPort}: `;
  switch (body.kind) {
    case "icmp6":
      return describeIcmp6(body, ipv6Bytes(packet).subarray(headers), isFragment, options.verbose ?? 0);
    case "udp": {
      const sum = (options.verbose ?? 0) > 0 && !isFragment ? checksumText(packet, body) : "";
      const tunnel = options.quiet ? null : describeVxlan(body, inner);
      const said = isFragment ? udpLength(packet) : body.data.length;
      const names = options.quiet ? null : describeDns(body, options.verbose ?? 0, said);
      return `${ports(body.srcPort, body.dstPort)}${sum}${tunnel ?? names ?? `UDP, length ${said}`}`;
    }
    case "tcp":
      return (
        ports(body.srcPort, body.dstPort) + describeTcp(packet, body, ipv6Length(packet) - headers, isFragment, options)
      );
    case "unknown":
      return tunnelled(body, options, inner) ?? ` ip-proto-${body.protocol} ${body.data.length}`;
  }
}

/** A packet in the packet, or that there is none; null: something else. */
function tunnelled({ protocol, data }: UnknownBody, options: DescribeOptions, inner: Inner): string | null {
  if (protocol === 59) return "no next header";
  if (protocol === IPV6_INSIDE && data.length >= 40)
    return `${options.link ? "" : "IP6 "}${describeIpv6(parseQuote6(data), options, inner)}`;
  if (protocol !== PROTOCOL.ipip || data.length < 28 || data[0] !== 0x45) return null;
  const packet = parseQuote(data);
  return `${options.link ? "" : "IP "}${inner.packet(packet, ipv4Length(packet))}`;
}

/** IPv6 has no checksum of its own, so that of UDP must be there. */
function checksumText(packet: Ipv6Packet, { srcPort, dstPort, data, unchecked }: Udp): string {
  if (!unchecked) return "[udp sum ok] ";
  const bytes = ipv6Bytes({ ...packet, body: { kind: "udp", srcPort, dstPort, data } });
  const right = new DataView(bytes.buffer).getUint16(headers6Length(packet) + 6);
  return `[bad udp cksum 0x0000 -> 0x${right.toString(16).padStart(4, "0")}!] `;
}

/** The length the UDP header says, of which the first fragment has a part. */
function udpLength(packet: Ipv6Packet): number {
  const bytes = ipv6Bytes(packet);
  return new DataView(bytes.buffer).getUint16(headers6Length(packet) + 4) - 8;
}
