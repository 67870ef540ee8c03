// Least connections: weights do not count, but 0 does.
// Before you edit: net/netfilter/ipvs/ip_vs_lc.c.
import type { Scheduler } from "../scheduler.ts";
import { byTournament, overheadOf } from "./least.ts";

export const lc: Scheduler = {
  name: "lc",
  flags: [],
  bind: (service) => byTournament(service, overheadOf, { share: () => 1, text: ({ overhead }) => `${overhead}` }),
};
