// What encoding/json finds wrong with a text first, in its words.
// Before you edit: go/src/encoding/json/scanner.go.

class Mistake extends Error {}

export interface Scanned {
  /** The texts of the values that stand one after the other. */
  readonly values: readonly string[];
  /** What comes behind them; `offset` counts the octets read, the wrong one too. */
  readonly mistake: { readonly message: string; readonly offset: number } | null;
}

const LITERALS = ["true", "false", "null"];

/** The complaint about a text that is no JSON, `invalid character 'x' after object key`; "" about one that is. */
export const jsonMistake = (text: string): string => scanned(text, true).mistake?.message ?? "";

/** A stream of values, as a Decoder reads it. */
export const jsonValues = (text: string): Scanned => scanned(text, false);

function scanned(text: string, isOne: boolean): Scanned {
  const values: string[] = [];
  let at = 0;
  const unexpected = (where: string): never => {
    const found = text[at];
    if (found === undefined) throw new Mistake("unexpected end of JSON input");
    const shown = found === "'" ? "'\\''" : found === '"' ? "'\"'" : `'${JSON.stringify(found).slice(1, -1)}'`;
    throw new Mistake(`invalid character ${shown} ${where}`);
  };
  const skip = () => {
    while (/[ \t\r\n]/.test(text[at] ?? "")) at++;
  };
  const must = (characters: RegExp, where: string) => {
    if (!characters.test(text[at] ?? "")) unexpected(where);
    at++;
  };
  const digits = () => {
    while (/\d/.test(text[at] ?? "")) at++;
  };

  function string(): void {
    for (at++; text[at] !== '"'; at++) {
      if (text[at] === undefined || text[at]! < " ") unexpected("in string literal");
      if (text[at] !== "\\") continue;
      at++;
      if (text[at] === "u") for (let i = 0; i < 4; i++) checkHex();
      else if (!/["\\/bfnrt]/.test(text[at] ?? "")) unexpected("in string escape code");
    }
    at++;
  }
  function checkHex(): void {
    at++;
    if (!/[\da-fA-F]/.test(text[at] ?? "")) unexpected("in \\u hexadecimal character escape");
  }
  function number(): void {
    if (text[at] === "-") at++;
    if (text[at] === "0") at++;
    else {
      must(/\d/, "in numeric literal");
      digits();
    }
    if (text[at] === ".") {
      at++;
      must(/\d/, "after decimal point in numeric literal");
      digits();
    }
    if (!/[eE]/.test(text[at] ?? "")) return;
    at++;
    if (/[-+]/.test(text[at] ?? "")) at++;
    must(/\d/, "in exponent of numeric literal");
    digits();
  }
  /** What is between brackets: `each`, commas between them. */
  function members(end: string, each: () => void, where: string): void {
    at++;
    skip();
    if (text[at] === end) {
      at++;
      return;
    }
    for (;;) {
      each();
      skip();
      if (text[at] === end) break;
      must(/,/, where);
      skip();
    }
    at++;
  }
  function pair(): void {
    if (text[at] !== '"') unexpected("looking for beginning of object key string");
    string();
    skip();
    must(/:/, "after object key");
    value();
  }
  function value(): void {
    skip();
    const first = text[at] ?? "";
    const literal = LITERALS.find((each) => each[0] === first);
    if (first === "{") members("}", pair, "after object key:value pair");
    else if (first === "[") members("]", value, "after array element");
    else if (first === '"') string();
    else if (/[-\d]/.test(first)) number();
    else if (literal === undefined) unexpected("looking for beginning of value");
    else for (const each of literal) must(new RegExp(each), `in literal ${literal} (expecting '${each}')`);
  }
  try {
    do {
      skip();
      const begin = at;
      value();
      values.push(text.slice(begin, at));
      skip();
      if (isOne && at < text.length) unexpected("after top-level value");
    } while (at < text.length);
    return { values, mistake: null };
  } catch (failure) {
    if (!(failure instanceof Mistake)) throw failure;
    const offset = Buffer.byteLength(text.slice(0, at + 1));
    return { values, mistake: { message: failure.message, offset } };
  }
}
