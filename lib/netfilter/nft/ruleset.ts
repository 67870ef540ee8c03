// What nf_tables holds: tables with chains, rules and sets. They change only through edit.ts.
// Before you edit: net/netfilter/nf_tables_api.c, include/net/netfilter/nf_tables.h (struct nft_table, nft_chain, nft_rule).
import type { HookName, Skb } from "../skb.ts";
import type { NftSet } from "./set.ts";

export type NftFamily = "ip" | "ip6" | "inet";

/** What a rule says of a packet, or an element of a verdict map. */
export interface Verdict {
  readonly kind: "accept" | "drop" | "return" | "continue" | "jump" | "goto" | "stolen";
  readonly chain: Chain | null;
}

/** A statement says nothing and the next is asked; or this rule is not about the packet; or what becomes of it. */
export type Said = undefined | "break" | Verdict;

/** How a ruleset is listed: `-s` leaves out what packets changed, `-n` names. */
export interface Style {
  readonly stateless: boolean;
  readonly numeric: boolean;
  readonly handles: boolean;
}

/** One statement of a rule (struct nft_expr, with those it needs to get its operands). */
export interface Statement {
  text(style: Style): string;
  run(skb: Skb): Said;
  /** Why it said "break", asked right after it for the same packet. */
  miss?(skb: Skb): { readonly field: string; readonly wanted: string; readonly had: string };
  /** What it did or found, for the trace; asked right after it. */
  because?(before: Readonly<Skb>, after: Readonly<Skb>): string;
  /** Chains it can lead to, and sets it asks: neither can go while it is there. */
  readonly chains?: readonly Chain[];
  readonly sets?: readonly NftSet[];
  /** It needs connections to be tracked. */
  readonly tracks?: true;
  /** Nothing behind it is ever asked. */
  readonly isLast?: true;
}

export interface Rule {
  readonly statements: readonly Statement[];
  readonly comment: string | null;
  readonly handle: number;
}

export type ChainType = "filter" | "nat" | "route";

/** Where a base chain stands. */
export interface Base {
  readonly type: ChainType;
  readonly hook: HookName;
  readonly priority: number;
}

export class Chain {
  name: string;
  readonly table: Table;
  readonly base: Base | null;
  readonly comment: string | null;
  readonly handle: number;
  policy: "accept" | "drop" = "accept";
  rules: Rule[] = [];
  /** How many rules and elements lead here. */
  uses = 0;

  constructor(table: Table, name: string, base: Base | null, comment: string | null, handle: number) {
    this.table = table;
    this.name = name;
    this.base = base;
    this.comment = comment;
    this.handle = handle;
  }
}

export class Table {
  readonly family: NftFamily;
  readonly name: string;
  readonly comment: string | null;
  readonly handle: number;
  readonly chains = new Map<string, Chain>();
  readonly sets = new Map<string, NftSet>();
  private handles = 0;

  constructor(family: NftFamily, name: string, comment: string | null, handle: number) {
    this.family = family;
    this.name = name;
    this.comment = comment;
    this.handle = handle;
  }

  /** The number of the next chain, rule or set; one that was given is not given again, even if nothing came of it. */
  nextHandle(): number {
    return ++this.handles;
  }
}

/** Everything `nft list ruleset` lists. The namespace that has it puts base chains at their hooks. */
export class Ruleset {
  readonly tables = new Map<string, Table>();
  private handles = 0;
  /** Base chains came or went. */
  onChains: (came: readonly Chain[], gone: readonly Chain[]) => void = () => {};
  /** A rule came that needs connections to be tracked. */
  onTracking: (family: NftFamily) => void = () => {};
  /** The time of the namespace, in nanoseconds: elements end by it. */
  readonly clock: { readonly now: number };

  constructor(clock: { readonly now: number }) {
    this.clock = clock;
  }

  find(family: string, name: string): Table | undefined {
    return this.tables.get(`${family} ${name}`);
  }

  nextHandle(): number {
    return ++this.handles;
  }
}

export function verdictText({ kind, chain }: Verdict): string {
  return chain === null ? kind : `${kind} ${chain.name}`;
}
