// Where a walk through the tables can come: how deep calls go, whether they come back to themselves, and from which hooks
// each rule can be met. Each chain remembers the greatest depth and all hooks that ever led to it; a new call only pushes
// these on to what lies below. What is over when calls go away is counted anew before anything is refused.
// Before you edit: net/netfilter/nf_tables_api.c (nft_chain_validate, NFT_JUMP_STACK_SIZE), nft_compat.c
// (nft_target_validate), net/ipv4/netfilter/ip_tables.c (mark_source_chains).
import { type Chain, HOOK_BIT } from "./chain.ts";
import type { Lines } from "./lines.ts";
import type { Errno } from "./refused.ts";
import type { Rule } from "./rule.ts";
import type { Table } from "./table.ts";

/** As many chains may be entered below a built-in one (one less than NFT_JUMP_STACK_SIZE). */
const DEEPEST = 15;
/** ip_tables refuses only what comes back to itself; nothing that ends goes this deep. */
const DEEPEST_LEGACY = 1000;

/** A rule was put into a chain. Why it cannot stand there, or null. After a refusal, take it out and count anew. */
export function reach(table: Table, chain: Chain, rule: Rule): Errno | null {
  if (chain.depth < 0) return null;
  return follow(chain, rule.hooks, rule.leadsTo, deepest(table)) === null ? null : countAnew(table);
}

/** Whether all rules of a chain can stand there. Take them out after a no, count anew, and put them in one by one. */
export function canReach(table: Table, chain: Chain): boolean {
  return chain.depth < 0 || followAll(chain, deepest(table)) === null;
}

/** Counts all chains anew, from the built-in ones. What is wrong with them, or null. */
export function countAnew(table: Table): Errno | null {
  for (const chain of table.chains.values()) {
    chain.depth = chain.hook === null ? -1 : 0;
    chain.hooks = chain.hook === null ? 0 : HOOK_BIT[chain.hook];
  }
  let wrong: Errno | null = null;
  for (const chain of table.chains.values()) if (chain.hook !== null) wrong ??= followAll(chain, deepest(table));
  return wrong === "EMLINK" && table.backEnd === "legacy" ? "ELOOP" : wrong;
}

function deepest(table: Table): number {
  return table.backEnd === "legacy" ? DEEPEST_LEGACY : DEEPEST;
}

function followAll(chain: Chain, limit: number): Errno | null {
  if (chain.lines !== null) return followLines(chain, chain.lines, limit);
  for (const { hooks, leadsTo } of chain.rules) {
    const wrong = follow(chain, hooks, leadsTo, limit);
    if (wrong !== null) return wrong;
  }
  return null;
}

function followLines(chain: Chain, { hooks, calls }: Lines, limit: number): Errno | null {
  let wrong = follow(chain, hooks, null, limit);
  for (let i = 0; i < calls.length && wrong === null; i++) wrong = follow(chain, hooks, calls[i]!, limit);
  return wrong;
}

/** What a rule of this chain leads to, and all below it, hears how it can be reached. */
function follow(from: Chain, hooks: number, leadsTo: Chain | null, limit: number): Errno | null {
  if ((from.hooks & ~hooks) !== 0) return "EINVAL";
  if (leadsTo === null) return null;
  const depth = from.depth + 1;
  if (depth <= leadsTo.depth && (from.hooks & ~leadsTo.hooks) === 0) return null;
  if (depth > limit) return "EMLINK";
  if (depth > leadsTo.depth) leadsTo.depth = depth;
  leadsTo.hooks |= from.hooks;
  return followAll(leadsTo, limit);
}
