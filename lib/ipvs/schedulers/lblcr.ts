// Locality-based least connections with replication: a virtual address has a set of servers, which grows when all of it
// has too many, and shrinks when it has not changed for long.
// Before you edit: net/netfilter/ipvs/ip_vs_lblcr.c.
import { SECOND } from "../../trace/world.ts";
import type { Ip } from "../../wire/address.ts";
import type { Destination } from "../destination.ts";
import type { Candidate, Flow, Picker, Scheduler } from "../scheduler.ts";
import type { Service } from "../service.ts";
import { isDearer } from "../weights.ts";
import { cheapest, compared, overheadOf, perWeight } from "./least.ts";
import { type Entry, hasTooMany, LocalityTable } from "./locality.ts";

export const lblcr: Scheduler = { name: "lblcr", flags: [], bind: (service) => new Replication(service) };

interface Homes extends Entry {
  /** The newest first. */
  dests: readonly Destination[];
  lastChange: number;
}

class Replication implements Picker {
  private readonly service: Service;
  private readonly table: LocalityTable<Homes>;

  constructor(service: Service) {
    this.service = service;
    const expiration = () => service.settings.lblcr_expiration;
    this.table = new LocalityTable(service, expiration, ({ dests }) => {
      for (const dest of dests) dest.references--;
    });
  }

  /** The cheapest of an address's set, unless that has too many. */
  private homeOf(address: Ip): Destination | null {
    const dest = least(this.table.find(address)?.dests ?? []);
    return dest === null || hasTooMany(dest, this.service) ? null : dest;
  }

  pick({ virtual }: Flow): Destination | null {
    const { table, service } = this;
    const { now } = service.net;
    const homes = table.find(virtual);
    // The set shrinks after the choice was made, so the one that goes may be taken once more.
    const home = this.homeOf(virtual);
    if (homes !== undefined) {
      homes.lastUse = now;
      this.shrink(homes);
    }
    if (home !== null) return home;
    const dest = cheapest(service, overheadOf);
    if (dest === null) return null;
    if (homes !== undefined) this.grow(homes, dest);
    else if (!table.isFull) {
      dest.references++;
      table.add({ address: virtual, dests: [dest], lastUse: now, lastChange: now });
    }
    return dest;
  }

  private grow(homes: Homes, dest: Destination): void {
    if (homes.dests.includes(dest)) return;
    dest.references++;
    homes.dests = [dest, ...homes.dests];
    homes.lastChange = this.service.net.now;
  }

  private shrink(homes: Homes): void {
    const { net, settings } = this.service;
    if (homes.dests.length < 2 || net.now <= homes.lastChange + settings.lblcr_expiration * SECOND) return;
    const dest = most(homes.dests);
    if (dest === null) return;
    homes.dests = homes.dests.filter((each) => each !== dest);
    dest.references--;
    homes.lastChange = net.now;
  }

  explain({ virtual }: Flow): readonly Candidate[] {
    const { service } = this;
    const home = this.homeOf(virtual);
    const cost = perWeight(overheadOf);
    if (home === null) return compared(service, cheapest(service, overheadOf), cost);
    const { dests } = this.table.find(virtual)!;
    const stranger = { field: "set", wanted: `one of ${virtual}'s`, had: "none of them" };
    return compared(service, home, cost).map((each) =>
      dests.includes(each.dest) ? each : { ...each, lost: stranger },
    );
  }

  homes(virtual: Ip): readonly Destination[] {
    return this.table.find(virtual)?.dests ?? [];
  }

  release(): void {
    this.table.release();
  }
}

function least(dests: readonly Destination[]): Destination | null {
  let found: Destination | null = null;
  for (const dest of dests) {
    if (!dest.isAvailable || dest.isOverloaded) continue;
    if (found === null ? dest.weight > 0 : isDearer(found.overhead, found.weight, dest.overhead, dest.weight))
      found = dest;
  }
  return found;
}

function most(dests: readonly Destination[]): Destination | null {
  let found: Destination | null = null;
  for (const dest of dests)
    if (dest.weight > 0 && (found === null || isDearer(dest.overhead, dest.weight, found.overhead, found.weight)))
      found = dest;
  return found;
}
