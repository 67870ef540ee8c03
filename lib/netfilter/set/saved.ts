// Sets as the lines of `ipset save`, which `ipset restore` reads.
// Before you edit: ipset's lib/session.c (list_create, list_add), lib/print.c.

import { hex } from "../text/marks.ts";
import { unquotedWords } from "../text/quote.ts";
import { changeSet, createSet } from "./change.ts";
import { headerText } from "./create.ts";
import { elementText } from "./element.ts";
import { type Element, type IpSet, type SkbInfo, secondsLeft } from "./ip-set.ts";
import type { Sets } from "./sets.ts";
import { syntaxError } from "./words.ts";

/** All sets, lists behind what they are made of; times are those left at `now`. */
export function savedLines(sets: Sets, now: number): string[] {
  return sets
    .inOrder()
    .flatMap((set) => [
      `create ${set.name} ${set.type.name} ${headerText(set)}`,
      ...[...set.living(now)].map((element) => `add ${set.name} ${elementLine(set, element, now)}`),
    ]);
}

/** Does what one such line says. Throws IpsetError and BadInput. */
export function readSavedLine(sets: Sets, line: string, now: number): void {
  const [command, ...words] = unquotedWords(line);
  if (command === "create") createSet(sets, words, false, 0);
  else if (command === "add") changeSet(sets, "add", words, false, now);
  else throw syntaxError(`${command ?? "nothing"} is neither create nor add`);
}

/** `10.0.0.1 timeout 5 comment "a b"`. */
export function elementLine({ type, options }: IpSet, element: Element, now: number): string {
  const words = [elementText(element.items, type)];
  if (options.timeout !== null) words.push(`timeout ${secondsLeft(element, now)}`);
  if (element.nomatch) words.push("nomatch");
  if (options.counters) words.push(`packets ${element.packets} bytes ${element.bytes}`);
  if (element.comment !== "") words.push(`comment "${element.comment}"`);
  words.push(...skbInfoWords(element.skbinfo));
  return words.join(" ");
}

function skbInfoWords({ mark, mask, major, minor, queue }: SkbInfo): string[] {
  const words: string[] = [];
  if (mark !== 0 || mask !== 0) words.push(`skbmark ${hex(mark)}${mask === 0xffffffff ? "" : `/${hex(mask)}`}`);
  if (major !== 0 || minor !== 0) words.push(`skbprio ${major.toString(16)}:${minor.toString(16)}`);
  if (queue !== 0) words.push(`skbqueue ${queue}`);
  return words;
}
