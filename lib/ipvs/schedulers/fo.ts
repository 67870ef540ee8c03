// Weighted failover: all to the greatest weight.
// Before you edit: net/netfilter/ipvs/ip_vs_fo.c.
import type { Destination } from "../destination.ts";
import { type Scheduler, unusable } from "../scheduler.ts";
import type { Service } from "../service.ts";

export const fo: Scheduler = {
  name: "fo",
  flags: [],
  bind: (service) => ({
    pick: () => heaviest(service),
    explain: () => {
      const taken = heaviest(service);
      return [...service.destinations()].map((dest) => {
        const lost = { field: "weight", wanted: `more than ${taken?.weight}`, had: `${dest.weight}` };
        return { dest, cost: `weight ${dest.weight}`, lost: dest === taken ? null : (unusable(dest) ?? lost) };
      });
    },
  }),
};

function heaviest(service: Service): Destination | null {
  let found: Destination | null = null;
  for (let each = service.first; each !== null; each = each.next)
    if (each.isUsable && each.weight > (found?.weight ?? 0)) found = each;
  return found;
}
