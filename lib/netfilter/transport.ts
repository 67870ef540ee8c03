// What rules read behind the IP header. A later piece of a cut packet has none of it; a first piece has it in octets.
// Before you edit: net/netfilter/xt_tcpudp.c, nft_payload.c (nft_payload_eval: NFT_PKTINFO_L4PROTO, fragoff).
import { ipv4Bytes } from "../wire/bytes.ts";
import { ipv6Bytes } from "../wire/bytes6.ts";
import { PROTOCOL, type Tcp } from "../wire/packet.ts";
import { isLaterFragment } from "./condition.ts";
import type { IpPacket } from "./skb.ts";

/** What is not there. */
export const NONE = -1;

/**
 * The source port, or NONE. nftables' own comparisons read ports in every piece (`inPieces`), whatever stands there
 * (nft_payload_fast_eval); matches of xtables do not.
 */
export function sourcePort(packet: IpPacket, inPieces = false): number {
  const { body } = packet;
  if (body.kind === "tcp" || body.kind === "udp") return body.srcPort;
  return octets16(packet, 0, inPieces);
}

/** The destination port, or NONE. */
export function destinationPort(packet: IpPacket, inPieces = false): number {
  const { body } = packet;
  if (body.kind === "tcp" || body.kind === "udp") return body.dstPort;
  return octets16(packet, 2, inPieces);
}

/** Of a protocol that no room models, or of a first piece: 16 bits of what follows the IP header. */
function octets16(packet: IpPacket, at: number, inPieces = false): number {
  const { body } = packet;
  if (body.kind !== "unknown" || body.data.length < at + 2 || (!inPieces && isLaterFragment(packet))) return NONE;
  return (body.data[at]! << 8) | body.data[at + 1]!;
}

/** The flags of TCP (TCP_FLAG), or NONE. */
export function tcpFlags(packet: IpPacket, inPieces = false): number {
  const { body } = packet;
  if (body.kind === "tcp") return body.flags & 0xff;
  if (body.kind !== "unknown" || body.protocol !== PROTOCOL.tcp || body.data.length < 20) return NONE;
  return isLaterFragment(packet) && !inPieces ? NONE : body.data[13]!;
}

/** The kinds of options a segment carries, with the padding (kind 1) as Linux lays it. */
export function tcpOptionKinds({ options }: Tcp): number[] {
  const kinds: number[] = [];
  if (options.mss !== undefined) kinds.push(2);
  if (options.timestamps !== undefined) kinds.push(options.sackPermitted ? 4 : 1, 8);
  else if (options.sackPermitted) kinds.push(1, 4);
  if (options.windowScale !== undefined) kinds.push(1, 3);
  if (options.sack !== undefined) kinds.push(1, 5);
  return kinds;
}

/** Type and code of ICMP or ICMPv6 as type * 256 + code, or NONE. */
export function icmpTypeCode(packet: IpPacket): number {
  const { body } = packet;
  if (body.kind === "icmp" || body.kind === "icmp6") return body.type * 256 + body.code;
  return octets16(packet, 0);
}

/** The octets of the packet, from the first of its IP header. */
export function packetBytes(packet: IpPacket): Uint8Array {
  return packet.kind === "ipv4" ? ipv4Bytes(packet) : ipv6Bytes(packet);
}
