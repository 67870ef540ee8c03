// A chain: its rules in order, and for a built-in one its policy. Chains change only through table.ts.
// Before you edit: net/netfilter/x_tables.c (xt_replace_table), net/ipv4/netfilter/ip_tables.c (get_entry).
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
  private list: readonly Rule[] = [];
  private made: Program | null = null;

  constructor(name: string, hook: HookName | null = null) {
    this.name = name;
    this.hook = hook;
  }

  get rules(): readonly Rule[] {
    return this.list;
  }
  set rules(rules: readonly Rule[]) {
    this.list = rules;
    this.made = null;
  }

  /** The rules in the form a packet is tested with, made when the first packet comes by. */
  get program(): Program {
    this.made ??= makeProgram(this.list);
    return this.made;
  }
}
