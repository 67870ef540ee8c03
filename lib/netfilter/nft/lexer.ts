// The words of a ruleset's text. Before you edit: nftables src/scanner.l.
import { Problem } from "./problem.ts";

export interface Token {
  /** "end" is one token behind the last. */
  readonly kind: "word" | "number" | "address" | "time" | "quoted" | "sign" | "end";
  /** Of what is quoted, without the quotes. */
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

const BLANK = /(?:[ \t\r]+|\\\n|#[^\n]*)*/y;
const PATTERNS: readonly (readonly [Token["kind"], RegExp])[] = [
  ["address", /(?:[0-9a-f]*:){2,7}(?:\d+\.\d+\.\d+\.\d+|[0-9a-f]*)(?![\w.])|\d+\.\d+\.\d+\.\d+/iy],
  ["time", /(?:\d+(?:ms|[dhms]))+(?!\w)/y],
  ["number", /(?:0x[0-9a-f]+|\d+)(?![a-z_])/iy],
  ["word", /[a-z_.][a-z0-9/_.-]*(?:\\?\*)?|\d+[a-z][\w-]*/iy],
  ["quoted", /"[^"\n]*"/y],
  ["sign", /==|!=|<=|>=|<<|>>|[\n{}(),;:.\-/=<>&|^!@$*+[\]~]/y],
];

/** All words of a text. Throws Problem. */
export function tokens(text: string): Token[] {
  const found: Token[] = [];
  let at = 0;
  for (;;) {
    BLANK.lastIndex = at;
    BLANK.test(text);
    at = BLANK.lastIndex;
    if (at >= text.length) break;
    const token = tokenAt(text, at);
    found.push(token);
    at = token.to;
  }
  found.push({ kind: "end", text: "", from: text.length, to: text.length });
  return found;
}

function tokenAt(text: string, at: number): Token {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = at;
    if (!pattern.test(text)) continue;
    const to = pattern.lastIndex;
    const said = text.slice(at, to);
    // A lone dot joins what stands around it.
    if (said === ".") return { kind: "sign", text: said, from: at, to };
    return { kind, text: kind === "quoted" ? said.slice(1, -1) : said, from: at, to };
  }
  throw new Problem("syntax error, unexpected junk", { from: at, to: at + 1 });
}

/** Nanoseconds of `1h30m`, or of a number of seconds. */
export function readTime(text: string): number {
  const UNITS: Readonly<Record<string, number>> = { d: 86400e9, h: 3600e9, m: 60e9, s: 1e9, ms: 1e6 };
  if (/^\d+$/.test(text)) return Number(text) * 1e9;
  let sum = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|[dhms])/g)) sum += Number(count) * UNITS[unit!]!;
  return sum;
}

/** As `1h30m5s`, with milliseconds where there are any. */
export function timeText(nanoseconds: number): string {
  let left = Math.floor(nanoseconds / 1e6);
  let text = "";
  for (const [unit, size] of [
    ["d", 86400000],
    ["h", 3600000],
    ["m", 60000],
    ["s", 1000],
    ["ms", 1],
  ] as const) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) text += `${count}${unit}`;
  }
  return text === "" ? "0s" : text;
}
