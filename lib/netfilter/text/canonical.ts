// Rules as iptables-save prints them, recognized without being taken apart: of the hundred thousand that kube-proxy
// writes each is one of a few forms. What is recognized here is right, and would be printed again letter for letter;
// whatever has another form is read word by word (request.ts), so nothing is decided here but how long it takes.
// Before you edit: text/save.ts and the save() of comment, tcp, udp, statistic and DNAT.
import { ALL_HOOKS } from "../chain.ts";
import { MATCHES, TARGETS } from "../registry.ts";
import { hookBits } from "../rule.ts";
import type { Table } from "../table.ts";

const SPACE = 0x20;
const QUOTE = 0x22;
/** XT_MAX_COMMENT_LEN without its zero, XT_EXTENSION_MAXNAMELEN without its. */
const LONGEST_COMMENT = 255;
const LONGEST_NAME = 28;

const has = (name: string) => MATCHES.some((each) => each.name === name);
const KNOWN = {
  " -m comment --comment ": has("comment"),
  " -m tcp": has("tcp"),
  " -m udp": has("udp"),
  " -m statistic --mode random --probability 0.": has("statistic"),
} as const;

export class CanonicalRule {
  packets = 0;
  bytes = 0;
  /** Where the chain's name stands; and the name of the chain it calls, to the line's end, or -1. */
  nameStart = 0;
  nameEnd = 0;
  targetStart = -1;
  /** Sums of the characters of the two names (hash * 31 + character), 32 bits. */
  nameHash = 0;
  targetHash = 0;
  hooks = ALL_HOOKS;
  private text = "";
  private at = 0;
  private end = 0;
  private hash = 0;

  /** Whether the characters from start to end are such a rule. */
  read(text: string, start: number, end: number, { family, name }: Table): boolean {
    this.text = text;
    this.at = start;
    this.end = end;
    this.hooks = ALL_HOOKS;
    this.packets = 0;
    this.bytes = 0;
    if (family !== 4 || !this.counters() || !this.takes("-A ")) return false;
    this.nameStart = this.at;
    if (!this.name()) return false;
    this.nameEnd = this.at;
    this.nameHash = this.hash;
    if (!this.network(" -s ", " ! -s ") || !this.network(" -d ", " ! -d ")) return false;
    const protocol = this.takes(" -p tcp") ? " -m tcp" : this.takes(" -p udp") ? " -m udp" : null;
    if (protocol !== null && this.at < end && this.text.charCodeAt(this.at) !== SPACE) return false;
    let isUsed = false;
    while (this.takes(" -m ")) {
      this.at -= 4;
      if (protocol !== null && !isUsed && KNOWN[protocol] && this.takes(protocol)) {
        if (this.takes(" --dport ") && this.number(65535) < 0) return false;
        isUsed = true;
      } else if (!this.comment() && !this.probability()) return false;
      if (this.at < end && this.text.charCodeAt(this.at) !== SPACE) return false;
    }
    return this.target(name, protocol !== null);
  }

  /** Whether the characters are `:NAME - [0:0]`. */
  readChain(text: string, start: number, end: number): boolean {
    this.text = text;
    this.at = start;
    this.end = end;
    if (!this.takes(":")) return false;
    this.nameStart = this.at;
    if (!this.name()) return false;
    this.nameEnd = this.at;
    this.nameHash = this.hash;
    return this.takes(" - [0:0]") && this.at === end;
  }

  /** `[12:3456] `, or nothing. */
  private counters(): boolean {
    if (!this.takes("[")) return true;
    this.packets = this.number(Number.MAX_SAFE_INTEGER);
    if (this.packets < 0 || !this.takes(":")) return false;
    this.bytes = this.number(Number.MAX_SAFE_INTEGER);
    return this.bytes >= 0 && this.takes("] ");
  }

  private target(table: string, hasPorts: boolean): boolean {
    this.targetStart = -1;
    if (this.at === this.end) return true;
    if (hasPorts && table === "nat" && this.takes(" -j DNAT --to-destination ")) {
      if (DNAT === undefined) return false;
      this.hooks = hookBits(DNAT.hooks);
      return this.address() !== -1 && this.takes(":") && this.number(65535) > 0 && this.at === this.end;
    }
    if (!this.takes(" -j ")) return false;
    const start = this.at;
    if (!this.name() || this.at !== this.end) return false;
    if (this.is("ACCEPT", start) || this.is("RETURN", start)) return true;
    if (this.is("DROP", start)) return table !== "nat";
    // A target that is no chain has no chain of its name: the search for it fails.
    this.targetStart = start;
    this.targetHash = this.hash;
    return true;
  }

