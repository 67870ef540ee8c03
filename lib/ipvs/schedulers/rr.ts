// Round robin: the next one of the list after the one that was taken last.
// Before you edit: net/netfilter/ipvs/ip_vs_rr.c.
import type { Destination } from "../destination.ts";
import { type Candidate, type Picker, type Scheduler, unusable } from "../scheduler.ts";
import type { Service } from "../service.ts";

export const rr: Scheduler = { name: "rr", flags: [], bind: (service) => new RoundRobin(service) };

class RoundRobin implements Picker {
  private readonly service: Service;
  /** The one taken last; null: none yet, and the head of the list is next. */
  private last: Destination | null = null;

  constructor(service: Service) {
    this.service = service;
  }

  pick(): Destination | null {
    const dest = this.next();
    if (dest !== null) this.last = dest;
    return dest;
  }

  private next(): Destination | null {
    const { last } = this;
    for (let each = last === null ? null : last.next; each !== null; each = each.next) if (each.isUsable) return each;
    for (let each = this.service.first; each !== null; each = each.next) {
      if (each.isUsable) return each;
      if (each === last) break;
    }
    return null;
  }

  explain(): readonly Candidate[] {
    const taken = this.next();
    const all = [...this.service.destinations()];
    const start = this.last === null ? 0 : all.indexOf(this.last) + 1;
    return all.map((dest, i) => {
      const turn = ((i - start + all.length) % all.length) + 1;
      const lost = { field: "turn", wanted: "the next that may be used", had: `${turn}` };
      return { dest, cost: `turn ${turn}`, lost: dest === taken ? null : (unusable(dest) ?? lost) };
    });
  }

  removed(dest: Destination): void {
    if (this.last === dest) this.last = dest.previous;
  }
}
