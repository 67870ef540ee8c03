// A rule, statement by statement.
// Before you edit: nftables src/parser_bison.y (rule, stmt), src/evaluate.c (rule_evaluate).
import { contextOf } from "./context.ts";
import type { Token } from "./lexer.ts";
import { isOperand } from "./operand.ts";
import { kernelSays, Problem, unexpected } from "./problem.ts";
import type { Reader } from "./reader.ts";
import type { Base, Chain, Rule, Ruleset, Statement } from "./ruleset.ts";
import {
  readCounterStatement,
  readLimit,
  readLog,
  readMarkSet,
  readNotrack,
  readSetChange,
} from "./statement/change.ts";
import { readReject, readVerdictStatement } from "./statement/end.ts";
import { readMatch } from "./statement/match.ts";
import { readNat } from "./statement/nat.ts";

type Read = typeof readMatch;
const VERDICTS = ["accept", "drop", "return", "continue", "jump", "goto"];
const NAT = ["dnat", "snat", "masquerade", "redirect"];

const BY_WORD: ReadonlyMap<string, Read> = new Map<string, Read>([
  ...VERDICTS.map((each) => [each, readVerdictStatement] as const),
  ...NAT.map((each) => [each, readNat] as const),
  ["counter", readCounterStatement],
  ["limit", readLimit],
  ["log", readLog],
  ["reject", readReject],
  ["notrack", readNotrack],
  ...["add", "update", "delete"].map((each) => [each, readSetChange] as const),
]);
const NOT_HERE = new Set(["queue", "dup", "fwd", "tproxy", "synproxy", "quota", "flow", "set", "xt", "map", "secmark"]);
const SUPPORTED = "matches, verdicts, counter, limit, log, mark set, nat, reject, notrack, add/update/delete @set";

/** Hooks where each kind of translation may stand (nft_nat_validate, nft_masq_validate, nft_redir_validate). */
const NAT_HOOKS: Readonly<Record<string, readonly string[]>> = {
  dnat: ["PREROUTING", "OUTPUT"],
  redirect: ["PREROUTING", "OUTPUT"],
  snat: ["POSTROUTING", "INPUT"],
  masquerade: ["POSTROUTING"],
};

/** All up to the end of the statement; `start` is where the command began. Throws Problem. */
export function readRule(reader: Reader, chain: Chain, ruleset: Ruleset, start: Token): Rule {
  const { table } = chain;
  const context = contextOf(table, ruleset.clock);
  const statements: Statement[] = [];
  const words: string[] = [];
  let comment: string | null = null;
  let last: Token | null = null;
  while (!reader.isEndOfStatement && comment === null) {
    const token = reader.peek;
    if (reader.accept("comment")) {
      comment = reader.quoted();
      break;
    }
    const statement = readStatement(reader, context);
    if (last !== null) throw new Problem("Statement after terminal statement has no effect", reader.since(token), last);
    if (statement.isLast === true) last = token;
    statements.push(statement);
    words.push(token.text);
  }
  if (!reader.isEndOfStatement || (statements.length === 0 && comment === null)) throw unexpected(reader.peek);
  for (const each of words) checkPlace(each, chain.base, { from: start.from, to: reader.peek.to });
  return { statements, comment, handle: table.nextHandle() };
}

function readStatement(reader: Reader, context: ReturnType<typeof contextOf>): Statement {
  const token = reader.peek;
  const read = token.kind === "word" ? BY_WORD.get(token.text) : undefined;
  if (read !== undefined) return read(reader, context);
  if (isMarkSet(reader)) return readMarkSet(reader, context);
  if (isOperand(reader)) return readMatch(reader, context);
  if (token.kind === "word" && NOT_HERE.has(token.text)) throw reader.refuse(token, `"${token.text}"`, SUPPORTED);
  // nft takes an unknown word for the name of a value.
  throw unexpected(token.kind === "word" ? reader.ahead(1) : token);
}

function isMarkSet(reader: Reader): boolean {
  const at = reader.is("meta") || reader.is("ct") ? 1 : 0;
  return reader.ahead(at).text === "mark" && reader.ahead(at + 1).text === "set";
}

/** Translations stand where connections are translated; a chain of no hook is asked when something jumps to it. */
function checkPlace(word: string, base: Base | null, place: { readonly from: number; readonly to: number }): void {
  const hooks = NAT_HOOKS[word];
  if (hooks === undefined || base === null) return;
  if (base.type !== "nat" || !hooks.includes(base.hook)) throw kernelSays("EOPNOTSUPP", place);
}
