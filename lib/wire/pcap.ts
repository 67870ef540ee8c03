// The classic capture file, read by tcpdump, tshark and Wireshark. Before you edit: draft-ietf-opsawg-pcap,
// LINKTYPE_ETHERNET = 1, LINKTYPE_RAW = 101.
import { BadInput } from "./input.ts";

/** One captured frame: time in nanoseconds since 1970, the octets as they were on the wire. */
export interface Captured {
  readonly time: bigint;
  readonly bytes: Uint8Array;
}

const MAGIC_NANOSECONDS = 0xa1b23c4d;
const MAGIC_MICROSECONDS = 0xa1b2c3d4;

/** The octets of a pcap file, with nanosecond times unless said otherwise. */
export function pcapBytes(
  captures: readonly Captured[],
  linkType: 1 | 101 = 1,
  unit: "nanoseconds" | "microseconds" = "nanoseconds",
): Uint8Array {
  const out = new Uint8Array(24 + captures.reduce((length, { bytes }) => length + 16 + bytes.length, 0));
  const view = new DataView(out.buffer);
  view.setUint32(0, unit === "nanoseconds" ? MAGIC_NANOSECONDS : MAGIC_MICROSECONDS, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, 262144, true);
  view.setUint32(20, linkType, true);
  let at = 24;
  for (const { time, bytes } of captures) {
    view.setUint32(at, Number(time / 1_000_000_000n), true);
    view.setUint32(at + 4, Number((time % 1_000_000_000n) / (unit === "nanoseconds" ? 1n : 1000n)), true);
    view.setUint32(at + 8, bytes.length, true);
    view.setUint32(at + 12, bytes.length, true);
    out.set(bytes, at + 16);
    at += 16 + bytes.length;
  }
  return out;
}

/** Reads a pcap file of either byte order with micro- or nanosecond times. Throws BadInput for anything else. */
export function parsePcap(file: Uint8Array): Captured[] {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  if (file.length < 24) throw notPcap(file);
  const little = [MAGIC_MICROSECONDS, MAGIC_NANOSECONDS].includes(view.getUint32(0, true));
  const magic = view.getUint32(0, little);
  if (magic !== MAGIC_MICROSECONDS && magic !== MAGIC_NANOSECONDS) throw notPcap(file);
  const linkType = view.getUint32(20, little);
  if (linkType !== 1)
    throw new BadInput("not a capture of Ethernet", `link type ${linkType}`, "Capture on one device.");
  const unit = magic === MAGIC_NANOSECONDS ? 1n : 1000n;
  const captures: Captured[] = [];
  for (let at = 24; at + 16 <= file.length; ) {
    const length = view.getUint32(at + 8, little);
    const time = BigInt(view.getUint32(at, little)) * 1_000_000_000n + BigInt(view.getUint32(at + 4, little)) * unit;
    if (at + 16 + length > file.length)
      throw new BadInput("a capture that is cut short", `octet ${at}`, "Capture again.");
    captures.push({ time, bytes: file.slice(at + 16, at + 16 + length) });
    at += 16 + length;
  }
  return captures;
}

function notPcap(file: Uint8Array): BadInput {
  return new BadInput("not a pcap file", `${file.length} octets`, "Write it with tcpdump -w or with Walk.pcap().");
}
