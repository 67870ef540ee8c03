// -m u32: 32 bits anywhere in the packet, masked and shifted, one or the other value.
// Before you edit: net/netfilter/xt_u32.c (u32_match_it), extensions/libxt_u32.c.
import { viewOf } from "../../wire/octets.ts";
import type { MatchExtension } from "../extension.ts";
import { Refused } from "../refused.ts";
import type { IpPacket } from "../skb.ts";
import { leadingNumber } from "../text/values.ts";
import { packetBytes } from "../transport.ts";

/** XT_U32_MAXSIZE. */
const MOST = 10;

type Operator = "&" | "<<" | ">>" | "@";
interface Step {
  readonly operator: Operator;
  readonly number: number;
}
interface Check {
  readonly start: number;
  readonly steps: Step[];
  readonly values: [least: number, most: number][];
}
interface Value {
  readonly checks: readonly Check[];
  readonly inverted: boolean;
}

export const u32: MatchExtension<Value, { value: Value }> = {
  name: "u32",
  families: [4, 6],
  options: [
    {
      name: "u32",
      takes: "value",
      invertible: true,
      mandatory: true,
      set(draft, word, inverted) {
        draft.value = { checks: new Reader(word).read(), inverted };
      },
    },
  ],
  draft: () => ({ value: { checks: [], inverted: false } }),
  finish: ({ value }) => value,
  check: ({ checks }) => {
    const shifts = checks.flatMap(({ steps }) =>
      steps.filter(({ operator }) => operator === "<<" || operator === ">>"),
    );
    return shifts.some(({ number }) => number >= 32) ? "EINVAL" : null;
  },
  save: (value) => `${value.inverted ? "! " : ""}--u32 ${text(value)}`,
  list: (value) => `u32 ${value.inverted ? "! " : ""}${text(value)}`,
  compile:
    ({ checks, inverted }) =>
    ({ packet }) =>
      checks.every((check) => passes(check, packet)) !== inverted,
  miss: (value, { packet }) => {
    const failed = value.checks.find((check) => !passes(check, packet));
    const had = failed === undefined ? null : read(failed, packetBytes(packet));
    return {
      field: "u32",
      wanted: `${value.inverted ? "! " : ""}${text(value)}`,
      had: had === null ? (value.inverted ? "so" : "too short") : `0x${had.toString(16)}`,
    };
  },
};

function text({ checks }: Value): string {
  const hex = (number: number) => `0x${number.toString(16)}`;
  const said = checks.map(({ start, steps, values }) => {
    const location = hex(start) + steps.map(({ operator, number }) => operator + hex(number)).join("");
    return `${location}=${values.map(([least, most]) => (least === most ? hex(least) : `${hex(least)}:${hex(most)}`)).join(",")}`;
  });
  return `"${said.join("&&")}"`;
}

function passes(check: Check, packet: IpPacket): boolean {
  const value = read(check, packetBytes(packet));
  return value !== null && check.values.some(([least, most]) => value >= least && value <= most);
}

/** The number that a location leads to, unsigned; null when the packet is too short. */
function read({ start, steps }: Check, bytes: Uint8Array): number | null {
  const view = viewOf(bytes);
  if (start + 4 > bytes.length) return null;
  let at = 0;
  let value = view.getUint32(start);
  for (const { operator, number } of steps)
    switch (operator) {
      case "&":
        value = (value & number) >>> 0;
        break;
      case "<<":
        value = (value << number) >>> 0;
        break;
      case ">>":
        value >>>= number;
        break;
      case "@":
        at += value;
        if (at + number + 4 > bytes.length) return null;
        value = view.getUint32(at + number);
    }
  return value;
}

/** Reads `0 >> 28 = 4 && 6 & 0xFF = 6:17,1`. Throws Refused with the place. */
class Reader {
  private readonly word: string;
  private at = 0;

  constructor(word: string) {
    this.word = word;
  }

  read(): Check[] {
    const checks: Check[] = [];
    do {
      if (checks.length > MOST) throw this.bad('too many "&&"s');
      const start = this.location();
      const steps = start.steps;
      checks.push({ start: start.number, steps, values: this.values() });
    } while (this.at < this.word.length);
    if (checks.length > MOST) throw this.bad('too many "&&"s');
    return checks;
  }

  private location(): { number: number; steps: Step[] } {
    const steps: Step[] = [];
    let number: number | null = null;
    for (;;) {
      this.skipSpace();
      const next = this.word[this.at];
      if (next === undefined) throw new Refused("u32: abrupt end of input after location specifier");
      if (next === "=") {
        if (number === null) throw this.bad("location spec missing");
        this.at++;
        return { number, steps };
      }
      if (number === null) number = this.number();
      else {
        const operator = this.operator(next);
        steps.push({ operator, number: this.number() });
      }
      if (steps.length + 1 > MOST) throw this.bad("too many operators");
    }
  }

  private operator(next: string): Operator {
    if (next === "<" || next === ">") {
      this.at++;
      if (this.word[this.at] !== next) throw this.bad(`a second '${next}' was expected`);
      this.at++;
      return next === "<" ? "<<" : ">>";
    }
    if (next !== "&" && next !== "@") throw this.bad("operator expected");
    this.at++;
    return next;
  }

  private values(): [number, number][] {
    const values: [number, number][] = [];
    for (;;) {
      this.skipSpace();
      const next = this.word[this.at];
      if (next === undefined) {
        if (values.length === 0) throw new Refused("u32: test ended with no value specified");
        return values;
      }
      if (next === "&") {
        this.at++;
        if (this.word[this.at] !== "&") throw this.bad("a second '&' was expected");
        if (values.length === 0) throw this.bad("value spec missing");
        this.at++;
        if (this.at >= this.word.length) throw new Refused("u32: abrupt end of input after location specifier");
        return values;
      }
      if (values.length > 0) {
        if (next !== ",") throw this.bad('expected "," or "&&"');
        this.at++;
      }
      const least = this.number();
      this.skipSpace();
      let most = least;
      if (this.word[this.at] === ":") {
        this.at++;
        most = this.number();
      }
      values.push([least, most]);
      if (values.length > MOST) throw this.bad('too many ","s');
    }
  }

  private number(): number {
    const found = leadingNumber(this.word.slice(this.at));
    if (found === null || found.value > 0xffffffff) throw this.bad("not a number or out of range");
    this.at = this.word.length - found.rest.length;
    return found.value;
  }

  private skipSpace(): void {
    while (/\s/.test(this.word[this.at] ?? "")) this.at++;
  }

  private bad(problem: string): Refused {
    return new Refused(`u32: at char ${this.at}: ${problem}`);
  }
}
