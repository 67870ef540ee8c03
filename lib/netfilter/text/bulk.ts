// The many lines of a file that are as save prints them: taken as they stand, and put into their chains together.
// Before you edit: text/canonical.ts, lines.ts, edit.ts (appendLines).
import { ALL_HOOKS, type Chain } from "../chain.ts";
import type { Edit } from "../edit.ts";
import { Lines } from "../lines.ts";
import type { Source } from "../rule.ts";
import { CanonicalRule } from "./canonical.ts";
import { isTargetName } from "./extensions.ts";

const COLON = 0x3a;
const NONE: Chain[] = [];

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
  private names: Names;
  /** Rules that stand below each other in one chain, not yet put into it: where, whom they call, the line of the first. */
  private chain: Chain | null = null;
  private start = 0;
  private end = 0;
  private calls: Chain[] = NONE;
  private hooks = ALL_HOOKS;
  private hasCounters = false;
  private firstLine = 0;

  constructor(text: string, edit: Edit, counts: boolean) {
    this.source = { text, table: edit.table };
    this.edit = edit;
    this.counts = counts;
    this.names = new Names(this.source);
  }

  /** Takes a rule or chain from start to end. False: it has to be read word by word. */
  add(start: number, end: number, line: number): boolean {
    const { source, canonical, names } = this;
    const { text, table } = source;
    if (text.charCodeAt(start) === COLON) return canonical.readChain(text, start, end) && this.declare();
    if (!canonical.read(text, start, end, table)) return false;
    const { nameStart, nameEnd, nameHash, targetStart } = canonical;
    const chain = names.find(nameStart, nameEnd, nameHash);
    const called = targetStart === -1 ? null : names.find(targetStart, end, canonical.targetHash);
    if (chain === undefined || called === undefined || (called !== null && called.hook !== null)) return false;
    // One chain's lines are one piece: between them is nothing but the end of a line.
    if (chain !== this.chain || start !== this.end + 1) {
      this.flush();
      this.chain = chain;
      this.start = start;
      this.firstLine = line;
    }
    this.end = end;
    this.hooks &= canonical.hooks;
    if (nameStart !== start + 3) this.hasCounters = true;
    if (called !== null) {
      if (this.calls === NONE) this.calls = [called];
      else this.calls.push(called);
    }
    this.wrote = true;
    return true;
  }

  /** Puts into its chain what was taken. */
  flush(): void {
    const { chain, source, start, end, calls, hooks } = this;
    if (chain === null) return;
    const counters = !this.hasCounters ? "none" : this.counts ? "wanted" : "unwanted";
    this.chain = null;
    this.calls = NONE;
    this.hooks = ALL_HOOKS;
    this.hasCounters = false;
    const refused = this.edit.appendLines(chain, new Lines(source, start, end, calls, hooks, counters));
    if (refused !== -1) this.refused ||= this.firstLine + refused;
  }

  /** Chains have gone, or have other names. */
  forget(): void {
    this.names = new Names(this.source);
  }

  private declare(): boolean {
    const { nameStart, nameEnd, nameHash } = this.canonical;
    const name = this.source.text.slice(nameStart, nameEnd);
    if (isTargetName(name) || this.source.table.chains.has(name)) return false;
    this.flush();
    this.names.set(nameHash, this.edit.add(name));
    this.wrote = true;
    return true;
  }
}

/** Chains by the places in a text where their names stand, found without making strings of them: an open hash table. */
class Names {
  private readonly source: Source;
  private readonly chains: Chain[] = [];
  private readonly hashes: number[] = [];
  /** Places in the list of chains, from 1; 0: free. As many as a power of two, at most half of them taken. */
  private slots = new Int32Array(256);

  constructor(source: Source) {
    this.source = source;
  }

  find(start: number, end: number, hash: number): Chain | undefined {
    const { chains, hashes, slots } = this;
    const { text, table } = this.source;
    for (let slot = this.slotOf(hash); ; slot = (slot + 1) & (slots.length - 1)) {
      const at = slots[slot]! - 1;
      if (at === -1) break;
      if (hashes[at] !== hash) continue;
      const chain = chains[at]!;
      if (chain.name.length === end - start && text.startsWith(chain.name, start)) return chain;
    }
    const chain = table.chains.get(text.slice(start, end));
    if (chain !== undefined) this.set(hash, chain);
    return chain;
  }

  set(hash: number, chain: Chain): void {
    const { chains, hashes } = this;
    chains.push(chain);
    hashes.push(hash);
    if (2 * chains.length < this.slots.length) return this.put(chains.length);
    this.slots = new Int32Array(4 * this.slots.length);
    for (let at = 1; at <= chains.length; at++) this.put(at);
  }

  private put(at: number): void {
    const { slots } = this;
    let slot = this.slotOf(this.hashes[at - 1]!);
    while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
    slots[slot] = at;
  }

  private slotOf(hash: number): number {
    return (hash ^ (hash >>> 15)) & (this.slots.length - 1);
  }
}
