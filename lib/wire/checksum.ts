// Before you edit: RFC 1071.

/** The one's complement sum of RFC 1071 over `bytes[from, to)`, to be continued or folded by `finish`. */
export function sum(bytes: Uint8Array, from = 0, to = bytes.length, start = 0): number {
  let total = start;
  let i = from;
  for (; i + 1 < to; i += 2) total += (bytes[i]! << 8) | bytes[i + 1]!;
  if (i < to) total += bytes[i]! << 8;
  return total;
}

/** Folds a sum to the 16-bit checksum that goes on the wire. */
export function finish(total: number): number {
  let folded = total;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000);
  return ~folded & 0xffff;
}
