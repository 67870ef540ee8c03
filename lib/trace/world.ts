import type { Recorder } from "./recorder.ts";

/**
 * What the rooms below know of the lab around them: the virtual clock, the seeded dice and the recorder.
 * There is no other time and no other chance in the library, so the same seed gives the same bytes.
 */
export interface World {
  /** Virtual time in nanoseconds since the lab began. */
  readonly now: number;
  readonly recorder: Recorder;
  /** The next number of the seeded dice, in [0, 1). */
  random(): number;
  /** A whole number from 0, below `n`, as those dice fall. */
  below(n: number): number;
  /**
   * Runs `action` after `delay` nanoseconds. A background timer (ageing, confirmation) does not keep a lab
   * from being quiet; it runs when something else lets time pass.
   */
  later(delay: number, action: () => void, background?: boolean): Timer;
}

/** A timer that has not run yet; cancelling it twice is harmless. */
export interface Timer {
  cancel(): void;
}

/** A timer of virtual time. */
export interface DueTimer extends Timer {
  /** When it runs. */
  readonly time: number;
}

export const SECOND = 1_000_000_000;
export const MILLISECOND = 1_000_000;
export const MICROSECOND = 1000;
