// Never queue: the first that has no active connection, whatever its weight; if all have some, as sed.
// Before you edit: net/netfilter/ipvs/ip_vs_nq.c.
import type { Destination } from "../destination.ts";
import type { Scheduler } from "../scheduler.ts";
import type { Service } from "../service.ts";
import { cheapest, compared, expectedOf, perWeight } from "./least.ts";

export const nq: Scheduler = {
  name: "nq",
  flags: [],
  bind: (service) => ({
    pick: () => idle(service) ?? cheapest(service, expectedOf),
    explain: () => {
      const first = idle(service);
      if (first === null) return compared(service, cheapest(service, expectedOf), perWeight(expectedOf));
      return compared(service, first, ({ active }) => `${active} active`);
    },
  }),
};

function idle(service: Service): Destination | null {
  let each = service.first;
  while (each !== null && (each.active > 0 || !each.isUsable)) each = each.next;
  return each;
}
