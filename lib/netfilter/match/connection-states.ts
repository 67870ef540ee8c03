// What a packet is to its connection, in the words of -m conntrack.
// Before you edit: net/netfilter/xt_conntrack.c (conntrack_mt), extensions/libxt_conntrack.c (conntrack_ps_state).
import { type Nfct, STATUS } from "../conntrack/conn.ts";
import { Refused } from "../refused.ts";

/** In the order in which they are printed, with what a packet is. */
export const STATES = ["INVALID", "NEW", "RELATED", "ESTABLISHED", "UNTRACKED", "SNAT", "DNAT"] as const;
/** In the order in which a word that was cut short is completed. */
export const PARSED = ["INVALID", "NEW", "ESTABLISHED", "RELATED", "UNTRACKED", "SNAT", "DNAT"] as const;
export type State = (typeof STATES)[number];

const STATE_OF = ["ESTABLISHED", "RELATED", "NEW", "ESTABLISHED", "RELATED"] as const;

/** Its state, and whether it is translated. */
export function statesOf(ct: Nfct | null): readonly State[] {
  if (ct === null || ct.kind === "answer") return ["INVALID"];
  // Between -j CT and the tracking a packet has a connection that nothing is known of (nf_ct_tmpl_alloc).
  if (ct.kind === "template") return ["NEW"];
  if (ct.kind === "untracked") return ["UNTRACKED"];
  const { conn, info } = ct;
  const states: State[] = [STATE_OF[info]];
  if (conn.has(STATUS.srcNat)) states.push("SNAT");
  if (conn.has(STATUS.dstNat)) states.push("DNAT");
  return states;
}

export const STATE_BIT = Object.fromEntries(STATES.map((state, i) => [state, 1 << i])) as Record<State, number>;
const INFO_BIT = STATE_OF.map((state) => STATE_BIT[state]);

/** The same as bits, for the packets that nobody watches. */
export function bitsOf(ct: Nfct | null): number {
  if (ct === null || ct.kind === "answer") return STATE_BIT.INVALID;
  if (ct.kind === "template") return STATE_BIT.NEW;
  if (ct.kind === "untracked") return STATE_BIT.UNTRACKED;
  const { status } = ct.conn;
  return (
    INFO_BIT[ct.info]! |
    ((status & STATUS.srcNat) === 0 ? 0 : STATE_BIT.SNAT) |
    ((status & STATUS.dstNat) === 0 ? 0 : STATE_BIT.DNAT)
  );
}

/** Words with commas; each may be cut short, in any case of letters. Throws Refused. */
export function readList<T extends string>(word: string, names: readonly T[], option: string): T[] {
  let rest = word;
  const found: T[] = [];
  for (;;) {
    const comma = rest.indexOf(",");
    const each = comma === -1 ? rest : rest.slice(0, comma);
    const name = each === "" ? undefined : names.find((one) => one.startsWith(each.toUpperCase()));
    if (name === undefined) throw new Refused(`Bad ${option} "${rest}"`);
    found.push(name);
    if (comma === -1) return found;
    rest = rest.slice(comma + 1);
  }
}
