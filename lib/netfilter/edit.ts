// Changes of a table. Each is done at once and can be taken back, so that a file of them is done whole or not at all.
// Before you edit: iptables/nft.c (nft_rule_append and the others, nft_strerror), net/netfilter/nf_tables_api.c
// (nft_chain_validate, nf_tables_delchain), nft_compat.c.
import { Chain } from "./chain.ts";
import { Refused } from "./refused.ts";
import { Rule, type RuleSpec } from "./rule.ts";
import type { Table } from "./table.ts";
import { ruleText } from "./text/save.ts";

/** As many calls may be open at once (NFT_JUMP_STACK_SIZE). */
const DEEPEST = 16;

/** Changes of one table that belong together. No packet passes before they are all done or taken back. */
export class Edit {
  readonly table: Table;
  private readonly undo: (() => void)[] = [];
  private readonly touched = new Map<Chain, Rule[]>();

  constructor(table: Table) {
    this.table = table;
  }

  /** Takes everything back, the last change first. */
  takeBack(): void {
    for (const back of this.undo.splice(0).reverse()) back();
    this.touched.clear();
  }

  /** The chain of this name. Throws Refused. */
  chain(name: string): Chain {
    const chain = this.table.chains.get(name);
    if (chain === undefined) throw new Refused("No chain/target/match by that name.", 1);
    return chain;
  }

  append(chain: Chain, spec: RuleSpec, counters: readonly [number, number] = [0, 0]): void {
    this.open(chain).push(new Rule(spec, ...counters));
  }

  /** Before the rule of this number, counted from 1; the number behind the last is allowed. */
  insert(chain: Chain, number: number, spec: RuleSpec, counters: readonly [number, number] = [0, 0]): void {
    if (number > chain.rules.length + 1) throw new Refused("Index of insertion too big.", 1);
    this.open(chain).splice(number - 1, 0, new Rule(spec, ...counters));
  }

  replace(chain: Chain, number: number, spec: RuleSpec, counters: readonly [number, number] = [0, 0]): void {
    if (number > chain.rules.length) throw new Refused("Index of replacement too big.", 1);
    this.open(chain)[number - 1] = new Rule(spec, ...counters);
  }

  deleteNumber(chain: Chain, number: number): void {
    if (number > chain.rules.length) throw new Refused("Index of deletion too big.", 1);
    this.open(chain).splice(number - 1, 1);
  }

  /** The first rule that says the same. */
  delete(chain: Chain, spec: RuleSpec): void {
    this.open(chain).splice(this.find(chain, spec), 1);
  }

  /** The place of the first rule that says the same. Throws Refused when there is none. */
  find(chain: Chain, spec: RuleSpec): number {
    const text = ruleText(spec);
    const at = chain.rules.findIndex((rule) => ruleText(rule.spec) === text);
    if (at === -1) throw new Refused("Bad rule (does a matching rule exist in that chain?).", 1);
    return at;
  }

  flush(chain: Chain): void {
    if (chain.rules.length > 0) this.open(chain).length = 0;
  }

  add(name: string): Chain {
    const { chains } = this.table;
    if (chains.has(name)) throw new Refused("Chain already exists.", 1);
    const chain = new Chain(name);
    chains.set(name, chain);
    this.undo.push(() => chains.delete(name));
    return chain;
  }

  /** Takes a chain away that users made, if nothing is in it and nothing leads to it. */
  remove(chain: Chain): void {
    if (chain.rules.length > 0)
      throw new Refused(` CHAIN_DEL failed (Device or resource busy): chain ${chain.name}`, 4);
    if ((this.table.references().get(chain) ?? 0) > 0)
      throw new Refused(` CHAIN_DEL failed (Device or resource busy): chain ${chain.name}`, 4);
    const { chains } = this.table;
    const before = [...chains];
    chains.delete(chain.name);
    this.undo.push(() => {
      chains.clear();
      for (const [name, each] of before) chains.set(name, each);
    });
  }

  rename(chain: Chain, name: string): void {
    const { chains } = this.table;
    if (chains.has(name)) throw new Refused("File exists.", 1);
    const before = [...chains];
    const old = chain.name;
    chains.clear();
    for (const [each, that] of before) chains.set(that === chain ? name : each, that);
    chain.name = name;
    this.undo.push(() => {
      chain.name = old;
      chains.clear();
      for (const [each, that] of before) chains.set(each, that);
    });
  }

  setPolicy(chain: Chain, policy: string): void {
    if (chain.hook === null) throw new Refused("Bad built-in chain name.", 1);
    if (policy !== "ACCEPT" && policy !== "DROP") throw new Refused("Bad policy name.", 1);
    const before = chain.policy;
    chain.policy = policy;
    this.undo.push(() => {
      chain.policy = before;
    });
  }

  /** Throws Refused when a chain leads back to itself, or calls go deeper than the kernel's stack. */
  checkLoops(): void {
    const depths = new Map<Chain, number>();
    const open = new Set<Chain>();
    const depth = (chain: Chain): number => {
      const known = depths.get(chain);
      if (known !== undefined) return known;
      if (open.has(chain)) throw new Refused("Loop found in table.", 1);
      open.add(chain);
      let deepest = 0;
      for (const { spec } of chain.rules)
        if (spec.target.kind === "chain") deepest = Math.max(deepest, depth(spec.target.chain) + 1);
      open.delete(chain);
      depths.set(chain, deepest);
      return deepest;
    };
    for (const chain of this.touched.keys())
      if (depth(chain) >= DEEPEST) throw new Refused("Too many levels of links.", 1);
  }

  /** The rules of a chain, to be changed. The first change of a chain copies them. */
  private open(chain: Chain): Rule[] {
    let rules = this.touched.get(chain);
    if (rules === undefined) {
      const before = chain.rules;
      rules = [...before];
      chain.rules = rules;
      this.touched.set(chain, rules);
      this.undo.push(() => {
        chain.rules = before;
      });
    }
    return rules;
  }
}
