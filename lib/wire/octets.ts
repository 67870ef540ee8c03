// Reading numbers from octets, and what is said when there are too few.
import { BadInput } from "./input.ts";

/** The octets as a view that reads numbers, most significant octet first. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** A number of 48 bits. */
export function get48(view: DataView, at: number): number {
  return view.getUint16(at) * 2 ** 32 + view.getUint32(at + 2);
}

/** Throws BadInput when there are fewer octets than `what` takes. */
export function need(bytes: Uint8Array, length: number, what: string): void {
  if (bytes.length < length) throw refuse(`${bytes.length} octets are too few for ${what} (${length})`, bytes);
}

/** What is thrown about octets that a value could not say again. */
export function refuse(problem: string, bytes: Uint8Array): BadInput {
  return new BadInput(`cannot read ${problem}`, hex(bytes.subarray(0, 24)), "The octets are not changed or skipped.");
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
