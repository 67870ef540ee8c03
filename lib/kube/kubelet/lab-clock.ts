// The lab's clock as the control plane reads it: moments as the API writes them, and timers nobody waits for.
import { EPOCH, type Lab } from "../../lab/lab.ts";
import type { Timer } from "../../trace/world.ts";
import type { Clock } from "../controller/client.ts";

const MILLISECONDS = 1_000_000n;

export class LabClock implements Clock {
  readonly lab: Lab;
  private written = "";
  private second = -1;

  constructor(lab: Lab) {
    this.lab = lab;
  }

  get now(): number {
    return this.lab.now;
  }

  get time(): string {
    const second = Math.floor(this.lab.now / 1e9);
    if (second !== this.second) {
      this.second = second;
      const since = Number(EPOCH / MILLISECONDS) + second * 1000;
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
