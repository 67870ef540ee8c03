// Two texts side by side as `diff -u` prints them.
// Before you edit: GNU diffutils src/{analyze,context}.c (shift_boundaries, pr_unified_hunk).

/** Unchanged lines around a change. */
const CONTEXT = 3;

/** Which lines of a text are not in the other, one more than it has lines. */
type Changed = boolean[];

/** A longest common subsequence, as lines that are not in it. */
function compare(a: readonly string[], b: readonly string[]): [Changed, Changed] {
  const changed = (of: readonly string[], is: boolean): Changed => [...of.map(() => is), false];
  const [inA, inB] = [changed(a, true), changed(b, true)];
  const width = b.length + 1;
  /** Of the texts from i and j on. */
  const length = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      length[i * width + j] =
        a[i] === b[j]
          ? length[(i + 1) * width + j + 1]! + 1
          : Math.max(length[(i + 1) * width + j]!, length[i * width + j + 1]!);
  for (let i = 0, j = 0; i < a.length && j < b.length; )
    if (a[i] === b[j]) {
      inA[i++] = false;
      inB[j++] = false;
    } else if (length[(i + 1) * width + j]! >= length[i * width + j + 1]!) i++;
    else j++;
  return [inA, inB];
}

/**
 * Slides each run of changed lines as far down as it goes, joining those it meets, and back up to where the other text
 * has changes too.
 */
function slide(lines: readonly string[], changed: Changed, other: Changed): void {
  const end = lines.length;
  for (let i = 0, j = 0; ; ) {
    while (i < end && !changed[i]) {
      while (other[j]) j++;
      i++;
      j++;
    }
    while (other[j]) j++;
    if (i >= end) return;
    let start = i;
    while (changed[i]) i++;
    let meets: number;
    let length: number;
    do {
      length = i - start;
      while (start > 0 && lines[start - 1] === lines[i - 1]) {
        changed[--start] = true;
        changed[--i] = false;
        while (changed[start - 1]) start--;
        do j--;
        while (other[j]);
      }
      meets = other[j - 1] ? i : end;
      while (i < end && lines[start] === lines[i]) {
        changed[start++] = false;
        changed[i++] = true;
        while (changed[i]) i++;
        j++;
        while (other[j]) {
          meets = i;
          j++;
        }
      }
    } while (length !== i - start);
    while (meets < i) {
      changed[--start] = true;
      changed[--i] = false;
      do j--;
      while (other[j]);
    }
  }
}

/** The hunks from one text of whole lines to another; nothing if they are the same. */
export function unified(from: string, to: string): string {
  const linesOf = (text: string) => (text === "" ? [] : text.replace(/\n$/, "").split("\n"));
  const [a, b] = [linesOf(from), linesOf(to)];
  const [inA, inB] = compare(a, b);
  slide(a, inA, inB);
  slide(b, inB, inA);
  /** Each line with its sign, and where both texts stand before it. */
  const lines: { readonly sign: string; readonly text: string; readonly i: number; readonly j: number }[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length; )
    if (inA[i]) lines.push({ sign: "-", text: a[i]!, i: i++, j });
    else if (inB[j]) lines.push({ sign: "+", text: b[j]!, i, j: j++ });
    else lines.push({ sign: " ", text: a[i]!, i: i++, j: j++ });
  let text = "";
  for (let at = lines.findIndex(({ sign }) => sign !== " "); at !== -1; ) {
    const begin = Math.max(0, at - CONTEXT);
    let last = at;
    for (let k = at; k < lines.length && k <= last + 2 * CONTEXT + 1; k++) if (lines[k]!.sign !== " ") last = k;
    const hunk = lines.slice(begin, last + CONTEXT + 1);
    const range = (before: number, sign: string) => {
      const count = hunk.filter((line) => line.sign !== sign).length;
      return count === 1 ? `${before + 1}` : `${count === 0 ? before : before + 1},${count}`;
    };
    text += `@@ -${range(hunk[0]!.i, "+")} +${range(hunk[0]!.j, "-")} @@\n`;
    text += hunk.map((line) => `${line.sign}${line.text}\n`).join("");
    at = lines.findIndex(({ sign }, k) => k > last && sign !== " ");
  }
  return text;
}
