// UDP and TCP as octets, the same over either family. Before you edit: RFC 768, 9293 and net/ipv4/tcp_output.c
// (tcp_options_write: the order in which Linux lays TCP options).
import { finish, sum } from "./checksum.ts";
import type { Tcp, TcpOptions, Udp } from "./packet.ts";

/** Octets of TCP options, padded to a multiple of four. */
export function tcpOptionsLength(options: TcpOptions): number {
  return (
    (options.mss !== undefined ? 4 : 0) +
    (options.timestamps !== undefined ? 12 : options.sackPermitted ? 4 : 0) +
    (options.windowScale !== undefined ? 4 : 0) +
    (options.sack !== undefined ? 4 + 8 * options.sack.length : 0)
  );
}

/** Octets of a datagram or a segment with its header. */
export function transportLength(body: Udp | Tcp): number {
  return body.kind === "udp" ? 8 + body.data.length : 20 + tcpOptionsLength(body.options) + body.data.length;
}

/** Writes a datagram to `out[at, end)`; `pseudo` is the sum of the pseudo header around it. */
export function writeUdp(view: DataView, out: Uint8Array, at: number, end: number, udp: Udp, pseudo: number): void {
  view.setUint16(at, udp.srcPort);
  view.setUint16(at + 2, udp.dstPort);
  view.setUint16(at + 4, end - at);
  out.set(udp.data, at + 8);
  if (udp.unchecked) return;
  // RFC 768: a computed zero goes out as all ones, because zero means "no checksum".
  view.setUint16(at + 6, finish(sum(out, at, end, pseudo)) || 0xffff);
}

/** Writes a segment to `out[at, end)`; `pseudo` is the sum of the pseudo header around it. */
export function writeTcp(view: DataView, out: Uint8Array, at: number, end: number, tcp: Tcp, pseudo: number): void {
  const header = 20 + tcpOptionsLength(tcp.options);
  view.setUint16(at, tcp.srcPort);
  view.setUint16(at + 2, tcp.dstPort);
  view.setUint32(at + 4, tcp.seq);
  view.setUint32(at + 8, tcp.ack);
  view.setUint16(at + 12, (header << 10) | tcp.flags);
  view.setUint16(at + 14, tcp.window);
  writeTcpOptions(view, at + 20, tcp.options);
  out.set(tcp.data, at + header);
  view.setUint16(at + 16, finish(sum(out, at, end, pseudo)));
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
