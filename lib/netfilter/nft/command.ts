// The commands of nft: read one by one and done at once, for good when all were right.
// Before you edit: nftables src/parser_bison.y (base_cmd), src/rule.c (do_command, nft_cmd_expand), src/evaluate.c
// (cmd_evaluate), src/cache.c.
import { Blocks } from "./blocks.ts";
import type { Edit } from "./edit.ts";
import type { Token } from "./lexer.ts";
import { chainBlock, head, ruleText, setBlock, tableText } from "./list.ts";
import { Named } from "./named.ts";
import { kernelSays, unexpected } from "./problem.ts";
import { readPolicy } from "./read-block.ts";
import { readRule } from "./read-rule.ts";
import { readElements } from "./read-value.ts";
import type { Reader } from "./reader.ts";
import type { Base, Chain, Rule, Ruleset, Style, Table } from "./ruleset.ts";
import type { NftSet } from "./set.ts";

/** How nft was called. */
export interface Call {
  readonly style: Style;
  /** `-s` with sets left out of lists of rulesets (--terse). */
  readonly terse: boolean;
  /** Says what was added, as it is listed. */
  readonly echoes: boolean;
  readonly out: (text: string) => void;
}

type Verb = "add" | "create" | "insert" | "replace" | "delete" | "flush" | "list" | "reset" | "rename" | "get";
const VERBS: readonly Verb[] = [
  "add",
  "create",
  "insert",
  "replace",
  "delete",
  "flush",
  "list",
  "reset",
  "rename",
  "get",
];
const NOT_HERE = ["define", "undefine", "redefine", "include", "import", "export", "monitor", "describe", "destroy"];

export class Commands {
  private readonly reader: Reader;
  private readonly edit: Edit;
  private readonly ruleset: Ruleset;
  private readonly call: Call;
  private readonly blocks: Blocks;
  private readonly named: Named;

  constructor(reader: Reader, edit: Edit, call: Call) {
    this.reader = reader;
    this.edit = edit;
    this.ruleset = edit.ruleset;
    this.call = call;
    this.blocks = new Blocks(reader, edit);
    this.named = new Named(reader, edit.ruleset);
  }

  /** Throws Problem, and BadInput for what is not modelled: then everything is to be undone. */
  run(): void {
    const { reader } = this;
    for (reader.skipEnds(); reader.peek.kind !== "end"; reader.skipEnds()) {
      this.statement();
      if (!reader.isEndOfStatement || reader.is("}")) throw unexpected(reader.peek);
    }
  }

  private statement(): void {
    const { reader } = this;
    const token = reader.peek;
    if (NOT_HERE.includes(token.text) || token.text === "$")
      throw reader.refuse(token, `"${token.text}"`, `${VERBS.join(", ")}, and tables as they are listed`);
    const verb = VERBS.find((each) => reader.is(each));
    if (verb === undefined && !["table", "chain", "rule", "set", "map", "element"].includes(token.text)) {
      // A word may begin the name of a chain, whose rule would follow.
      throw token.kind === "word" ? unexpected(reader.ahead(1)) : unexpected(token);
    }
    if (verb !== undefined) reader.take();
    this.object(verb ?? "add", token);
  }

  private object(verb: Verb, first: Token): void {
    const { reader } = this;
    const kind = reader.take();
    switch (kind.text) {
      case "table":
        return this.table(verb);
      case "chain":
        return this.chain(verb, first);
      case "rule":
        return this.rule(verb, first);
      case "set":
      case "map":
        return this.set(verb, kind.text === "map");
      case "element":
        return this.element(verb, first);
      case "ruleset":
        return this.wholeRuleset(verb);
      case "tables":
      case "chains":
      case "sets":
      case "maps":
      case "counters":
        return this.listKind(kind.text);
    }
    if (
      ["hooks", "flowtable", "flowtables", "counter", "quota", "limit", "limits", "meter", "ct", "synproxy"].includes(
        kind.text,
      )
    )
      throw reader.refuse(kind, `"${kind.text}" as an object`, "table, chain, rule, set, map, element, ruleset");
    throw unexpected(kind);
  }