  private is(word: string, start: number): boolean {
    return this.end - start === word.length && this.text.startsWith(word, start);
  }

  /** `10.0.0.0/8` behind the option, with nothing beyond the mask; or no such option. */
  private network(option: string, inverted: string): boolean {
    if (!this.takes(option) && !this.takes(inverted)) return true;
    const address = this.address();
    if (address === -1 || !this.takes("/")) return false;
    const length = this.number(32);
    return length > 0 && (length === 32 || (address << length) >>> 0 === 0);
  }

  /** Four numbers as one, or -1. */
  private address(): number {
    let bits = 0;
    for (let i = 0; i < 4; i++) {
      if (i > 0 && !this.takes(".")) return -1;
      const part = this.number(255);
      if (part < 0) return -1;
      bits = bits * 256 + part;
    }
    return bits;
  }

  private comment(): boolean {
    if (!KNOWN[" -m comment --comment "] || !this.takes(" -m comment --comment ")) return false;
    const { text, end } = this;
    const isQuoted = text.charCodeAt(this.at) === QUOTE;
    const start = isQuoted ? this.at + 1 : this.at;
    let at = start;
    while (at < end && KIND[text.charCodeAt(at)] === LETTER) at++;
    const isPlain = !isQuoted || text.charCodeAt(at) === QUOTE;
    // A backslash, ' and what is not one byte are for the others.
    if (isQuoted) while (at < end && KIND[text.charCodeAt(at)]! > 0) at++;
    if (at - start > LONGEST_COMMENT) return false;
    this.at = isQuoted ? at + 1 : at;
    if (!isQuoted) return at > start;
    return at < end && text.charCodeAt(at) === QUOTE && (!isPlain || at === start);
  }

  /** Eleven digits that are what the kernel's 31 bits come to. */
  private probability(): boolean {
    const option = " -m statistic --mode random --probability 0.";
    if (!KNOWN[option] || !this.takes(option)) return false;
    const start = this.at;
    let digits = 0;
    for (; this.at < this.end; this.at++) {
      const digit = this.text.charCodeAt(this.at) - 0x30;
      if (digit < 0 || digit > 9) break;
      digits = digits * 10 + digit;
    }
    if (this.at - start !== 11 || digits === 0) return false;
    const share = Math.round((digits / 1e11) * 0x80000000);
    return Math.round((share / 0x80000000) * 1e11) === digits;
  }

  /** A name that needs no thought: letters, digits, `-` and `_`. */
  private name(): boolean {
    const start = this.at;
    const { text, end } = this;
    let at = start;
    let hash = 0;
    for (; at < end; at++) {
      const char = text.charCodeAt(at);
      if (KIND[char] !== LETTER) break;
      hash = (Math.imul(hash, 31) + char) | 0;
    }
    this.at = at;
    this.hash = hash;
    return at > start && at - start <= LONGEST_NAME && text.charCodeAt(start) !== 0x2d;
  }

  /** A number without zeros before it, up to the greatest; else -1. */
  private number(greatest: number): number {
    const { text, end } = this;
    let at = this.at;
    let value = 0;
    for (; at < end; at++) {
      const digit = text.charCodeAt(at) - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      if (value > greatest) return -1;
    }
    if (at === this.at || (at > this.at + 1 && text.charCodeAt(this.at) === 0x30)) return -1;
    this.at = at;
    return value;
  }

  /** Goes on behind these characters if they are next. */
  private takes(what: string): boolean {
    const { text, at } = this;
    const length = what.length;
    if (at + length > this.end) return false;
    for (let i = 0; i < length; i++) if (text.charCodeAt(at + i) !== what.charCodeAt(i)) return false;
    this.at = at + length;
    return true;
  }
}

const DNAT = TARGETS.find(({ name }) => name === "DNAT");

/** What a character is: a letter of names, another one that may stand between quotes, or neither. */
const LETTER = 1;
const OTHER = 2;
const KIND = Uint8Array.from({ length: 256 }, (_, char) => {
  const text = String.fromCharCode(char);
  if (/[\w-]/.test(text)) return LETTER;
  return char < SPACE || char > 0x7e || /["'\\]/.test(text) ? 0 : OTHER;
});
