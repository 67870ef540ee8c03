// The checksum of SCTP: CRC-32C (Castagnoli); its packets with other ports.
// Before you edit: RFC 9260 §6.8 and appendix A.

const TABLE = Uint32Array.from({ length: 256 }, (_, octet) => {
  let crc = octet;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** Where the checksum stands in SCTP's header. */
export const SCTP_CHECKSUM = 8;
const HEADER = 12;

/** The checksum that a packet of SCTP must have, as its four octets read little-endian; what stands there is taken for 0. */
export function sctpChecksum(octets: Uint8Array): number {
  let crc = 0xffffffff;
  for (let at = 0; at < octets.length; at++) {
    const octet = at >= SCTP_CHECKSUM && at < SCTP_CHECKSUM + 4 ? 0 : octets[at]!;
    crc = TABLE[(crc ^ octet) & 0xff]! ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}

/** The octets of a packet of SCTP with another port. Where there is a whole header its checksum is made anew. */
export function withSctpPort(octets: Uint8Array, end: "src" | "dst", port: number): Uint8Array {
  const changed = octets.slice();
  const view = new DataView(changed.buffer);
  view.setUint16(end === "src" ? 0 : 2, port);
  if (changed.length >= HEADER) view.setUint32(SCTP_CHECKSUM, sctpChecksum(changed), true);
  return changed;
}
