// The tables: which chains each has built in, and how rules get into them. A change is tried on a draft, and the draft
// becomes the table as a whole or not at all.
// Before you edit: net/ipv4/netfilter/iptable_*.c (valid hooks, priorities), net/netfilter/x_tables.c,
// net/ipv4/netfilter/ip_tables.c (mark_source_chains: loops).
import { Chain } from "./chain.ts";
import type { Family } from "./extension.ts";
import type { HookName } from "./skb.ts";

export const TABLE_NAMES = ["raw", "mangle", "nat", "filter", "security"] as const;
export type TableName = (typeof TABLE_NAMES)[number];

/** The hooks of each table with its priority there, in the order its chains are listed. */
export const TABLE_HOOKS: Record<TableName, readonly (readonly [hook: HookName, priority: number])[]> = {
  raw: [
    ["PREROUTING", -300],
    ["OUTPUT", -300],
  ],
  mangle: [
    ["PREROUTING", -150],
    ["INPUT", -150],
    ["FORWARD", -150],
    ["OUTPUT", -150],
    ["POSTROUTING", -150],
  ],
  nat: [
    ["PREROUTING", -100],
    ["INPUT", 100],
    ["OUTPUT", -100],
    ["POSTROUTING", 100],
  ],
  filter: [
    ["INPUT", 0],
    ["FORWARD", 0],
    ["OUTPUT", 0],
  ],
  security: [
    ["INPUT", 50],
    ["FORWARD", 50],
    ["OUTPUT", 50],
  ],
};

export class Table {
  readonly name: TableName;
  readonly family: Family;
  /** The built-in ones first, in their order; then those users made, in the order of making. */
  readonly chains = new Map<string, Chain>();

  constructor(name: TableName, family: Family) {
    this.name = name;
    this.family = family;
    for (const [hook] of TABLE_HOOKS[name]) this.chains.set(hook, new Chain(hook, hook));
  }

  at(hook: HookName): Chain | undefined {
    return this.chains.get(hook);
  }

  /** How many rules lead to each chain. */
  references(): Map<Chain, number> {
    const counts = new Map<Chain, number>();
    for (const { rules } of this.chains.values())
      for (const { spec } of rules)
        if (spec.target.kind === "chain") {
          const { chain } = spec.target;
          counts.set(chain, (counts.get(chain) ?? 0) + 1);
        }
    return counts;
  }
}

/** Why a change of a table is refused: the errno the kernel gives, which the tool turns into words. */
export type Refusal = "ENOENT" | "EEXIST" | "ENOTEMPTY" | "EMLINK" | "EINVAL" | "ELOOP" | "ERANGE";
