// Comparisons, and maps of verdicts: `tcp dport 80`, `ip saddr != @s`, `ct state vmap { … }`.
// Before you edit: net/netfilter/nft_cmp.c, nft_range.c, nft_lookup.c, nft_bitwise.c; nftables src/expression.c
// (relational_expr_print), src/evaluate.c (expr_evaluate_relational, optimize_singleton_set).
import type { Skb } from "../../skb.ts";
import type { Context } from "../context.ts";
import { type DataType, type Datum, type Span, spanText } from "../data.ts";
import { type Field, fieldsText, readFields, readSetName, setText, valuesOf, valuesText } from "../operand.ts";
import { Problem } from "../problem.ts";
import { readAnonymous, readFlags, readKey } from "../read-value.ts";
import type { Reader } from "../reader.ts";
import { type Chain, type Said, type Statement, type Style, type Verdict, verdictText } from "../ruleset.ts";
import { type NftSet, NO_FLAGS } from "../set.ts";

type Operator = "==" | "!=" | "<" | ">" | "<=" | ">=";
const OPERATORS: Readonly<Record<string, Operator>> = {
  ...{ "==": "==", "!=": "!=", "<": "<", ">": ">", "<=": "<=", ">=": ">=" },
  ...{ eq: "==", ne: "!=", lt: "<", gt: ">", le: "<=", ge: ">=" },
};

/** What the right side is. */
type Right =
  | { readonly kind: "set"; readonly set: NftSet }
  | { readonly kind: "spans"; readonly spans: readonly Span[]; readonly asNetwork: boolean }
  | { readonly kind: "bits"; readonly bits: number; readonly mask: number | null };

export function readMatch(reader: Reader, context: Context): Statement {
  const first = reader.peek;
  const fields = readFields(reader, context);
  if (reader.accept("vmap")) return readVmap(reader, context, fields);
  const operator = OPERATORS[reader.peek.text];
  if (operator !== undefined) reader.take();
  const right = readRight(reader, context, fields, operator);
  const isMasked = fields.some(({ and, xor }) => and !== 0xffffffff || xor !== 0);
  const said = operator ?? (isMasked ? "==" : null);
  const statement = comparison(fields, simplified(fields, said, right), context);
  noteProtocol(context, fields, said, right, statement);
  if (right.kind === "set" && right.set.isMap) throw new Problem("Set reference to map", reader.since(first));
  return statement;
}

function readRight(reader: Reader, context: Context, fields: readonly Field[], operator: Operator | undefined): Right {
  const key = fields.map(({ selector }) => selector.type);
  if (reader.is("@")) return { kind: "set", set: readSetName(reader, context) };
  if (reader.is("{")) {
    const start = reader.at;
    const set = readAnonymous(reader, { key, value: null }, context.table, NO_FLAGS);
    const [only] = set.elements.values();
    // One alone needs no set.
    const isAlone = !reader.all.slice(start, reader.at).some(({ kind, text }) => kind === "sign" && text === ",");
    if (only === undefined || !isAlone || key.length > 1) return { kind: "set", set };
    if (key[0]!.flags !== undefined) return { kind: "bits", bits: only.key[0]!.from as number, mask: null };
    return { kind: "spans", spans: only.key, asNetwork: true };
  }
  const [type] = key;
  if (key.length === 1 && type!.flags !== undefined) {
    const bits = readFlags(reader, type!);
    return { kind: "bits", bits, mask: operator === undefined && reader.accept("/") ? readFlags(reader, type!) : null };
  }
  const at = reader.at;
  const spans = readKey(reader, key);
  const isRange = reader.all.slice(at, reader.at).some(({ kind, text }) => kind === "sign" && text === "-");
  return { kind: "spans", spans, asNetwork: !isRange };
}

interface Comparison {
  readonly operator: Operator | null;
  readonly right: Right;
  /** Bits that are kept before flags are compared. */
  readonly mask: number | null;
}

/** Flags under a mask are listed in their own way. */
function simplified(fields: readonly Field[], operator: Operator | null, right: Right): Comparison {
  const [{ selector, and, xor }] = fields as readonly [Field];
  if (right.kind === "bits" && selector.type.flags !== undefined && and !== 0xffffffff && xor === 0) {
    if (right.bits === 0 && operator === "!=") return { operator: null, right: { ...right, bits: and }, mask: null };
    if (operator === "==") return { operator: null, right: { ...right, mask: and }, mask: and };
  }
  return { operator, right, mask: right.kind === "bits" ? right.mask : null };
}

function comparison(fields: readonly Field[], { operator, right, mask }: Comparison, { clock }: Context): Statement {
  const isPlain = right.kind === "bits" && fields[0]!.selector.type.flags !== undefined && operator === null;
  const shown = isPlain ? fields.map((each) => ({ ...each, and: 0xffffffff, xor: 0 })) : fields;
  const read = valuesOf(shown);
  const test = testOf(operator, right, mask);
  const types = fields.map(({ selector }) => selector.type);
  const rightText = (style: Style) => textOf(right, types, style, clock.now);
  const wanted = (style: Style) => {
    const sign = operator === null || (operator === "==" && !isOperatorShown(fields, types)) ? "" : `${operator} `;
    return `${sign}${rightText(style)}`;
  };
  return {
    text: (style) => `${fieldsText(shown)} ${wanted(style)}`,
    run(skb) {
      const values = read(skb);
      return values !== undefined && test(values, skb) ? undefined : "break";
    },
    miss: (skb) => ({ field: fieldsText(shown), wanted: wanted(PLAIN), had: valuesText(shown, read(skb)) }),
    ...(right.kind === "set" && { sets: [right.set] }),
    ...(fields.some(({ selector }) => selector.tracks) && { tracks: true as const }),
  };
}

