// Maglev hashing: every server fills a table in an order of its own, in turns as long as its weight is, so that few
// entries move when one leaves.
// Before you edit: net/netfilter/ipvs/ip_vs_mh.c, Eisenbud and others, Maglev (NSDI 2016) §3.4.
import type { Destination } from "../destination.ts";
import { fold, hsiphash, sipKey } from "../hash.ts";
import type { Flow, Picker, Scheduler } from "../scheduler.ts";
import { SCHED_FLAGS, type Service } from "../service.ts";
import { commonDivisor } from "../weights.ts";
import { looked } from "./table.ts";

/** A prime: every step walks through the whole table (CONFIG_IP_VS_MH_TAB_INDEX 12). */
const SIZE = 4093;
/** Turns have at most so many bits. */
const TURN_BITS = 6;
const [FALLBACK, PORT] = SCHED_FLAGS;
const OFFSET_KEY = sipKey(2654435761);
const SKIP_KEY = sipKey(2654446892);

export const mh: Scheduler = {
  name: "mh",
  flags: ["mh-fallback", "mh-port"],
  bind: (service) => new Maglev(service),
};

/** A server while the table is filled. */
interface Turn {
  readonly dest: Destination;
  readonly skip: number;
  readonly length: number;
  at: number;
}

class Maglev implements Picker {
  private readonly service: Service;
  private readonly table: (Destination | null)[] = new Array(SIZE).fill(null);

  constructor(service: Service) {
    this.service = service;
    this.fill();
  }

  private turns(): Turn[] {
    const divisor = commonDivisor(this.service, "lastWeight");
    if (divisor === 0) return [];
    let greatest = 0;
    for (let each = this.service.first; each !== null; each = each.next)
      greatest = Math.max(greatest, each.lastWeight / divisor);
    const shift = Math.max(32 - Math.clz32(greatest) - TURN_BITS, 0);
    const turns: Turn[] = [];
    for (const dest of this.service.destinations()) {
      const { address, port, lastWeight } = dest;
      // Quiesced servers keep their place; those that never had a weight get none.
      if (lastWeight === 0) continue;
      const length = Math.max((lastWeight / divisor) >>> shift, 1);
      const word = port + fold(address);
      const skip = (hsiphash(word, SKIP_KEY) % (SIZE - 1)) + 1;
      turns.push({ dest, skip, length, at: hsiphash(word, OFFSET_KEY) % SIZE });
    }
    return turns;
  }

  private fill(): void {
    this.table.fill(null);
    const turns = this.turns();
    if (turns.length === 0) return;
    for (let filled = 0; ; )
      for (const turn of turns)
        for (let i = 0; i < turn.length; i++) {
          while (this.table[turn.at] !== null) turn.at = (turn.at + turn.skip) % SIZE;
          this.table[turn.at] = turn.dest;
          if (++filled === SIZE) return;
        }
  }

  private bucketOf({ client, clientPort }: Flow, offset: number): number {
    const port = (this.service.flags & PORT) === 0 ? 0 : clientPort;
    return hsiphash((offset + port + fold(client)) >>> 0, OFFSET_KEY) % SIZE;
  }

  pick(flow: Flow): Destination | null {
    const bucket = this.bucketOf(flow, 0);
    const dest = this.table[bucket]!;
    if (dest === null || dest.isUsable) return dest;
    return (this.service.flags & FALLBACK) === 0 ? null : this.fallBack(flow, bucket);
  }

  /** Hashes again, with another addend each time. */
  private fallBack(flow: Flow, bucket: number): Destination | null {
    for (let offset = 0; offset < SIZE; offset++) {
      const dest = this.table[this.bucketOf(flow, (offset + bucket) % SIZE)]!;
      if (dest.isUsable) return dest;
    }
    return null;
  }

  explain(flow: Flow) {
    return looked(this.service, this.table, this.bucketOf(flow, 0), this.pick(flow));
  }

  added(): void {
    this.fill();
  }
  removed(): void {
    this.fill();
  }
  updated(): void {
    this.fill();
  }
}
