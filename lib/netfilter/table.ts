// The tables: which chains each has built in. They change through edit.ts.
// Before you edit: net/ipv4/netfilter/iptable_*.c (valid hooks, priorities), net/netfilter/x_tables.c.
import { Chain } from "./chain.ts";
import type { Family } from "./extension.ts";
import type { Rule } from "./rule.ts";
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

/** Which of the two ways into the kernel the tool takes. */
export type BackEnd = "nft" | "legacy";

export class Table {
  readonly name: TableName;
  readonly family: Family;
  /** Who wrote it; null while nobody did. */
  backEnd: BackEnd | null = null;
  /** Called when a rule comes that needs connections to be tracked; the namespace that has the table sets it. */
  onTracking: () => void = () => {};
  /** Called when changes are done for good: rules came that name a list (recent, hashlimit), or some have gone. */
  onLists: (came: readonly Rule[], hasGone: boolean) => void = () => {};
  /** Whether the namespace has an account of this name. */
  hasAccount: (name: string) => boolean = () => false;
  /** By name, in no order that means anything: listings have the built-in ones first, then the others by name. */
  chains: Map<string, Chain>;
  private order: readonly Chain[] | null = null;

  constructor(name: TableName, family: Family) {
    this.name = name;
    this.family = family;
    this.chains = builtIn(name);
  }

  at(hook: HookName): Chain | undefined {
    return this.chains.get(hook);
  }

  /** The built-in chains in the order of their hooks, then those users made, by name. */
  listed(): readonly Chain[] {
    if (this.order === null) {
      const names: string[] = [];
      for (const [name, { hook }] of this.chains) if (hook === null) names.push(name);
      // Names of a file are slices of it, which are compared slowly: whole strings are sorted in a fifth of the time.
      const whole = JSON.parse(JSON.stringify(names)) as string[];
      const all = [...TABLE_HOOKS[this.name].map(([hook]) => hook), ...whole.sort()];
      this.order = all.map((name) => this.chains.get(name)!);
    }
    return this.order;
  }

  /** There are other chains than before, or others' names. */
  changed(): void {
    this.order = null;
  }
}

/** The chains of a table that nobody touched. */
export function builtIn(name: TableName): Map<string, Chain> {
  return new Map(TABLE_HOOKS[name].map(([hook]) => [hook, new Chain(hook, hook)]));
}
