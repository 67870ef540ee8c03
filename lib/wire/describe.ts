// One line for a frame, in the words of tcpdump 4.99 with -n: the printer of `tcpdump`, of a trace's story and of pictures.
// Before you edit: tcpdump's print-ether.c, print-arp.c, print-ip.c, print-icmp.c, print-udp.c, print-tcp.c.
// Payloads are decoded for DNS, HTTP, IP in IP and VXLAN; other protocols of UDP show as `UDP, length N`, of TCP not at all.
import { ethertypeOf, frameLength, ipv4Bytes, ipv4Length } from "./bytes.ts";
import { describeDns } from "./describe-dns.ts";
import { hexAndText } from "./describe-hex.ts";
import { describeIcmp } from "./describe-icmp.ts";
import { PROTOCOL_NAME } from "./describe-protocol.ts";
import { describeTcp, type TcpSequences } from "./describe-tcp.ts";
import { describeVxlan, type Inner } from "./describe-vxlan.ts";
import { describeIpv6 } from "./describe6.ts";
import { IPV6_INSIDE } from "./gue.ts";
import { type Arp, ETHERTYPE, type Frame, type Ipv4Packet, PROTOCOL, protocolOf } from "./packet.ts";
import { parseIpv4, parseQuote } from "./parse.ts";
import { parseQuote6 } from "./parse6.ts";
import { describeVrrp, VRRP } from "./vrrp.ts";

/** What the flags of tcpdump change about a line. */
export interface DescribeOptions {
  /** `-e`: Ethernet addresses and type in front, and the words IP and ARP left out. */
  readonly link?: boolean;
  /** `-q`: less about TCP. */
  readonly quiet?: boolean;
  /** `-v`, `-vv`: TTL, identification, flags of IP; what an ICMP error quotes. Then a packet takes two lines. */
  readonly verbose?: 0 | 1 | 2;
  /** What was seen of each connection, so that sequence numbers count from its start; without it they are absolute. */
  readonly sequences?: TcpSequences;
}

/** A frame as tcpdump prints it, without the time: `ARP, Request who-has 10.244.1.3 tell 10.244.1.2, length 28`. */
export function describe(frame: Frame, options: DescribeOptions = {}): string {
  const { payload } = frame;
  if (payload.kind === "unknown") return linkHeader(frame, options) + (options.quiet ? "" : hexAndText(payload.data));
  if (payload.kind === "arp")
    return (options.link ? linkHeader(frame, options) : "ARP, ") + describeArp(payload, options);
  if (payload.kind === "ipv6")
    return (options.link ? linkHeader(frame, options) : "IP6 ") + describeIpv6(payload, options, innerOf(options));
  return (options.link ? linkHeader(frame, options) : "IP ") + describeIpv4(payload, options);
}

const ETHERTYPE_NAME: Readonly<Record<number, string>> = {
  [ETHERTYPE.ipv4]: "IPv4",
  [ETHERTYPE.arp]: "ARP",
  [ETHERTYPE.vlan]: "802.1Q",
  [ETHERTYPE.ipv6]: "IPv6",
};

function linkHeader(frame: Frame, { quiet, link }: DescribeOptions): string {
  const text = (type: number) => {
    const hex = `0x${type.toString(16).padStart(4, "0")}`;
    const name = ETHERTYPE_NAME[type];
    return quiet ? (name ?? `Unknown Ethertype (${hex})`) : `ethertype ${name ?? "Unknown"} (${hex})`;
  };
  const { src, dst, vlan } = frame;
  const type = text(ethertypeOf(frame));
  const length = frameLength(frame) + (vlan === undefined ? 0 : 4);
  if (vlan === undefined || !link) return `${src} > ${dst}, ${type}, length ${length}: `;
  const tag = `vlan ${vlan.id}, p ${vlan.priority}${vlan.dropEligible ? ", DEI" : ""}`;
  return `${src} > ${dst}, ${text(ETHERTYPE.vlan)}, length ${length}: ${tag}, ${type}, `;
}

function describeArp(arp: Arp, { verbose = 0 }: DescribeOptions): string {
  const kind = verbose > 0 ? "Ethernet (len 6), IPv4 (len 4), " : "";
  if (arp.op === "reply") return `${kind}Reply ${arp.senderIp} is-at ${arp.senderMac}, length 28`;
  const target = arp.targetMac.bits === 0 ? "" : ` (${arp.targetMac})`;
  return `${kind}Request who-has ${arp.targetIp}${target} tell ${arp.senderIp}, length 28`;
}

