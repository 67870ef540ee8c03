// What `ipset add` says of an element besides itself: timeout, counters, comment, what is written on packets; and where in
// a list it is put.
// Before you edit: ipset's lib/ipset_hash_ip.c and its sisters (add arguments), lib/args.c.
import { type Extras, type IpSet, NO_SKBINFO } from "./ip-set.ts";
import { IpsetError, LONGEST_TIMEOUT, readNumber, readSkbInfo, syntaxError } from "./words.ts";

const EXTRAS: ReadonlySet<string> = new Set([
  "timeout",
  "packets",
  "bytes",
  "comment",
  "skbmark",
  "skbprio",
  "skbqueue",
]);

export interface Told {
  readonly extras: Extras;
  readonly place: { readonly where: "before" | "after"; readonly other: string } | null;
}

/** What stands behind an element of a command. */
export function readExtras(words: readonly string[], command: string, { type }: IpSet): Told {
  const extras: { -readonly [K in keyof Extras]: Extras[K] } = {};
  let place: Told["place"] = null;
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (word === "nomatch" && type.parts.includes("net")) {
      extras.nomatch = true;
      continue;
    }
    const isPlace = type.store === "list" && (word === "before" || word === "after");
    const isExtra = command === "add" && EXTRAS.has(word);
    if (!isPlace && !isExtra) throw new IpsetError(`Unknown argument: \`${word}'`, 2);
    const value = words[++at];
    if (value === undefined) throw new IpsetError(`Missing mandatory argument of option \`${word}'`, 2);
    if (isPlace) place = { where: word, other: value };
    else if (word === "comment") {
      if (value.includes('"')) throw syntaxError('" character is not permitted in comments');
      extras.comment = value;
    } else if (word === "skbmark" || word === "skbprio" || word === "skbqueue")
      extras.skbinfo = { ...(extras.skbinfo ?? NO_SKBINFO), ...readSkbInfo(word, value) };
    else if (word === "timeout") extras.timeout = readNumber(value, 0, LONGEST_TIMEOUT);
    else extras[word as "packets" | "bytes"] = readNumber(value, 0, Number.MAX_SAFE_INTEGER);
  }
  return { extras, place };
}
