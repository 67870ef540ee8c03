// Values to octets, checksums included. Before you edit: RFC 791, 792, 793, 768, 826, 2003 and net/ipv4/tcp_output.c
// (tcp_options_write: the order in which Linux lays TCP options).
import { finish, sum } from "./checksum.ts";
import {
  ETHERTYPE,
  type Frame,
  type Icmp,
  type Ipv4Packet,
  protocolOf,
  type Tcp,
  type TcpOptions,
  type Udp,
} from "./packet.ts";

/** Octets of TCP options, padded to a multiple of four. */
export function tcpOptionsLength(options: TcpOptions): number {
  return (
    (options.mss !== undefined ? 4 : 0) +
    (options.timestamps !== undefined ? 12 : options.sackPermitted ? 4 : 0) +
    (options.windowScale !== undefined ? 4 : 0) +
    (options.sack !== undefined ? 4 + 8 * options.sack.length : 0)
  );
}

/** Octets of what an IPv4 packet carries. */
export function bodyLength(body: Ipv4Packet["body"]): number {
  switch (body.kind) {
    case "icmp":
    case "udp":
      return 8 + body.data.length;
    case "tcp":
      return 20 + tcpOptionsLength(body.options) + body.data.length;
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

/** Octets of a frame from the destination address on, without FCS and without padding (as a capture on veth has it). */
export function frameLength(frame: Frame): number {
  const { payload } = frame;
  if (payload.kind === "arp") return 42;
  return 14 + (payload.kind === "ipv4" ? ipv4Length(payload) : payload.data.length);
}

/** The octets of a frame. */
export function frameBytes(frame: Frame): Uint8Array {
  const { payload } = frame;
  const out = new Uint8Array(frameLength(frame));
  const view = new DataView(out.buffer);
  put48(view, 0, frame.dst.bits);
  put48(view, 6, frame.src.bits);
  if (payload.kind === "arp") {
    view.setUint16(12, ETHERTYPE.arp);
    view.setUint32(14, 0x0001_0800);
    view.setUint32(18, 0x0604_0000 | (payload.op === "request" ? 1 : 2));
    put48(view, 22, payload.senderMac.bits);
    view.setUint32(28, payload.senderIp.bits);
    put48(view, 32, payload.targetMac.bits);
    view.setUint32(38, payload.targetIp.bits);
  } else if (payload.kind === "ipv4") {
    view.setUint16(12, ETHERTYPE.ipv4);
    writeIpv4(view, out, 14, payload);
  } else {
    view.setUint16(12, payload.ethertype);
    out.set(payload.data, 14);
  }
  return out;
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
  else if (body.kind === "udp") writeUdp(view, out, start, end, body, packet);
  else writeTcp(view, out, start, end, body, packet);
}

function writeIcmp(view: DataView, out: Uint8Array, at: number, end: number, icmp: Icmp): void {
  view.setUint8(at, icmp.type);
  view.setUint8(at + 1, icmp.code);
  view.setUint32(at + 4, icmp.rest);
  out.set(icmp.data, at + 8);
  view.setUint16(at + 2, finish(sum(out, at, end)));
}

function writeUdp(view: DataView, out: Uint8Array, at: number, end: number, udp: Udp, packet: Ipv4Packet): void {
  view.setUint16(at, udp.srcPort);
  view.setUint16(at + 2, udp.dstPort);
  view.setUint16(at + 4, end - at);
  out.set(udp.data, at + 8);
  if (udp.unchecked) return;
  // RFC 768: a computed zero goes out as all ones, because zero means "no checksum".
  view.setUint16(at + 6, finish(sum(out, at, end, pseudoHeader(packet, end - at))) || 0xffff);
}

function writeTcp(view: DataView, out: Uint8Array, at: number, end: number, tcp: Tcp, packet: Ipv4Packet): void {
  const header = 20 + tcpOptionsLength(tcp.options);
  view.setUint16(at, tcp.srcPort);
  view.setUint16(at + 2, tcp.dstPort);
  view.setUint32(at + 4, tcp.seq);
  view.setUint32(at + 8, tcp.ack);
  view.setUint16(at + 12, (header << 10) | tcp.flags);
  view.setUint16(at + 14, tcp.window);
  writeTcpOptions(view, at + 20, tcp.options);
  out.set(tcp.data, at + header);
  view.setUint16(at + 16, finish(sum(out, at, end, pseudoHeader(packet, end - at))));
}

function writeTcpOptions(view: DataView, start: number, options: TcpOptions): void {
  let at = start;
  if (options.mss !== undefined) {
    view.setUint32(at, 0x0204_0000 | options.mss);
    at += 4;
  }
  if (options.timestamps !== undefined) {
    view.setUint32(at, options.sackPermitted ? 0x0402_080a : 0x0101_080a);
    view.setUint32(at + 4, options.timestamps[0]);
    view.setUint32(at + 8, options.timestamps[1]);
    at += 12;
  } else if (options.sackPermitted) {
    view.setUint32(at, 0x0101_0402);
    at += 4;
  }
  if (options.windowScale !== undefined) {
    view.setUint32(at, 0x0103_0300 | options.windowScale);
    at += 4;
  }
  if (options.sack === undefined) return;
  view.setUint32(at, 0x0101_0500 | (2 + 8 * options.sack.length));
  for (const [from, to] of options.sack) {
    view.setUint32(at + 4, from);
    view.setUint32(at + 8, to);
    at += 8;
  }
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