const PLAIN: Style = { stateless: false, numeric: false, handles: false };

/** Equality is said only where the left side is made of bits, or where flags would be asked for one by one. */
function isOperatorShown(fields: readonly Field[], [type]: readonly DataType[]): boolean {
  return type!.flags !== undefined || fields.some(({ and, xor }) => and !== 0xffffffff || xor !== 0);
}

function textOf(right: Right, types: readonly DataType[], style: Style, now: number): string {
  if (right.kind === "set") return setText(right.set, style, now);
  const { numeric } = style;
  if (right.kind === "spans")
    return right.spans.map((each, i) => spanText(types[i]!, each, numeric, right.asNetwork)).join(" . ");
  const text = types[0]!.print(right.bits, numeric);
  return right.mask === null ? text : `${text} / ${types[0]!.print(right.mask, numeric)}`;
}

function testOf(
  operator: Operator | null,
  right: Right,
  mask: number | null,
): (values: readonly Datum[], skb: Skb) => boolean {
  const wantsNot = operator === "!=";
  if (right.kind === "set") {
    const { set } = right;
    return (values, { net }) => (set.find(values, net.now) !== undefined) !== wantsNot;
  }
  if (right.kind === "bits") {
    const { bits } = right;
    if (mask !== null) return ([value]) => ((value as number) & mask) === bits;
    if (operator === null) return ([value]) => ((value as number) & bits) !== 0;
    return ([value]) => (value === bits) !== wantsNot;
  }
  const { spans } = right;
  const [{ from, to }] = spans as readonly [Span];
  switch (operator) {
    case "<":
      return ([value]) => value! < from;
    case ">":
      return ([value]) => value! > to;
    case "<=":
      return ([value]) => value! <= to;
    case ">=":
      return ([value]) => value! >= from;
    default:
      if (typeof from === "string" && from.endsWith("*")) {
        const start = from.slice(0, -1);
        return ([value]) => (value as string).startsWith(start) !== wantsNot;
      }
      if (spans.length === 1 && from === to) return ([value]) => (value === from) !== wantsNot;
      if (spans.length === 1) return ([value]) => (from <= value! && value! <= to) !== wantsNot;
      return (values) => spans.every((span, i) => span.from <= values[i]! && values[i]! <= span.to) !== wantsNot;
  }
}

/** `meta l4proto tcp` is not listed where `tcp dport` follows, which says the same. */
function noteProtocol(
  context: Context,
  fields: readonly Field[],
  operator: Operator | null,
  right: Right,
  statement: Statement,
): void {
  const text = fieldsText(fields);
  const isTransport = /^(meta l4proto|ip protocol|ip6 nexthdr)$/.test(text);
  if (!isTransport && text !== "meta nfproto") return;
  const isOne = right.kind === "spans" && right.spans[0]!.from === right.spans[0]!.to && operator !== "!=";
  if (!isOne) {
    if (isTransport && right.kind === "set" && operator !== "!=")
      context.transport ??= [...right.set.elements.values()].map(({ key }) => key[0]!.from as number);
    return;
  }
  const value = right.spans[0]!.from as number;
  const named = { isSaid: false };
  const own = statement.text;
  statement.text = (style) => (named.isSaid ? "" : own(style));
  if (isTransport) {
    context.transport = value;
    context.namedTransport = named;
  } else {
    context.network = value === 2 ? "ip" : "ip6";
    context.namedNetwork = named;
  }
}

function readVmap(reader: Reader, context: Context, fields: readonly Field[]): Statement {
  const first = reader.peek;
  const key = fields.map(({ selector }) => selector.type);
  const map = reader.is("@")
    ? readSetName(reader, context)
    : readAnonymous(reader, { key, value: "verdict" }, context.table, NO_FLAGS);
  if (map.spec.value !== "verdict") throw new Problem("Expression is not a map with verdicts", reader.since(first));
  const read = valuesOf(fields);
  let found: { readonly values: readonly Datum[]; readonly verdict: Verdict } | null = null;
  const { clock } = context;
  const text = (style: Style) => `${fieldsText(fields)} vmap ${setText(map, style, clock.now)}`;
  return {
    text,
    run(skb): Said {
      const values = read(skb);
      const element = values === undefined ? undefined : map.find(values, skb.net.now);
      if (element === undefined) return "break";
      found = { values: values!, verdict: element.value as Verdict };
      return found.verdict;
    },
    miss: (skb) => ({
      field: fieldsText(fields),
      wanted: map.table === null ? "an element of the map" : `an element of @${map.name}`,
      had: fields.some(({ selector }) => selector.text.startsWith("numgen")) ? "none" : valuesText(fields, read(skb)),
    }),
    because: () =>
      `${fieldsText(fields)} is ${valuesText(fields, found!.values)}, for which ${map.table === null ? "the map" : `@${map.name}`} has ${verdictText(found!.verdict)}`,
    sets: [map],
    chains: map.table === null ? chainsOf(map) : [],
    ...(fields.some(({ selector }) => selector.tracks) && { tracks: true as const }),
  };
}

export function chainsOf(map: NftSet): Chain[] {
  if (map.spec.value !== "verdict") return [];
  return [...map.elements.values()].flatMap(({ value }) => (value as Verdict).chain ?? []);
}
