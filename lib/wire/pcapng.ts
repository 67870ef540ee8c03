// The newer capture file: blocks, several interfaces with their names. Before you edit: draft-ietf-opsawg-pcapng §4.1
// (section header), §4.2 (interface description), §4.3 (enhanced packet).
import { BadInput } from "./input.ts";
import type { Captured } from "./pcap.ts";

const BLOCK = { section: 0x0a0d0d0a, interface: 1, packet: 6 } as const;
const BYTE_ORDER = 0x1a2b3c4d;
const OPTION = { end: 0, name: 2, resolution: 9 } as const;

/** A captured frame and the interface that saw it. */
export interface CapturedOn extends Captured {
  readonly device: string;
}

/** The octets of a pcapng file with nanosecond times; interfaces are named in the order they first saw a frame. */
export function pcapngBytes(captures: readonly CapturedOn[]): Uint8Array {
  const names = [...new Set(captures.map(({ device }) => device))];
  const blocks = [
    block(BLOCK.section, [word(BYTE_ORDER), half(1, 0), word(0xffffffff), word(0xffffffff)]),
    ...names.map((name) =>
      block(BLOCK.interface, [
        half(1, 0),
        word(262144),
        option(OPTION.name, new TextEncoder().encode(name)),
        option(OPTION.resolution, Uint8Array.of(9)),
        option(OPTION.end, new Uint8Array(0)),
      ]),
    ),
    ...captures.map(({ time, bytes, device }) =>
      block(BLOCK.packet, [
        word(names.indexOf(device)),
        word(Number(time >> 32n)),
        word(Number(time & 0xffffffffn)),
        word(bytes.length),
        word(bytes.length),
        bytes,
      ]),
    ),
  ];
  return join(blocks);
}

/** Reads a pcapng file of either byte order and any resolution of time. Throws BadInput for anything but Ethernet. */
export function parsePcapng(file: Uint8Array): CapturedOn[] {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const captures: CapturedOn[] = [];
  let interfaces: { name: string; unit: (ticks: bigint) => bigint }[] = [];
  let little = true;
  for (let at = 0; at + 12 <= file.length; ) {
    const isSection = view.getUint32(at, true) === BLOCK.section;
    if (isSection) {
      little = view.getUint32(at + 8, true) === BYTE_ORDER;
      interfaces = [];
    }
    const type = view.getUint32(at, little);
    const length = view.getUint32(at + 4, little);
    if (length < 12 || at + length > file.length || (at === 0 && !isSection))
      throw new BadInput("not a pcapng file, or cut short", `octet ${at}`, "Capture again.");
    if (type === BLOCK.interface) {
      const linkType = view.getUint16(at + 8, little);
      if (linkType !== 1)
        throw new BadInput("not a capture of Ethernet", `link type ${linkType}`, "Capture on one device.");
      interfaces.push(interfaceOf(view, at + 16, at + length - 4, little));
    } else if (type === BLOCK.packet) {
      const on = interfaces[view.getUint32(at + 8, little)];
      if (on === undefined) throw new BadInput("a packet of no interface", `octet ${at}`, "Capture again.");
      const ticks = (BigInt(view.getUint32(at + 12, little)) << 32n) | BigInt(view.getUint32(at + 16, little));
      const size = view.getUint32(at + 20, little);
      captures.push({ time: on.unit(ticks), bytes: file.slice(at + 28, at + 28 + size), device: on.name });
    }
    at += length;
  }
  return captures;
}

function interfaceOf(view: DataView, start: number, end: number, little: boolean) {
  let name = "";
  let resolution = 6;
  for (let at = start; at + 4 <= end; ) {
    const code = view.getUint16(at, little);
    const length = view.getUint16(at + 2, little);
    if (code === OPTION.name)
      name = new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at + 4, length));
    if (code === OPTION.resolution) resolution = view.getUint8(at + 4);
    at += 4 + length + (-length & 3);
  }
  // The highest bit says powers of two instead of ten.
  const unit = (ticks: bigint) =>
    resolution & 0x80
      ? (ticks * 1_000_000_000n) >> BigInt(resolution & 0x7f)
      : (ticks * 1_000_000_000n) / 10n ** BigInt(resolution);
  return { name, unit };
}

/** A block: type, length, body padded to whole words, length again. */
function block(type: number, parts: readonly Uint8Array[]): Uint8Array {
  const body = join(parts);
  const padding = new Uint8Array(-body.length & 3);
  const length = word(12 + body.length + padding.length);
  return join([word(type), length, body, padding, length]);
}

function option(code: number, value: Uint8Array): Uint8Array {
  return join([half(code, value.length), value, new Uint8Array(-value.length & 3)]);
}

function word(value: number): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value, true);
  return out;
}

function half(first: number, second: number): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint16(0, first, true);
  new DataView(out.buffer).setUint16(2, second, true);
  return out;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
