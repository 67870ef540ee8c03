// Sets of packets, as boxes: for each field of a packet the values that it may have. All a rule can ask of these fields
// comes out as boxes again, so nothing is guessed.
// After: P. Kazemian, G. Varghese, N. McKeown, "Header Space Analysis: Static Checking for Networks" (NSDI 2012).

/** Ascending, disjoint: `[first, last, first, last, ...]`. */
export type Ranges = readonly number[];

/**
 * Of ICMP the type stands for the source port and the code for the destination port. Devices are numbers of a list of names,
 * 0: none. Of connections: state * 4, and 1 if its source, 2 if its destination is translated (CT_STATES).
 */
export const FIELDS = ["src", "dst", "proto", "sport", "dport", "flags", "in", "out", "ct"] as const;
export type Field = (typeof FIELDS)[number];
export const AT = Object.fromEntries(FIELDS.map((field, i) => [field, i])) as Readonly<Record<Field, number>>;

/** The ranges of each field, in the order of FIELDS; none is empty. */
export type Box = readonly Ranges[];

const LAST = [0xffffffff, 0xffffffff, 255, 65535, 65535, 255, 65535, 65535, 31];
export const EVERYTHING: Box = LAST.map((last) => [0, last]);

export function meetRanges(a: Ranges, b: Ranges): Ranges {
  if (a === b) return a;
  const found: number[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const first = Math.max(a[i]!, b[j]!);
    const last = Math.min(a[i + 1]!, b[j + 1]!);
    if (first <= last) found.push(first, last);
    if (a[i + 1]! < b[j + 1]!) i += 2;
    else j += 2;
  }
  return found.length === a.length && found.every((each, i) => each === a[i]) ? a : found;
}

/** What is in either. */
export function joined(a: Ranges, b: Ranges): Ranges {
  const pairs: (readonly [first: number, last: number])[] = [];
  for (const ranges of [a, b]) for (let i = 0; i < ranges.length; i += 2) pairs.push([ranges[i]!, ranges[i + 1]!]);
  const found: number[] = [];
  for (const [first, last] of pairs.sort(([one], [other]) => one - other))
    if (found.length > 0 && first <= found.at(-1)! + 1) found[found.length - 1] = Math.max(found.at(-1)!, last);
    else found.push(first, last);
  return found;
}

/** What of `a` is not in `b`. */
export function withoutRanges(a: Ranges, b: Ranges): Ranges {
  const found: number[] = [];
  let j = 0;
  for (let i = 0; i < a.length; i += 2) {
    let first = a[i]!;
    const last = a[i + 1]!;
    while (j < b.length && b[j + 1]! < first) j += 2;
    for (let k = j; k < b.length && b[k]! <= last && first <= last; k += 2) {
      if (b[k]! > first) found.push(first, b[k]! - 1);
      first = b[k + 1]! + 1;
    }
    if (first <= last) found.push(first, last);
  }
  return found;
}

/** What is in both; null: nothing. */
export function meet(a: Box, b: Box): Box | null {
  const box: Ranges[] = [];
  for (let i = 0; i < a.length; i++) {
    const ranges = meetRanges(a[i]!, b[i]!);
    if (ranges.length === 0) return null;
    box.push(ranges);
  }
  return box;
}

/** The same as a list of one box or none. */
export function common(a: Box, b: Box): Box[] {
  const box = meet(a, b);
  return box === null ? [] : [box];
}

/** What of `a` is not in `b`, as boxes that have nothing in common. */
export function without(a: Box, b: Box): Box[] {
  if (meet(a, b) === null) return [a];
  const boxes: Box[] = [];
  let rest = a;
  for (let i = 0; i < a.length; i++) {
    const outside = withoutRanges(a[i]!, b[i]!);
    if (outside.length > 0) boxes.push(rest.with(i, outside));
    rest = rest.with(i, meetRanges(a[i]!, b[i]!));
  }
  return boxes;
}

export const withoutAll = (boxes: readonly Box[], taken: readonly Box[]): Box[] =>
  taken.reduce<Box[]>((left, each) => left.flatMap((box) => without(box, each)), [...boxes]);

/** The box with some fields' ranges instead of all. */
export function only(fields: Partial<Readonly<Record<Field, Ranges>>>, of: Box = EVERYTHING): Box {
  return of.map((ranges, i) => fields[FIELDS[i]!] ?? ranges);
}

export const contains = (box: Box, point: readonly number[]): boolean =>
  box.every((ranges, i) => ranges.some((first, j) => j % 2 === 0 && first <= point[i]! && point[i]! <= ranges[j + 1]!));

/** All values that are no value of the others. */
export const complement = (ranges: Ranges, field: Field): Ranges => withoutRanges([0, LAST[AT[field]]!], ranges);

/** How many values there are. */
export const size = (ranges: Ranges): number =>
  ranges.reduce((sum, each, i) => sum + (i % 2 === 0 ? ranges[i + 1]! - each + 1 : 0), 0);
