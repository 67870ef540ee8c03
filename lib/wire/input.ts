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
