/**
 * Bad input is the one failure a reader can mend, so it always names three things: the text as it was
 * given, the place it was given in, and the mend. A drop is never an error (it is a step of a trace) and
 * a bug is never a BadInput.
 */
export class BadInput extends RangeError {
  override readonly name = "BadInput";
  /** What was wrong, in a few words. */
  readonly problem: string;
  /** The text as it was given. */
  readonly text: string;
  /** What to write instead. */
  readonly mend: string;

  constructor(problem: string, text: string, mend: string) {
    super(`${problem}: ${quote(text)}. ${mend}`);
    this.problem = problem;
    this.text = text;
    this.mend = mend;
  }
}

/** The text in quotation marks, control characters escaped, long text cut with its length named. */
export function quote(text: string): string {
  const shown = text.length > 120 ? `${text.slice(0, 100)}… (${text.length} characters)` : text;
  return JSON.stringify(shown);
}

/** ` Did you mean "ping"?` when one of the names is two slips of the finger away at most, else nothing. */
export function didYouMean(text: string, names: Iterable<string>): string {
  let best: string | null = null;
  let least = Math.min(2, Math.floor(text.length / 2)) + 1;
  for (const name of names) {
    const slips = distance(text, name, least);
    if (slips < least) {
      least = slips;
      best = name;
    }
  }
  return best === null ? "" : ` Did you mean ${quote(best)}?`;
}

/** Letters to add, drop, change or swap with their neighbour to get from one word to the other; `limit` if more. */
function distance(from: string, to: string, limit: number): number {
  if (Math.abs(from.length - to.length) >= limit) return limit;
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const cost = from[i - 1] === to[j - 1] ? 0 : 1;
      let least = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + cost);
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1])
        least = Math.min(least, before[j - 2]! + 1);
      next.push(least);
    }
    before = row;
    row = next;
  }
  return row[to.length]!;
}
