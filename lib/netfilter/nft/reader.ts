// The text as it is read: word by word, with what a word may be in its place.
// Before you edit: nftables src/parser_bison.y.
import { BadInput } from "../../wire/input.ts";
import { readTime, type Token, tokens } from "./lexer.ts";
import { type Place, Problem, unexpected } from "./problem.ts";

export class Reader {
  readonly text: string;
  readonly all: readonly Token[];
  at = 0;

  /** Throws Problem. */
  constructor(text: string) {
    this.text = text;
    this.all = tokens(text);
  }

  get peek(): Token {
    return this.all[this.at]!;
  }
  ahead(by: number): Token {
    return this.all[Math.min(this.at + by, this.all.length - 1)]!;
  }
  take(): Token {
    const token = this.peek;
    if (token.kind !== "end") this.at++;
    return token;
  }

  /** Whether the next is this word or sign; quoted words are none. */
  is(text: string): boolean {
    return this.peek.text === text && this.peek.kind !== "quoted";
  }
  accept(text: string): boolean {
    if (!this.is(text)) return false;
    this.at++;
    return true;
  }
  /** Throws Problem. */
  expect(text: string): Token {
    if (!this.is(text)) throw unexpected(this.peek);
    return this.take();
  }
  oneOf<Word extends string>(...words: readonly Word[]): Word {
    const found = words.find((each) => this.is(each));
    if (found === undefined) throw unexpected(this.peek);
    this.at++;
    return found;
  }

  /** A name as of a table or a chain. */
  name(): Token {
    if (this.peek.kind !== "word" && this.peek.kind !== "quoted") throw unexpected(this.peek);
    return this.take();
  }
  quoted(): string {
    if (this.peek.kind !== "quoted" && this.peek.kind !== "word") throw unexpected(this.peek);
    return this.take().text;
  }
  number(): number {
    if (this.peek.kind !== "number") throw unexpected(this.peek);
    return Number(this.take().text);
  }
  /** Nanoseconds. */
  time(): number {
    if (this.peek.kind !== "time" && this.peek.kind !== "number") throw unexpected(this.peek);
    return readTime(this.take().text);
  }

  get isEndOfStatement(): boolean {
    const { kind, text } = this.peek;
    return kind === "end" || (kind === "sign" && (text === ";" || text === "\n" || text === "}"));
  }
  skipEnds(): void {
    while (this.peek.kind === "sign" && (this.is(";") || this.is("\n"))) this.at++;
  }
  skipLines(): void {
    while (this.peek.kind === "sign" && this.is("\n")) this.at++;
  }
  /** To the end of this statement, whatever stands there. */
  skipStatement(): void {
    for (let depth = 0; depth > 0 || !this.isEndOfStatement; this.at++) {
      if (this.peek.kind === "end") throw unexpected(this.peek);
      if (this.peek.kind === "sign") depth += this.is("{") ? 1 : this.is("}") ? -1 : 0;
    }
  }

  /** The place from a token to the one that was taken last. */
  since(from: Token): Place {
    return { from: from.from, to: this.all[Math.max(0, this.at - 1)]!.to };
  }

  /** What nft knows and this engine does not. */
  refuse(token: Token, what: string, supported: string): BadInput {
    const line = this.text.slice(0, token.from).split("\n").length;
    return new BadInput(
      `nft knows ${what}, Packetwalk does not model it (line ${line})`,
      token.text,
      `Supported: ${supported}.`,
    );
  }
  wrong(message: string, place: Place): Problem {
    return new Problem(message, place);
  }
}
