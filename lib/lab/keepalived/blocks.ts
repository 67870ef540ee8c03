// keepalived.conf as blocks of lines: a word, its values, and what stands between its braces.
// Before you edit: keepalived's lib/parser.c (read_line, process_stream), keepalived.conf(5).
import { type Ipv4, ipv4 } from "../../wire/address.ts";
import { BadInput } from "../../wire/input.ts";

export interface Line {
  /** From 1. */
  readonly number: number;
  readonly word: string;
  readonly values: readonly string[];
  /** What stands between its braces; null: it has none. */
  readonly inside: readonly Line[] | null;
}

/** Reads a file. Throws BadInput with the line where braces do not fit. */
export function readBlocks(text: string): readonly Line[] {
  const open: { line: number; inside: Line[] }[] = [{ line: 0, inside: [] }];
  for (const [i, raw] of text.split("\n").entries()) {
    const number = i + 1;
    const words = wordsOf(raw);
    if (words.length === 0) continue;
    const { inside } = open.at(-1)!;
    if (words[0] === "}") {
      if (open.length === 1 || words.length > 1) throw wrong(number, "a brace that closes nothing", raw.trim());
      open.pop();
      continue;
    }
    const opens = words.at(-1) === "{";
    const [word, ...values] = opens ? words.slice(0, -1) : words;
    if (word === undefined || values.some((value) => value === "{" || value === "}"))
      throw wrong(number, "a brace in the middle of a line", raw.trim());
    const line = { number, word, values, inside: opens ? [] : null };
    inside.push(line);
    if (line.inside !== null) open.push({ line: number, inside: line.inside });
  }
  const { line, inside } = open.at(-1)!;
  if (open.length > 1) throw wrong(line, "a block that is not closed", text.split("\n")[line - 1]!.trim());
  return inside;
}

/** Comments begin with # or !; what stands in quotes is one word. */
function wordsOf(line: string): string[] {
  const words = line.match(/"[^"]*"|[#!].*|[^\s"]+/g) ?? [];
  const comment = words.findIndex((word) => /^[#!]/.test(word));
  return words.slice(0, comment === -1 ? words.length : comment).map((word) => word.replaceAll('"', ""));
}

export function wrong(line: number, problem: string, what: string, hint = "See keepalived.conf(5)."): BadInput {
  return new BadInput(`keepalived.conf, line ${line}: ${problem}`, what, hint);
}

/** How each word of a block is read; a word that is not among them is refused by name. */
export type Words<Into> = Readonly<Record<string, (into: Into, line: Line) => void>>;

/** Reads the lines of a block into something. Throws BadInput for a word that is not known. */
export function readWords<Into>(lines: readonly Line[], words: Words<Into>, into: Into): Into {
  for (const line of lines) {
    const read = words[line.word];
    if (read === undefined)
      throw wrong(line.number, "not modelled", line.word, `Here may stand ${Object.keys(words).join(", ")}.`);
    read(into, line);
  }
  return into;
}

/** What stands between the braces of a line. */
export function insideOf({ number, word, inside }: Line): readonly Line[] {
  if (inside === null) throw wrong(number, "a block without braces", word);
  return inside;
}

/** The only value of a line. */
export function wordOf({ number, word, values, inside }: Line): string {
  const [value] = values;
  if (value === undefined || values.length > 1 || inside !== null)
    throw wrong(number, "not one value", [word, ...values].join(" "));
  return value;
}

/** A whole number within bounds. */
export function numberOf(line: Line, least: number, most: number): number {
  const value = wordOf(line);
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < least || number > most)
    throw wrong(line.number, `not a number from ${least} to ${most}`, `${line.word} ${value}`);
  return number;
}

/** Seconds, also parts of one, in nanoseconds. */
export function secondsOf(line: Line): number {
  const value = wordOf(line);
  if (!/^\d{1,7}(\.\d{1,6})?$/.test(value)) throw wrong(line.number, "not seconds", `${line.word} ${value}`);
  return Math.round(Number(value) * 1e9);
}

/** A word that stands alone. */
export function flagOf({ number, word, values, inside }: Line): true {
  if (values.length > 0 || inside !== null) throw wrong(number, "a value where none is taken", word);
  return true;
}

/** An IPv4 address. */
export function addressOf(text: string, number: number): Ipv4 {
  try {
    return ipv4(text);
  } catch (failure) {
    if (!(failure instanceof BadInput)) throw failure;
    throw wrong(number, "not an IPv4 address", text);
  }
}
