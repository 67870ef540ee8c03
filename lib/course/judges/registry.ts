// The assignments with what judges them. A submission's process never has this folder before its eyes.
import { BadInput } from "../../wire/input.ts";
import type { Assignment, Task } from "../assignment.ts";
import { HUNT } from "./hunt.ts";
import { LVS } from "./lvs.ts";
import { PODS } from "./pods.ts";
import { SCHEDULERS } from "./schedulers.ts";
import { SERVICES } from "./services.ts";

const ASSIGNMENTS: readonly Assignment<unknown>[] = [PODS, SERVICES, LVS, SCHEDULERS, HUNT];

export function assignmentNames(): string[] {
  return ASSIGNMENTS.map(({ name }) => name);
}

/** The assignment of this name. Throws BadInput, naming those there are. */
export function assignmentNamed(name: string): Assignment<unknown> {
  const found = ASSIGNMENTS.find((each) => each.name === name);
  if (found !== undefined) return found;
  throw new BadInput("no such assignment", name, `There is ${assignmentNames().join(", ")}.`);
}

/** The task of this name. Throws BadInput, naming those there are. */
export function taskNamed({ name, tasks }: Assignment<unknown>, wanted: string): Task<unknown> {
  const found = tasks.find((each) => each.name === wanted);
  if (found !== undefined) return found;
  throw new BadInput(`${name} has no such task`, wanted, `There are ${tasks.map((each) => each.name).join(", ")}.`);
}
