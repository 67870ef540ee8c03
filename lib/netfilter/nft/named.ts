// What a command of nft names: a family, and a table, chain or set that must be there.
// Before you edit: nftables src/parser_bison.y (family_spec, table_spec, chain_spec, set_spec), src/cache.c.
import type { Token } from "./lexer.ts";
import { kernelSays, Problem } from "./problem.ts";
import type { Reader } from "./reader.ts";
import type { Chain, NftFamily, Ruleset, Table } from "./ruleset.ts";
import type { NftSet } from "./set.ts";

const FAMILIES = ["ip", "ip6", "inet"] as const;
const OTHER_FAMILIES = ["arp", "bridge", "netdev"];

/** Reads names, and finds what they stand for; `isCached`: nft looks itself before it asks the kernel. */
export class Named {
  private readonly reader: Reader;
  private readonly ruleset: Ruleset;

  constructor(reader: Reader, ruleset: Ruleset) {
    this.reader = reader;
    this.ruleset = ruleset;
  }

  /** ip where none is written. Throws BadInput for one that is not modelled. */
  family(): NftFamily {
    const { reader } = this;
    const found = FAMILIES.find((each) => reader.is(each));
    if (found === undefined) {
      if (OTHER_FAMILIES.includes(reader.peek.text) && reader.ahead(1).kind === "word")
        throw reader.refuse(reader.peek, `the family ${reader.peek.text}`, FAMILIES.join(", "));
      return "ip";
    }
    reader.take();
    return found;
  }

  /** Null where none is written: all of them are meant. */
  familyOrAll(): NftFamily | null {
    return FAMILIES.find((each) => this.reader.accept(each)) ?? null;
  }

  table(isCached: boolean): Table {
    const family = this.family();
    const name = this.reader.name();
    return found(this.ruleset.find(family, name.text), name, isCached);
  }

  chain(isCached: boolean): Chain {
    const table = this.table(isCached);
    const name = this.reader.name();
    return found(table.chains.get(name.text), name, isCached);
  }

  /** nft looks for the table of a set itself in any case. */
  set(isCached: boolean): NftSet {
    const table = this.table(true);
    const name = this.reader.name();
    return found(table.sets.get(name.text), name, isCached);
  }
}

function found<T>(what: T | undefined, name: Token, isCached: boolean): T {
  if (what !== undefined) return what;
  throw isCached ? new Problem("No such file or directory", name) : kernelSays("ENOENT", name);
}
