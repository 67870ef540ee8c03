// Rules as iptables-save prints them, recognized without being taken apart: of the hundred thousand that kube-proxy
// writes each is one of a few forms. What is recognized here is right, and would be printed again letter for letter;
// whatever has another form is read word by word (request.ts), so nothing is decided here but how long it takes.
// Before you edit: text/rule-text.ts and the save() of comment, tcp, udp, statistic and DNAT.

import { mask4 } from "../../wire/address.ts";
import { PROTOCOL } from "../../wire/packet.ts";
import { ALL_HOOKS, hookBits } from "../chain.ts";
import type { Table } from "../table.ts";
import { DNAT } from "../target/dnat.ts";

const [SPACE, BANG, QUOTE, DASH, DOT, ZERO, S, D] = [0x20, 0x21, 0x22, 0x2d, 0x2e, 0x30, 0x73, 0x64];
/** XT_MAX_COMMENT_LEN without its zero, XT_EXTENSION_MAXNAMELEN without its. */
const LONGEST_COMMENT = 255;
const LONGEST_NAME = 28;

/** As many characters are made octets at a time; a longer line is read word by word. */
const WINDOW = 4096;
const encoder = new TextEncoder();
const octets = (text: string) => encoder.encode(text);

const APPEND = octets("-A ");
const NO_POLICY = octets(" - [0:0]");
const MATCH = octets(" -m ");
const COMMENT = octets("comment --comment ");
const RANDOM = octets("statistic --mode random --probability 0.");
const PORT = octets(" --dport ");
const JUMP = octets(" -j ");
const TO_DESTINATION = octets(" -j DNAT --to-destination ");
const [ACCEPT, RETURN, DROP] = [octets("ACCEPT"), octets("RETURN"), octets("DROP")];
/** `-p` and the match of its ports. */
const TCP = { number: PROTOCOL.tcp, said: octets(" -p tcp"), match: octets("tcp") };
const UDP = { number: PROTOCOL.udp, said: octets(" -p udp"), match: octets("udp") };

