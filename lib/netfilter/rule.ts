// A rule: what of the IP header and the devices it wants, its matches, its target, and how often it was right.
// Before you edit: include/uapi/linux/netfilter_ipv4/ip_tables.h (struct ipt_ip, struct ipt_entry),
// include/linux/netfilter/x_tables.h (struct xt_counters).
import type { Ip } from "../wire/address.ts";
import { ALL_HOOKS, type Chain, hookBits } from "./chain.ts";
import { checkRule } from "./check.ts";
import { allOf, type Condition, conditionsOf } from "./condition.ts";
import type { AnyMatch, AnyTarget, Family, Miss, Outcome, Test } from "./extension.ts";
import type { Header } from "./header.ts";
import type { Errno } from "./refused.ts";
import type { Skb } from "./skb.ts";
import type { Table } from "./table.ts";
import { CanonicalRule } from "./text/canonical.ts";
import { ruleText } from "./text/rule-text.ts";

/** `-s 10.0.0.0/8`, `! -d 10.0.0.1`. The mask may have holes, as the kernel's may; address bits beyond it are zero. */
export interface AddressMatch {
  readonly address: Ip;
  readonly mask: Ip;
  readonly inverted: boolean;
}

/** `-i eth0`, `! -o cali+`. */
export interface DeviceMatch {
  /** Without the `+`. */
  readonly name: string;
  /** A `+` stood at the end: every name that begins so. */
  readonly isPrefix: boolean;
  readonly inverted: boolean;
  /** iptables-legacy lists a lone `+`, inverted too, and leaves it out where it prints the rule's words (save_iface). */
  readonly isLeftOut?: true;
}

/** The words of a rule. Nothing of it changes once it is made. */
export interface RuleSpec {
  readonly family: Family;
  readonly source: AddressMatch | null;
  readonly destination: AddressMatch | null;
  readonly in: DeviceMatch | null;
  readonly out: DeviceMatch | null;
  readonly protocol: { readonly number: number; readonly inverted: boolean } | null;
  /** `-f`: the second and further fragments of a packet. */
  readonly fragment: { readonly inverted: boolean } | null;
  readonly matches: readonly MatchUse[];
  readonly target: Target;
}

/** An extension together with what it was told. */
export interface MatchUse {
  readonly extension: AnyMatch;
  readonly value: unknown;
}
export interface TargetUse {
  readonly extension: AnyTarget;
  readonly value: unknown;
}

export type Target =
  /** A rule that only counts. */
  | { readonly kind: "none" }
  | { readonly kind: "verdict"; readonly verdict: "ACCEPT" | "DROP" | "RETURN" }
  | { readonly kind: "chain"; readonly chain: Chain; readonly isGoto: boolean }
  | { readonly kind: "extension"; readonly use: TargetUse };

/** A file that rules stand in, in the form that iptables-save prints, and the table they belong to. */
export interface Source {
  readonly table: Table;
  readonly text: string;
  /** Takes one of its lines apart. */
  readonly read: (line: string, table: Table, calls: Chain | null) => RuleSpec;
}

const canonical = new CanonicalRule();

/**
 * A rule as it stands in a chain. Rules of a file keep their place in it, and are taken apart when somebody asks: tables
 * have a hundred thousand of them, and most are only printed again.
 */
export class Rule {
  packets: number;
  bytes: number;
  /** The chain its target calls, and whether with -g. */
  readonly leadsTo: Chain | null;
  readonly isGoto: boolean;
  /** From which built-in chains it may be reached (HOOK_BIT). */
  readonly hooks: number;
  /** Where it was read, if its line is its own; and its words, when they are known. */
  private source: Source | null;
  private words: RuleSpec | null;
  private made: Compiled | null = null;
  /** Where its line stands in the source. */
  private readonly start: number;
  private readonly end: number;

  private constructor(
    source: Source | null,
    words: RuleSpec | null,
    packets: number,
    bytes: number,
    leadsTo: Chain | null,
    isGoto: boolean,
    hooks: number,
    start: number,
    end: number,
  ) {
    this.source = source;
    this.words = words;
    this.packets = packets;
    this.bytes = bytes;
    this.leadsTo = leadsTo;
    this.isGoto = isGoto;
    this.hooks = hooks;
    this.start = start;
    this.end = end;
  }

  static of(spec: RuleSpec, packets = 0, bytes = 0): Rule {
    const { target } = spec;
    const [leadsTo, isGoto] = target.kind === "chain" ? [target.chain, target.isGoto] : [null, false];
    return new Rule(null, spec, packets, bytes, leadsTo, isGoto, hooksOf(spec), 0, 0);
  }

