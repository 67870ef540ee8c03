// A walk through a chain of nf_tables as steps of the trace: which rules were tried and what of them failed, what was found
// in a map, which rule decided, where the walk went from there.
import { ruleText } from "../../netfilter/nft/list.ts";
import { type Chain, type Statement, type Style, type Verdict, verdictText } from "../../netfilter/nft/ruleset.ts";
import type { NftWatcher } from "../../netfilter/nft/traverse.ts";
import type { Skb as View } from "../../netfilter/skb.ts";
import { type InChain, LEVEL, type Step, type Tried } from "../../trace/step.ts";
import type { Netns } from "../netns.ts";

const STYLE: Style = { stateless: true, numeric: false, handles: false };
const SAYS: Readonly<Record<Verdict["kind"], InChain["says"]>> = {
  ...{ accept: "ACCEPT", drop: "DROP", return: "RETURN", jump: "JUMP", goto: "GOTO" },
  ...{ stolen: "STOLEN", continue: "CONTINUE" },
};

export class NftWitness implements NftWatcher {
  /** The last step, to be the cause of what follows. */
  cause: number;
  private readonly ns: Netns;
  private readonly base: Chain;
  private tried: Tried[] = [];

  constructor(ns: Netns, base: Chain, cause: number) {
    this.ns = ns;
    this.base = base;
    this.cause = cause;
  }

  missed(chain: Chain, at: number, { miss }: Statement, skb: View): void {
    if (this.ns.cables.recorder.level < LEVEL.full || miss === undefined) return;
    this.tried.push({ text: `${at + 1}: ${ruleText(chain.rules[at]!, STYLE)}`, ...miss(skb) });
  }

  matched(
    chain: Chain,
    at: number,
    before: Readonly<View>,
    skb: View,
    verdict: Verdict | null,
    by: Statement | null,
  ): void {
    const rule = chain.rules[at]!;
    const said = by?.because?.(before, skb) ?? (verdict === null ? "it says nothing" : verdictText(verdict));
    const says = verdict === null ? "CONTINUE" : SAYS[verdict.kind];
    this.note(LEVEL.path, says === "DROP" ? "drop" : "rule", skb, {
      because: `rule ${at + 1} of ${this.name(chain)}: ${said}`,
      evidence: { kind: "rule", text: ruleText(rule, STYLE), command: this.command(chain) },
      chain: { ...this.place(chain), rule: at + 1, says, ...(verdict?.chain != null && { to: verdict.chain.name }) },
    });
  }

  ended(chain: Chain, returnsTo: Chain | null, skb: View): void {
    const { policy, name } = this.base;
    const isDrop = returnsTo === null && policy === "drop";
    const because =
      returnsTo === null
        ? `no rule of ${this.name(chain)} decided: the policy of ${name} is ${policy}`
        : `the end of ${this.name(chain)}: back to ${returnsTo.name}`;
    const says = returnsTo === null ? SAYS[policy] : "RETURN";
    this.note(isDrop ? LEVEL.path : LEVEL.full, isDrop ? "drop" : "chain", skb, {
      because,
      ...(returnsTo === null && {
        evidence: { kind: "rule", text: `policy ${policy}`, command: this.command(this.base) },
      }),
      chain: { ...this.place(chain), rule: null, says, ...(returnsTo !== null && { to: returnsTo.name }) },
    });
  }

  private note(
    level: number,
    what: Step["what"],
    { hook, packet }: View,
    told: Pick<Step, "because" | "evidence"> & { readonly chain: InChain },
  ): void {
    const { tried } = this;
    this.tried = [];
    this.cause = this.ns.step(level, this.cause, null, what, packet, () => ({ hook, ...told, tried }));
  }

  private place({ table, name, rules }: Chain): Pick<InChain, "table" | "chain" | "rules"> {
    return { table: `${table.family} ${table.name}`, chain: name, rules: rules.length };
  }

  private name({ table, name }: Chain): string {
    return `${table.name} ${name}`;
  }

  private command({ table, name }: Chain): string {
    return `nft list chain ${table.family} ${table.name} ${name}`;
  }
}
