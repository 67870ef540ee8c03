// What stands on the left of a comparison or behind `set` and `to`: fields, with bits masked, several at once, or what a
// map has for them.
// Before you edit: net/netfilter/nft_bitwise.c, nft_lookup.c; nftables src/netlink_linearize.c (netlink_gen_bitwise),
// src/netlink_delinearize.c (netlink_parse_bitwise).
import type { Skb } from "../skb.ts";
import { type Context, needs } from "./context.ts";
import type { DataType, Datum } from "./data.ts";
import { kernelSays, Problem, unexpected } from "./problem.ts";
import { readAnonymous, readFlags } from "./read-value.ts";
import type { Reader } from "./reader.ts";
import type { Style } from "./ruleset.ts";
import { FIRST_WORDS, fib, numgen, SELECTORS, type Selector } from "./selector.ts";
import { type NftSet, NO_FLAGS } from "./set.ts";

/** A field of 32 bits and what is made of it: (value & and) ^ xor. */
export interface Field {
  readonly selector: Selector;
  readonly and: number;
  readonly xor: number;
}

const ALL_BITS = 0xffffffff;
const SUPPORTED = "ip, ip6, tcp, udp, sctp, th, icmp, icmpv6, meta, ct, fib and numgen, as the README lists";

export function isOperand(reader: Reader): boolean {
  return reader.peek.kind === "word" && FIRST_WORDS.has(reader.peek.text);
}

/** Throws Problem, and BadInput for a field that is not modelled. */
export function readSelector(reader: Reader, context: Context): Selector {
  const first = reader.peek;
  if (reader.accept("fib")) return readFib(reader);
  if (reader.accept("numgen")) return readNumgen(reader);
  for (let count = 4; count > 0; count--) {
    const words = Array.from({ length: count }, (_, i) => reader.ahead(i));
    const found = SELECTORS.get(words.map(({ text }) => text).join(" "));
    if (found === undefined || words.some(({ kind }) => kind !== "word")) continue;
    reader.at += count;
    if (found.text === "meta nfproto" && context.table.family !== "inet")
      throw new Problem("meta nfproto is only useful in the inet family", reader.since(first));
    return needs(context, found, reader.since(first));
  }
  if (!FIRST_WORDS.has(first.text)) throw unexpected(first);
  throw reader.refuse(first, `"${first.text} ${reader.ahead(1).text}"`, SUPPORTED);
}

function readFib(reader: Reader): Selector {
  const end = reader.oneOf("saddr", "daddr");
  let withDevice = false;
  while (reader.accept(".")) {
    const token = reader.peek;
    if (!reader.accept("iif")) throw reader.refuse(token, `"fib … . ${token.text}"`, "fib saddr or daddr, and iif");
    withDevice = true;
  }
  const what = reader.peek;
  if (reader.accept("type")) return fib(end, withDevice, "type");
  if (end === "saddr" && withDevice && reader.accept("oif")) return fib(end, withDevice, "oif");
  throw reader.refuse(what, `"fib ${end} ${what.text}"`, "fib … type, fib saddr . iif oif");
}

function readNumgen(reader: Reader): Selector {
  const how = reader.oneOf("random", "inc");
  reader.expect("mod");
  const modulus = reader.number();
  return numgen(how === "random", modulus, reader.accept("offset") ? reader.number() : 0);
}

/** A field and the bits that are masked. */
export function readField(reader: Reader, context: Context): Field {
  const selector = readSelector(reader, context);
  let [and, xor] = [ALL_BITS, 0];
  for (;;) {
    const sign = ["&", "and", "|", "or", "^", "xor"].find((each) => reader.is(each));
    if (sign === undefined) return { selector, and, xor };
    reader.take();
    const type = selector.type.flags === undefined ? selector.type : { ...selector.type };
    const bits = readFlags(reader, type);
    if (sign === "&" || sign === "and") [and, xor] = [(and & bits) >>> 0, (xor & bits) >>> 0];
    else if (sign === "|" || sign === "or") [and, xor] = [(and & ~bits) >>> 0, ((xor & ~bits) | bits) >>> 0];
    else xor = (xor ^ bits) >>> 0;
  }
}

