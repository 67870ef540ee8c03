// A packet with another address and port at one end.
// Before you edit: net/netfilter/nf_nat_proto.c (nf_nat_manip_pkt, l4proto_manip_pkt, nf_nat_ipv4_manip_pkt,
// nf_nat_icmp_reply_translation).
import type { Ip, Ipv4 } from "../../wire/address.ts";
import type { Ipv6 } from "../../wire/address6.ts";
import { SCTP_CHECKSUM, sctpChecksum, withSctpPort } from "../../wire/crc32c.ts";
import { type Icmp, type Icmp6, type Ipv4Packet, type Ipv6Packet, PROTOCOL } from "../../wire/packet.ts";
import { hasPorts, headerEnd, type Tuple } from "../conntrack/tuple.ts";
import type { IpPacket } from "../skb.ts";
import { wordsOf } from "./range.ts";
import type { Manip } from "./unique.ts";

/** The packet as `target` wants its source, or its destination. */
export function manipulated(packet: IpPacket, target: Tuple, manip: Manip): IpPacket {
  const body = bodyFor(packet.body, target, manip);
  const isSource = manip === "source";
  if (packet.kind === "ipv6")
    return isSource
      ? { ...packet, src: target.src as Ipv6, body: body as Ipv6Packet["body"] }
      : { ...packet, dst: target.dst as Ipv6, body: body as Ipv6Packet["body"] };
  const { src, dst, ttl, id, tos, dontFragment, moreFragments, fragmentOffset } = packet;
  return {
    kind: "ipv4",
    src: isSource ? (target.src as Ipv4) : src,
    dst: isSource ? dst : (target.dst as Ipv4),
    ttl,
    id,
    tos,
    dontFragment,
    moreFragments,
    fragmentOffset,
    body: body as Ipv4Packet["body"],
  };
}

function bodyFor(body: IpPacket["body"], target: Tuple, manip: Manip): IpPacket["body"] {
  switch (body.kind) {
    case "tcp": {
      const { srcPort, dstPort, seq, ack, flags, window, options, data } = body;
      return {
        kind: "tcp",
        srcPort: manip === "source" ? target.from : srcPort,
        dstPort: manip === "source" ? dstPort : target.to,
        seq,
        ack,
        flags,
        window,
        options,
        data,
      };
    }
    case "udp":
      return manip === "source" ? { ...body, srcPort: target.from } : { ...body, dstPort: target.to };
    case "icmp":
    case "icmp6":
      if (!hasIdentifier(body) || target.protocol !== PROTOCOL[body.kind]) return body;
      return { ...body, rest: ((target.from << 16) | (body.rest & 0xffff)) >>> 0 };
    case "unknown":
      if (body.protocol !== PROTOCOL.sctp) return body;
      return {
        ...body,
        data:
          manip === "source" ? withSctpPort(body.data, "src", target.from) : withSctpPort(body.data, "dst", target.to),
      };
    default:
      return body;
  }
}

/** Of ICMP those that ask and answer. */
const WITH_IDENTIFIER: ReadonlySet<number> = new Set([8, 0, 13, 14, 15, 16, 17, 18]);

function hasIdentifier({ kind, type }: Icmp | Icmp6): boolean {
  return kind === "icmp" ? WITH_IDENTIFIER.has(type) : type === 128 || type === 129;
}

/** The octets that an ICMP error quotes, translated as their packet was: addresses, ports, checksums. */
export function quoteManipulated(family: 4 | 6, quoted: Uint8Array, target: Tuple, manip: Manip): Uint8Array {
  const header = headerEnd(family, quoted);
  if (header === null) return quoted;
  const octets = quoted.slice();
  const view = new DataView(octets.buffer);
  const isSource = manip === "source";
  const [old, now] = isSource ? [header.src, target.src] : [header.dst, target.dst];
  const { end, protocol } = header;
  const checksum = checksumAt(protocol, octets, view, end);
  // ICMP of IPv4 has no pseudo header.
  if (checksum !== null && protocol !== PROTOCOL.icmp) replaceAddress(view, checksum, old, now);
  const at = fieldAt(protocol, octets[end]!, isSource);
  if (at !== null && octets.length >= end + at + 2) {
    const value = isSource || target.isIcmp ? target.from : target.to;
    if (checksum !== null) replaceWord(view, checksum, view.getUint16(end + at), value);
    view.setUint16(end + at, value);
  }
  if (protocol === PROTOCOL.udp && checksum !== null && view.getUint16(checksum) === 0)
    view.setUint16(checksum, 0xffff);
  if (protocol === PROTOCOL.sctp && octets.length >= end + 12)
    view.setUint32(end + SCTP_CHECKSUM, sctpChecksum(octets.subarray(end)), true);
  const place = family === 4 ? (isSource ? 12 : 16) : isSource ? 8 : 24;
  if (family === 4) replaceAddress(view, 10, old, now);
  wordsOf(now).forEach((word, i) => {
    if (i === 0 || family === 6) view.setUint32(place + i * 4, word);
  });
  return octets;
}

/** Where the port or the identifier is, from the end of the header on. */
function fieldAt(protocol: number, type: number, isSource: boolean): number | null {
  if (hasPorts(protocol)) return isSource ? 0 : 2;
  if (protocol === PROTOCOL.icmp) return WITH_IDENTIFIER.has(type) ? 4 : null;
  return protocol === PROTOCOL.icmp6 && (type === 128 || type === 129) ? 4 : null;
}

/** Where the checksum of the quoted packet is; null when it has none, or when it was cut off. */
function checksumAt(protocol: number, octets: Uint8Array, view: DataView, end: number): number | null {
  switch (protocol) {
    case PROTOCOL.tcp:
      return octets.length >= end + 20 ? end + 16 : null;
    case PROTOCOL.udp:
      return octets.length >= end + 8 && view.getUint16(end + 6) !== 0 ? end + 6 : null;
    case PROTOCOL.icmp:
    case PROTOCOL.icmp6:
      return octets.length >= end + 4 ? end + 2 : null;
    default:
      return null;
  }
}

/** RFC 1624: the checksum after one word of 16 bits changed. */
function replaceWord(view: DataView, at: number, old: number, now: number): void {
  let sum = (~view.getUint16(at) & 0xffff) + (~old & 0xffff) + now;
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(at, ~sum & 0xffff);
}

function replaceAddress(view: DataView, at: number, old: Ip, now: Ip): void {
  const [before, after] = [wordsOf(old), wordsOf(now)];
  before.forEach((word, i) => {
    replaceWord(view, at, word >>> 16, after[i]! >>> 16);
    replaceWord(view, at, word & 0xffff, after[i]! & 0xffff);
  });
}
