// Octets to datagrams and segments, the same over either family. Before you edit: RFC 768, 9293.
import { finish, sum } from "./checksum.ts";
import { need, refuse, viewOf } from "./octets.ts";
import type { Tcp, TcpOptions, Udp } from "./packet.ts";

/** Whether checksums are looked at: a capture made where the NIC computes them has them unfinished. */
export type Checksums = "verify" | "ignore";

/** Reads a datagram; `pseudo` is the sum of the pseudo header around it. */
export function parseUdp(bytes: Uint8Array, pseudo: number, checksums: Checksums): Udp {
  need(bytes, 8, "a UDP header");
  const view = viewOf(bytes);
  const length = view.getUint16(4);
  if (checksums === "verify" && length !== bytes.length)
    throw refuse(`UDP length ${length} in ${bytes.length} octets`, bytes);
  const present = view.getUint16(6) !== 0;
  if (checksums === "verify" && present && finish(sum(bytes, 0, bytes.length, pseudo)) !== 0)
    throw refuse("a wrong UDP checksum", bytes);
  const ports = { srcPort: view.getUint16(0), dstPort: view.getUint16(2) };
  return { kind: "udp", ...ports, ...(!present && { unchecked: true as const }), data: bytes.slice(8) };
}

/** Reads a segment; `pseudo` is the sum of the pseudo header around it. */
export function parseTcp(bytes: Uint8Array, pseudo: number, checksums: Checksums): Tcp {
  need(bytes, 20, "a TCP header");
  const view = viewOf(bytes);
  if (checksums === "verify" && finish(sum(bytes, 0, bytes.length, pseudo)) !== 0)
    throw refuse("a wrong TCP checksum", bytes);
  const header = (view.getUint16(12) >> 12) * 4;
  if (header < 20) throw refuse(`a TCP header of ${header} octets`, bytes);
  return {
    kind: "tcp",
    srcPort: view.getUint16(0),
    dstPort: view.getUint16(2),
    seq: view.getUint32(4),
    ack: view.getUint32(8),
    flags: view.getUint16(12) & 0x1ff,
    window: view.getUint16(14),
    options: parseTcpOptions(bytes.subarray(20, header)),
    data: bytes.slice(header),
  };
}

/** Reads the first octets of a segment, eight at least, as an error quotes them; what was cut off reads 0. */
export function parseQuotedTcp(bytes: Uint8Array): Tcp {
  const length = ((bytes[12] ?? 0) >> 4) * 4;
  if (length >= 20 && length <= bytes.length) return parseTcp(bytes, 0, "ignore");
  // Options that are not all there are not read.
  const header = new Uint8Array(20);
  header.set(bytes.subarray(0, 20));
  header[12] = 0x50 | (header[12]! & 15);
  return parseTcp(header, 0, "ignore");
}

function parseTcpOptions(bytes: Uint8Array): TcpOptions {
  const view = viewOf(bytes);
  const options: { -readonly [K in keyof TcpOptions]: TcpOptions[K] } = {};
  for (let at = 0; at < bytes.length; ) {
    const kind = bytes[at]!;
    if (kind === 0) break;
    const length = kind === 1 ? 1 : (bytes[at + 1] ?? 0);
    if (kind !== 1 && (length < 2 || at + length > bytes.length)) throw refuse(`TCP option ${kind} cut short`, bytes);
    if (kind === 2) options.mss = view.getUint16(at + 2);
    else if (kind === 3) options.windowScale = bytes[at + 2]!;
    else if (kind === 4) options.sackPermitted = true;
    else if (kind === 8) options.timestamps = [view.getUint32(at + 2), view.getUint32(at + 6)];
    else if (kind === 5) {
      const blocks = Array.from({ length: (length - 2) >> 3 }, (_, i) => at + 2 + 8 * i);
      options.sack = blocks.map((block) => [view.getUint32(block), view.getUint32(block + 4)] as const);
    }
    at += length;
  }
  return options;
}
