// A packet as IPVS looks at it, and with other addresses and ports.
// Before you edit: net/netfilter/ipvs/ip_vs_proto_tcp.c (tcp_snat_handler, tcp_dnat_handler), ip_vs_proto_sctp.c
// (sctp_nat_csum), ip_vs_core.c (ip_vs_nat_icmp).
import type { Segment } from "../../ipvs/ipvs.ts";
import { type Ip, Ipv4 } from "../../wire/address.ts";
import { ipLength } from "../../wire/bytes.ts";
import { writeAddress6 } from "../../wire/bytes6.ts";
import { finish, sum } from "../../wire/checksum.ts";
import { withSctpPort } from "../../wire/crc32c.ts";
import { type Ipv4Packet, type Ipv6Packet, PROTOCOL, protocolOf } from "../../wire/packet.ts";
import { readAddress6 } from "../../wire/parse6.ts";
import type { AnySkb } from "../netfilter/tracking.ts";

/** A packet of either family. */
export type IpPacket = Ipv4Packet | Ipv6Packet;

/** Null: not of a protocol that is balanced, or a piece that does not say whose it is. */
export function segmentOf(skb: AnySkb): Segment | null {
  const { packet, mark, input, ct } = skb;
  const { body } = packet;
  const sctp = sctpOf(packet);
  const ports = body.kind === "tcp" || body.kind === "udp" ? body : sctp === null ? null : sctpPorts(sctp);
  if (ports === null) return null;
  return {
    protocol: protocolOf(packet),
    src: packet.src,
    srcPort: ports.srcPort,
    dst: packet.dst,
    dstPort: ports.dstPort,
    tcp: body.kind === "tcp" ? body : null,
    sctp,
    mark,
    length: ipLength(packet),
    isFromHere: input === null || input.kind === "loopback",
    isConfirmed: ct?.kind === "tracked" && ct.conn.isConfirmed,
  };
}

/** What a packet of SCTP carries; null: it is none, or a later piece of one. */
function sctpOf(packet: IpPacket): Uint8Array | null {
  const { body } = packet;
  if (body.kind !== "unknown" || body.protocol !== PROTOCOL.sctp || body.data.length < 4) return null;
  return packet.kind === "ipv4" && packet.fragmentOffset > 0 ? null : body.data;
}

function sctpPorts(octets: Uint8Array): { readonly srcPort: number; readonly dstPort: number } {
  const view = new DataView(octets.buffer, octets.byteOffset);
  return { srcPort: view.getUint16(0), dstPort: view.getUint16(2) };
}

/** Where in the octets of a packet the ports are, and of which protocol. Null: there are none. */
function portsIn(view: DataView): { readonly protocol: number; readonly at: number } | null {
  if (view.byteLength < 20) return null;
  if (view.getUint8(0) >> 4 === 4) {
    const isLaterPiece = (view.getUint16(6) & 0x1fff) !== 0;
    return isLaterPiece ? null : { protocol: view.getUint8(9), at: (view.getUint8(0) & 15) * 4 };
  }
  if (view.byteLength < 48) return null;
  const next = view.getUint8(6);
  if (next !== PROTOCOL.fragment) return { protocol: next, at: 40 };
  const isLaterPiece = view.getUint16(42) >> 3 !== 0;
  return isLaterPiece ? null : { protocol: view.getUint8(40), at: 48 };
}

/** Of what an ICMP error quotes: the same, from its octets. Null: it quotes too little, or something else. */
export function quotedSegment(data: Uint8Array): Segment | null {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const found = portsIn(view);
  if (found === null || data.length < found.at + 8) return null;
  const { protocol, at } = found;
  if (protocol !== PROTOCOL.tcp && protocol !== PROTOCOL.udp && protocol !== PROTOCOL.sctp) return null;
  const isOf4 = view.getUint8(0) >> 4 === 4;
  return {
    protocol,
    src: isOf4 ? Ipv4.of(view.getUint32(12)) : readAddress6(view, 8),
    srcPort: view.getUint16(at),
    dst: isOf4 ? Ipv4.of(view.getUint32(16)) : readAddress6(view, 24),
    dstPort: view.getUint16(at + 2),
    tcp: null,
    sctp: null,
    mark: 0,
    length: data.length,
    isFromHere: false,
    isConfirmed: false,
  };
}

/** The packet from, or to, another address and port. */
export function withEnd<Packet extends IpPacket>(
  packet: Packet,
  end: "src" | "dst",
  address: Ip,
  port: number,
): Packet {
  const { body } = packet;
  const sctp = sctpOf(packet);
  if (sctp !== null && sctpPorts(sctp)[`${end}Port`] !== port)
    return { ...packet, [end]: address, body: { ...body, data: withSctpPort(sctp, end, port) } };
  const changed = body.kind === "tcp" || body.kind === "udp" ? { ...body, [`${end}Port`]: port } : body;
  return { ...packet, [end]: address, body: changed };
}

/** The octets that an error quotes, from or to another address and port; checksums of what is inside stay as they were. */
export function quoteWithEnd(data: Uint8Array, end: "src" | "dst", address: Ip, port: number): Uint8Array {
  const octets = data.slice();
  const view = new DataView(octets.buffer);
  const { at } = portsIn(view)!;
  if (address.family === 4) {
    view.setUint32(end === "src" ? 12 : 16, address.bits);
    view.setUint16(10, 0);
    view.setUint16(10, finish(sum(octets, 0, at)));
  } else writeAddress6(view, end === "src" ? 8 : 24, address);
  view.setUint16(at + (end === "src" ? 0 : 2), port);
  return octets;
}

/** `10.0.0.1:80`, or the protocol's number where there are no ports. */
export function endText(packet: IpPacket, end: "src" | "dst"): string {
  const { body } = packet;
  const sctp = sctpOf(packet);
  const ports = body.kind === "tcp" || body.kind === "udp" ? body : sctp === null ? null : sctpPorts(sctp);
  if (ports === null) return `${packet[end]} (protocol ${protocolOf(packet)})`;
  const port = ports[`${end}Port`];
  return packet.kind === "ipv4" ? `${packet[end]}:${port}` : `[${packet[end]}]:${port}`;
}
