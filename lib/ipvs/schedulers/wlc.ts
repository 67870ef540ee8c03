// Weighted least connections.
// Before you edit: net/netfilter/ipvs/ip_vs_wlc.c.
import type { Scheduler } from "../scheduler.ts";
import { cheapest, compared, overheadOf, perWeight } from "./least.ts";

export const wlc: Scheduler = {
  name: "wlc",
  flags: [],
  bind: (service) => ({
    pick: () => cheapest(service, overheadOf),
    explain: () => compared(service, cheapest(service, overheadOf), perWeight(overheadOf)),
  }),
};