  private table(verb: Verb): void {
    const { reader, edit, ruleset, call } = this;
    if (verb === "add" || verb === "create") return this.addTable(verb);
    if (verb === "delete") {
      const family = this.named.family();
      if (reader.accept("handle")) {
        const at = reader.peek;
        const number = reader.number();
        const found = [...ruleset.tables.values()].find((each) => each.handle === number && each.family === family);
        if (found === undefined) throw kernelSays("ENOENT", at);
        return edit.deleteTable(found);
      }
      const name = reader.name();
      const found = ruleset.find(family, name.text);
      if (found === undefined) throw kernelSays("ENOENT", name);
      return edit.deleteTable(found);
    }
    const table = this.named.table(verb === "list");
    if (verb === "list") return call.out(tableText(table, call.style, this.now, call.terse ? "terse" : "all"));
    if (verb !== "flush") throw unexpected(reader.peek);
    for (const chain of table.chains.values()) edit.setRules(chain, []);
  }

  private addTable(verb: Verb): void {
    const { reader, edit, ruleset, call } = this;
    const family = this.named.family();
    const name = reader.name();
    if (verb === "create" && ruleset.find(family, name.text) !== undefined) throw kernelSays("EEXIST", name);
    if (!reader.accept("{")) {
      const table = edit.addTable(family, name.text, null);
      if (call.echoes) call.out(`add ${head(table)}\n`);
      return;
    }
    this.blocks.table(family, name.text);
  }

  private chain(verb: Verb, first: Token): void {
    const { reader, edit, call } = this;
    if (verb === "list") {
      const chain = this.named.chain(true);
      return call.out(`${head(chain.table)} {\n${chainBlock(chain, call.style)}}\n`);
    }
    if (verb === "flush" || verb === "delete" || verb === "rename") {
      const chain = this.named.chain(verb === "rename");
      const name = reader.since(reader.all[reader.at - 1]!);
      if (verb === "flush") return edit.setRules(chain, []);
      if (verb === "delete") return edit.deleteChain(chain, name);
      return edit.renameChain(chain, reader.name().text, name);
    }
    if (verb !== "add" && verb !== "create") throw unexpected(reader.peek);
    const table = this.named.table(true);
    const name = reader.name();
    if (verb === "create" && table.chains.has(name.text)) throw kernelSays("EEXIST", name);
    let base: Base | null = null;
    let policy: Chain["policy"] | null = null;
    let comment: string | null = null;
    if (reader.accept("{")) {
      for (reader.skipEnds(); !reader.accept("}"); reader.skipEnds())
        if (reader.is("type")) base = this.blocks.base(first);
        else if (reader.is("policy")) policy = readPolicy(reader);
        else if (reader.accept("comment")) comment = reader.quoted();
        else throw unexpected(reader.peek);
    }
    const place = { from: first.from, to: reader.peek.to };
    const chain = edit.addChain(table, name.text, base, comment, place);
    if (policy !== null) edit.setPolicy(chain, policy);
  }

  private rule(verb: Verb, first: Token): void {
    const { reader, edit } = this;
    const chain = this.named.chain(false);
    const { rules } = chain;
    const at = reader.ahead(1);
    let index: number | null = null;
    if (reader.accept("handle") || reader.accept("position")) {
      const number = reader.number();
      index = rules.findIndex(({ handle }) => handle === number);
      if (index === -1) throw kernelSays("ENOENT", at);
    } else if ((verb === "add" || verb === "insert") && reader.accept("index")) {
      index = reader.number();
      if (index >= rules.length) throw kernelSays("ENOENT", at);
    }
    if (verb === "delete" || verb === "replace") {
      if (index === null) throw unexpected(reader.peek);
      if (verb === "delete") return edit.setRules(chain, rules.toSpliced(index, 1));
    } else if (verb !== "add" && verb !== "insert") throw unexpected(reader.peek);
    if (verb === "add" && index === null) {
      this.echo(chain, this.blocks.append(chain, first));
      return;
    }
    const rule = readRule(reader, chain, this.ruleset, first);
    const place = reader.since(first);
    const to = verb === "insert" || verb === "replace" ? (index ?? 0) : index! + 1;
    edit.setRules(chain, rules.toSpliced(to, verb === "replace" ? 1 : 0, rule), place);
    edit.noteRule(chain, rule, place);
    this.echo(chain, rule);
  }

