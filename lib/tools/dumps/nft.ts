// `nft list ruleset` of a real machine. It shows the tables that iptables-nft keeps, too, in words of its own.
// Before you edit: nftables src/rule.c (table_print); ../../netfilter/nft/run.ts.

import { runNft } from "../../netfilter/nft/run.ts";
import { TABLE_NAMES } from "../../netfilter/table.ts";
import { BadInput } from "../../wire/input.ts";
import { broken, type Dump, type Line, linesOf, type Place } from "./dump.ts";

/** Which families' tables of iptables are told by iptables-save: `ip`, `ip6`. */
type Told = ReadonlySet<string>;

const CALL = {
  style: { stateless: false, numeric: false, handles: false },
  terse: false,
  echoes: false,
  out: () => {},
};

/**
 * Reads the tables into the namespace, but not once more those of iptables that are `told`: it says which. Throws BadInput
 * with the line of what is not understood.
 */
export function readNft({ ns }: Place, dump: Dump, told: Told): string[] {
  const lines = dump.text.split("\n");
  const leftOut: string[] = [];
  for (let i = 0; i < lines.length; i++) {
    const [, family, name] = /^table (ip6?) (\S+) \{/.exec(lines[i]!) ?? [];
    if (family === undefined || !told.has(family) || !(TABLE_NAMES as readonly string[]).includes(name!)) continue;
    leftOut.push(`table ${family} ${name} of nft is what iptables-save shows`);
    // The others keep the numbers of their lines.
    for (; i < lines.length && lines[i] !== "}"; i++) lines[i] = "";
    lines[i] = "";
  }
  const said = attempted(dump, () => runNft(ns.nftables.ruleset, lines.join("\n"), dump.file, false, CALL));
  if (said === null) return leftOut;
  const [, row, problem] = /:(\d+):\d+-\d+: Error: (.*)/.exec(said) ?? [];
  throw broken(lineAt(dump, Number(row)), problem!);
}

/** What is not modelled is told with the file. */
function attempted<Value>({ file }: Dump, work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    throw new BadInput(`${file}: ${error.problem}`, error.text, "Nothing was explained.");
  }
}

function lineAt(dump: Dump, number: number): Line {
  for (const line of linesOf(dump)) if (line.number >= number) return line;
  return { dump, number, text: "" };
}
