// Which rules of a namespace count on an account. Before you edit: net/netfilter/nfnetlink_acct.c (nfnl_acct_try_del).
import { nfacct } from "../../netfilter/match/nfacct.ts";
import type { Netns } from "../netns.ts";

/** How many rules of both families name it. */
export function accountReferences(ns: Netns, name: string): number {
  let count = 0;
  for (const tables of [ns.xtables, ns.xtables6])
    for (const { chains } of tables.all())
      for (const chain of chains.values())
        for (const rule of chain.rules)
          if (rule.lineIn(chain).includes(" -m nfacct "))
            for (const { extension, value } of rule.spec.matches) if (extension === nfacct && value === name) count++;
  return count;
}
