// The lab's clock as the control plane reads it: moments as the API writes them, and timers nobody waits for.
import { EPOCH, type Lab } from "../../lab/lab.ts";
import type { Timer } from "../../trace/world.ts";
import type { Clock } from "../controller/client.ts";

const MILLISECONDS = 1_000_000n;

export class LabClock implements Clock {
  readonly lab: Lab;
  private written = "";
  private second = -1;
  private readonly start: number;

  /** `began` is when the lab's time was 0, in milliseconds since 1970. */
  constructor(lab: Lab, began = Number(EPOCH / MILLISECONDS)) {
    this.lab = lab;
    this.start = began;
  }

  /** When the lab's time was 0, in nanoseconds since 1970. */
  get began(): bigint {
    return BigInt(this.start) * MILLISECONDS;
  }

  get now(): number {
    return this.lab.now;
  }

  get time(): string {
    const second = Math.floor(this.lab.now / 1e9);
    if (second !== this.second) {
      this.second = second;
      const since = this.start + second * 1000;
      this.written = `${new Date(since).toISOString().slice(0, 19)}Z`;
    }
    return this.written;
  }

  random(): number {
    return this.lab.random();
  }

  later(delay: number, action: () => void, background = false): Timer {
    return this.lab.later(delay, action, background);
  }

  /** A timer that does not keep the lab from being quiet. */
  background(delay: number, action: () => void): Timer {
    return this.lab.later(delay, action, true);
  }
}