/** An IPv4 packet without the word IP: `10.244.1.2 > 10.244.1.3: ICMP echo request, id 1, seq 1, length 64`. */
export function describeIpv4(packet: Ipv4Packet, options: DescribeOptions = {}, length = ipv4Length(packet)): string {
  const head = (options.verbose ?? 0) > 0 ? `${ipHeader(packet, length)}\n    ` : "";
  return head + transport(packet, options, length - 20);
}

const ECN = ["", ",ECT(1)", ",ECT(0)", ",CE"] as const;

function ipHeader(packet: Ipv4Packet, length: number): string {
  const { tos, ttl, id, fragmentOffset, moreFragments, dontFragment } = packet;
  const flags = [moreFragments ? "+" : "", dontFragment ? "DF" : ""].filter((flag) => flag !== "").join(", ");
  const protocol = protocolOf(packet);
  const life = ttl >= 1 ? `, ttl ${ttl}` : "";
  return `(tos 0x${tos.toString(16)}${ECN[tos & 3]}${life}, id ${id}, offset ${fragmentOffset}, flags [${flags || "none"}], proto ${PROTOCOL_NAME[protocol] ?? "unknown"} (${protocol}), length ${length})`;
}

function transport(packet: Ipv4Packet, options: DescribeOptions, length: number): string {
  const { src, dst } = packet;
  const word = options.link ? "" : "IP ";
  if (packet.fragmentOffset > 0) return `${src} > ${dst}: ip-proto-${protocolOf(packet)}`;
  const { body } = packet.moreFragments ? firstFragment(packet) : packet;
  const fragmented = packet.moreFragments;
  switch (body.kind) {
    case "icmp":
      return `${src} > ${dst}: ${describeIcmp(body, length, (quoted, total) => `${word}${describeIpv4(quoted, options, total)}`, options)}`;
    case "udp": {
      const said = fragmented ? udpLength(packet) : length - 8;
      const ends = `${src}.${body.srcPort} > ${dst}.${body.dstPort}: `;
      const sum = checksumOk(options, fragmented, body.unchecked === true);
      const tunnel = options.quiet ? null : describeVxlan(body, innerOf(options));
      const names = options.quiet ? null : describeDns(body, options.verbose ?? 0, said);
      return `${ends}${options.quiet ? "" : sum}${tunnel ?? names ?? `UDP, length ${said}`}`;
    }
    case "tcp":
      return `${src}.${body.srcPort} > ${dst}.${body.dstPort}: ${describeTcp(packet, body, length, fragmented, options)}`;
    case "ipip":
      return `${src} > ${dst}: ${word}${describeIpv4(body.packet, options)}`;
    case "unknown":
      if (body.protocol === PROTOCOL.ipip && body.data.length >= 28 && body.data[0] === 0x45)
        return `${src} > ${dst}: ${word}${describeCut(body.data, options)}`;
      if (body.protocol === IPV6_INSIDE && body.data.length >= 40)
        return `${src} > ${dst}: ${options.link ? "" : "IP6 "}${describeIpv6(parseQuote6(body.data), options, innerOf(options))}`;
      if (body.protocol === VRRP) {
        const said = describeVrrp(body.data, packet.src, packet.ttl, (options.verbose ?? 0) > 0);
        if (said !== null) return `${src} > ${dst}: ${said}`;
      }
      return `${src} > ${dst}:  ip-proto-${body.protocol} ${body.data.length}`;
  }
}

/** How the printer of a tunnel prints what is inside. */
function innerOf(options: DescribeOptions): Inner {
  return {
    frame: (frame) => describe(frame, options),
    packet: (quoted, total) => describeIpv4(quoted, options, total),
  };
}

/** A packet in a packet of which only the beginning may be there. */
function describeCut(data: Uint8Array, options: DescribeOptions): string {
  const length = (data[2]! << 8) | data[3]!;
  const missing = length - data.length;
  return `${missing > 0 ? `truncated-ip - ${missing} bytes missing! ` : ""}${describeIpv4(parseQuote(data), options, length)}`;
}

function checksumOk({ verbose = 0 }: DescribeOptions, fragmented: boolean, unchecked = false): string {
  if (unchecked) return verbose > 0 && !fragmented ? "[no cksum] " : "";
  return verbose > 1 && !fragmented ? "[udp sum ok] " : "";
}

/** The first fragment has the header of what was cut: read it as if it were whole. */
function firstFragment(packet: Ipv4Packet): Ipv4Packet {
  if (packet.body.kind !== "unknown") return packet;
  const whole = ipv4Bytes({ ...packet, moreFragments: false });
  return parseIpv4(whole, { checksums: "ignore" });
}

/** The length the UDP header says, of which the first fragment has a part. */
function udpLength(packet: Ipv4Packet): number {
  const bytes = ipv4Bytes(packet);
  return new DataView(bytes.buffer).getUint16(24) - 8;
}
