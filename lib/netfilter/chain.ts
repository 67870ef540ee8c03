// A chain: its rules in order, and for a built-in one its policy. Chains change only through edit.ts.
// Before you edit: net/netfilter/x_tables.c (xt_replace_table), net/ipv4/netfilter/ip_tables.c (get_entry).
import type { Lines } from "./lines.ts";
import { makeProgram, type Program } from "./program.ts";
import type { Rule } from "./rule.ts";
import type { HookName } from "./skb.ts";

export class Chain {
  name: string;
  /** The hook it stands at; null for a chain that a user made. */
  readonly hook: HookName | null;
  policy: "ACCEPT" | "DROP" = "ACCEPT";
  /** What the policy, or a RETURN to it, decided. */
  packets = 0;
  bytes = 0;
  /** nf_tables counts what a policy decides only where somebody said counters; the legacy tables always do. */
  counts = false;
  /** How many rules call it. */
  references = 0;
  /** Where a walk can be when it comes here (reach.ts): calls open at most, and from which hooks. */
  depth: number;
  hooks: number;
  /** All its rules, while they are only lines of a file. */
  lines: Lines | null = null;
  private list: Rule[] | null = null;
  private made: Program | null = null;

  constructor(name: string, hook: HookName | null = null) {
    this.name = name;
    this.hook = hook;
    this.hooks = hook === null ? 0 : HOOK_BIT[hook];
    this.depth = hook === null ? -1 : 0;
  }

  /** Only edit.ts changes them, and says so (`changed`). */
  get rules(): Rule[] {
    if (this.lines !== null) this.rules = this.lines.make();
    this.list ??= [];
    return this.list;
  }
  set rules(rules: Rule[]) {
    this.list = rules;
    this.lines = null;
  }

  /** Those of its rules that may have counted something: lines of a file without counters have not. */
  get counting(): readonly Rule[] {
    return this.lines !== null && this.lines.text !== null ? NO_RULES : this.rules;
  }

  get isEmpty(): boolean {
    return this.lines === null && (this.list === null || this.list.length === 0);
  }

  /** The rules in the form a packet is tested with, made when the first packet comes by. */
  get program(): Program {
    this.made ??= makeProgram(this.rules);
    return this.made;
  }

  changed(): void {
    this.made = null;
  }

  /** What its rules' matches keep is forgotten. */
  beginAnew(): void {
    if (this.lines === null) for (const rule of this.rules) rule.beginAnew();
  }
}

const NO_RULES: readonly Rule[] = [];

/** Hooks as bits, in the kernel's numbers (enum nf_inet_hooks). */
export const HOOK_BIT: Readonly<Record<HookName, number>> = {
  PREROUTING: 1,
  INPUT: 2,
  FORWARD: 4,
  OUTPUT: 8,
  POSTROUTING: 16,
};

export const ALL_HOOKS = 31;

/** Hooks as a mask of HOOK_BIT; none named: all. */
export function hookBits(hooks: readonly HookName[] | undefined): number {
  return hooks === undefined ? ALL_HOOKS : hooks.reduce((bits, hook) => bits | HOOK_BIT[hook], 0);
}