export function readingOf({ selector, and, xor }: Field): Selector["read"] {
  if (and === ALL_BITS && xor === 0) return selector.read;
  return (skb) => {
    const value = selector.read(skb);
    return value === undefined ? undefined : (((value as number) & and) ^ xor) >>> 0;
  };
}

/** The bits as nft tells them when it reads them back: first what is kept, then what is turned, then what is set. */
export function fieldText({ selector: { text, type }, and, xor }: Field): string {
  const set = ((and & xor) ^ xor) >>> 0;
  const turned = (xor & and) >>> 0;
  const kept = (and | set) >>> 0;
  const print = (bits: number) => type.print(bits);
  let all = text;
  if (kept !== ALL_BITS) all += ` & ${print(kept)}`;
  if (turned !== 0) all += ` ^ ${print(turned)}`;
  return set === 0 ? all : `${all} | ${print(set)}`;
}

/** Fields joined by dots. */
export function readFields(reader: Reader, context: Context): Field[] {
  const fields = [readField(reader, context)];
  while (reader.is(".")) {
    reader.take();
    fields.push(readField(reader, context));
  }
  return fields;
}

/** The values of fields; undefined when the packet lacks one. */
export function valuesOf(fields: readonly Field[]): (skb: Skb) => readonly Datum[] | undefined {
  const readings = fields.map(readingOf);
  return (skb) => {
    const values: Datum[] = [];
    for (const read of readings) {
      const value = read(skb);
      if (value === undefined) return undefined;
      values.push(value);
    }
    return values;
  };
}

export const fieldsText = (fields: readonly Field[]): string => fields.map(fieldText).join(" . ");

/** What a statement takes: constant, of the packet, or of a map. */
export interface Operand {
  readonly types: readonly DataType[];
  text(style: Style): string;
  read(skb: Skb): readonly Datum[] | undefined;
  readonly sets: readonly NftSet[];
  readonly tracks: boolean;
}

/** `@name` of this table, which must be a map or must be none. Throws Problem. */
export function readSetName(reader: Reader, { table }: Context): NftSet {
  const at = reader.expect("@");
  const name = reader.name();
  const set = table.sets.get(name.text);
  if (set === undefined) throw new Problem("No such file or directory", { from: at.from, to: name.to });
  return set;
}

/** Fields, or `… map @m`, whose values have the types that are wanted. */
export function readOperand(reader: Reader, context: Context, wanted: readonly DataType[]): Operand {
  const first = reader.peek;
  const fields = readFields(reader, context);
  const tracks = fields.some(({ selector }) => selector.tracks === true);
  const read = valuesOf(fields);
  if (!reader.accept("map"))
    return {
      types: fields.map(({ selector }) => selector.type),
      text: () => fieldsText(fields),
      read,
      sets: [],
      tracks,
    };
  const key = fields.map(({ selector }) => selector.type);
  const map = reader.is("@")
    ? readSetName(reader, context)
    : readAnonymous(reader, { key, value: wanted }, context.table, NO_FLAGS);
  if (map.spec.value === null || map.spec.value === "verdict") throw kernelSays("EINVAL", reader.since(first));
  const { clock } = context;
  return {
    types: map.spec.value as readonly DataType[],
    text: (style) => `${fieldsText(fields)} map ${setText(map, style, clock.now)}`,
    read(skb) {
      const values = read(skb);
      const found = values === undefined ? undefined : map.find(values, skb.net.now);
      return found === undefined ? undefined : (found.value as readonly Datum[]);
    },
    sets: [map],
    tracks,
  };
}

/** `@name`, or the elements of a set without one. */
export function setText(set: NftSet, style: Style, now: number): string {
  return set.table === null ? set.elementsText(style, now) : `@${set.name}`;
}

/** Values of fields for people. */
export function valuesText(fields: readonly Field[], values: readonly Datum[] | undefined): string {
  if (values === undefined) return "none";
  return values.map((each, i) => fields[i]!.selector.type.print(each)).join(" . ");
}
