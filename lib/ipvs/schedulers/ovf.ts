// Overflow: the greatest weight, until its active connections are more than that; then the next one.
// Before you edit: net/netfilter/ipvs/ip_vs_ovf.c.
import type { Destination } from "../destination.ts";
import { type Scheduler, unusable } from "../scheduler.ts";
import type { Service } from "../service.ts";

export const ovf: Scheduler = {
  name: "ovf",
  flags: [],
  bind: (service) => ({
    pick: () => heaviestWithRoom(service),
    explain: () => {
      const taken = heaviestWithRoom(service);
      return [...service.destinations()].map((dest) => {
        const { active, weight } = dest;
        const cost = `weight ${weight}, ${active} active`;
        if (dest === taken) return { dest, cost, lost: null };
        const full = active > weight ? { field: "active", wanted: `at most ${weight}`, had: `${active}` } : null;
        const light = { field: "weight", wanted: `more than ${taken?.weight}`, had: `${weight}` };
        return { dest, cost, lost: unusable(dest) ?? full ?? light };
      });
    },
  }),
};

function heaviestWithRoom(service: Service): Destination | null {
  let found: Destination | null = null;
  for (let each = service.first; each !== null; each = each.next)
    if (each.isUsable && each.active <= each.weight && each.weight > (found?.weight ?? 0)) found = each;
  return found;
}
