// The many lines of a file that are as save prints them: taken as they stand, and put into their chains together.
// Before you edit: text/canonical.ts, lines.ts, edit.ts (appendLines).
import { ALL_HOOKS, type Chain } from "../chain.ts";
import type { Edit } from "../edit.ts";
import { Lines } from "../lines.ts";
import type { Source } from "../rule.ts";
import type { Table } from "../table.ts";
import { CanonicalRule } from "./canonical.ts";
import { isTargetName } from "./extensions.ts";
import { readRule } from "./request.ts";

const COLON = 0x3a;
/** Room for a name (XT_EXTENSION_MAXNAMELEN) and its length. */
const NAME = 32;
/** A list that many share, and nobody changes. */
const NONE: readonly Chain[] = [];

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
  private readonly calls: Chain[] = [];
  private called = 0;
  private hooks = ALL_HOOKS;
  private hasCounters = false;
  private firstLine = 0;

  constructor(text: string, edit: Edit, counts: boolean) {
    this.source = { text, table: edit.table, read: readRule };
    this.edit = edit;
    this.counts = counts;
    this.names = new Names(this.canonical, this.source.table);
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
    if (called !== null) this.calls[this.called++] = called;
    this.wrote = true;
    return true;
  }

  /** Puts into its chain what was taken. */
  flush(): void {
    const { chain, source, start, end, called, hooks } = this;
    if (chain === null) return;
    const calls = called === 0 ? NONE : this.calls.slice(0, called);
    const counters = !this.hasCounters ? "none" : this.counts ? "wanted" : "unwanted";
    this.chain = null;
    this.called = 0;
    this.hooks = ALL_HOOKS;
    this.hasCounters = false;
    const refused = this.edit.appendLines(chain, new Lines(source, start, end, calls, hooks, counters));
    if (refused !== -1) this.refused ||= this.firstLine + refused;
  }

  /** Chains have gone, or have other names. */
  forget(): void {
    this.names = new Names(this.canonical, this.source.table);
  }

  private declare(): boolean {
    const { nameStart, nameEnd, nameHash } = this.canonical;
    const name = this.source.text.slice(nameStart, nameEnd);
    if (isTargetName(name) || this.source.table.chains.has(name)) return false;
    this.flush();
    this.names.set(nameStart, nameEnd, nameHash, this.edit.add(name));
    this.wrote = true;
    return true;
  }
}

/** Chains by their names as they stand in the canonical rule's window, without making strings: an open hash table. */
class Names {
  private readonly canonical: CanonicalRule;
  private readonly table: Table;
  private readonly chains: Chain[] = [];
  private readonly hashes: number[] = [];
  /** The octets of each name, and their number before them. */
  private octets = new Uint8Array(64 * NAME);
  /** Places in the list of chains, from 1; 0: free. As many as a power of two, at most half of them taken. */
  private slots = new Int32Array(128);

  constructor(canonical: CanonicalRule, table: Table) {
    this.canonical = canonical;
    this.table = table;
  }

  find(start: number, end: number, hash: number): Chain | undefined {
    const { chains, hashes, slots } = this;
    for (let slot = this.slotOf(hash); ; slot = (slot + 1) & (slots.length - 1)) {
      const at = slots[slot]! - 1;
      if (at === -1) break;
      if (hashes[at] === hash && this.isNamed(at, start, end)) return chains[at];
    }
    const chain = this.table.chains.get(this.canonical.slice(start, end));
    if (chain !== undefined) this.set(start, end, hash, chain);
    return chain;
  }

  set(start: number, end: number, hash: number, chain: Chain): void {
    const { chains, hashes, canonical } = this;
    const at = chains.push(chain);
    hashes.push(hash);
    this.octets[(at - 1) * NAME] = end - start;
    canonical.copy(start, end, this.octets, (at - 1) * NAME + 1);
    if (2 * at < this.slots.length) return this.put(at);
    this.slots = new Int32Array(4 * this.slots.length);
    const { octets } = this;
    this.octets = new Uint8Array(4 * octets.length);
    this.octets.set(octets);
    for (let each = 1; each <= at; each++) this.put(each);
  }

  private isNamed(at: number, start: number, end: number): boolean {
    const { octets } = this;
    const first = at * NAME;
    return octets[first] === end - start && this.canonical.equals(start, end, octets, first + 1);
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
