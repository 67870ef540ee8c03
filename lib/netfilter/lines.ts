// Rules of a saved file that stand below each other in one chain, made when somebody asks for them: a file has a hundred
// thousand of them, and most are only printed again.
// Before you edit: text/canonical.ts (which lines), text/bulk.ts (finds them), chain.ts (keeps them).
import type { Chain } from "./chain.ts";
import { Rule, type Source } from "./rule.ts";
import { CanonicalRule } from "./text/canonical.ts";

const canonical = new CanonicalRule();

export class Lines {
  /** The chains that they call, one for each rule that calls one, in their order. */
  readonly calls: readonly Chain[];
  /** From which built-in chains all of them may be reached (HOOK_BIT). */
  readonly hooks: number;
  private readonly source: Source;
  private readonly start: number;
  private readonly end: number;
  private readonly counters: "none" | "wanted" | "unwanted";

  /** The first line begins at `start`, the last ends before `end`. `counters`: whether there are any before the rules. */
  constructor(
    source: Source,
    start: number,
    end: number,
    calls: readonly Chain[],
    hooks: number,
    counters: Lines["counters"],
  ) {
    this.source = source;
    this.start = start;
    this.end = end;
    this.calls = calls;
    this.hooks = hooks;
    this.counters = counters;
  }

  /** As iptables-save prints them without counters; null when that is not how they stand there. */
  get text(): string | null {
    return this.counters === "none" ? this.source.text.slice(this.start, this.end) : null;
  }

  make(): Rule[] {
    const { source, calls, counters } = this;
    const { text, table } = source;
    const rules: Rule[] = [];
    let called = 0;
    for (let start = this.start; start < this.end; ) {
      const found = text.indexOf("\n", start);
      const end = found === -1 ? this.end : found;
      if (!canonical.read(text, start, end, table)) throw new Error(`not as it was: ${text.slice(start, end)}`);
      const leadsTo = canonical.targetStart === -1 ? null : calls[called++]!;
      const [packets, bytes] = counters === "wanted" ? [canonical.packets, canonical.bytes] : [0, 0];
      rules.push(Rule.at(source, canonical.nameStart - 3, end, leadsTo, canonical.hooks, packets, bytes));
      start = end + 1;
    }
    return rules;
  }
}
