// What schedulers have in common that take the cheapest: a cost divided by a weight, and the first of equals.
// Before you edit: net/netfilter/ipvs/ip_vs_wlc.c, ip_vs_sed.c.
import type { Destination } from "../destination.ts";
import { type Candidate, type Picker, unusable } from "../scheduler.ts";
import type { Service } from "../service.ts";
import { isDearer } from "../weights.ts";
import { type Share, Tournament } from "./tournament.ts";

export type Cost = (dest: Destination) => number;

/** The cost of all its connections. */
export const overheadOf: Cost = (dest) => dest.overhead;
/** The cost it would have with one more active connection. */
export const expectedOf: Cost = ({ active }) => active + 1;

/** A picker of whom `cheapest` would find, for services with many servers. Costs are shown as they are compared. */
export function byTournament(
  service: Service,
  cost: Cost,
  {
    share = ({ weight }: Destination) => weight,
    text = perWeight(cost),
  }: { share?: Share; text?: (dest: Destination) => string } = {},
): Picker {
  const tournament = new Tournament(service, cost, share);
  return {
    pick: () => tournament.least(),
    explain: () => compared(service, tournament.least(), text),
    added: () => tournament.added(),
    removed: (dest) => tournament.removed(dest),
    release: () => tournament.release(),
  };
}

/** The usable server with the smallest cost for its weight; the first in the list of equals. */
export function cheapest(service: Service, cost: Cost): Destination | null {
  let least = service.first;
  while (least !== null && !least.isUsable) least = least.next;
  if (least === null) return null;
  let lowest = cost(least);
  for (let each = least.next; each !== null; each = each.next) {
    if (each.isOverloaded) continue;
    const own = cost(each);
    // Weight 0 never wins: nothing is dearer than what is divided by it.
    if (!isDearer(lowest, least.weight, own, each.weight)) continue;
    least = each;
    lowest = own;
  }
  return least;
}

/** Every server with its cost; why each was not taken, if `taken` was. */
export function compared(
  service: Service,
  taken: Destination | null,
  text: (dest: Destination) => string,
): readonly Candidate[] {
  let isBehind = false;
  return [...service.destinations()].map((dest) => {
    if (dest === taken) isBehind = true;
    const cost = text(dest);
    if (dest === taken) return { dest, cost, lost: null };
    const wanted = taken === null ? "" : isBehind ? `less than ${text(taken)}` : `at most ${text(taken)}`;
    return { dest, cost, lost: unusable(dest) ?? { field: "cost", wanted, had: cost } };
  });
}

/** A cost as it is compared: divided by the weight. */
export function perWeight(cost: Cost): (dest: Destination) => string {
  return (dest) => `${cost(dest)}/${dest.weight}`;
}
