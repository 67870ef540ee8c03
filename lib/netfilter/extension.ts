// What a match or a target of xtables is: its words, its printed forms, and what it does with a packet.
// Before you edit: include/linux/netfilter/x_tables.h (struct xt_match, struct xt_target), libxtables (xtables.h,
// struct xtables_match, struct xt_option_entry).
import type { Skb } from "./skb.ts";

/** Which tool's rules: iptables or ip6tables. */
export type Family = 4 | 6;

/** Why a rule is not about this packet: the field that failed, what the rule wants, what the packet has. */
export interface Miss {
  readonly field: string;
  readonly wanted: string;
  readonly had: string;
}

/** One option of an extension, as `--dport`. */
export interface Option<Draft> {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** Whether a word follows. */
  readonly takes: "nothing" | "value" | "optional value";
  readonly invertible?: boolean;
  /** Writes what the word says into the draft. Throws Refused in the real tool's words. */
  set(draft: Draft, word: string, inverted: boolean, context: Reading): void;
}

/** Where an option is being read. */
export interface Reading {
  readonly family: Family;
  /** `tcp`, `comment`: whose option it is, for errors. */
  readonly extension: string;
  readonly table: string;
}

/** What matches and targets have in common. `Value` is plain data that nobody changes once it is read. */
interface Extension<Value, Draft> {
  readonly name: string;
  readonly families: readonly Family[];
  /** The protocols it can be used with, by number; none: with any. */
  readonly protocols?: readonly number[];
  readonly options: readonly Option<Draft>[];
  draft(): Draft;
  /** Looks at the whole: options that are missing or exclude each other. Throws Refused in the real tool's words. */
  finish(draft: Draft, context: Reading): Value;
  /** As iptables-save prints it, without the name: `--dport 80`. */
  save(value: Value, family: Family): string;
  /** As `iptables -L` prints it: `tcp dpt:80`. */
  list(value: Value, numeric: boolean, family: Family): string;
}

/** A test of a packet that a rule was made into. */
export type Test = (skb: Skb) => boolean;

export interface MatchExtension<Value = never, Draft = Value> extends Extension<Value, Draft> {
  /** Called once for each rule that uses it: what it keeps (a counter of nth, a bucket of limit) lives in the test. */
  compile(value: Value, family: Family): Test;
  /** The one destination port it asks for, if it does: a long chain finds the rule by it. */
  destinationPort?(value: Value): number | null;
  /** Asked after the test said no, for the same packet; changes nothing. */
  miss(value: Value, skb: Skb): Miss;
}

/** What a target says: the end of the table's say, go on behind this rule, or back to the calling chain. */
export type Outcome = "ACCEPT" | "DROP" | "STOLEN" | "CONTINUE" | "RETURN";

export interface TargetExtension<Value = never, Draft = Value> extends Extension<Value, Draft> {
  /** Tables and hooks where it may be used; none: anywhere. */
  readonly tables?: readonly string[];
  readonly hooks?: readonly Skb["hook"][];
  compile(value: Value, family: Family): (skb: Skb) => Outcome;
  /** What it did, in one sentence, for the trace: the packet before and after. */
  because(value: Value, before: Readonly<Skb>, after: Readonly<Skb>): string;
}
