// What a command is, and which there are.
import type { Lab } from "../lab/lab.ts";
import type { Tools } from "../lab/machine.ts";
import type { Program } from "../lab/process.ts";
import type { Netns } from "../netns/netns.ts";
import { BadInput } from "../wire/input.ts";

/** One call of a command: who calls, where, with what. */
export interface Call {
  readonly lab: Lab;
  readonly ns: Netns;
  /** The container it runs in, null on a node or in a bare namespace. */
  readonly container: string | null;
  /** The tools of the file system it runs in, if not the usual ones. */
  readonly tools?: Tools | undefined;
  /** Words behind the command's name. */
  readonly args: readonly string[];
  /** What a pipe brings; empty when there is none. */
  readonly stdin: string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Runs another command line in another namespace, as `ip netns exec` does. */
  readonly run: (ns: Netns, words: readonly string[]) => Program;
}

/**
 * A command does its work at once and returns its exit status, or is a program that waits (ping, nc, sleep).
 * It throws BadInput for what the real tool knows and this one does not.
 */
export type Command = (call: Call) => number | Program;

/** What the real tool would take and this one does not model. */
export function notModelled(tool: string, word: string, supported: string): BadInput {
  return new BadInput(`${tool} knows this, Packetwalk does not model it`, word, `Supported: ${supported}.`);
}
