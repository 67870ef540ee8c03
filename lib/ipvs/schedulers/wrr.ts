// Weighted round robin: a threshold goes down in steps from the greatest weight, and each round takes those whose
// weight reaches it.
// Before you edit: net/netfilter/ipvs/ip_vs_wrr.c.
import type { Destination } from "../destination.ts";
import { type Candidate, type Picker, type Scheduler, unusable } from "../scheduler.ts";
import type { Service } from "../service.ts";
import { commonDivisor } from "../weights.ts";

export const wrr: Scheduler = { name: "wrr", flags: [], bind: (service) => new WeightedRoundRobin(service) };

interface Walk {
  readonly dest: Destination | null;
  readonly threshold: number;
  readonly last: Destination | null;
}

class WeightedRoundRobin implements Picker {
  private readonly service: Service;
  /** The one taken last; null: the round begins at the head of the list. */
  private last: Destination | null = null;
  /** What a weight must reach now, where it begins, and by how much it goes down. */
  private threshold: number;
  private highest = 0;
  private step = 1;

  constructor(service: Service) {
    this.service = service;
    this.measure();
    this.threshold = this.highest;
  }

  private measure(): void {
    let greatest = 0;
    for (let each = this.service.first; each !== null; each = each.next) greatest = Math.max(greatest, each.weight);
    this.step = Math.max(commonDivisor(this.service, "weight"), 1);
    this.highest = greatest - (this.step - 1);
  }

  pick(): Destination | null {
    const { dest, threshold, last } = this.walk();
    this.threshold = threshold;
    this.last = last;
    return dest;
  }

  /**
   * Goes on behind the last one. Nobody is found when a whole round at the lowest threshold, the one that every weight
   * reaches, met no usable server. `last` is where the next walk goes on.
   */
  private walk(): Walk {
    const { last, step, highest, service } = this;
    let { threshold } = this;
    // Without a weight nothing is walked, and the place in the list stays.
    if (highest === 0) return { dest: null, threshold, last };
    let [isLowest, isAgain] = [false, false];
    let stop: Destination | null = null;
    let each = last === null ? service.first : last.next;
    for (;;) {
      for (; each !== null; each = each.next) {
        if (!each.isOverloaded && each.weight >= threshold) return { dest: each, threshold, last: each };
        if (each === stop) return { dest: null, threshold, last };
      }
      threshold -= step;
      if (threshold <= 0) {
        threshold = highest;
        if (isLowest || last === null) return { dest: null, threshold, last: null };
        isAgain = true;
      }
      isLowest = threshold <= step;
      if (isLowest && isAgain) stop = last;
      each = service.first;
    }
  }

  explain(): readonly Candidate[] {
    const { dest: taken, threshold } = this.walk();
    const order = new Map([...this.service.destinations()].map((dest, i) => [dest, i]));
    return [...order].map(([dest, place]) => {
      const cost = `weight ${dest.weight}, the round takes ${threshold} and more`;
      if (dest === taken) return { dest, cost, lost: null };
      const { weight } = dest;
      const low = weight < threshold ? { field: "weight", wanted: `${threshold} or more`, had: `${weight}` } : null;
      const turn = { field: "turn", wanted: "the next of the list", had: `place ${place + 1}` };
      return { dest, cost, lost: unusable(dest) ?? low ?? turn };
    });
  }

  added(): void {
    this.changed();
  }
  removed(): void {
    this.changed();
  }
  updated(): void {
    this.changed();
  }

  /** The walk begins at the head again; the threshold stays where it can. */
  private changed(): void {
    this.last = null;
    this.measure();
    if (this.threshold > this.highest || this.threshold === 0) this.threshold = this.highest;
    else if (this.step > 1) this.threshold = Math.floor(this.threshold / this.step) * this.step + 1;
  }
}
