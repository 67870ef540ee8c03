// The many lines of a file that are as save prints them: taken as they stand, and put into their chains together.
// Before you edit: text/canonical.ts, edit.ts (appendAll).
import type { Chain } from "../chain.ts";
import type { Edit } from "../edit.ts";
import { Rule, type Source } from "../rule.ts";
import { CanonicalRule } from "./canonical.ts";
import { isTargetName } from "./extensions.ts";

const COLON = 0x3a;

/** Of one table. Whoever changes it otherwise calls `flush` first. */
export class Bulk {
  /** Whether anything was put into the table. */
  wrote = false;
  /** The line of the first rule that the kernel refuses, or 0. */
  refused = 0;
  private readonly source: Source;
  private readonly edit: Edit;
  private readonly counts: boolean;
  private readonly canonical = new CanonicalRule();
  /** Rules that stand below each other in one chain, not yet put into it, and the line of the last. */
  private chain: Chain | null = null;
  private readonly rules: Rule[] = [];
  private count = 0;
  private lastLine = 0;
  private lastCalled: Chain | undefined;

  constructor(text: string, edit: Edit, counts: boolean) {
    this.source = { text, table: edit.table };
    this.edit = edit;
    this.counts = counts;
  }

  /** Takes a rule or chain from start to end. False: it has to be read word by word. */
  add(start: number, end: number, line: number): boolean {
    const { source, canonical } = this;
    if (source.text.charCodeAt(start) === COLON) return canonical.readChain(source.text, start, end) && this.declare();
    if (!canonical.read(source.text, start, end, source.table)) return false;
    const chain = this.chainNow();
    const leadsTo = canonical.targetStart === -1 ? null : this.called(end);
    if (chain === null || leadsTo === undefined || (leadsTo !== null && leadsTo.hook !== null)) return false;
    const [packets, bytes] = this.counts ? [canonical.packets, canonical.bytes] : [0, 0];
    this.rules[this.count++] = Rule.at(source, canonical.nameStart - 3, end, leadsTo, canonical.hooks, packets, bytes);
    this.lastLine = line;
    this.wrote = true;
    return true;
  }

  /** Puts into its chain what was taken. */
  flush(): void {
    const { chain, count } = this;
    this.chain = null;
    this.lastCalled = undefined;
    if (chain === null || count === 0) return;
    const refused = this.edit.appendAll(chain, this.rules.slice(0, count));
    // They stand one below the other: nothing but rules of this chain lies between them.
    if (refused !== -1) this.refused ||= this.lastLine - (count - 1 - refused);
    this.count = 0;
  }

  private declare(): boolean {
    const { nameStart, nameEnd } = this.canonical;
    const name = this.source.text.slice(nameStart, nameEnd);
    if (isTargetName(name) || this.source.table.chains.has(name)) return false;
    this.flush();
    this.edit.add(name);
    this.wrote = true;
    return true;
  }

  /** The chain of the rule that was read; mostly it is the one of the rule before. */
  private chainNow(): Chain | null {
    const { chain, lastCalled } = this;
    const { text, table } = this.source;
    const { nameStart, nameEnd } = this.canonical;
    if (chain !== null && chain.name.length === nameEnd - nameStart && text.startsWith(chain.name, nameStart))
      return chain;
    this.flush();
    this.lastCalled = lastCalled;
    this.chain = table.chains.get(text.slice(nameStart, nameEnd)) ?? null;
    return this.chain;
  }

  /** The chain that the rule calls; often it is the one that another called before. */
  private called(end: number): Chain | undefined {
    const { lastCalled } = this;
    const { text, table } = this.source;
    const { targetStart } = this.canonical;
    if (lastCalled?.name.length === end - targetStart && text.startsWith(lastCalled.name, targetStart))
      return lastCalled;
    this.lastCalled = table.chains.get(text.slice(targetStart, end));
    return this.lastCalled;
  }
}
