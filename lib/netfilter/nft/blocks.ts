// Tables, chains and sets as they are listed, read back: what stands between their braces becomes so.
// Before you edit: nftables src/parser_bison.y (table_block, chain_block), src/rule.c (nft_cmd_expand).
import type { Edit } from "./edit.ts";
import type { Token } from "./lexer.ts";
import { kernelSays, type Place, unexpected } from "./problem.ts";
import { readBase, readPolicy, readSetSpec } from "./read-block.ts";
import { readRule } from "./read-rule.ts";
import { readElements } from "./read-value.ts";
import type { Reader } from "./reader.ts";
import type { Base, Chain, NftFamily, Rule, Table } from "./ruleset.ts";
import type { NftSet } from "./set.ts";

export class Blocks {
  private readonly reader: Reader;
  private readonly edit: Edit;

  constructor(reader: Reader, edit: Edit) {
    this.reader = reader;
    this.edit = edit;
  }

  /** Behind the brace. Everything is declared before rules and elements that speak of it. Throws Problem. */
  table(family: NftFamily, name: string): void {
    const { reader, edit } = this;
    const start = reader.at;
    const table = edit.addTable(family, name, this.comment());
    for (const pass of ["chains", "sets", "elements", "rules"] as const) {
      reader.at = start;
      this.pass(table, pass);
    }
  }

  private comment(): string | null {
    const { reader } = this;
    reader.skipEnds();
    if (!reader.is("comment")) return null;
    reader.take();
    return reader.quoted();
  }

  private pass(table: Table, pass: "chains" | "sets" | "elements" | "rules"): void {
    const { reader } = this;
    reader.skipEnds();
    while (!reader.accept("}")) {
      const kind = reader.take();
      if (kind.text === "comment") reader.quoted();
      else if (kind.text === "chain") this.chain(table, pass);
      else if (kind.text === "set" || kind.text === "map") {
        const name = reader.name();
        if (pass === "sets" || pass === "elements") this.set(table, name.text, name, kind.text === "map", pass);
        else reader.skipStatement();
      } else if (["flags", "flowtable", "counter", "quota", "limit", "ct", "synproxy", "secmark"].includes(kind.text))
        throw reader.refuse(kind, `"${kind.text}" in a table`, "comment, set, map, chain");
      else throw unexpected(kind);
      if (!reader.isEndOfStatement) throw unexpected(reader.peek);
      reader.skipEnds();
    }
  }

  private chain(table: Table, pass: "chains" | "sets" | "elements" | "rules"): void {
    const { reader, edit } = this;
    const name = reader.name();
    if (pass !== "chains" && pass !== "rules") return reader.skipStatement();
    reader.expect("{");
    let base: Base | null = null;
    let policy: Chain["policy"] | null = null;
    let comment: string | null = null;
    reader.skipEnds();
    while (!reader.accept("}")) {
      if (reader.is("type") && reader.ahead(2).text === "hook") base = this.base(name);
      else if (reader.is("policy")) policy = readPolicy(reader);
      else if (reader.accept("comment")) comment = reader.quoted();
      else if (pass === "rules") this.append(table.chains.get(name.text)!, reader.peek);
      else reader.skipStatement();
      if (!reader.isEndOfStatement) throw unexpected(reader.peek);
      reader.skipEnds();
    }
    if (pass === "rules") return;
    const chain = edit.addChain(table, name.text, base, comment, name);
    if (policy !== null) edit.setPolicy(chain, policy);
  }

  /** `first` is where the command began. */
  base(first: Token): Base {
    const { reader } = this;
    const { base, isPossible } = readBase(reader);
    if (isPossible) return base;
    while (reader.peek.kind !== "end" && !reader.is("\n")) reader.take();
    throw kernelSays("EOPNOTSUPP", { from: first.from, to: reader.peek.to });
  }

  append(chain: Chain, first: Token): Rule {
    const { reader } = this;
    const rule = readRule(reader, chain, this.edit.ruleset, first);
    this.edit.append(chain, rule, reader.since(first));
    return rule;
  }

  set(table: Table, name: string, place: Place, isMap: boolean, pass: "sets" | "elements"): void {
    const { reader, edit } = this;
    reader.expect("{");
    let from = -1;
    const spec = readSetSpec(reader, table, isMap, () => {
      from = reader.at;
    });
    if (pass === "sets") edit.addSet(table, name, spec, place);
    if (pass === "sets" || from === -1) return;
    const end = reader.at;
    reader.at = from;
    this.addElements(table.sets.get(name)!, false);
    reader.at = end;
  }

  addElements(set: NftSet, isNew: boolean): void {
    const { reader } = this;
    const first = reader.ahead(1);
    const found = readElements(reader, set.spec, set.table!, this.edit.ruleset.clock.now);
    this.edit.addElements(set, found, isNew, { from: first.from, to: first.to });
  }
}
