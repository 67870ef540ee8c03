// A packet goes through a table: rule by rule, into chains and back, until a verdict or the policy.
// Before you edit: net/ipv4/netfilter/ip_tables.c (ipt_do_table).
import { ipLength } from "../wire/bytes.ts";
import type { Chain } from "./chain.ts";
import type { Outcome } from "./extension.ts";
import { Hotdrop } from "./hotdrop.ts";
import type { Skb } from "./skb.ts";
import type { Table } from "./table.ts";

export type TableVerdict = "ACCEPT" | "DROP" | "STOLEN";

/** Follows a packet through the rules, for the trace. */
export interface Watcher {
  /** Finds the next rule that matches, as `chain.program` does: whoever wants to know why not asks each rule, once. */
  next(chain: Chain, skb: Skb, from: number): number;
  /** This rule matched, and its target said this. `before` is the packet as the rule got it. */
  matched(chain: Chain, at: number, before: Readonly<Skb>, skb: Skb, outcome: Outcome | "JUMP" | "GOTO"): void;
  /** A match behind the rules asked so far dropped the packet by itself. */
  dropped(chain: Chain, skb: Skb, because: string): void;
  /** The end of a chain: back to the caller, or the policy decides. */
  ended(chain: Chain, returnsTo: Chain | null, skb: Skb): void;
}

/** What the table says of the packet; counts for each rule and policy that decided, and how many rules were tried. */
export function traverse(table: Table, skb: Skb, watcher: Watcher | null): { verdict: TableVerdict; tried: number } {
  let { packet } = skb;
  let bytes = ipLength(packet);
  const callers: { chain: Chain; next: number }[] = [];
  let chain = table.at(skb.hook)!;
  let from = 0;
  let tried = 0;
  for (;;) {
    const { rules } = chain;
    let at: number;
    try {
      at = watcher === null ? chain.program.next(skb, from, null) : watcher.next(chain, skb, from);
    } catch (error) {
      if (!(error instanceof Hotdrop)) throw error;
      watcher?.dropped(chain, skb, error.message);
      return { verdict: "DROP", tried };
    }
    tried += Math.min(at + 1, rules.length) - from;
    let outcome: Outcome = "RETURN";
    if (at < rules.length) {
      const rule = rules[at]!;
      rule.packets++;
      rule.bytes += bytes;
      const { leadsTo, isGoto } = rule;
      if (leadsTo !== null) {
        watcher?.matched(chain, at, skb, skb, isGoto ? "GOTO" : "JUMP");
        if (!isGoto) callers.push({ chain, next: at + 1 });
        chain = leadsTo;
        from = 0;
        continue;
      }
      const before = watcher === null ? skb : { ...skb };
      outcome = rule.action(skb);
      watcher?.matched(chain, at, before, skb, outcome);
    }
    if (skb.packet !== packet) {
      packet = skb.packet;
      bytes = ipLength(packet);
    }
    if (outcome === "CONTINUE") {
      from = at + 1;
      continue;
    }
    if (outcome !== "RETURN") return { verdict: outcome, tried };
    const caller = callers.pop();
    watcher?.ended(chain, caller?.chain ?? null, skb);
    if (caller === undefined) {
      // Behind a goto from a built-in chain the policy is that chain's.
      const base = table.at(skb.hook)!;
      if (table.backEnd !== "nft" || base.counts) {
        base.packets++;
        base.bytes += bytes;
      }
      return { verdict: base.policy, tried };
    }
    ({ chain, next: from } = caller);
  }
}