/** What a rule says of an address: its bits under a mask, both signed as the operators of bits have it. */
export interface Network {
  bits: number;
  /** 0 where it says nothing. */
  mask: number;
  inverted: boolean;
}

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
  readonly source: Network = { bits: 0, mask: 0, inverted: false };
  readonly destination: Network = { bits: 0, mask: 0, inverted: false };
  /** 0, and -1 for a port, where it says nothing; a port that is asked for behind chance is not among what it says. */
  protocol = 0;
  destinationPort = -1;
  /** A piece of the text as octets, which are read faster than the characters of a string, and where it begins. */
  private readonly window = new Uint8Array(WINDOW);
  private text = "";
  private base = 0;
  private filled = 0;
  /** In the window. */
  private at = 0;
  private end = 0;
  private hash = 0;
  private bits = 0;

  /** Whether the characters from start to end are such a rule. */
  read(text: string, start: number, end: number, { family, name }: Table): boolean {
    this.hooks = ALL_HOOKS;
    this.packets = 0;
    this.bytes = 0;
    this.protocol = 0;
    this.destinationPort = -1;
    if (family !== 4 || !this.open(text, start, end) || !this.counters() || !this.takes(APPEND)) return false;
    this.nameStart = this.base + this.at;
    if (!this.name()) return false;
    this.nameEnd = this.base + this.at;
    this.nameHash = this.hash;
    if (!this.network(S, this.source) || !this.network(D, this.destination)) return false;
    const protocol = this.takes(TCP.said) ? TCP : this.takes(UDP.said) ? UDP : null;
    if (protocol !== null) {
      if (!this.isWordEnd) return false;
      this.protocol = protocol.number;
    }
    let hasPorts = false;
    let hasChance = false;
    while (this.takes(MATCH)) {
      if (protocol !== null && !hasPorts && this.takes(protocol.match)) {
        hasPorts = true;
        if (this.takes(PORT)) {
          const port = this.number(65535);
          if (port < 0) return false;
          if (!hasChance) this.destinationPort = port;
        }
      } else if (!this.comment()) {
        if (!this.probability()) return false;
        hasChance = true;
      }
      if (!this.isWordEnd) return false;
    }
    return this.target(name);
  }

  /** Whether the characters are `:NAME - [0:0]`. */
  readChain(text: string, start: number, end: number): boolean {
    if (!this.open(text, start + 1, end)) return false;
    this.nameStart = start + 1;
    if (!this.name()) return false;
    this.nameEnd = this.base + this.at;
    this.nameHash = this.hash;
    return this.takes(NO_POLICY) && this.at === this.end;
  }

  /** What stands at a place of the line that was read: as a string, put elsewhere, compared with octets elsewhere. */
  slice(start: number, end: number): string {
    return this.text.slice(start, end);
  }
  copy(start: number, end: number, to: Uint8Array, at: number): void {
    const { window, base } = this;
    for (let i = start - base; i < end - base; i++) to[at++] = window[i]!;
  }
  equals(start: number, end: number, other: Uint8Array, at: number): boolean {
    const { window, base } = this;
    for (let i = start - base; i < end - base; i++) if (window[i] !== other[at++]) return false;
    return true;
  }

  /** Puts the characters from start to end, and what follows them, into the window. */
  private open(text: string, start: number, end: number): boolean {
    if (end - start > WINDOW) return false;
    if (text !== this.text || start < this.base || end > this.base + this.filled) {
      const piece = text.slice(start, start + WINDOW);
      const { read, written } = encoder.encodeInto(piece, this.window);
      // Where some are no ASCII, those of more than one octet become what is in no rule.
      if (read !== piece.length || written !== read)
        for (let i = 0; i < piece.length; i++) this.window[i] = piece.charCodeAt(i) > 0xff ? 0 : piece.charCodeAt(i);
      this.text = text;
      this.base = start;
      this.filled = piece.length;
    }
    this.at = start - this.base;
    this.end = end - this.base;
    return true;
  }

  /** `[12:3456] `, or nothing. */
  private counters(): boolean {
    if (!this.takesOne(0x5b)) return true;
    this.packets = this.number(Number.MAX_SAFE_INTEGER);
    if (this.packets < 0 || !this.takesOne(0x3a)) return false;
    this.bytes = this.number(Number.MAX_SAFE_INTEGER);
    return this.bytes >= 0 && this.takesOne(0x5d) && this.takesOne(SPACE);
  }

  private target(table: string): boolean {
    this.targetStart = -1;
    if (this.at === this.end) return true;
    if (this.protocol !== 0 && table === "nat" && this.takes(TO_DESTINATION)) {
      this.hooks = DNAT_HOOKS;
      return this.address() && this.takesOne(0x3a) && this.number(65535) > 0 && this.at === this.end;
    }
    if (!this.takes(JUMP)) return false;
    const start = this.at;
    if (!this.name() || this.at !== this.end) return false;
    if (this.is(ACCEPT, start) || this.is(RETURN, start)) return true;
    if (this.is(DROP, start)) return table !== "nat";
    // A target that is no chain has no chain of its name: the search for it fails.
    this.targetStart = this.base + start;
    this.targetHash = this.hash;
    return true;
  }

  private is(word: Uint8Array, start: number): boolean {
    if (this.end - start !== word.length) return false;
    this.at = start;
    return this.takes(word);
  }

  /** ` -s 10.0.0.0/8`, ` ! -s 10.0.0.0/8`, with nothing beyond the mask; or no such option. */
  private network(letter: number, network: Network): boolean {
    const { window } = this;
    let { at } = this;
    network.mask = 0;
    network.inverted = window[at + 1] === BANG;
    if (network.inverted) at += 2;
    if (at + 4 > this.end || window[at + 1] !== DASH || window[at + 2] !== letter) return true;
    if (window[at] !== SPACE || window[at + 3] !== SPACE || window[this.at] !== SPACE) return false;
    this.at = at + 4;
    if (!this.address() || !this.takesOne(0x2f)) return false;
    const length = this.number(32);
    if (length <= 0) return false;
    network.bits = this.bits;
    network.mask = mask4(length) | 0;
    return (network.bits & ~network.mask) === 0;
  }

  /** Four numbers, as one in `bits`. */
  private address(): boolean {
    let bits = 0;
    for (let i = 0; i < 4; i++) {
      if (i > 0 && !this.takesOne(DOT)) return false;
      const part = this.number(255);
      if (part < 0) return false;
      bits = (bits << 8) | part;
    }
    this.bits = bits;
    return true;
  }

  private comment(): boolean {
    if (!this.takes(COMMENT)) return false;
    const { window, end } = this;
    const isQuoted = window[this.at] === QUOTE;
    const start = isQuoted ? this.at + 1 : this.at;
    let at = start;
    while (at < end && KIND[window[at]!] === LETTER) at++;
    const isPlain = !isQuoted || window[at] === QUOTE;
    // A backslash, ' and what is not one byte are for the others.
    if (isQuoted) while (at < end && KIND[window[at]!] !== 0) at++;
    if (at - start > LONGEST_COMMENT) return false;
    this.at = isQuoted ? at + 1 : at;
    if (!isQuoted) return at > start;
    return at < end && window[at] === QUOTE && (!isPlain || at === start);
  }

  /** Eleven digits that are what the kernel's 31 bits come to. */
  private probability(): boolean {
    if (!this.takes(RANDOM)) return false;
    const { window, end } = this;
    const start = this.at;
    let digits = 0;
    for (; this.at < end; this.at++) {
      const digit = window[this.at]! - ZERO;
      if (digit < 0 || digit > 9) break;
      digits = digits * 10 + digit;
    }
    if (this.at - start !== 11 || digits === 0) return false;
    const share = Math.round((digits / 1e11) * 0x80000000);
    return Math.round((share / 0x80000000) * 1e11) === digits;
  }

  /** A name that needs no thought: letters, digits, `-` and `_`. */
  private name(): boolean {
    const { window, at: start, end } = this;
    let at = start;
    let hash = 0;
    for (; at < end; at++) {
      const char = window[at]!;
      if (KIND[char] !== LETTER) break;
      hash = (Math.imul(hash, 31) + char) | 0;
    }
    this.at = at;
    this.hash = hash;
    return at > start && at - start <= LONGEST_NAME && window[start] !== DASH;
  }

  /** A number without zeros before it, up to the greatest; else -1. */
  private number(greatest: number): number {
    const { window, at: start, end } = this;
    let at = start;
    let value = 0;
    for (; at < end; at++) {
      const digit = window[at]! - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      if (value > greatest) return -1;
    }
    if (at === start || (at > start + 1 && window[start] === ZERO)) return -1;
    this.at = at;
    return value;
  }

  private get isWordEnd(): boolean {
    return this.at === this.end || this.window[this.at] === SPACE;
  }

  /** Goes on behind this character if it is next. */
  private takesOne(char: number): boolean {
    if (this.at === this.end || this.window[this.at] !== char) return false;
    this.at++;
    return true;
  }

  /** Goes on behind these characters if they are next. */
  private takes(what: Uint8Array): boolean {
    const { window, at } = this;
    const { length } = what;
    if (at + length > this.end) return false;
    for (let i = 0; i < length; i++) if (window[at + i] !== what[i]) return false;
    this.at = at + length;
    return true;
  }
}

const DNAT_HOOKS = hookBits(DNAT.hooks);

/** What a character is: a letter of names, another one that may stand between quotes, or neither. */
const LETTER = 1;
const OTHER = 2;
const KIND = Uint8Array.from({ length: 256 }, (_, char) => {
  const text = String.fromCharCode(char);
  if (/[\w-]/.test(text)) return LETTER;
  return char < SPACE || char > 0x7e || /["'\\]/.test(text) ? 0 : OTHER;
});
