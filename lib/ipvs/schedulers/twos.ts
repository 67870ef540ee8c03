// Power of two choices: two servers by weighted chance, and the cheaper of them.
// Before you edit: net/netfilter/ipvs/ip_vs_twos.c (from its source: distributions' 6.1 does not have it).
import type { Destination } from "../destination.ts";
import { type Candidate, type Picker, type Scheduler, unusable } from "../scheduler.ts";
import type { Service } from "../service.ts";
import { isDearer } from "../weights.ts";
import { overheadOf, perWeight } from "./least.ts";

export const twos: Scheduler = { name: "twos", flags: [], bind: (service) => new TwoChoices(service) };

class TwoChoices implements Picker {
  private readonly service: Service;
  /** What `explain` drew, for the pick that follows it. */
  private drawn: readonly [Destination, Destination] | null = null;

  constructor(service: Service) {
    this.service = service;
  }

  pick(): Destination | null {
    const choices = this.drawn ?? this.draw();
    this.drawn = null;
    return choices === null ? null : cheaper(choices);
  }

  private draw(): readonly [Destination, Destination] | null {
    let total = 0;
    let last: Destination | null = null;
    for (let each = this.service.first; each !== null; each = each.next) {
      if (!each.isUsable) continue;
      total += each.weight;
      last = each;
    }
    if (last === null) return null;
    const { net } = this.service;
    // From 0 to the sum, both included: the first server has one chance more than its weight.
    const [first, second] = [Math.floor(net.random() * (total + 1)), Math.floor(net.random() * (total + 1))];
    return [this.at(first) ?? last, this.at(second) ?? last];
  }

  /** The server in whose part of the sum of weights a number lies. */
  private at(number: number): Destination | null {
    let rest = number;
    for (let each = this.service.first; each !== null; each = each.next) {
      if (!each.isUsable) continue;
      rest -= each.weight;
      if (rest <= 0) return each;
    }
    return null;
  }

  explain(): readonly Candidate[] {
    const drawn = this.draw();
    this.drawn = drawn;
    const taken = drawn === null ? null : cheaper(drawn);
    const cost = perWeight(overheadOf);
    return [...this.service.destinations()].map((dest) => {
      if (dest === taken) return { dest, cost: cost(dest), lost: null };
      const dearer = drawn?.includes(dest)
        ? { field: "cost", wanted: `less than ${cost(taken!)}`, had: cost(dest) }
        : null;
      const missed = { field: "draw", wanted: "one of two", had: "not drawn" };
      return { dest, cost: cost(dest), lost: unusable(dest) ?? dearer ?? missed };
    });
  }
}

function cheaper([one, other]: readonly [Destination, Destination]): Destination {
  return isDearer(one.overhead, one.weight, other.overhead, other.weight) ? other : one;
}
