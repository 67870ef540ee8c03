// Never queue: the first that has no active connection, whatever its weight; if all have some, as sed.
// Before you edit: net/netfilter/ipvs/ip_vs_nq.c.
import type { Scheduler } from "../scheduler.ts";
import { byTournament, expectedOf } from "./least.ts";

export const nq: Scheduler = {
  name: "nq",
  flags: [],
  // Who has none costs nothing, so that weights do not matter and the first wins.
  bind: (service) => byTournament(service, (dest) => (dest.active === 0 ? 0 : expectedOf(dest))),
};
