// Least connections: weights do not count, but 0 does.
// Before you edit: net/netfilter/ipvs/ip_vs_lc.c.
import type { Destination } from "../destination.ts";
import type { Scheduler } from "../scheduler.ts";
import type { Service } from "../service.ts";
import { compared } from "./least.ts";

export const lc: Scheduler = {
  name: "lc",
  flags: [],
  bind: (service) => ({
    pick: () => least(service),
    explain: () => compared(service, least(service), (dest) => `${dest.overhead}`),
  }),
};

function least(service: Service): Destination | null {
  let found: Destination | null = null;
  for (let each = service.first; each !== null; each = each.next)
    if (each.isUsable && (found === null || each.overhead < found.overhead)) found = each;
  return found;
}
