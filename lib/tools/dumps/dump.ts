// What a tool printed on a real machine, and how it is read: line by line, each as the command that would make what the
// line shows. What can't be read whole is an error with file and line.
import type { Lab } from "../../lab/lab.ts";
import type { Netns } from "../../netns/netns.ts";
import { BadInput } from "../../wire/input.ts";
import { COMMANDS } from "../registry.ts";

/** A text, and the name it goes by in complaints. */
export interface Dump {
  readonly text: string;
  readonly file: string;
}

/** The namespace that is built from dumps. */
export interface Place {
  readonly lab: Lab;
  readonly ns: Netns;
  /** Of the packet that is to be explained: nothing of the other family has a say in its way. */
  readonly family: 4 | 6;
}

export interface Line {
  readonly dump: Dump;
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

/** Lines with something in them, one by one: who finds the first not understood reads no other. */
export function* linesOf(dump: Dump): Generator<Line, void> {
  const { text: all } = dump;
  for (let start = 0, number = 1; start < all.length; number++) {
    const found = all.indexOf("\n", start);
    const end = found === -1 ? all.length : found;
    const text = all.slice(start, all[end - 1] === "\r" ? end - 1 : end);
    if (text.trim() !== "") yield { dump, number, text };
    start = end + 1;
  }
}

export function wordsOf(text: string): string[] {
  return text.trim().split(/\s+/);
}

/** The error for a line that is not understood. */
export function broken({ dump, number, text }: Line, why: string): BadInput {
  return new BadInput(`${dump.file}, line ${number}: ${why}`, text.trim(), "Nothing was explained.");
}

/** Runs a command in the namespace. Null when it succeeded, else what it complained of. */
export function attempt(place: Place, words: readonly string[]): string | null {
  let complaint = "";
  const err = (text: string) => {
    complaint += text;
  };
  try {
    const status = run(place, words, () => {}, err);
    return status === 0 ? null : complaint.trim().split("\n")[0]!;
  } catch (error) {
    if (error instanceof BadInput) return error.message;
    throw error;
  }
}

/** What a command prints there. */
export function printed(place: Place, words: readonly string[]): string {
  let text = "";
  run(
    place,
    words,
    (more) => {
      text += more;
    },
    () => {},
  );
  return text;
}

function run({ lab, ns }: Place, [name = "", ...args]: readonly string[], out: Print, err: Print): unknown {
  const others = () => {
    throw new Error(`${name} runs nothing else`);
  };
  return COMMANDS[name]!({ lab, ns, container: null, args, stdin: "", out, err, run: others });
}

type Print = (text: string) => void;

/** Runs the command that a line was made into. Throws BadInput with file and line when it does not succeed. */
export function must(place: Place, line: Line, words: readonly string[]): void {
  const complaint = attempt(place, words);
  if (complaint !== null) throw broken(line, complaint);
}
