// Sets and maps: what is in them, how it is found, how it is listed.
// Before you edit: net/netfilter/nft_set_hash.c, nft_set_rbtree.c, nft_set_pipapo.c, nftables src/expression.c
// (set_expr_print, calculate_delim), src/segtree.c.
import { ipLength } from "../../wire/bytes.ts";
import type { Skb } from "../skb.ts";
import { type DataType, type Datum, littleEndian, next, type Span, spanText } from "./data.ts";
import { timeText } from "./lexer.ts";
import { type Style, type Table, type Verdict, verdictText } from "./ruleset.ts";

export type Value = Verdict | readonly Datum[];

export interface Counter {
  packets: number;
  bytes: number;
}

export interface Element {
  readonly key: readonly Span[];
  readonly value: Value | null;
  readonly comment: string | null;
  /** Nanoseconds; null: that of the set, if it has one. */
  readonly timeout: number | null;
  /** When it ends; null: never. */
  ends: number | null;
  readonly counter: Counter | null;
}

export interface SetSpec {
  readonly key: readonly DataType[];
  /** Null: no map. */
  readonly value: readonly DataType[] | "verdict" | null;
  /** As it was declared: `type ipv4_addr`, `typeof ip saddr`. */
  readonly declared: string;
  readonly isInterval: boolean;
  readonly isConstant: boolean;
  readonly isDynamic: boolean;
  readonly hasTimeout: boolean;
  readonly timeout: number | null;
  readonly collection: number | null;
  readonly size: number | null;
  readonly merges: boolean;
  readonly savesMemory: boolean;
  readonly isCounted: boolean;
  readonly comment: string | null;
}

export const NO_FLAGS = {
  ...{ isInterval: false, isConstant: false, isDynamic: false, hasTimeout: false, timeout: null, collection: null },
  ...{ size: null, merges: false, savesMemory: false, isCounted: false, comment: null },
} as const;

type Key = Datum;

export class NftSet {
  /** Null: it belongs to one rule. */
  readonly table: Table | null;
  readonly name: string;
  readonly spec: SetSpec;
  readonly handle: number;
  elements = new Map<Key, Element>();
  /** How many rules ask it. */
  uses = 0;
  private ranges: readonly Element[] | null = null;

  constructor(table: Table | null, name: string, spec: SetSpec, handle: number) {
    this.table = table;
    this.name = name;
    this.spec = spec;
    this.handle = handle;
  }

  get isMap(): boolean {
    return this.spec.value !== null;
  }

  /** The element that holds these values, if there is one that has not ended. */
  find(values: readonly Datum[], now: number): Element | undefined {
    const found = this.elements.get(values.length === 1 ? values[0]! : values.join());
    if (found !== undefined) return found.ends !== null && found.ends <= now ? undefined : found;
    return this.spec.isInterval ? this.findSpan(values, now) : undefined;
  }

  private findSpan(values: readonly Datum[], now: number): Element | undefined {
    this.ranges ??= [...this.elements.values()]
      .filter(({ key }) => key.some(({ from, to }) => from !== to))
      .sort((one, other) => (values.length > 1 ? 0 : one.key[0]!.from < other.key[0]!.from ? -1 : 1));
    const { ranges } = this;
    if (values.length > 1)
      return ranges.find(
        ({ key, ends }) =>
          (ends === null || ends > now) && key.every(({ from, to }, i) => from <= values[i]! && values[i]! <= to),
      );
    const [value] = values;
    let low = 0;
    let high = ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ranges[middle]!.key[0]!.from <= value!) low = middle + 1;
      else high = middle;
    }
    const last = ranges[low - 1];
    return last !== undefined && value! <= last.key[0]!.to && (last.ends === null || last.ends > now)
      ? last
      : undefined;
  }

  /** The elements are others now. */
  changed(): void {
    this.ranges = null;
  }

  /** Those that have not ended, in the order they are listed in. */
  listed(now: number): Element[] {
    const { key, isInterval } = this.spec;
    const all = [...this.elements.values()].filter(({ ends }) => ends === null || ends > now);
    if (isInterval) return key.length > 1 ? all : all.sort((a, b) => (a.key[0]!.from < b.key[0]!.from ? -1 : 1));
    if (key.length === 1 && all.every(({ key: [span] }) => typeof span!.from === "number"))
      return all.sort((a, b) => (a.key[0]!.from as number) - (b.key[0]!.from as number));
    const order = new Map(all.map((each) => [each, this.orderOf(each)]));
    return all.sort((a, b) => (order.get(a)! < order.get(b)! ? -1 : 1));
  }

  private orderOf({ key }: Element): bigint {
    const { key: types } = this.spec;
    if (types.length === 1 && typeof key[0]!.from !== "string") return BigInt(key[0]!.from);
    return littleEndian(
      types,
      key.map(({ from }) => from),
    );
  }

  /** `{ 10.0.0.1, 10.0.0.2 }`; of one with a name, over several lines. */
  elementsText(style: Style, now: number): string {
    const { key } = this.spec;
    const perLine = key.length === 1 ? key[0]!.perLine : 1;
    let text = "{ ";
    for (const [i, each] of this.listed(now).entries()) {
      if (i > 0) text += this.table === null || i % perLine !== 0 ? ", " : ",\n\t\t\t     ";
      text += this.elementText(each, style, now);
    }
    return `${text} }`;
  }

  private elementText(element: Element, { stateless, numeric }: Style, now: number): string {
    const { key, value, comment, timeout, ends, counter } = element;
    const { spec } = this;
    let text = key.map((each, i) => spanText(spec.key[i]!, each, numeric, true)).join(" . ");
    if (counter !== null) text += stateless ? " counter" : ` counter packets ${counter.packets} bytes ${counter.bytes}`;
    if (timeout !== null) text += ` timeout ${timeText(timeout)}`;
    if (ends !== null && !stateless) text += ` expires ${timeText(ends - now)}`;
    if (comment !== null) text += ` comment "${comment}"`;
    return value === null ? text : `${text} : ${valueText(this, value)}`;
  }
}

export function valueText({ spec }: NftSet, value: Value): string {
  if ("kind" in value) return verdictText(value);
  return value.map((each, i) => (spec.value as readonly DataType[])[i]!.print(each)).join(" . ");
}

export function keyOf(key: readonly Span[]): Key {
  if (key.length === 1 && key[0]!.from === key[0]!.to) return key[0]!.from;
  return key.map(({ from, to }) => (from === to ? from : `${from}-${to}`)).join();
}

/** Neighbours and what overlaps become one, as in a set that merges and in those of a rule. */
export function merged(elements: readonly Element[]): Element[] {
  const sorted = [...elements].sort((a, b) => (a.key[0]!.from < b.key[0]!.from ? -1 : 1));
  const found: Element[] = [];
  for (const each of sorted) {
    const last = found.at(-1);
    const [span] = each.key;
    const [before] = last?.key ?? [];
    if (before === undefined || span!.from > next(before.to)) found.push(each);
    else if (span!.to > before.to) found[found.length - 1] = { ...last!, key: [{ from: before.from, to: span!.to }] };
  }
  return found;
}

/** Two that hold the same value, if there are any. */
export function overlapping(elements: readonly Element[]): Element | undefined {
  const sorted = [...elements].sort((a, b) => (a.key[0]!.from < b.key[0]!.from ? -1 : 1));
  return sorted.find((each, i) => i > 0 && each.key[0]!.from <= sorted[i - 1]!.key[0]!.to);
}

export function count(counter: Counter, { packet }: Skb): void {
  counter.packets++;
  counter.bytes += ipLength(packet);
}
