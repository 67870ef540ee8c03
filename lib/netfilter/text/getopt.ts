// A command line taken apart as getopt_long does, for a list of options that grows while it is read.
// Before you edit: getopt_long(3); optstring begins with `-`, so words that are no options come in their order.

/** A long or short option. */
export interface Flag {
  /** The letter of a short one, the name of a long one. */
  readonly name: string;
  readonly takes: "nothing" | "value" | "optional value";
}

export type Found<F extends Flag> =
  | { readonly kind: "option"; readonly flag: F; readonly value: string | null }
  | { readonly kind: "word"; readonly word: string }
  /** An option nobody knows, and one whose value is missing; `word` as it was written. */
  | { readonly kind: "unknown" | "no value"; readonly word: string };

export class Getopt<F extends Flag> {
  private readonly words: readonly string[];
  private at = 0;
  /** Letters of a cluster that are still to be read. */
  private rest = "";
  private onlyWords = false;

  constructor(words: readonly string[]) {
    this.words = words;
  }

  /** The next option or word; null at the end. */
  next(short: ReadonlyMap<string, F>, long: readonly F[]): Found<F> | null {
    if (this.rest !== "") return this.letter(short);
    const word = this.words[this.at++];
    if (word === undefined) return null;
    if (this.onlyWords || !word.startsWith("-") || word === "-") return { kind: "word", word };
    if (word === "--") {
      this.onlyWords = true;
      return this.next(short, long);
    }
    if (word.startsWith("--")) return this.long(word, long);
    this.rest = word.slice(1);
    return this.letter(short);
  }

  /** The option that was unknown is to be read again, for there are more options now. */
  again(): void {
    this.at--;
    this.rest = "";
  }

  /** Takes the next word if it begins with neither `-` nor `!` (xs_has_arg). */
  takeWord(): string | null {
    const word = this.words[this.at];
    if (word === undefined || this.rest !== "" || word.startsWith("-") || word.startsWith("!")) return null;
    this.at++;
    return word;
  }

  private letter(short: ReadonlyMap<string, F>): Found<F> {
    const written = this.words[this.at - 1]!;
    const flag = short.get(this.rest[0]!);
    const value = this.rest.slice(1);
    if (flag === undefined) {
      this.rest = value;
      // Of a cluster that goes on, the word before it is named.
      return { kind: "unknown", word: value === "" ? written : (this.words[this.at - 2] ?? "iptables") };
    }
    if (flag.takes === "nothing") {
      this.rest = value;
      return { kind: "option", flag, value: null };
    }
    this.rest = "";
    if (value !== "") return { kind: "option", flag, value };
    if (flag.takes === "optional value") return { kind: "option", flag, value: null };
    return this.withNext(flag, written);
  }

  private long(word: string, flags: readonly F[]): Found<F> {
    const equals = word.indexOf("=");
    const name = equals === -1 ? word.slice(2) : word.slice(2, equals);
    const value = equals === -1 ? null : word.slice(equals + 1);
    const exact = flags.find((flag) => flag.name === name);
    const begins = exact === undefined ? flags.filter((flag) => flag.name.startsWith(name)) : [exact];
    const flag = begins[0];
    if (flag === undefined || begins.length > 1 || (flag.takes === "nothing" && value !== null))
      return { kind: "unknown", word };
    if (value !== null || flag.takes !== "value") return { kind: "option", flag, value };
    return this.withNext(flag, word);
  }

  private withNext(flag: F, written: string): Found<F> {
    const value = this.words[this.at];
    if (value === undefined) return { kind: "no value", word: written };
    this.at++;
    return { kind: "option", flag, value };
  }
}