  private echo({ table, name }: Chain, rule: Rule): void {
    const { call } = this;
    if (call.echoes) call.out(`add rule ${table.family} ${table.name} ${name} ${ruleText(rule, call.style)}\n`);
  }

  private set(verb: Verb, isMap: boolean): void {
    const { reader, edit, call } = this;
    if (verb === "add" || verb === "create") {
      const table = this.named.table(true);
      const name = reader.name();
      if (verb === "create" && table.sets.has(name.text)) throw kernelSays("EEXIST", name);
      const start = reader.at;
      this.blocks.set(table, name.text, name, isMap, "sets");
      reader.at = start;
      return this.blocks.set(table, name.text, name, isMap, "elements");
    }
    if (verb !== "list" && verb !== "flush" && verb !== "delete") throw unexpected(reader.peek);
    const set = this.named.set(verb !== "delete");
    if (verb === "flush") return edit.flushSet(set);
    if (verb === "delete") return edit.deleteSet(set, reader.since(reader.all[reader.at - 1]!));
    call.out(`${head(set.table!)} {\n${setBlock(set, call.style, this.now)}}\n`);
  }

  private element(verb: Verb, first: Token): void {
    const { reader, edit, call } = this;
    const set = this.named.set(true);
    if (verb === "add" || verb === "create") return this.blocks.addElements(set, verb === "create");
    if (verb !== "delete" && verb !== "get") throw unexpected(reader.peek);
    const at = reader.ahead(1);
    // What is looked for has no value, and none is wanted.
    const found = readElements(reader, set.spec, set.table!, this.now);
    if (verb === "delete") {
      for (const each of found) edit.deleteElement(set, each, at);
      return;
    }
    const there = found.map(({ key }) =>
      set.find(
        key.map(({ from }) => from),
        this.now,
      ),
    );
    if (there.includes(undefined)) throw kernelSays("ENOENT", { from: first.from, to: reader.since(at).to });
    const shown = Object.assign(Object.create(Object.getPrototypeOf(set)) as NftSet, set, {
      elements: new Map(there.map((each, i) => [i, each!])),
    });
    call.out(`${head(set.table!)} {\n${setBlock(shown, call.style, this.now)}}\n`);
  }

  private wholeRuleset(verb: Verb): void {
    const { reader, edit, ruleset, call } = this;
    const only = this.named.familyOrAll();
    const tables = [...ruleset.tables.values()].filter(({ family }) => only === null || family === only);
    if (verb === "flush") for (const each of tables) edit.deleteTable(each);
    else if (verb === "list")
      for (const each of tables) call.out(tableText(each, call.style, this.now, call.terse ? "terse" : "all"));
    else throw unexpected(reader.peek);
  }

  private listKind(kind: "tables" | "chains" | "sets" | "maps" | "counters"): void {
    const { ruleset, call } = this;
    const only = this.named.familyOrAll();
    for (const table of ruleset.tables.values()) {
      if (only !== null && table.family !== only) continue;
      if (kind === "tables") call.out(`${head(table)}\n`);
      else if (kind !== "counters") call.out(`${head(table)} {\n${this.listed(table, kind)}}\n`);
    }
  }

  private listed(table: Table, kind: "chains" | "sets" | "maps"): string {
    const { style } = this.call;
    if (kind === "chains")
      return [...table.chains.values()].map((each) => chainBlock({ ...each, rules: [] } as never, style)).join("");
    const sets = [...table.sets.values()].filter(({ isMap }) => isMap === (kind === "maps"));
    return sets.map((each) => setBlock(each, style, this.now)).join("");
  }

  private get now(): number {
    return this.ruleset.clock.now;
  }
}
