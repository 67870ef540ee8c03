// Weighted failover: all to the greatest weight.
// Before you edit: net/netfilter/ipvs/ip_vs_fo.c.
import { type Scheduler, unusable } from "../scheduler.ts";
import { Tournament } from "./tournament.ts";

export const fo: Scheduler = {
  name: "fo",
  flags: [],
  bind: (service) => {
    const tournament = new Tournament(
      service,
      ({ weight }) => -weight,
      () => 1,
    );
    return {
      pick: () => tournament.least(),
      explain: () => {
        const taken = tournament.least();
        return [...service.destinations()].map((dest) => {
          const lost = { field: "weight", wanted: `more than ${taken?.weight}`, had: `${dest.weight}` };
          return { dest, cost: `weight ${dest.weight}`, lost: dest === taken ? null : (unusable(dest) ?? lost) };
        });
      },
      added: () => tournament.added(),
      removed: (dest) => tournament.removed(dest),
      release: () => tournament.release(),
    };
  },
};
