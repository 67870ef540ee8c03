// IPv6 and ICMPv6 as octets. Before you edit: RFC 8200 (header, §4.5 fragments, §8.1 pseudo header), RFC 4443 §2.3,
// RFC 2711 (router alert).
import type { Ipv6 } from "./address6.ts";
import { transportLength, writeTcp, writeUdp } from "./bytes-transport.ts";
import { finish, sum } from "./checksum.ts";
import { type Icmp6, type Ipv6Packet, PROTOCOL, protocolOf } from "./packet.ts";

/** The hop-by-hop header of MLD behind its first octet: router alert 0 and two octets of padding. */
export const ROUTER_ALERT = [0, 5, 2, 0, 0, 1, 0] as const;

/** Octets of what an IPv6 packet carries behind all its headers. */
export function body6Length(body: Ipv6Packet["body"]): number {
  if (body.kind === "unknown") return body.data.length;
  return body.kind === "icmp6" ? 8 + body.data.length : transportLength(body);
}

/** Octets of the IPv6 header and the headers between it and the body. */
export function headers6Length({ fragment, routerAlert }: Ipv6Packet): number {
  return 40 + (routerAlert ? 8 : 0) + (fragment === undefined ? 0 : 8);
}

/** Octets of an IPv6 packet from the first of its header to the last of its data. */
export function ipv6Length(packet: Ipv6Packet): number {
  return headers6Length(packet) + body6Length(packet.body);
}

/** The octets of an IPv6 packet, as an ICMPv6 error quotes it. */
export function ipv6Bytes(packet: Ipv6Packet): Uint8Array {
  const out = new Uint8Array(ipv6Length(packet));
  writeIpv6(new DataView(out.buffer), out, 0, packet);
  return out;
}

/** Writes a packet to `out` from `at` on. */
export function writeIpv6(view: DataView, out: Uint8Array, at: number, packet: Ipv6Packet): void {
  const { trafficClass, flowLabel, hopLimit, src, dst, fragment, routerAlert, body } = packet;
  const length = ipv6Length(packet);
  const protocol = protocolOf(packet);
  view.setUint32(at, (6 << 28) | (trafficClass << 20) | flowLabel);
  view.setUint16(at + 4, length - 40);
  view.setUint8(at + 7, hopLimit);
  writeAddress6(view, at + 8, src);
  writeAddress6(view, at + 24, dst);
  // Each header names the next one.
  let next = at + 6;
  let start = at + 40;
  if (routerAlert) {
    view.setUint8(next, PROTOCOL.hopByHop);
    next = start;
    out.set(ROUTER_ALERT, start + 1);
    start += 8;
  }
  if (fragment !== undefined) {
    view.setUint8(next, PROTOCOL.fragment);
    next = start;
    view.setUint16(start + 2, fragment.offset | (fragment.more ? 1 : 0));
    view.setUint32(start + 4, fragment.id);
    start += 8;
  }
  view.setUint8(next, protocol);
  const end = at + length;
  if (body.kind === "unknown") out.set(body.data, start);
  else if (body.kind === "udp") writeUdp(view, out, start, end, body, pseudoHeader6(packet, end - start));
  else if (body.kind === "tcp") writeTcp(view, out, start, end, body, pseudoHeader6(packet, end - start));
  else writeIcmp6(view, out, start, end, body, pseudoHeader6(packet, end - start));
}

function writeIcmp6(view: DataView, out: Uint8Array, at: number, end: number, icmp: Icmp6, pseudo: number): void {
  view.setUint8(at, icmp.type);
  view.setUint8(at + 1, icmp.code);
  view.setUint32(at + 4, icmp.rest);
  out.set(icmp.data, at + 8);
  view.setUint16(at + 2, finish(sum(out, at, end, pseudo)));
}

/** Writes the 16 octets of an address. */
export function writeAddress6(view: DataView, at: number, { w0, w1, w2, w3 }: Ipv6): void {
  view.setUint32(at, w0);
  view.setUint32(at + 4, w1);
  view.setUint32(at + 8, w2);
  view.setUint32(at + 12, w3);
}

function pseudoHeader6(packet: Ipv6Packet, length: number): number {
  return addressSum(packet.src) + addressSum(packet.dst) + protocolOf(packet) + length;
}

function addressSum({ w0, w1, w2, w3 }: Ipv6): number {
  const high = (w0 >>> 16) + (w1 >>> 16) + (w2 >>> 16) + (w3 >>> 16);
  return high + (w0 & 0xffff) + (w1 & 0xffff) + (w2 & 0xffff) + (w3 & 0xffff);
}
