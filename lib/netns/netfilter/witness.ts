// A walk through a table as steps of the trace: which rules were tried and what of them failed, which one decided, where
// the walk went from there.
import type { Chain } from "../../netfilter/chain.ts";
import type { Outcome } from "../../netfilter/extension.ts";
import type { Missed } from "../../netfilter/program.ts";
import type { Skb as View } from "../../netfilter/skb.ts";
import type { Table } from "../../netfilter/table.ts";
import { ruleText } from "../../netfilter/text/rule-text.ts";
import type { Watcher } from "../../netfilter/traverse.ts";
import type { Tell, Told } from "../../trace/recorder.ts";
import { type InChain, LEVEL, type Step, type Tried } from "../../trace/step.ts";
import type { Netns } from "../netns.ts";

export class Witness implements Watcher {
  /** The last step, to be the cause of what follows. */
  cause: number;
  private readonly ns: Netns;
  private readonly table: Table;
  /** What has been tried since the last step; told when somebody reads it. */
  private tried: () => readonly Tried[] = nothing;
  private missed: Missed | null = null;
  private from = 0;

  constructor(ns: Netns, table: Table, cause: number) {
    this.ns = ns;
    this.table = table;
    this.cause = cause;
  }

  next(chain: Chain, skb: View, from: number): number {
    this.tried = nothing;
    this.missed = this.ns.cables.recorder.level < LEVEL.full ? null : { at: from, why: new Map() };
    this.from = from;
    const at = chain.program.next(skb, from, this.missed);
    this.heard(chain, skb, at);
    return at;
  }

  /** Keeps what to tell of the rules before this one: rules and packet as they are now, for both may change. */
  private heard(chain: Chain, skb: View, to: number): void {
    const { missed, from } = this;
    if (missed === null || from === to) return;
    const rules = chain.rules.slice(from, to);
    const packet = { ...skb };
    let told: Tried[] | null = null;
    this.tried = () => {
      told ??= rules.map((rule, i) => {
        const miss = missed.why.get(from + i) ?? rule.whyNot(packet);
        if (miss === null) throw new Error(`rule ${from + i + 1} of ${chain.name} matches`);
        return { text: `${from + i + 1}: ${rule.textIn(chain)}`, ...miss };
      });
      return told;
    };
  }

  matched(chain: Chain, at: number, before: Readonly<View>, skb: View, outcome: Outcome | "JUMP" | "GOTO"): void {
    const { spec } = chain.rules[at]!;
    const { tried } = this;
    // Behind a RETURN the chain's end has nothing to add.
    this.tried = nothing;
    const because = `rule ${at + 1} of ${this.name(chain)}: ${this.said(chain, at, before, skb, outcome)}`;
    const text = `-A ${chain.name} ${ruleText(spec)}`;
    const command = this.command(chain);
    const to = spec.target.kind === "chain" ? { to: spec.target.chain.name } : {};
    this.note(LEVEL.path, outcome === "DROP" ? "drop" : "rule", skb, tried, {
      because,
      evidence: { kind: "rule", text, command },
      chain: { ...this.place(chain), rule: at + 1, says: outcome, ...to },
    });
  }

  private said(
    chain: Chain,
    at: number,
    before: Readonly<View>,
    skb: View,
    outcome: Outcome | "JUMP" | "GOTO",
  ): string {
    const { target } = chain.rules[at]!.spec;
    if (target.kind === "chain")
      return outcome === "GOTO" ? `goes to ${target.chain.name}` : `jumps to ${target.chain.name}`;
    if (target.kind === "extension") return target.use.extension.because(target.use.value as never, before, skb);
    if (target.kind === "none") return "it has no target and only counts";
    return target.verdict === "RETURN" ? "RETURN" : target.verdict === "ACCEPT" ? "accepted" : "dropped";
  }

  dropped(chain: Chain, skb: View, why: string): void {
    if (this.missed !== null) this.heard(chain, skb, this.missed.at);
    const { tried } = this;
    const because = `a match of ${this.name(chain)} drops it: ${why}`;
    this.note(LEVEL.path, "drop", skb, tried, { because });
  }

  ended(chain: Chain, returnsTo: Chain | null, skb: View): void {
    const { tried } = this;
    const base = this.table.at(skb.hook)!;
    const isDrop = returnsTo === null && base.policy === "DROP";
    const because =
      returnsTo !== null
        ? `the end of ${this.name(chain)}: back to ${returnsTo.name}`
        : `no rule of ${this.name(chain)} decided: the policy of ${base.name} is ${base.policy}`;
    const evidence =
      returnsTo !== null
        ? undefined
        : {
            kind: "rule" as const,
            text: `-P ${base.name} ${base.policy}`,
            command: this.command(base),
          };
    this.note(isDrop ? LEVEL.path : LEVEL.full, isDrop ? "drop" : "chain", skb, tried, {
      because,
      evidence,
      chain: {
        ...this.place(chain),
        rule: null,
        ...(returnsTo === null ? { says: base.policy } : { says: "RETURN", to: returnsTo.name }),
      },
    });
  }

  private place({ name, rules }: Chain): Pick<InChain, "table" | "chain" | "rules"> {
    return { table: this.table.name, chain: name, rules: rules.length };
  }

  private note(
    level: number,
    what: Step["what"],
    { hook, packet }: View,
    tried: () => readonly Tried[],
    told: Told,
  ): void {
    this.cause = this.ns.note(level, this.cause, null, what, packet, tellWalk, { hook, ...told }, tried);
  }

  private command({ name }: Chain): string {
    return `${this.table.family === 4 ? "iptables" : "ip6tables"} -t ${this.table.name} -S ${name}`;
  }

  private name(chain: Chain): string {
    return `${this.table.name} ${chain.name}`;
  }
}

/** What was decided is said at once, what was tried before when somebody reads. */
const tellWalk: Tell<Told, () => readonly Tried[]> = (told, tried) => ({ ...told, tried: tried() });

function nothing(): readonly Tried[] {
  return [];
}
