// Changes of a table. Each is done at once and can be taken back, so that a file of them is done whole or not at all.
// What the tool itself finds wrong is thrown at once; what the kernel finds is kept until the changes are committed.
// Before you edit: iptables/nft.c (nft_rule_append and the others), net/netfilter/nf_tables_api.c (nf_tables_delchain,
// nf_tables_newrule), libiptc/libiptc.c.
import { ALL_HOOKS, Chain } from "./chain.ts";
import { needsTracking } from "./conntrack/needs.ts";
import type { Lines } from "./lines.ts";
import { canReach, countAnew, reach } from "./reach.ts";
import { type Change, type Errno, Failure } from "./refused.ts";
import type { Rule } from "./rule.ts";
import { type BackEnd, builtIn, type Table } from "./table.ts";

/** Changes of one table that belong together. No packet passes before they are all done or taken back. */
export class Edit {
  readonly table: Table;
  private readonly undo: (() => void)[] = [];
  /** Everything in the table is new: to take it back is to put the old chains back. */
  private isNew = false;
  private late: Failure | null = null;
  /** Rules that came and name a list; and whether one that does went. */
  private readonly listed: Rule[] = [];
  private hasGone = false;
  /** The built-in chains whose policies were given counters, and rules that were. */
  private readonly counted = new Set<Chain>();
  private readonly replaced: Rule[] = [];

  constructor(table: Table, backEnd: BackEnd) {
    this.table = table;
    const before = table.backEnd;
    table.backEnd = backEnd;
    this.undo.push(() => {
      table.backEnd = before;
    });
  }

  /** Throws the first Failure that the kernel reports; take everything back then. */
  commit(): void {
    if (this.late !== null) throw this.late;
    // nf_tables is given such a rule anew (nft_rule_zero_counters).
    for (const rule of this.replaced) rule.beginAnew();
    if (this.table.backEnd === "legacy" && (this.isNew || this.undo.length > 1)) this.begin();
    if (this.listed.length > 0 || this.hasGone) this.table.onLists(this.listedInOrder(), this.hasGone);
  }

  /** ip_tables reads a table chain by chain, as it is listed: the first rule that names a list says what it is like. */
  private listedInOrder(): readonly Rule[] {
    if (this.table.backEnd === "nft" || this.listed.length < 2) return this.listed;
    const came = new Set(this.listed);
    return this.table
      .listed()
      .flatMap((chain) => (chain.lines === null ? chain.rules.filter((rule) => came.has(rule)) : []));
  }

  /** ip_tables gets a whole new table: what matches keep begins anew, and libiptc has no policy's counters put back. */
  private begin(): void {
    for (const chain of this.table.chains.values()) {
      chain.beginAnew();
      if (chain.hook !== null && !this.counted.has(chain)) chain.packets = chain.bytes = 0;
    }
  }

  /** Takes everything back, the last change first. */
  takeBack(): void {
    this.table.changed();
    for (const back of this.undo.splice(0).reverse()) back();
    countAnew(this.table);
  }

  /** The chain of this name. Throws Failure. */
  chain(change: Change, name: string): Chain {
    const chain = this.table.chains.get(name);
    if (chain === undefined) throw new Failure(change, "ENOENT", name);
    return chain;
  }

  /** All chains go, and the built-in ones are as in the beginning; ip_tables lets them keep their policies. */
  clear(): void {
    const { table } = this;
    const { chains } = table;
    table.chains = builtIn(table.name);
    this.hasGone = true;
    table.changed();
    if (table.backEnd === "legacy")
      for (const chain of table.chains.values()) chain.policy = chains.get(chain.name)!.policy;
    if (!this.isNew)
      this.undo.push(() => {
        table.chains = chains;
      });
    this.isNew = true;
  }

  append(chain: Chain, rule: Rule): void {
    this.put(chain, chain.rules.length, 0, rule);
    this.settle("append", chain, rule);
  }

  /**
   * Rules of a file behind the last: nothing is wrong with them. Returns which of them the kernel refuses first for where
   * it stands, or -1.
   */
  appendLines(chain: Chain, lines: Lines): number {
    if (!chain.isEmpty || this.isRefused) return this.appendEach(chain, lines);
    chain.lines = lines;
    chain.changed();
    if (!canReach(this.table, chain)) {
      chain.rules = [];
      countAnew(this.table);
      return this.appendEach(chain, lines);
    }
    for (const called of lines.calls) called.references++;
    // Of such lines only those with DNAT may not stand at every hook, and only those need connections to be tracked.
    if (lines.hooks !== ALL_HOOKS) this.table.onTracking();
    if (!this.isNew)
      this.undo.push(() => {
        for (const rule of chain.rules) release(rule);
        chain.rules = [];
        chain.changed();
      });
    return -1;
  }

  private appendEach(chain: Chain, lines: Lines): number {
    let refused = -1;
    for (const [i, rule] of lines.make().entries()) {
      this.append(chain, rule);
      if (refused === -1 && this.isRefused) refused = i;
    }
    return refused;
  }

  /** Before the rule of this number, counted from 1; the number behind the last is allowed. */
  insert(chain: Chain, number: number, rule: Rule): void {
    if (number > chain.rules.length + 1) throw new Failure("insert", "E2BIG", chain.name);
    this.put(chain, number - 1, 0, rule);
    this.settle("insert", chain, rule);
  }

  replace(chain: Chain, number: number, rule: Rule): void {
    if (number > chain.rules.length) throw new Failure("replace", "E2BIG", chain.name);
    this.put(chain, number - 1, 1, rule);
    this.settle("replace", chain, rule);
  }

