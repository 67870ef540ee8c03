// Which rules of a namespace ask a set. Before you edit: net/netfilter/ipset/ip_set_core.c (ip_set_nfnl_get_byindex).
import type { Netns } from "../netns.ts";

/** How often rules of both families name the set. */
export function setReferences(ns: Netns, name: string): number {
  let count = 0;
  for (const tables of [ns.xtables, ns.xtables6])
    for (const { chains } of tables.all())
      for (const chain of chains.values())
        for (const rule of chain.rules)
          for (const [, said] of rule.lineIn(chain).matchAll(/ --(?:match|add|del|map)-set (\S+) /g))
            if (said === name) count++;
  return count;
}
