// Changes of a ruleset, one after the other, all for good at the end or none.
// Before you edit: net/netfilter/nf_tables_api.c (nf_tables_newtable, _newchain, _delchain, _newrule, _newset, _newsetelem,
// nf_tables_commit, nf_tables_abort, nft_chain_validate).
import { kernelSays, type Place, Problem } from "./problem.ts";
import { type Base, Chain, type NftFamily, type Rule, type Ruleset, Table, type Verdict } from "./ruleset.ts";
import { type Element, keyOf, merged, NftSet, overlapping, type SetSpec } from "./set.ts";
import { chainsOf } from "./statement/match.ts";

/** As many jumps may be open at once (NFT_JUMP_STACK_SIZE). */
const DEEPEST = 16;

export class Edit {
  readonly ruleset: Ruleset;
  private readonly undo: (() => void)[] = [];
  private readonly came = new Set<Chain>();
  private readonly gone = new Set<Chain>();
  private readonly tracked = new Set<NftFamily>();
  /** Chains that have other ways out than before. */
  private readonly rerouted = new Map<Chain, Place>();
  private readonly kept = new Set<Map<string, unknown>>();

  constructor(ruleset: Ruleset) {
    this.ruleset = ruleset;
  }

  /** It is so from now on. Throws Problem where chains lead into each other without end. */
  commit(): void {
    const places = new Map([...this.rerouted].map(([{ table }, place]) => [table, place]));
    for (const [table, place] of places)
      for (const chain of table.chains.values()) if (chain.base !== null) checkDepth(chain, place);
    for (const family of this.tracked) this.ruleset.onTracking(family);
    const gone = [...this.gone].filter((each) => !this.came.delete(each));
    if (this.came.size > 0 || gone.length > 0) this.ruleset.onChains([...this.came], gone);
  }

  /** Everything is as it was. */
  abort(): void {
    for (const each of this.undo.reverse()) each();
  }

  addTable(family: NftFamily, name: string, comment: string | null): Table {
    const { ruleset } = this;
    const found = ruleset.find(family, name);
    if (found !== undefined) return found;
    const table = new Table(family, name, comment, ruleset.nextHandle());
    this.insert(ruleset.tables, `${family} ${name}`, table);
    return table;
  }

  deleteTable(table: Table): void {
    for (const chain of table.chains.values()) if (chain.base !== null) this.gone.add(chain);
    this.remove(this.ruleset.tables, `${table.family} ${table.name}`);
  }

  /** Throws Problem when there is another of this name, not alike. */
  addChain(table: Table, name: string, base: Base | null, comment: string | null, place: Place): Chain {
    const found = table.chains.get(name);
    if (found !== undefined) {
      if (base !== null && JSON.stringify(base) !== JSON.stringify(found.base)) throw kernelSays("EOPNOTSUPP", place);
      return found;
    }
    const chain = new Chain(table, name, base, comment, table.nextHandle());
    this.insert(table.chains, name, chain);
    if (base !== null) this.came.add(chain);
    if (base?.type === "nat") this.tracked.add(table.family);
    return chain;
  }

  setPolicy(chain: Chain, policy: Chain["policy"]): void {
    const before = chain.policy;
    chain.policy = policy;
    this.undo.push(() => {
      chain.policy = before;
    });
  }

  deleteChain(chain: Chain, place: Place): void {
    if (chain.uses > 0) throw kernelSays("EBUSY", place);
    this.setRules(chain, []);
    if (chain.base !== null) this.gone.add(chain);
    this.remove(chain.table.chains, chain.name);
  }

  renameChain(chain: Chain, name: string, place: Place): void {
    const { chains } = chain.table;
    if (chains.has(name)) throw kernelSays("EEXIST", place);
    const before = [...chains];
    const old = chain.name;
    const put = (entries: readonly (readonly [string, Chain])[], said: string) => {
      chain.name = said;
      chains.clear();
      for (const [, each] of entries) chains.set(each.name, each);
    };
    put(before, name);
    this.undo.push(() => put(before, old));
  }

