// What a notebook hands in. Answers leave the process as data: a lab as its JSON, a function by what it replies.

import { labData } from "../lab/data-write.ts";
import { Lab } from "../lab/lab.ts";
import { say } from "../language/say.ts";
import { BadInput } from "../wire/input.ts";
import { short } from "./check.ts";

/** An answer that can be called. */
export type OwnFunction = (...args: readonly unknown[]) => unknown;

const DISPLAY = Symbol.for("Jupyter.display");
/** Characters of JSON; a lab of a hundred machines has less. */
const MOST = 2_000_000;

const answers = new Map<string, unknown>();
let listener: ((name: string, answer: unknown) => void) | undefined;

/** Shows itself as one line that says what was handed in. */
export class HandedIn {
  readonly name: string;
  private readonly what: string;

  constructor(name: string, what: string) {
    this.name = name;
    this.what = what;
  }
  toString(): string {
    return say(`Handed in as ${JSON.stringify(this.name)}: ${this.what}`);
  }
  [DISPLAY](): Record<string, string> {
    return { "text/plain": this.toString() };
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/**
 * Hands in an answer of an assignment: a value, a lab as it is now, or a function, which is called later. The last one of
 * a name counts. Throws BadInput for what is no JSON, or too large.
 *
 * @example
 * handIn("wiring", net)
 */
export function handIn(name: string, answer: unknown): HandedIn {
  const given = typeof answer === "function" ? answer : plain(answer);
  answers.set(name, given);
  listener?.(name, given);
  return new HandedIn(name, answer instanceof Lab ? String(answer.machines.size) + " machines" : short(given));
}

/** What was handed in under this name. */
export function handedIn(name: string): unknown {
  return answers.get(name);
}

/** Calls `hear` with every answer from now on. */
export function onHandIn(hear: (name: string, answer: unknown) => void): void {
  listener = hear;
}

function plain(answer: unknown): unknown {
  const text = JSON.stringify(answer instanceof Lab ? labData(answer) : answer);
  if (text === undefined)
    throw new BadInput("nothing that can be handed in", String(answer), "Hand in a value, a lab or a function.");
  if (text.length > MOST)
    throw new BadInput("an answer that is too large", text, `It may have ${MOST} characters as JSON.`);
  return JSON.parse(text);
}
