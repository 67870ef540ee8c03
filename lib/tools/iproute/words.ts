// The words of a command line as iproute2 takes them: abbreviations, arguments that must follow, complaints.
// Before you edit: iproute2 lib/utils.c (matches, invarg, duparg, duparg2, incomplete_command), include/utils.h (NEXT_ARG).
import type { Errno } from "../../netns/errno.ts";
import { errorText } from "../../netns/errno.ts";
import type { Refusal } from "../../netns/ipv4/fib.ts";

/** exit(-1) */
const EXIT = 255;

/** The tool ends here with this status, after saying this on standard error. */
export class Quit extends Error {
  override readonly name = "Quit";
  readonly status: number;
  /** Not the command alone ends, but the program: a batch too (exit()). */
  readonly exits: boolean;

  constructor(said: string, status: number, exits = status === EXIT) {
    super(said);
    this.status = status;
    this.exits = exits;
  }
}

export function matches(word: string, command: string): boolean {
  return word !== "" && command.startsWith(word);
}

/** The first command that the word abbreviates, in the tool's own order. */
export function firstMatch<Command extends string>(word: string, commands: readonly Command[]): Command | undefined {
  return commands.find((command) => matches(word, command));
}

export function wrongArgument(argument: string, why: string): Quit {
  return new Quit(`Error: argument "${argument}" is wrong: ${why}\n`, EXIT);
}

export function duplicate(key: string, argument: string): Quit {
  return new Quit(`Error: duplicate "${key}": "${argument}" is the second value.\n`, EXIT);
}

export function duplicateOrGarbage(key: string, argument: string): Quit {
  return new Quit(`Error: either "${key}" is duplicate, or "${argument}" is a garbage.\n`, EXIT);
}

export function noDevice(name: string, status = 1): Quit {
  return new Quit(`Cannot find device "${name}"\n`, status);
}

/** What the kernel said no to: its sentence if it gave one, else the text of the number. */
export function refused({ errno, message }: Refusal): Quit {
  if (message === undefined) return new Quit(`RTNETLINK answers: ${errorText(errno)}\n`, 2);
  return new Quit(`Error: ${message}.\n`, 2);
}

export function answers(errno: Errno): Quit {
  return refused({ errno });
}

/** The words that are left, one after the other. */
export class Words {
  private readonly all: readonly string[];
  private at = 0;

  constructor(all: readonly string[]) {
    this.all = all;
  }

  get isEmpty(): boolean {
    return this.at >= this.all.length;
  }

  /** The next word without taking it; empty at the end. */
  get peek(): string {
    return this.all[this.at] ?? "";
  }

  take(): string {
    return this.all[this.at++]!;
  }

  /** The argument that must follow (NEXT_ARG). */
  argument(): string {
    if (this.isEmpty) throw new Quit('Command line is not complete. Try option "help"\n', EXIT);
    return this.take();
  }

  /** The words that are left, not taken. */
  get left(): readonly string[] {
    return this.all.slice(this.at);
  }

  /** The words that are left, to be read once more. */
  again(): Words {
    return new Words(this.left);
  }

  rest(): string[] {
    const rest = this.all.slice(this.at);
    this.at = this.all.length;
    return rest;
  }
}
