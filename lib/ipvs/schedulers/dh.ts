// Destination hashing: the virtual address chooses a bucket, and buckets are dealt out in turn, whatever the weights.
// Before you edit: net/netfilter/ipvs/ip_vs_dh.c.
import type { Destination } from "../destination.ts";
import { fold, hash32 } from "../hash.ts";
import type { Flow, Picker, Scheduler } from "../scheduler.ts";
import type { Service } from "../service.ts";
import { looked } from "./table.ts";

const BITS = 8;

export const dh: Scheduler = { name: "dh", flags: [], bind: (service) => new DestinationHash(service) };

class DestinationHash implements Picker {
  private readonly service: Service;
  private readonly table: (Destination | null)[] = new Array(1 << BITS).fill(null);

  constructor(service: Service) {
    this.service = service;
    this.deal();
  }

  private deal(): void {
    let each = this.service.first;
    for (let i = 0; i < this.table.length; i++) {
      this.table[i] = each;
      each = each?.next ?? this.service.first;
    }
  }

  pick({ virtual }: Flow): Destination | null {
    const dest = this.table[hash32(fold(virtual), BITS)]!;
    return dest?.isUsable ? dest : null;
  }

  explain(flow: Flow) {
    return looked(this.service, this.table, hash32(fold(flow.virtual), BITS), this.pick(flow));
  }

  added(): void {
    this.deal();
  }
  removed(): void {
    this.deal();
  }
}
