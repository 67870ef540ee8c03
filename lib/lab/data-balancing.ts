// Virtual servers in a lab's data and in its script: as `ipvsadm -R` reads them. Connections are not carried.
import { readSavedLine, savedLines } from "../ipvs/saved.ts";
import { balancingOf } from "../netns/ipvs/balancing.ts";
import type { Netns } from "../netns/netns.ts";
import { BadInput } from "../wire/input.ts";
import type { Place } from "./json.ts";
import { quoted } from "./script-words.ts";

export interface BalancingData {
  /** Lines that `ipvsadm -R` reads. */
  readonly ipvs?: readonly string[];
}

function linesOf({ balancing }: Netns): string[] {
  return balancing === null ? [] : savedLines(balancing.ipvs.services);
}

export function balancingData(ns: Netns): BalancingData {
  const ipvs = linesOf(ns);
  return ipvs.length === 0 ? {} : { ipvs };
}

/** Throws BadInput with the place, for a line that is not one of `ipvsadm -S`. */
export function readBalancing(ns: Netns, place: Place): void {
  const lines = place.maybe("ipvs")?.list() ?? [];
  if (lines.length === 0) return;
  const balancing = balancingOf(ns);
  for (const line of lines)
    try {
      readSavedLine(balancing.ipvs.services, line.text());
    } catch (error) {
      if (!(error instanceof BadInput)) throw error;
      throw line.wrong(error.problem, error.mend);
    }
  balancing.settle();
}

/** The script gives them to the real ipvsadm. */
export function balancingLines(ns: Netns): string[] {
  const lines = linesOf(ns);
  if (lines.length === 0) return [];
  return [`ip netns exec "$PREFIX"${quoted(ns.name)} ipvsadm -R << 'SERVICES'`, ...lines, "SERVICES"];
}
