// A packet as IPVS looks at it, and with other addresses and ports.
// Before you edit: net/netfilter/ipvs/ip_vs_proto_tcp.c (tcp_snat_handler, tcp_dnat_handler), ip_vs_core.c
// (ip_vs_nat_icmp).
import type { Segment } from "../../ipvs/ipvs.ts";
import { Ipv4 } from "../../wire/address.ts";
import { ipv4Length } from "../../wire/bytes.ts";
import { finish, sum } from "../../wire/checksum.ts";
import { type Ipv4Packet, PROTOCOL, protocolOf } from "../../wire/packet.ts";
import type { Skb } from "../skb.ts";

/** Null: not of a protocol that is balanced, or a piece that does not say whose it is. */
export function segmentOf(skb: Skb): Segment | null {
  const { packet, mark, input, ct } = skb;
  const { body } = packet;
  if (body.kind !== "tcp" && body.kind !== "udp") return null;
  return {
    protocol: PROTOCOL[body.kind],
    src: packet.src,
    srcPort: body.srcPort,
    dst: packet.dst,
    dstPort: body.dstPort,
    tcp: body.kind === "tcp" ? body : null,
    mark,
    length: ipv4Length(packet),
    isFromHere: input === null || input.kind === "loopback",
    isConfirmed: ct?.kind === "tracked" && ct.conn.isConfirmed,
  };
}

/** Of what an ICMP error quotes: the same, from its octets. Null: it quotes too little, or something else. */
export function quotedSegment(data: Uint8Array): Segment | null {
  if (data.length < 28) return null;
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const protocol = view.getUint8(9);
  const header = (view.getUint8(0) & 15) * 4;
  const isLaterPiece = (view.getUint16(6) & 0x1fff) !== 0;
  if (isLaterPiece || data.length < header + 8) return null;
  if (protocol !== PROTOCOL.tcp && protocol !== PROTOCOL.udp) return null;
  return {
    protocol,
    src: Ipv4.of(view.getUint32(12)),
    srcPort: view.getUint16(header),
    dst: Ipv4.of(view.getUint32(16)),
    dstPort: view.getUint16(header + 2),
    tcp: null,
    mark: 0,
    length: data.length,
    isFromHere: false,
    isConfirmed: false,
  };
}

/** The packet from, or to, another address and port. */
export function withEnd(packet: Ipv4Packet, end: "src" | "dst", address: Ipv4, port: number): Ipv4Packet {
  const { body } = packet;
  const name = end === "src" ? "srcPort" : "dstPort";
  const changed = body.kind === "tcp" || body.kind === "udp" ? { ...body, [name]: port } : body;
  return { ...packet, [end]: address, body: changed };
}

/** The octets that an error quotes, from or to another address and port; checksums of what is inside stay as they were. */
export function quoteWithEnd(data: Uint8Array, end: "src" | "dst", address: Ipv4, port: number): Uint8Array {
  const octets = data.slice();
  const view = new DataView(octets.buffer);
  const header = (view.getUint8(0) & 15) * 4;
  view.setUint32(end === "src" ? 12 : 16, address.bits);
  view.setUint16(10, 0);
  view.setUint16(10, finish(sum(octets, 0, header)));
  view.setUint16(header + (end === "src" ? 0 : 2), port);
  return octets;
}

/** `10.0.0.1:80`, or the protocol's number where there are no ports. */
export function endText(packet: Ipv4Packet, end: "src" | "dst"): string {
  const { body } = packet;
  if (body.kind !== "tcp" && body.kind !== "udp") return `${packet[end]} (protocol ${protocolOf(packet)})`;
  return `${packet[end]}:${end === "src" ? body.srcPort : body.dstPort}`;
}
