// Locality-based least connections: a virtual address keeps its server until that has too many.
// Before you edit: net/netfilter/ipvs/ip_vs_lblc.c.
import type { Ip } from "../../wire/address.ts";
import type { Destination } from "../destination.ts";
import type { Candidate, Flow, Picker, Scheduler } from "../scheduler.ts";
import type { Service } from "../service.ts";
import { cheapest, compared, overheadOf, perWeight } from "./least.ts";
import { type Entry, hasTooMany, LocalityTable } from "./locality.ts";

export const lblc: Scheduler = { name: "lblc", flags: [], bind: (service) => new Locality(service) };

interface Home extends Entry {
  readonly dest: Destination;
}

class Locality implements Picker {
  private readonly service: Service;
  private readonly table: LocalityTable<Home>;

  constructor(service: Service) {
    this.service = service;
    const expiration = () => service.settings.lblc_expiration;
    this.table = new LocalityTable(service, expiration, ({ dest }) => dest.references--);
  }

  /** The server an address has, as long as it may keep it. */
  private homeOf(address: Ip): Home | undefined {
    const home = this.table.find(address);
    if (home === undefined) return undefined;
    const { dest } = home;
    return dest.isAvailable && dest.weight > 0 && !hasTooMany(dest, this.service) ? home : undefined;
  }

  pick({ virtual }: Flow): Destination | null {
    const { table, service } = this;
    const { now } = service.net;
    const old = table.find(virtual);
    if (old !== undefined) old.lastUse = now;
    const home = this.homeOf(virtual);
    if (home !== undefined) return home.dest;
    const dest = cheapest(service, overheadOf);
    if (dest === null || dest === old?.dest) return dest;
    if (old !== undefined) table.delete(old);
    if (table.isFull) return dest;
    dest.references++;
    table.add({ address: virtual, dest, lastUse: now });
    return dest;
  }

  explain({ virtual }: Flow): readonly Candidate[] {
    const { service } = this;
    const home = this.homeOf(virtual);
    if (home === undefined) return compared(service, cheapest(service, overheadOf), perWeight(overheadOf));
    return [...service.destinations()].map((dest) => {
      if (dest === home.dest) return { dest, cost: `${virtual}'s own`, lost: null };
      return { dest, cost: "another's", lost: { field: "home", wanted: `${home.dest}`, had: `${dest}` } };
    });
  }

  homes(virtual: Ip): readonly Destination[] {
    const home = this.table.find(virtual);
    return home === undefined ? [] : [home.dest];
  }

  release(): void {
    this.table.release();
  }
}