  deleteNumber(chain: Chain, number: number): void {
    if (number > chain.rules.length) throw new Failure("delete number", "E2BIG", chain.name);
    this.put(chain, number - 1, 1);
  }

  /** The place of the first rule that says the same. Throws Failure when there is none. */
  find(change: "check" | "delete", chain: Chain, rule: Rule): number {
    const line = rule.lineIn(chain);
    const at = chain.rules.findIndex((each) => each.lineIn(chain) === line);
    if (at === -1) throw new Failure(change, "ENOENT", chain.name);
    return at;
  }

  flush(chain: Chain): void {
    // Rules that are only lines of a file name none.
    const areLines = chain.lines !== null;
    const { rules } = chain;
    this.hasGone ||= !areLines && rules.some((rule) => namesList(rule.lineIn(chain)));
    chain.rules = [];
    chain.changed();
    for (const rule of rules) release(rule);
    if (!this.isNew)
      this.undo.push(() => {
        chain.rules = rules;
        chain.changed();
        for (const rule of rules) retain(rule);
      });
  }

  add(name: string): Chain {
    const { chains } = this.table;
    if (chains.has(name)) throw new Failure("add chain", "EEXIST", name);
    const chain = new Chain(name);
    chains.set(name, chain);
    this.table.changed();
    if (!this.isNew) this.undo.push(() => chains.delete(name));
    return chain;
  }

  /** Takes a chain away if nothing is in it and nothing leads to it; of a built-in one only its counters go. */
  remove(chain: Chain): void {
    const { table } = this;
    const errno = this.whyKept(chain);
    if (errno === "EBUSY") return this.refuse("delete chain", errno, chain.name);
    if (errno !== null) throw new Failure("delete chain", errno, chain.name);
    if (chain.hook !== null) return this.setCounters(chain, 0, 0);
    const { chains } = table;
    const { name } = chain;
    chains.delete(name);
    table.changed();
    this.undo.push(() => chains.set(name, chain));
  }

  private whyKept({ hook, policy, rules, references }: Chain): Errno | null {
    if (this.table.backEnd === "legacy")
      return hook !== null ? "EINVAL" : references > 0 ? "EMLINK" : rules.length > 0 ? "ENOTEMPTY" : null;
    if (hook !== null && policy !== "ACCEPT") return "EISBASE";
    return references > 0 || rules.length > 0 ? "EBUSY" : null;
  }

  rename(chain: Chain, name: string): void {
    const old = chain.name;
    this.call(chain, name);
    this.undo.push(() => this.call(chain, old));
  }

  private call(chain: Chain, name: string): void {
    const { chains } = this.table;
    chains.delete(chain.name);
    chain.name = name;
    chains.set(name, chain);
    this.table.changed();
    for (const rule of chain.rules) rule.forgetLine();
    if (chain.references === 0) return;
    for (const { rules } of chains.values()) for (const rule of rules) if (rule.leadsTo === chain) rule.forgetLine();
  }

  setPolicy(chain: Chain, policy: "ACCEPT" | "DROP"): void {
    const before = chain.policy;
    chain.policy = policy;
    this.undo.push(() => {
      chain.policy = before;
    });
  }

  /** Of a rule, or of a built-in chain's policy. */
  setCounters(counted: Rule | Chain, packets: number, bytes: number): void {
    const before = [counted.packets, counted.bytes] as const;
    if (counted instanceof Chain) {
      counted.counts = true;
      this.counted.add(counted);
    } else if (before[0] === packets && before[1] === bytes) return;
    else if (before[0] !== 0 || before[1] !== 0) this.replaced.push(counted);
    counted.packets = packets;
    counted.bytes = bytes;
    this.undo.push(() => {
      [counted.packets, counted.bytes] = before;
    });
  }

  /** Takes so many rules of a chain away at a place, and puts others there. Who puts one in counts whom it calls. */
  private put(chain: Chain, at: number, away: number, ...rules: Rule[]): void {
    const old = chain.rules.splice(at, away, ...rules);
    chain.changed();
    this.hasGone ||= old.some((rule) => namesList(rule.lineIn(chain)));
    for (const rule of old) release(rule);
    if (!this.isNew)
      this.undo.push(() => {
        chain.rules.splice(at, rules.length, ...old);
        chain.changed();
        for (const rule of rules) release(rule);
        for (const rule of old) retain(rule);
      });
  }

  /** What the kernel makes of a rule that is new in a chain. */
  private settle(change: Change, chain: Chain, rule: Rule): void {
    const { leadsTo } = rule;
    if (leadsTo !== null) leadsTo.references++;
    const line = rule.lineIn(chain);
    if (needsTracking(line)) this.table.onTracking();
    if (namesList(line)) this.listed.push(rule);
    if (this.late !== null) return;
    if (leadsTo !== null && leadsTo.hook !== null) return this.refuse(change, "EOPNOTSUPP", chain.name);
    const errno = rule.check(this.table, chain) ?? reach(this.table, chain, rule);
    if (errno !== null) this.refuse(change, errno, chain.name);
  }

  private refuse(change: Change, errno: Errno, chain: string): void {
    this.late ??= new Failure(change, errno, chain, true);
  }

  /** Whether the kernel has found something wrong. */
  get isRefused(): boolean {
    return this.late !== null;
  }
}

/** Whether a rule, as iptables-save prints it, names a list that is kept beside it (xt_recent.c, xt_hashlimit.c). */
function namesList(line: string): boolean {
  return line.includes(" -m recent ") || line.includes(" -m hashlimit ");
}

function retain({ leadsTo }: Rule): void {
  if (leadsTo !== null) leadsTo.references++;
}

function release({ leadsTo }: Rule): void {
  if (leadsTo !== null) leadsTo.references--;
}
