// Where hunts take place: something that works, and the ways to break it.
import type { Lab } from "../../lab/lab.ts";
import { place, runShell } from "../../tools/shell.ts";
import type { Entries } from "../changes.ts";

/** A question to what was built: it is answered, in these words, while all is well. */
export interface Probe {
  readonly title: string;
  readonly where: string;
  readonly command: string;
  readonly answer: RegExp;
  /** So often it is asked; each time it must be answered. */
  readonly times?: number;
  /** How many different first words the answers must have, as of several servers. */
  readonly servers?: number;
}

/** Something that works. */
export interface Bed {
  readonly lab: Lab;
  readonly probes: readonly Probe[];
  /** Lets controllers and the like do what a change asks for. */
  settle(): void;
  /** What happens on any day: pods are replaced, neighbours are asked anew. What was mended in earnest outlives it. */
  renew(): void;
  /** What somebody set, without what programs make of it. */
  entries(): Entries;
}

/** A fault that one command makes. */
export interface Fault {
  /** The word by which it is named. */
  readonly cause: string;
  readonly where: string;
  command(bed: Bed): string;
}

/** Runs text in a place of the bed. */
export function run({ lab }: Pick<Bed, "lab">, where: string, text: string): string {
  return runShell(lab, place(lab, where), text).text;
}

/** Machines forget what they learned of their neighbours. */
export function forget(lab: Lab): void {
  for (const machine of lab.machines.keys())
    run({ lab }, machine, "ip neigh flush nud reachable; ip neigh flush nud stale");
}
