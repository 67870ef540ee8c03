// What a match or a target of xtables is: its words, its printed forms, and what it does with a packet.
// Before you edit: include/linux/netfilter/x_tables.h (struct xt_match, struct xt_target), libxtables (xtables.h,
// struct xtables_match, struct xt_option_entry).
import type { HookName, Skb } from "./skb.ts";
import type { BackEnd } from "./table.ts";

/** Which tool's rules: iptables or ip6tables. */
export type Family = 4 | 6;

/** Why a rule is not about this packet: the field that failed, what the rule wants, what the packet has. */
export interface Miss {
  readonly field: string;
  readonly wanted: string;
  readonly had: string;
}

/** One option of an extension, as `--dport`. What is said here xtables checks for every extension alike. */
export interface Option<Draft> {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** Whether a word follows. */
  readonly takes: "nothing" | "value" | "optional value";
  /** `!` may stand before it. */
  readonly invertible?: true;
  /** It may be given more than once. */
  readonly repeatable?: true;
  readonly mandatory?: true;
  /** Options that must not, and those that must be given with it. */
  readonly excludes?: readonly string[];
  readonly needs?: readonly string[];
  /** Writes what the word says into the draft. Throws Refused in the real tool's words. */
  set(draft: Draft, word: string, inverted: boolean, reading: Reading): void;
}

/** Where an option is being read. */
export interface Reading {
  readonly family: Family;
  readonly table: string;
  readonly backEnd: BackEnd;
  /** The rule's `-p`, as far as it was said before. */
  readonly protocol: { readonly number: number; readonly inverted: boolean } | null;
  /** Takes the next word too, if there is one that begins with neither `-` nor `!`; else null. */
  nextWord(): string | null;
  /** What the tool says on stderr without giving up, with its end of line. */
  notice(text: string): void;
  /** Of the set of this name; null when it has no family, undefined when there is no such set. */
  setFamily(name: string): Family | null | undefined;
}

/** Why the kernel does not take an extension of a rule. */
export type CheckErrno = "EINVAL" | "ENOENT" | "ERANGE";

/** Where a rule is to stand; `hook` is that of the built-in chain, null in a chain that users made. */
export interface Place {
  readonly family: Family;
  readonly table: string;
  readonly hook: HookName | null;
  readonly backEnd: BackEnd;
  /** The rule's `-p`. */
  readonly protocol: { readonly number: number; readonly inverted: boolean } | null;
  /** Whether there is an account of this name (nfacct). */
  hasAccount(name: string): boolean;
}

/** What matches and targets have in common. `Value` is plain data that nobody changes once it is read. */
interface Extension<Value, Draft> {
  readonly name: string;
  readonly families: readonly Family[];
  /** The protocols it can be used with, by number; none: with any. */
  readonly protocols?: readonly number[];
  /** Tables and hooks where it may be used; none: anywhere. */
  readonly tables?: readonly string[];
  readonly hooks?: readonly HookName[];
  readonly options: readonly Option<Draft>[];
  /** Its options check themselves, as extensions do that are older than the common checks (getopt in their parse). */
  readonly checksItself?: true;
  draft(): Draft;
  /** Looks at the whole. Throws Refused in the real tool's words. */
  finish(draft: Draft, context: Reading): Value;
  /** What else the kernel refuses when the rule is put in its place (checkentry); null when it does not. */
  check?(value: Value, place: Place): CheckErrno | null;
  /** As iptables-save prints it, without the name: `--dport 80`. */
  save(value: Value, family: Family): string;
  /** As `iptables -L` prints it: `tcp dpt:80`. */
  list(value: Value, numeric: boolean, family: Family): string;
}

/** A test of a packet that a rule was made into. */
export type Test = (skb: Skb) => boolean;

export interface MatchExtension<Value, Draft = Value> extends Extension<Value, Draft> {
  /** Called once for each rule that uses it: what it keeps (a counter of nth, a bucket of limit) lives in the test. */
  compile(value: Value, family: Family): Test;
  /** The one destination port it asks for, if it does: a long chain finds the rule by it. */
  destinationPort?(value: Value): number | null;
  /** Asked after the test said no, for the same packet; changes nothing. */
  miss(value: Value, skb: Skb): Miss;
}

/** What a target says: the end of the table's say, go on behind this rule, or back to the calling chain. */
export type Outcome = "ACCEPT" | "DROP" | "STOLEN" | "CONTINUE" | "RETURN";

export interface TargetExtension<Value, Draft = Value> extends Extension<Value, Draft> {
  compile(value: Value, family: Family): (skb: Skb) => Outcome;
  /** What it did, in one sentence, for the trace: the packet before and after. */
  because(value: Value, before: Readonly<Skb>, after: Readonly<Skb>): string;
}

/** Of any value: what a table of extensions holds. Who calls it gives back the value that it made. */
type Any<Kind> = Omit<Kind, "draft" | "finish"> & {
  draft(): unknown;
  finish(draft: never, reading: Reading): unknown;
};
export type AnyMatch = Any<MatchExtension<never, never>>;
export type AnyTarget = Any<TargetExtension<never, never>>;
