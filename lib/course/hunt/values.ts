// Homework 5, "hunt": what each student hunts.
import { causesOf, type HuntName } from "./hunt.ts";

export const HUNTS = ["first", "second", "third", "fourth", "fifth"] as const;
export type HuntTask = (typeof HUNTS)[number];

/** For `hunt(on, seed)`. */
export interface HuntDrawn {
  readonly on: HuntName;
  readonly seed: string;
}

export interface HuntValues {
  readonly student: string;
  readonly hunts: Readonly<Record<HuntTask, HuntDrawn>>;
  /** The words for causes, by what is hunted. */
  readonly causes: Readonly<Record<HuntName, readonly string[]>>;
}

/** The values of a student: same id, same values. */
export function huntValues(student: string): HuntValues {
  // No fault comes twice.
  const on = (name: HuntName, number: number): HuntDrawn => ({ on: name, seed: `${student}#${number}` });
  return {
    student,
    hunts: {
      first: on("lvs", 1),
      second: on("cluster", 1),
      third: on("cluster", 2),
      fourth: on("lvs", 2),
      fifth: on("cluster", 3),
    },
    causes: { cluster: causesOf("cluster"), lvs: causesOf("lvs") },
  };
}
