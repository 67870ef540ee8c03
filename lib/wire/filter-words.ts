// The words of a filter expression, and a place among them. Before you edit: libpcap scanner.l.
import { BadInput } from "./input.ts";

/** What libpcap says of an expression it cannot read. */
export class FilterError extends Error {
  override readonly name = "FilterError";
}

const SUPPORTED =
  "host, net, port, portrange, proto with src, dst, ip, ip6, arp, icmp, icmp6, tcp, udp, ether; broadcast, multicast, greater, less; PROTO[OFFSET:SIZE], len and arithmetic; and, or, not, ( )";

/** Addresses with colons; operators; names and numbers, which may have points and hyphens in them. */
const WORD =
  /(?=[0-9a-fA-F:.]*::|(?:[0-9a-fA-F]{1,4}:){5})[0-9a-fA-F:.]+|&&|\|\||<<|>>|[<>=!]=|\\?[A-Za-z0-9](?:[-_.A-Za-z0-9]*[.A-Za-z0-9])?|\S/g;

/** The words of an expression, taken one after the other. */
export class Words {
  private readonly words: readonly string[];
  at = 0;

  constructor(text: string) {
    this.words = text.match(WORD) ?? [];
  }

  get atEnd(): boolean {
    return this.at >= this.words.length;
  }
  /** The next word, or "" at the end. */
  get peek(): string {
    return this.words[this.at] ?? "";
  }
  /** The word behind the next one. */
  get second(): string {
    return this.words[this.at + 1] ?? "";
  }
  take(): string {
    if (this.atEnd) throw this.wrong();
    return this.words[this.at++]!;
  }
  /** Takes the next word if it is one of these. */
  skip(...words: readonly string[]): boolean {
    if (!words.includes(this.peek)) return false;
    this.at++;
    return true;
  }
  /** A number as C writes it. */
  number(word: string): number {
    if (!/^(0x[0-9a-fA-F]+|\d+)$/.test(word)) throw this.wrong();
    return /^0\d/.test(word) ? Number.parseInt(word, 8) : Number(word);
  }
  wrong(): FilterError {
    return new FilterError("can't parse filter expression: syntax error");
  }
  /** What is thrown of words that libpcap knows and nothing here does. */
  refuse(text = this.words.slice(this.at).join(" ")): BadInput {
    return new BadInput("a filter that is not modelled", text, `Supported: ${SUPPORTED}.`);
  }
}
