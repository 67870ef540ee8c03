// Source hashing: the client's address chooses a bucket; each server has as many in a row as its weight is.
// Before you edit: net/netfilter/ipvs/ip_vs_sh.c.
import type { Destination } from "../destination.ts";
import { fold, hash32 } from "../hash.ts";
import type { Flow, Picker, Scheduler } from "../scheduler.ts";
import { SCHED_FLAGS, type Service } from "../service.ts";
import { looked } from "./table.ts";

const BITS = 8;
const SIZE = 1 << BITS;
const [FALLBACK, PORT] = SCHED_FLAGS;

export const sh: Scheduler = {
  name: "sh",
  flags: ["sh-fallback", "sh-port"],
  bind: (service) => new SourceHash(service),
};

class SourceHash implements Picker {
  private readonly service: Service;
  private readonly table: (Destination | null)[] = new Array(SIZE).fill(null);

  constructor(service: Service) {
    this.service = service;
    this.deal();
  }

  private deal(): void {
    let each = this.service.first;
    let dealt = 0;
    for (let i = 0; i < SIZE; i++) {
      this.table[i] = each;
      if (each === null || ++dealt < each.weight) continue;
      each = each.next ?? this.service.first;
      dealt = 0;
    }
  }

  private bucketOf({ client, clientPort }: Flow): number {
    const port = (this.service.flags & PORT) === 0 ? 0 : clientPort;
    return hash32(port + fold(client), BITS);
  }

  pick(flow: Flow): Destination | null {
    const bucket = this.bucketOf(flow);
    const dest = this.table[bucket]!;
    if (dest === null || dest.isUsable) return dest;
    return (this.service.flags & FALLBACK) === 0 ? null : this.fallBack(bucket);
  }

  /** All the others, from a place that depends on the hash too. */
  private fallBack(bucket: number): Destination | null {
    for (let offset = 0; offset < SIZE; offset++) {
      const dest = this.table[(offset + 2 * bucket) % SIZE]!;
      if (dest.isUsable) return dest;
    }
    return null;
  }

  explain(flow: Flow) {
    return looked(this.service, this.table, this.bucketOf(flow), this.pick(flow));
  }

  added(): void {
    this.deal();
  }
  removed(): void {
    this.deal();
  }
  updated(): void {
    this.deal();
  }
}
