// A packet goes through a base chain: rule by rule, into chains and back, until a verdict or the policy.
// Before you edit: net/netfilter/nf_tables_core.c (nft_do_chain).
import type { Skb } from "../skb.ts";
import type { Chain, Rule, Statement, Verdict } from "./ruleset.ts";

export type ChainVerdict = "ACCEPT" | "DROP" | "STOLEN";

/** Follows a packet through the rules, for the trace. */
export interface NftWatcher {
  /** This statement said that its rule is not about the packet. */
  missed(chain: Chain, at: number, statement: Statement, skb: Skb): void;
  /** This rule said something, or nothing (null) to its end; `did` are the statements that said nothing but acted. */
  matched(
    chain: Chain,
    at: number,
    before: Readonly<Skb>,
    skb: Skb,
    verdict: Verdict | null,
    by: Statement | null,
  ): void;
  /** The end of a chain, or a rule that returns: back to the caller, or the policy decides. */
  ended(chain: Chain, returnsTo: Chain | null, skb: Skb): void;
}

/** What the chain says of the packet. */
export function traverseNft(base: Chain, skb: Skb, watcher: NftWatcher | null): ChainVerdict {
  const callers: { chain: Chain; next: number }[] = [];
  let chain = base;
  let at = 0;
  for (;;) {
    const { rules } = chain;
    let verdict: Verdict | null = null;
    for (; at < rules.length && verdict === null; at++) verdict = ask(rules[at]!, chain, at, skb, watcher);
    const kind = verdict?.kind ?? "return";
    if (kind === "jump" || kind === "goto") {
      // Nothing behind the last rule: there is nowhere to come back to but where its caller goes on.
      if (kind === "jump") callers.push({ chain, next: at });
      chain = verdict!.chain!;
      at = 0;
      continue;
    }
    if (kind === "accept") return "ACCEPT";
    if (kind === "drop") return "DROP";
    if (kind === "stolen") return "STOLEN";
    const back = callers.pop();
    watcher?.ended(chain, back?.chain ?? null, skb);
    if (back === undefined) return base.policy === "accept" ? "ACCEPT" : "DROP";
    chain = back.chain;
    at = back.next;
  }
}

/** What one rule says; null: the next is asked. */
function ask(rule: Rule, chain: Chain, at: number, skb: Skb, watcher: NftWatcher | null): Verdict | null {
  const before = watcher === null ? skb : { ...skb };
  let by: Statement | null = null;
  for (const statement of rule.statements) {
    const said = statement.run(skb);
    if (said === undefined) {
      if (statement.because !== undefined) by = statement;
      continue;
    }
    if (said === "break") {
      watcher?.missed(chain, at, statement, skb);
      return null;
    }
    const verdict = said.kind === "continue" ? null : said;
    watcher?.matched(chain, at, before, skb, verdict, statement);
    return verdict;
  }
  watcher?.matched(chain, at, before, skb, null, by);
  return null;
}
