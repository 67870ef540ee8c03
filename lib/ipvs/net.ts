// What IPVS asks of the namespace it stands in: this room knows neither routes nor devices.

export interface Net {
  /** Virtual time in nanoseconds. */
  readonly now: number;
  /** The lab's dice: from 0, below 1. */
  random(): number;
  /** Runs an action after so many nanoseconds; a lab is quiet while it waits. */
  later(delay: number, action: () => void): void;
}