  /** The line from start to end, `-A CHAIN ...` without -g, which is right, and what is known of it. */
  static at(
    source: Source,
    start: number,
    end: number,
    leadsTo: Chain | null,
    hooks: number,
    packets: number,
    bytes: number,
  ): Rule {
    return new Rule(source, null, packets, bytes, leadsTo, false, hooks, start, end);
  }

  get spec(): RuleSpec {
    if (this.words === null) {
      const { text, table, read } = this.source!;
      this.words = read(text.slice(this.start, this.end), table, this.leadsTo);
    }
    return this.words;
  }

  /** As iptables-save prints it, without counters: `-A CHAIN -s 10.0.0.1/32 -j ACCEPT`. */
  lineIn({ name }: Chain): string {
    if (this.source !== null) return this.source.text.slice(this.start, this.end);
    const text = ruleText(this.spec);
    return text === "" ? `-A ${name}` : `-A ${name} ${text}`;
  }

  /** The same without `-A CHAIN `. */
  textIn(chain: Chain): string {
    return this.lineIn(chain).slice(chain.name.length + 4);
  }

  /** The lines of all rules of a chain; those that stand below each other in their file in one piece. */
  static addLines(chain: Chain, lines: string[]): void {
    const whole = chain.lines?.text ?? null;
    if (whole !== null) {
      lines.push(whole);
      return;
    }
    const { rules } = chain;
    for (let i = 0; i < rules.length; i++) {
      const { source, start } = rules[i]!;
      if (source === null) {
        lines.push(rules[i]!.lineIn(chain));
        continue;
      }
      let { end } = rules[i]!;
      for (; i + 1 < rules.length; i++) {
        const next = rules[i + 1]!;
        if (next.source !== source || next.start !== end + 1) break;
        ({ end } = next);
      }
      lines.push(source.text.slice(start, end));
    }
  }

  /** Its chain, or the one it calls, has another name from now on. */
  forgetLine(): void {
    this.words = this.spec;
    this.source = null;
  }

  /** What its matches keep is forgotten. */
  beginAnew(): void {
    this.made = null;
  }

  /** Why the kernel does not take it, or null. Of a line of a file it is known that nothing is wrong with it. */
  check(table: Table, chain: Chain): Errno | null {
    return this.source === null ? checkRule(table, chain, this.spec) : null;
  }

  /** Whether the rule is about the packet. What its matches keep (a bucket, a count) lives as long as the rule. */
  get test(): Test {
    return this.compiled.test;
  }

  /** As `test`, and says why not: what failed first. Null when the rule is about the packet. */
  ask(skb: Skb): Miss | null {
    return firstMiss(this.compiled.conditions, skb);
  }

  /** Of a packet whose header differs from the rule's (header.ts): what failed first. Any number of rules may be asked. */
  whyNot(skb: Skb): Miss | null {
    return firstMiss(this.made?.conditions ?? conditionsOf(this.spec), skb);
  }

  /** What decides most packets, without taking the rule apart where it is a line. */
  writeHeader(header: Header): void {
    const { source } = this;
    if (source !== null && canonical.read(source.text, this.start, this.end, source.table)) header.ofLine(canonical);
    else header.ofSpec(this.spec);
  }

  /** What its target says to a packet that it is about; a jump is the walk's own affair. */
  get action(): (skb: Skb) => Outcome {
    return this.compiled.action;
  }

  private get compiled(): Compiled {
    this.made ??= compile(this.spec);
    return this.made;
  }
}

interface Compiled {
  readonly conditions: readonly Condition[];
  readonly test: Test;
  readonly action: (skb: Skb) => Outcome;
}

function firstMiss(conditions: readonly Condition[], skb: Skb): Miss | null {
  for (const { test, miss } of conditions) if (!test(skb)) return miss(skb);
  return null;
}

function compile(spec: RuleSpec): Compiled {
  const conditions = conditionsOf(spec);
  return { conditions, test: allOf(conditions.map(({ test }) => test)), action: actionOf(spec) };
}

function actionOf({ target, family }: RuleSpec): (skb: Skb) => Outcome {
  if (target.kind === "extension") return target.use.extension.compile(target.use.value as never, family);
  const outcome = target.kind === "verdict" ? target.verdict : "CONTINUE";
  return () => outcome;
}

function hooksOf({ matches, target }: RuleSpec): number {
  let bits = target.kind === "extension" ? hookBits(target.use.extension.hooks) : ALL_HOOKS;
  for (const { extension } of matches) bits &= hookBits(extension.hooks);
  return bits;
}
