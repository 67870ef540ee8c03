// Overflow: the greatest weight, until its active connections are more than that; then the next one.
// Before you edit: net/netfilter/ipvs/ip_vs_ovf.c.
import type { Destination } from "../destination.ts";
import { type Scheduler, unusable } from "../scheduler.ts";
import { Tournament } from "./tournament.ts";

export const ovf: Scheduler = {
  name: "ovf",
  flags: [],
  bind: (service) => {
    // Who is full comes behind all who are not.
    const tournament = new Tournament(
      service,
      (dest) => (isFull(dest) ? 0 : -dest.weight),
      () => 1,
    );
    const pick = () => {
      const dest = tournament.least();
      return dest === null || isFull(dest) ? null : dest;
    };
    return {
      pick,
      explain: () => {
        const taken = pick();
        return [...service.destinations()].map((dest) => {
          const { active, weight } = dest;
          const cost = `weight ${weight}, ${active} active`;
          if (dest === taken) return { dest, cost, lost: null };
          const full = isFull(dest) ? { field: "active", wanted: `at most ${weight}`, had: `${active}` } : null;
          const light = { field: "weight", wanted: `more than ${taken?.weight}`, had: `${weight}` };
          return { dest, cost, lost: unusable(dest) ?? full ?? light };
        });
      },
      added: () => tournament.added(),
      removed: (dest) => tournament.removed(dest),
      release: () => tournament.release(),
    };
  },
};

const isFull = ({ active, weight }: Destination) => active > weight;
