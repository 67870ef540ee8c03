// Checks and predictions: the cells in which a student finds out.
import { inspect, isDeepStrictEqual } from "node:util";
import { say, sayError } from "../language/say.ts";

/** How an attempt came out, with the reason: what behaviour helpers give and `check` shows. */
export interface Outcome {
  readonly ok: boolean;
  readonly because: string;
}

const DISPLAY = Symbol.for("Jupyter.display");

/** The result of a check; shows itself as one line with ✔ or ✘ and, when it failed, the reason. */
export class Checked implements Outcome {
  readonly title: string;
  readonly ok: boolean;
  readonly because: string;

  constructor(title: string, ok: boolean, because: string) {
    this.title = title;
    this.ok = ok;
    this.because = because;
  }
  toString(): string {
    const title = say(this.title);
    return this.ok ? `✔ ${title}` : `✘ ${title}\n  ${say(this.because)}`;
  }
  [DISPLAY](): Record<string, string> {
    return { "text/plain": this.toString() };
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/**
 * Compares a value with what it should be, or judges an outcome: `check("one hop", hops, 1)`,
 * `check("c answers a", reaches("a", "10.244.1.4"))`. A failed check does not throw, so the cells below still run;
 * a function is called, and an error in it is a failed check with the error as reason.
 */
export function check(title: string, outcome: Outcome | (() => Outcome)): Checked;
export function check<T>(title: string, got: T | (() => T), wanted: T): Checked;
export function check(title: string, ...values: unknown[]): Checked {
  try {
    const got = typeof values[0] === "function" ? (values[0] as () => unknown)() : values[0];
    if (values.length > 1) {
      const [, wanted] = values;
      if (isDeepStrictEqual(got, wanted)) return new Checked(title, true, "");
      return new Checked(title, false, `It is ${short(got)}; it should be ${short(wanted)}.`);
    }
    if (isOutcome(got)) return new Checked(title, got.ok, got.because);
    return new Checked(title, false, `There is nothing to judge yet: got ${short(got)}.`);
  } catch (error) {
    return new Checked(title, false, error instanceof Error ? sayError(error) : String(error));
  }
}

function isOutcome(value: unknown): value is Outcome {
  return typeof value === "object" && value !== null && "ok" in value && "because" in value;
}

/** The value on one line, of 200 characters at most. */
export function short(value: unknown): string {
  const text = inspect(value, { breakLength: Number.POSITIVE_INFINITY, compact: true, depth: 3 });
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}

/** A prediction set against what happened. */
export class Prediction {
  readonly question: string;
  readonly guess: unknown;
  /** Undefined until there is a guess. */
  readonly truth: unknown;
  private readonly because: string;

  constructor(question: string, guess: unknown, truth: unknown, because: string) {
    this.question = question;
    this.guess = guess;
    this.truth = truth;
    this.because = because;
  }
  get ok(): boolean {
    const { guess, truth } = this;
    // DOWN is not more right than down, and "1" is 1 to who put it where "?" was.
    if (typeof guess === "string" && (typeof truth === "string" || typeof truth === "number"))
      return guess.trim().toLowerCase() === `${truth}`.toLowerCase();
    return truth !== undefined && isDeepStrictEqual(guess, truth);
  }
  toString(): string {
    const question = say(this.question);
    if (this.truth === undefined)
      return `? ${question}\n  ${say('Put your prediction in place of "?", then run the cell again.')}`;
    const verdict = this.ok
      ? `✔ ${say(`${short(this.truth)}, as you said`)}`
      : `✘ ${say(`you said ${short(this.guess)}, it is ${short(this.truth)}`)}`;
    return `? ${question}\n  ${verdict}${this.because === "" ? "" : `: ${say(this.because)}`}`;
  }
  [DISPLAY](): Record<string, string> {
    return { "text/plain": this.toString() };
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/**
 * Predict, then run: nothing is told while the guess is "?". `experiment` gives the truth, or an outcome whose reason
 * is told with it: `predict("Does eth0 see it?", "no", () => …)`.
 */
export function predict<T>(
  question: string,
  // What can be guessed is what the experiment can give: a guess of another kind is marked where it stands.
  guess: [T | (T extends number ? `${number}` : never)][T extends unknown ? 0 : never] | "?",
  experiment: () => T | { readonly value: T; readonly because: string },
): Prediction {
  if (guess === "?") return new Prediction(question, guess, undefined, "");
  const found = experiment();
  if (typeof found === "object" && found !== null && "value" in found && "because" in found)
    return new Prediction(question, guess, found.value, found.because);
  return new Prediction(question, guess, found, "");
}
