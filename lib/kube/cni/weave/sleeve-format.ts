// Weave's own encapsulation: in a datagram the name of the peer that sent it, and frames, each with the peer that captured
// it and the one it is for.
// Before you edit: github.com/weaveworks/weave router/{sleeve,frame_crypto}.go (NonEncryptor, IterateFrames),
// site/concepts/router-encapsulation.md. A peer's name is six octets, as a MAC has.
import { Mac } from "../../../wire/mac.ts";

const NAME = 6;
const FRAME_HEADER = 2 * NAME + 2;

export interface SleeveFrame {
  readonly source: Mac;
  readonly destination: Mac;
  readonly octets: Uint8Array;
}

export const sleeveLength = (frames: readonly SleeveFrame[]): number =>
  frames.reduce((length, { octets }) => length + FRAME_HEADER + octets.length, NAME);

export function sleeveBytes(sender: Mac, frames: readonly SleeveFrame[]): Uint8Array {
  const bytes = new Uint8Array(sleeveLength(frames));
  const view = new DataView(bytes.buffer);
  let at = writeName(view, 0, sender);
  for (const { source, destination, octets } of frames) {
    at = writeName(view, writeName(view, at, source), destination);
    view.setUint16(at, octets.length);
    bytes.set(octets, at + 2);
    at += 2 + octets.length;
  }
  return bytes;
}

/** Null: this is no whole datagram of Sleeve. */
export function readSleeve(bytes: Uint8Array): { readonly sender: Mac; readonly frames: SleeveFrame[] } | null {
  if (bytes.length < NAME) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const frames: SleeveFrame[] = [];
  for (let at = NAME; at < bytes.length; ) {
    if (at + FRAME_HEADER > bytes.length) return null;
    const begin = at + FRAME_HEADER;
    const end = begin + view.getUint16(begin - 2);
    if (end > bytes.length) return null;
    frames.push({
      source: readName(view, at),
      destination: readName(view, at + NAME),
      octets: bytes.subarray(begin, end),
    });
    at = end;
  }
  return { sender: readName(view, 0), frames };
}

function writeName(view: DataView, at: number, { bits }: Mac): number {
  view.setUint16(at, Math.floor(bits / 2 ** 32));
  view.setUint32(at + 2, bits % 2 ** 32);
  return at + NAME;
}

const readName = (view: DataView, at: number): Mac => Mac.of(view.getUint16(at) * 2 ** 32 + view.getUint32(at + 2));
