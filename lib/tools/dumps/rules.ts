// `iptables-save` and `ipset save` of a real machine; and, where that is wanted, rules of which only a part is understood.
// Before you edit: netfilter/text/saved.ts, ../ipset.ts.
import { Edit } from "../../netfilter/edit.ts";
import type { TargetExtension } from "../../netfilter/extension.ts";
import { Rule } from "../../netfilter/rule.ts";
import type { Table } from "../../netfilter/table.ts";
import { unquotedWords } from "../../netfilter/text/quote.ts";
import { BadLine, readSaved } from "../../netfilter/text/saved.ts";
import { type Dump, linesOf, must, type Place } from "./dump.ts";

export function readSets(place: Place, dump: Dump): void {
  for (const line of linesOf(dump)) {
    if (line.text.startsWith("#") || line.text.trim() === "COMMIT") continue;
    const words = unquotedWords(line.text);
    must(place, line, ["ipset", ...words]);
  }
}

/** A line of a file that is not understood. */
interface Unknown {
  readonly file: string;
  readonly line: number;
  readonly text: string;
  readonly why: string;
}

/**
 * Reads the rules into the namespace. Throws BadLine for the first line that is not understood. With `stopsThere` such a
 * rule keeps what is understood of it (-s, -d, -i, -o, -p), and the walk of a packet for which that holds ends there.
 */
export function readRules(place: Place, dump: Dump, family: 4 | 6, stopsThere: boolean): void {
  const { ns } = place;
  // Accounts that rules count on were there; what they have counted decides nothing but quotas.
  for (const [, quoted, word] of dump.text.matchAll(/ --nfacct-name +(?:"([^"]*)"|(\S+))/g))
    ns.accounts.add(quoted ?? word!);
  const tables = family === 4 ? ns.xtables : ns.xtables6;
  const unknown = new Map<string, Unknown>();
  let all = dump.text;
  for (;;) {
    try {
      const read = readSaved(all, {
        family,
        file: dump.file,
        table: (name) => tables.get(name),
        setFamily: (name) => ns.sets.get(name)?.options.family,
      });
      for (const table of read.values()) if (unknown.size > 0) putStops(table, unknown);
      return;
    } catch (error) {
      if (!(error instanceof BadLine) || !stopsThere) throw error;
      const lines = all.split("\n");
      const text = lines[error.line - 1]!;
      const known = knownPart(text);
      const marker = `${MARKER}${error.line}`;
      // A second complaint about a line concerns what was thought to be understood.
      if (known === null || unknown.has(marker)) throw error;
      const why = error.problem.slice(`${dump.file}, line ${error.line}: `.length);
      unknown.set(marker, { file: dump.file, line: error.line, text, why });
      lines[error.line - 1] = `${known} -m comment --comment ${marker}`;
      all = lines.join("\n");
    }
  }
}

const MARKER = "packetwalk-unknown-";

/** A rule's line up to its first extension; iptables-save puts what every rule may have in front. Null: no rule. */
function knownPart(line: string): string | null {
  const known = /^(\[\d+:\d+\] )?-A \S+( (! )?-[sdiop] \S+)*/.exec(line)?.[0];
  return known ?? null;
}

/** What a rule does of which nobody knows what it does. */
const STOP: TargetExtension<Unknown> = {
  name: "(unknown)",
  families: [4, 6],
  options: [],
  draft: () => ({ file: "", line: 0, text: "", why: "" }),
  finish: (value) => value,
  save: ({ text }) => text,
  list: ({ text }) => text,
  compile: () => () => "STOLEN",
  because: ({ file, line, text, why }) => `stopped here: ${file}, line ${line} is not understood (${why}): ${text}`,
};

function putStops(table: Table, unknown: ReadonlyMap<string, Unknown>): void {
  const edit = new Edit(table, table.backEnd ?? "nft");
  for (const chain of table.chains.values())
    for (const [i, rule] of [...chain.rules].entries()) {
      const marker = new RegExp(`--comment "?(${MARKER}\\d+)`).exec(rule.lineIn(chain))?.[1];
      const value = marker === undefined ? undefined : unknown.get(marker);
      if (value === undefined) continue;
      const target = { kind: "extension", use: { extension: STOP, value } } as const;
      edit.replace(chain, i + 1, Rule.of({ ...rule.spec, matches: [], target }, rule.packets, rule.bytes));
    }
  edit.commit();
}