  /** Puts other rules into a chain: those that came are used from now on, those that went are not. */
  setRules(chain: Chain, rules: Rule[], place?: Place): void {
    const before = chain.rules;
    if (before.length === 0 && rules.length === 0) return;
    const change = (from: readonly Rule[], to: Rule[]) => {
      const stays = from.length > 0 && to.length > 0 ? new Set(from.filter((each) => to.includes(each))) : NONE;
      for (const each of from) if (!stays.has(each)) use(each, -1);
      for (const each of to) if (!stays.has(each)) use(each, 1);
      chain.rules = to;
    };
    change(before, rules);
    this.undo.push(() => change(rules, before));
    if (place !== undefined) this.rerouted.set(chain, place);
  }

  /** Adds one behind all others; long chains are made of many of these. */
  append(chain: Chain, rule: Rule, place: Place): void {
    chain.rules.push(rule);
    use(rule, 1);
    this.undo.push(() => {
      use(rule, -1);
      chain.rules.pop();
    });
    this.noteRule(chain, rule, place);
  }

  noteRule(chain: Chain, rule: Rule, place: Place): void {
    if (rule.statements.some(({ tracks }) => tracks)) this.tracked.add(chain.table.family);
    if (
      rule.statements.some(
        ({ chains, sets }) => chains !== undefined || sets?.some(({ spec }) => spec.value === "verdict"),
      )
    )
      this.rerouted.set(chain, place);
  }

  addSet(table: Table, name: string, spec: SetSpec, place: Place): NftSet {
    const found = table.sets.get(name);
    if (found !== undefined) {
      if (!isAlike(found.spec, spec)) throw kernelSays("EEXIST", place);
      return found;
    }
    const set = new NftSet(table, name, spec, table.nextHandle());
    this.insert(table.sets, name, set);
    return set;
  }

  deleteSet(set: NftSet, place: Place): void {
    if (set.uses > 0) throw kernelSays("EBUSY", place);
    this.flushSet(set);
    this.remove(set.table!.sets, set.name);
  }

  flushSet(set: NftSet): void {
    this.setElements(set, new Map());
  }

  private setElements(set: NftSet, elements: Map<NftKey, Element>): void {
    const before = set.elements;
    const change = (to: Map<NftKey, Element>) => {
      if (set.spec.value === "verdict") {
        for (const each of chainsOf(set)) each.uses--;
        set.elements = to;
        for (const each of chainsOf(set)) each.uses++;
      } else set.elements = to;
      set.changed();
    };
    change(elements);
    this.undo.push(() => change(before));
  }

  /** `isNew`: none of them may be there. Throws Problem. */
  addElements(set: NftSet, elements: readonly Element[], isNew: boolean, place: Place): void {
    const { spec } = set;
    const isRanged = elements.some(({ key }) => key.some(({ from, to }) => from !== to));
    if (isRanged && !spec.isInterval)
      throw new Problem("Set member cannot be range, missing interval flag on declaration", place);
    if (spec.isInterval && spec.key.length === 1) {
      const fresh = elements.filter(({ key }) => !set.elements.has(keyOf(key)));
      const all = [...set.elements.values(), ...fresh];
      if (spec.merges) return this.setElements(set, new Map(merged(all).map((each) => [keyOf(each.key), each])));
      if (overlapping(all) !== undefined) throw new Problem("conflicting intervals specified", place);
    }
    if (spec.size !== null && set.elements.size + elements.length > spec.size && !spec.isDynamic)
      throw new Problem("Could not process rule: Too many open files in system", place);
    for (const each of elements) this.addElement(set, each, isNew, place);
    set.changed();
  }

