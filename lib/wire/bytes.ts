// Values to octets, checksums included. Before you edit: RFC 791, 792, 826, 2003; bytes6.ts has IPv6.

import { transportLength, writeTcp, writeUdp } from "./bytes-transport.ts";
import { ipv6Length, writeIpv6 } from "./bytes6.ts";
import { finish, sum } from "./checksum.ts";
import {
  type Arp,
  ETHERTYPE,
  type Frame,
  type Icmp,
  type Ipv4Packet,
  type Ipv6Packet,
  protocolOf,
  type VlanTag,
} from "./packet.ts";

/** Octets of what an IPv4 packet carries. */
export function bodyLength(body: Ipv4Packet["body"]): number {
  switch (body.kind) {
    case "icmp":
      return 8 + body.data.length;
    case "udp":
    case "tcp":
      return transportLength(body);
    case "ipip":
      return ipv4Length(body.packet);
    case "unknown":
      return body.data.length;
  }
}

/** Octets of an IPv4 packet from the first of its header (20) to the last of its data. */
export function ipv4Length(packet: Ipv4Packet): number {
  return 20 + bodyLength(packet.body);
}

/** Octets of an IP packet of either family. */
export function ipLength(packet: Ipv4Packet | Ipv6Packet): number {
  return packet.kind === "ipv4" ? ipv4Length(packet) : ipv6Length(packet);
}

/**
 * Octets of a frame from the destination address on, without FCS and without padding (as a capture on veth has it), and
 * without a VLAN tag: Linux carries that beside the frame, and counts and measures without it.
 */
export function frameLength(frame: Frame): number {
  const { payload } = frame;
  switch (payload.kind) {
    case "ipv4":
      return 14 + ipv4Length(payload);
    case "ipv6":
      return 14 + ipv6Length(payload);
    case "arp":
      return 42;
    case "unknown":
      return 14 + payload.data.length;
  }
}

/** The ethertype of a frame, as its header says it. */
export function ethertypeOf({ payload }: Frame): number {
  return payload.kind === "unknown" ? payload.ethertype : ETHERTYPE[payload.kind];
}

/** The octets of a frame. */
export function frameBytes(frame: Frame): Uint8Array {
  const { payload } = frame;
  const start = frame.vlan === undefined ? 14 : 18;
  const out = new Uint8Array(frameLength(frame) - 14 + start);
  const view = new DataView(out.buffer);
  put48(view, 0, frame.dst.bits);
  put48(view, 6, frame.src.bits);
  if (frame.vlan !== undefined) {
    view.setUint16(12, ETHERTYPE.vlan);
    view.setUint16(14, tagBits(frame.vlan));
  }
  view.setUint16(start - 2, ethertypeOf(frame));
  if (payload.kind === "ipv4") writeIpv4(view, out, start, payload);
  else if (payload.kind === "ipv6") writeIpv6(view, out, start, payload);
  else if (payload.kind === "arp") writeArp(view, start, payload);
  else out.set(payload.data, start);
  return out;
}

/** The 16 bits of a tag: priority, drop eligible, VLAN. */
function tagBits({ id, priority, dropEligible }: VlanTag): number {
  return (priority << 13) | (dropEligible ? 0x1000 : 0) | id;
}

function writeArp(view: DataView, at: number, arp: Arp): void {
  view.setUint32(at, 0x0001_0800);
  view.setUint32(at + 4, 0x0604_0000 | (arp.op === "request" ? 1 : 2));
  put48(view, at + 8, arp.senderMac.bits);
  view.setUint32(at + 14, arp.senderIp.bits);
  put48(view, at + 18, arp.targetMac.bits);
  view.setUint32(at + 24, arp.targetIp.bits);
}

/** The octets of an IPv4 packet, as an ICMP error quotes it. */
export function ipv4Bytes(packet: Ipv4Packet): Uint8Array {
  const out = new Uint8Array(ipv4Length(packet));
  writeIpv4(new DataView(out.buffer), out, 0, packet);
  return out;
}

function writeIpv4(view: DataView, out: Uint8Array, at: number, packet: Ipv4Packet): void {
  const length = ipv4Length(packet);
  view.setUint8(at, 0x45);
  view.setUint8(at + 1, packet.tos);
  view.setUint16(at + 2, length);
  view.setUint16(at + 4, packet.id);
  const flags = (packet.dontFragment ? 0x4000 : 0) | (packet.moreFragments ? 0x2000 : 0);
  view.setUint16(at + 6, flags | (packet.fragmentOffset >> 3));
  view.setUint8(at + 8, packet.ttl);
  view.setUint8(at + 9, protocolOf(packet));
  view.setUint32(at + 12, packet.src.bits);
  view.setUint32(at + 16, packet.dst.bits);
  view.setUint16(at + 10, finish(sum(out, at, at + 20)));
  const start = at + 20;
  const end = at + length;
  const { body } = packet;
  if (body.kind === "unknown") out.set(body.data, start);
  else if (body.kind === "ipip") writeIpv4(view, out, start, body.packet);
  else if (body.kind === "icmp") writeIcmp(view, out, start, end, body);
  else if (body.kind === "udp") writeUdp(view, out, start, end, body, pseudoHeader(packet, end - start));
  else writeTcp(view, out, start, end, body, pseudoHeader(packet, end - start));
}

function writeIcmp(view: DataView, out: Uint8Array, at: number, end: number, icmp: Icmp): void {
  view.setUint8(at, icmp.type);
  view.setUint8(at + 1, icmp.code);
  view.setUint32(at + 4, icmp.rest);
  out.set(icmp.data, at + 8);
  view.setUint16(at + 2, finish(sum(out, at, end)));
}

function pseudoHeader(packet: Ipv4Packet, length: number): number {
  const { src, dst } = packet;
  return (
    (src.bits >>> 16) + (src.bits & 0xffff) + (dst.bits >>> 16) + (dst.bits & 0xffff) + protocolOf(packet) + length
  );
}

function put48(view: DataView, at: number, bits: number): void {
  view.setUint16(at, Math.floor(bits / 2 ** 32));
  view.setUint32(at + 2, bits % 2 ** 32);
}
