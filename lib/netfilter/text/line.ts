// A line of a saved file taken apart into words.
// Before you edit: iptables/xshared.c (add_param_to_argv, add_param, add_argv, tokenize_rule_counters).
import { Refused } from "../refused.ts";

/** A word with its zero (struct xt_param_buf), and as many words as there may be (MAX_ARGC, three of them the tool's own). */
const LONGEST_WORD = 1024;
const MOST_WORDS = 255 - 3;

/**
 * The words from a place on: blanks part them, double quotes hold them together, a backslash counts only between quotes.
 * A closing quote ends the word, as does the end of the line an open one. Throws Refused.
 */
export function splitLine(line: string, from: number): string[] {
  const words: string[] = [];
  let word = "";
  let isOpen = false;
  const end = () => {
    if (words.length >= MOST_WORDS) throw new Refused("Parser cannot handle more arguments\n");
    words.push(word);
    word = "";
  };
  for (let at = from; at < line.length; at++) {
    const char = line[at]!;
    if (isOpen && char === "\\") {
      at++;
      word += line[at] ?? "";
    } else if (char === '"') {
      if (isOpen) end();
      isOpen = !isOpen;
    } else if (!isOpen && (char === " " || char === "\t" || char === "\n")) {
      if (word !== "") end();
    } else word += char;
    if (word.length >= LONGEST_WORD) throw new Refused("Parameter too long!");
  }
  if (word !== "") end();
  return words;
}

/** `[packets:bytes]` before a rule, and where the rule begins; null when there are none. Throws Refused. */
export function countersBefore(line: string, number: number): { packets: string; bytes: string; end: number } | null {
  if (!line.startsWith("[")) return null;
  const close = line.indexOf("]");
  if (close === -1) throw new Refused(`Bad line ${number}: need ]`);
  const inside = line.slice(1, close).replace(/^:+/, "");
  const colon = inside.indexOf(":");
  if (inside === "") throw new Refused(`Bad line ${number}: need :`);
  if (colon === -1 || colon === inside.length - 1) throw new Refused(`Bad line ${number}: need ]`);
  return { packets: inside.slice(0, colon), bytes: inside.slice(colon + 1), end: close + 1 };
}
