// -m string: octets anywhere in the packet. Both ways of searching find the same.
// Before you edit: net/netfilter/xt_string.c, net/core/skbuff.c (skb_find_text), extensions/libxt_string.c.
import type { MatchExtension } from "../extension.ts";
import { Refused } from "../refused.ts";
import { readNumber } from "../text/values.ts";
import { packetBytes } from "../transport.ts";

/** XT_STRING_MAX_PATTERN_SIZE, XT_STRING_MAX_ALGO_NAME_SIZE. */
const LONGEST = 128;
const LONGEST_ALGORITHM = 15;

interface Value {
  readonly pattern: Uint8Array;
  readonly algorithm: string;
  /** Octets from the first of the IP header on. */
  readonly from: number;
  readonly to: number;
  readonly inverted: boolean;
  readonly ignoresCase: boolean;
}
type Draft = { -readonly [K in keyof Value]: Value[K] } & { isGiven: boolean };

export const string: MatchExtension<Value, Draft> = {
  name: "string",
  families: [4, 6],
  options: [
    {
      name: "from",
      takes: "value",
      set(draft, word) {
        draft.from = readNumber(word, "string", "from", 0xffff);
      },
    },
    {
      name: "to",
      takes: "value",
      set(draft, word) {
        draft.to = readNumber(word, "string", "to", 0xffff);
      },
    },
    {
      name: "algo",
      takes: "value",
      mandatory: true,
      set(draft, word) {
        draft.algorithm = word.slice(0, LONGEST_ALGORITHM);
      },
    },
    {
      name: "string",
      takes: "value",
      invertible: true,
      excludes: ["hex-string"],
      set(draft, word, inverted) {
        const pattern = new TextEncoder().encode(word);
        if (pattern.length > LONGEST) throw new Refused(`STRING too long "${word}"`);
        Object.assign(draft, { pattern, isGiven: true, inverted });
      },
    },
    {
      name: "hex-string",
      takes: "value",
      invertible: true,
      excludes: ["string"],
      set(draft, word, inverted) {
        Object.assign(draft, { pattern: readHexString(word), isGiven: true, inverted });
      },
    },
    {
      name: "icase",
      takes: "nothing",
      set(draft) {
        draft.ignoresCase = true;
      },
    },
  ],
  draft: () => ({
    pattern: new Uint8Array(),
    algorithm: "",
    from: 0,
    to: 0xffff,
    inverted: false,
    ignoresCase: false,
    isGiven: false,
  }),
  finish({ isGiven, ...value }) {
    if (!isGiven) throw new Refused("STRING match: You must specify `--string' or `--hex-string'");
    return value;
  },
  check: ({ from, to, algorithm, pattern }) =>
    from > to || pattern.length === 0 || (algorithm !== "bm" && algorithm !== "kmp") ? "EINVAL" : null,
  save({ pattern, algorithm, from, to, inverted, ignoresCase }) {
    const words = [`${inverted ? "! " : ""}--${isHex(pattern) ? "hex-" : ""}string ${patternText(pattern)}`];
    words.push(`--algo ${algorithm}`);
    if (from !== 0) words.push(`--from ${from}`);
    if (to !== 0xffff) words.push(`--to ${to}`);
    if (ignoresCase) words.push("--icase");
    return words.join(" ");
  },
  list({ pattern, algorithm, from, to, inverted, ignoresCase }) {
    const words = [`STRING match ${inverted ? "!" : ""} ${patternText(pattern)} ALGO name ${algorithm}`];
    if (from !== 0) words.push(`FROM ${from}`);
    if (to !== 0xffff) words.push(`TO ${to}`);
    if (ignoresCase) words.push("ICASE");
    return words.join(" ");
  },
  compile({ pattern, from, to, inverted, ignoresCase }) {
    const fold = ignoresCase ? upper : (octet: number) => octet;
    const wanted = pattern.map(fold);
    return ({ packet }) => (find(packetBytes(packet), wanted, from, to, fold) !== -1) !== inverted;
  },
  miss: ({ pattern, inverted }) => ({
    field: "string",
    wanted: `${inverted ? "no " : ""}${patternText(pattern)}`,
    had: inverted ? "it" : "none",
  }),
};

function upper(octet: number): number {
  return octet >= 0x61 && octet <= 0x7a ? octet - 32 : octet;
}

/** Where the pattern is, whole before `to`; -1 when it is not. */
function find(
  bytes: Uint8Array,
  wanted: Uint8Array,
  from: number,
  to: number,
  fold: (octet: number) => number,
): number {
  const last = Math.min(bytes.length, to) - wanted.length;
  for (let at = from; at <= last; at++) {
    let i = 0;
    while (i < wanted.length && fold(bytes[at + i]!) === wanted[i]) i++;
    if (i === wanted.length) return at;
  }
  return -1;
}

/** `GET |0d 0a| \|`: hex between bars, a backslash before what is meant as it is. Throws Refused. */
function readHexString(word: string): Uint8Array {
  const text = Array.from(new TextEncoder().encode(word), (octet) => String.fromCharCode(octet)).join("");
  if (text === "") throw new Refused("STRING must contain at least one char");
  const pattern: number[] = [];
  let isHexed = false;
  let at = 0;
  while (at < text.length) {
    if (pattern.length >= LONGEST) throw new Refused(`STRING too long "${word}"`);
    let isLiteral = false;
    if (text[at] === "\\") {
      if (isHexed) throw new Refused("Cannot include literals in hex data");
      isLiteral = true;
    } else if (text[at] === "|") {
      isHexed = !isHexed;
      if (isHexed) while (text[at + 1] === " ") at++;
      if (at + 1 >= text.length) break;
      at++;
    }
    if (isLiteral) {
      if (at + 1 >= text.length) throw new Refused("Bad literal placement at end of string");
      pattern.push(text.charCodeAt(at + 1));
      at += 2;
    } else if (isHexed) {
      if (at + 1 >= text.length) throw new Refused("Odd number of hex digits");
      if (at + 2 >= text.length) throw new Refused("Invalid hex block");
      for (const digit of [text[at]!, text[at + 1]!])
        if (!/[\da-fA-F]/.test(digit)) throw new Refused(`Invalid hex char '${digit}'`);
      pattern.push(Number.parseInt(text.slice(at, at + 2), 16));
      at += text[at + 2] === " " ? 3 : 2;
    } else pattern.push(text.charCodeAt(at++));
  }
  return Uint8Array.from(pattern);
}

/** What does not print, or would take the quote behind it along, is shown in hex. */
function isHex(pattern: Uint8Array): boolean {
  return pattern.some((octet) => octet < 0x20 || octet > 0x7e) || pattern.at(-1) === 0x5c;
}

function patternText(pattern: Uint8Array): string {
  if (isHex(pattern)) return `"|${Array.from(pattern, (octet) => octet.toString(16).padStart(2, "0")).join("")}|"`;
  return `"${String.fromCharCode(...pattern).replace(/["\\]/g, "\\$&")}"`;
}