  private addElement(set: NftSet, element: Element, isNew: boolean, place: Place): void {
    const { elements } = set;
    const key = keyOf(element.key);
    const before = elements.get(key);
    const isThere = before !== undefined && (before.ends === null || before.ends > this.ruleset.clock.now);
    if (isThere) {
      if (isNew || !isSameValue(before, element)) throw kernelSays("EEXIST", place);
      return;
    }
    if (set.isMap && element.value === null) throw new Problem("missing mapping in a map", place);
    elements.set(key, element);
    useElement(element, 1);
    if (set.spec.value === "verdict") this.rerouteUsers(set, place);
    this.undo.push(() => {
      useElement(element, -1);
      if (before === undefined) elements.delete(key);
      else elements.set(key, before);
      set.changed();
    });
  }

  /** What an element leads to, chains that ask the map lead to: they are looked at again at the end. */
  private rerouteUsers(set: NftSet, place: Place): void {
    if (this.looked.has(set)) return;
    this.looked.add(set);
    for (const chain of set.table!.chains.values())
      if (chain.rules.some(({ statements }) => statements.some(({ sets }) => sets?.includes(set))))
        this.rerouted.set(chain, place);
  }
  private readonly looked = new Set<NftSet>();

  deleteElement(set: NftSet, { key }: Element, place: Place): void {
    const { elements } = set;
    const name = keyOf(key);
    const found = elements.get(name);
    if (found === undefined) throw kernelSays("ENOENT", place);
    elements.delete(name);
    useElement(found, -1);
    set.changed();
    this.undo.push(() => {
      elements.set(name, found);
      useElement(found, 1);
      set.changed();
    });
  }

  private insert<Value>(map: Map<string, Value>, name: string, value: Value): void {
    map.set(name, value);
    this.undo.push(() => map.delete(name));
  }

  /** The first removal keeps what there was in its order. */
  private remove<Value>(map: Map<string, Value>, name: string): void {
    if (!this.kept.has(map)) {
      this.kept.add(map);
      const before = [...map];
      this.undo.push(() => {
        map.clear();
        for (const [key, value] of before) map.set(key, value);
      });
    }
    map.delete(name);
  }
}

type NftKey = string | number | bigint;
const NONE: ReadonlySet<Rule> = new Set();

function use({ statements }: Rule, by: 1 | -1): void {
  for (const { chains, sets } of statements) {
    if (chains !== undefined) for (const each of chains) each.uses += by;
    if (sets !== undefined) for (const each of sets) each.uses += by;
  }
}

function useElement({ value }: Element, by: 1 | -1): void {
  if (value !== null && "kind" in value && value.chain !== null) value.chain.uses += by;
}

function isSameValue({ value }: Element, other: Element): boolean {
  if (value === null || other.value === null) return value === other.value;
  if ("kind" in value)
    return "kind" in other.value && value.kind === other.value.kind && value.chain === other.value.chain;
  return !("kind" in other.value) && `${value}` === `${other.value}`;
}

function isAlike(one: SetSpec, other: SetSpec): boolean {
  const names = ({ key, value }: SetSpec) =>
    [...key, ...(value === null || value === "verdict" ? [{ name: `${value}` }] : value)]
      .map(({ name }) => name)
      .join();
  return names(one) === names(other) && one.isInterval === other.isInterval && one.timeout === other.timeout;
}

/** A chain must not lead back to itself, nor too deep (nft_chain_validate). */
function checkDepth(start: Chain, place: Place): void {
  const deepest = new Map<Chain, number>();
  const visit = (chain: Chain, depth: number): void => {
    if (depth >= DEEPEST) throw kernelSays("EMLINK", place);
    if ((deepest.get(chain) ?? -1) >= depth) return;
    deepest.set(chain, depth);
    for (const { statements } of chain.rules)
      for (const { chains = [], sets = [] } of statements) {
        for (const each of chains) visit(each, depth + 1);
        for (const set of sets)
          if (set.table !== null && set.spec.value === "verdict")
            for (const { value } of set.elements.values()) {
              const next = (value as Verdict).chain;
              if (next !== null) visit(next, depth + 1);
            }
      }
  };
  visit(start, 0);
}
