// Lists that rules name and share: they come with the first rule of their name, and go with the last.
// Before you edit: net/netfilter/xt_recent.c (recent_mt_check, recent_mt_destroy), xt_hashlimit.c (htable_put).
import { type HashlimitValue, hashlimit } from "../../netfilter/match/hashlimit.ts";
import { keepHashlimits } from "../../netfilter/match/hashlimit-table.ts";
import { type RecentValue, recent } from "../../netfilter/match/recent.ts";
import type { Rule } from "../../netfilter/rule.ts";
import type { Netns } from "../netns.ts";
import type { Tables } from "./tables.ts";

/** Rules that name a list came, or some rules went. */
export function keepLists(ns: Netns, came: readonly Rule[], hasGone: boolean): void {
  for (const { spec } of came)
    for (const { extension, value } of spec.matches) if (extension === recent) ns.recent.use(value as RecentValue);
  if (!hasGone) return;
  const recents = new Set<string>();
  for (const tables of [ns.xtables, ns.xtables6]) keepHashlimits(tables, namesIn(tables, recents));
  ns.recent.keepOnly(recents);
}

/** The names of hashlimit's tables; those of recent's lists are added to `recents`. */
function namesIn(tables: Tables, recents: Set<string>): Set<string> {
  const names = new Set<string>();
  for (const { chains } of tables.all())
    for (const chain of chains.values()) {
      // Rules that are only lines of a file name none.
      if (chain.lines !== null) continue;
      for (const rule of chain.rules) {
        const line = rule.lineIn(chain);
        if (!line.includes(" -m recent ") && !line.includes(" -m hashlimit ")) continue;
        for (const { extension, value } of rule.spec.matches)
          if (extension === recent) recents.add((value as RecentValue).name);
          else if (extension === hashlimit) names.add((value as HashlimitValue).name);
      }
    }
  return names;
}
