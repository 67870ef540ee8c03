// What lblc and lblcr remember by virtual address: the table, and when entries leave it.
// Before you edit: net/netfilter/ipvs/ip_vs_lblc.c, ip_vs_lblcr.c (ip_vs_lblc_check_expire, is_overloaded).
import { SECOND } from "../../trace/world.ts";
import type { Ip } from "../../wire/address.ts";
import type { Destination } from "../destination.ts";
import { fold, hash32 } from "../hash.ts";
import type { Service } from "../service.ts";

const BITS = 10;
const BUCKETS = 1 << BITS;
const LARGE = BUCKETS * 16;
const LARGEST = (LARGE * 3) / 2;
const SWEEP = 60 * SECOND;
/** Every so many sweeps each entry is looked at; in between only a table that is too large is made smaller. */
const FULL_SWEEP = 30;
/** In a table that is too large an entry may go that was not used for so long. */
const SHORT_LIFE = 6 * 60 * SECOND;

export interface Entry {
  readonly address: Ip;
  lastUse: number;
}

export class LocalityTable<E extends Entry> {
  private readonly buckets: (E[] | undefined)[] = new Array(BUCKETS).fill(undefined);
  private size = 0;
  private sweeps = 1;
  /** Where the last sweep ended. */
  private rover = 0;
  private isDead = false;
  private readonly service: Service;
  /** Seconds. */
  private readonly expiration: () => number;
  private readonly forget: (entry: E) => void;

  constructor(service: Service, expiration: () => number, forget: (entry: E) => void) {
    this.service = service;
    this.expiration = expiration;
    this.forget = forget;
    this.sweepLater();
  }

  get isFull(): boolean {
    return this.size >= LARGEST;
  }

  find(address: Ip): E | undefined {
    return this.buckets[hash32(fold(address), BITS)]?.find((each) => each.address === address);
  }

  add(entry: E): void {
    const bucket = hash32(fold(entry.address), BITS);
    this.buckets[bucket] = [entry, ...(this.buckets[bucket] ?? [])];
    this.size++;
  }

  delete(entry: E): void {
    const bucket = hash32(fold(entry.address), BITS);
    this.buckets[bucket] = this.buckets[bucket]!.filter((each) => each !== entry);
    this.size--;
    this.forget(entry);
  }

  release(): void {
    this.isDead = true;
    for (const bucket of this.buckets) for (const entry of bucket ?? []) this.delete(entry);
  }

  private sweepLater(): void {
    this.service.net.later(SWEEP, () => {
      if (this.isDead) return;
      this.sweep();
      this.sweepLater();
    });
  }

  private sweep(): void {
    if (this.sweeps % FULL_SWEEP === 0) {
      this.sweepOf(this.expiration() * SECOND, Number.POSITIVE_INFINITY);
      this.sweeps = 1;
    } else if (this.size <= LARGE) this.sweeps++;
    else this.sweepOf(SHORT_LIFE, Math.min(Math.floor(((this.size - LARGE) * 4) / 3), LARGE / 2));
  }

  /** Takes away what was not used for so long, bucket by bucket, until there is one less than `goal`. */
  private sweepOf(life: number, goal: number): void {
    const { now } = this.service.net;
    let left = goal;
    for (let i = 0; i < BUCKETS && left > 0; i++) {
      this.rover = (this.rover + 1) % BUCKETS;
      for (const entry of this.buckets[this.rover] ?? []) {
        if (now < entry.lastUse + life) continue;
        this.delete(entry);
        left--;
      }
    }
  }
}

/** It has more active connections than its weight, while another has less than half as many as its own. */
export function hasTooMany({ active, weight }: Destination, service: Service): boolean {
  if (active <= weight) return false;
  for (let each = service.first; each !== null; each = each.next) if (each.active * 2 < each.weight) return true;
  return false;
}
