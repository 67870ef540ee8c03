// Values as rules and sets write them: addresses, networks, ranges, names, several at once, and the elements of a set.
// Before you edit: nftables src/parser_bison.y (rhs_expr, set_elem_expr, map_block), src/evaluate.c.
import { type DataType, type Datum, IPV4, IPV6, prefixSpan, type Span } from "./data.ts";
import { kernelSays, unexpected } from "./problem.ts";
import type { Reader } from "./reader.ts";
import type { Table, Verdict } from "./ruleset.ts";
import { type Element, keyOf, merged, NftSet, overlapping, type SetSpec, type Value } from "./set.ts";

/** One value. Throws Problem. */
export function readDatum(reader: Reader, type: DataType): Datum {
  const token = reader.peek;
  if (token.kind === "sign" || token.kind === "end") throw unexpected(token);
  const value = type.read(token.text);
  if (value === null) {
    const isNumber = token.kind === "number";
    if (isNumber && type.tooLarge !== undefined) throw reader.wrong(type.tooLarge, token);
    if (isNumber) throw reader.wrong(`Value ${token.text} exceeds valid range 0-${2 ** type.bits - 1}`, token);
    if (type === IPV4 || type === IPV6)
      throw reader.wrong("Could not resolve hostname: Name or service not known", token);
    throw reader.wrong(`Could not parse ${DESCRIPTIONS[type.name] ?? type.name}`, token);
  }
  reader.take();
  return value;
}

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  inet_proto: "Internet protocol",
  inet_service: "service",
  ct_state: "conntrack state",
  mark: "packet mark",
};

/** A value, a network or a range. Throws Problem. */
export function readSpan(reader: Reader, type: DataType): Span {
  const first = reader.peek;
  const from = readDatum(reader, type);
  if (reader.accept("/")) {
    const length = reader.number();
    if (length > type.bits)
      throw reader.wrong(`Prefix length ${length} is invalid for type of ${type.bits} bits width`, reader.since(first));
    return prefixSpan(type, from, length);
  }
  if (!reader.accept("-")) return { from, to: from };
  const to = readDatum(reader, type);
  if (to < from) throw reader.wrong("Range has zero or negative size", reader.since(first));
  return { from, to };
}

/** Some flags at once: `established,related`, `(syn | ack)`. */
export function readFlags(reader: Reader, type: DataType): number {
  const isBracketed = reader.accept("(");
  let bits = readDatum(reader, type) as number;
  while (reader.is(isBracketed ? "|" : ",") && reader.ahead(1).kind !== "sign") {
    reader.take();
    bits |= readDatum(reader, type) as number;
  }
  if (isBracketed) reader.expect(")");
  return bits;
}

/** `1.1.1.1 . tcp . 80`, each with its type. */
export function readKey(reader: Reader, types: readonly DataType[]): Span[] {
  return types.map((type, i) => {
    if (i > 0) reader.expect(".");
    return readSpan(reader, type);
  });
}

/** What follows `jump` and `goto` must be there. Throws Problem. */
export function readVerdict(reader: Reader, table: Table): Verdict {
  const kind = reader.oneOf("accept", "drop", "return", "continue", "jump", "goto");
  if (kind !== "jump" && kind !== "goto") return { kind, chain: null };
  const name = reader.name();
  const chain = table.chains.get(name.text);
  if (chain === undefined || chain.base !== null) throw kernelSays(chain === undefined ? "ENOENT" : "EOPNOTSUPP", name);
  return { kind, chain };
}

/** The elements between two braces. Throws Problem. */
export function readElements(reader: Reader, spec: SetSpec, table: Table, now: number): Element[] {
  const found: Element[] = [];
  reader.expect("{");
  reader.skipLines();
  while (!reader.accept("}")) {
    found.push(readElement(reader, spec, table, now));
    reader.skipLines();
    if (!reader.accept(",") && !reader.is("}")) throw unexpected(reader.peek);
    reader.skipLines();
  }
  return found;
}

function readElement(reader: Reader, spec: SetSpec, table: Table, now: number): Element {
  const first = reader.peek;
  const key = readKey(reader, spec.key);
  let counter = spec.isCounted ? { packets: 0, bytes: 0 } : null;
  let timeout: number | null = null;
  let left: number | null = null;
  let comment: string | null = null;
  for (;;)
    if (reader.accept("timeout")) timeout = reader.time();
    else if (reader.accept("expires")) left = reader.time();
    else if (reader.accept("comment")) comment = reader.quoted();
    else if (reader.accept("counter")) counter = readCounter(reader);
    else break;
  if (timeout !== null && !spec.hasTimeout) throw kernelSays("EINVAL", first);
  let value: Value | null = null;
  if (reader.accept(":")) {
    if (spec.value === null) throw reader.wrong("unexpected mapping in a set", reader.since(first));
    value =
      spec.value === "verdict"
        ? readVerdict(reader, table)
        : readKey(reader, spec.value).map((each) => exact(reader, each));
  }
  const life = left ?? timeout ?? spec.timeout;
  return { key, value, comment, timeout, counter, ends: life === null ? null : now + life };
}

/** A range of addresses to choose from is no value of a map here. */
function exact(reader: Reader, { from, to }: Span): Datum {
  if (from !== to) throw reader.refuse(reader.peek, "maps to ranges", "maps to single values");
  return from;
}

/** Behind the word `counter`. */
export function readCounter(reader: Reader): { packets: number; bytes: number } {
  if (!reader.accept("packets")) return { packets: 0, bytes: 0 };
  const packets = reader.number();
  reader.expect("bytes");
  return { packets, bytes: reader.number() };
}

/** A set that belongs to one rule; it has a number of its own, as those with names. */
export function readAnonymous(
  reader: Reader,
  spec: Pick<SetSpec, "key" | "value">,
  table: Table,
  plain: Omit<SetSpec, "key" | "value" | "declared">,
): NftSet {
  const first = reader.peek;
  const draft = { ...plain, ...spec, declared: "" };
  let elements = readElements(reader, draft, table, 0);
  const isInterval = elements.some(({ key }) => key.some(({ from, to }) => from !== to));
  if (isInterval && spec.key.length === 1) {
    if (spec.value === null) elements = merged(elements);
    else if (overlapping(elements) !== undefined)
      throw reader.wrong("conflicting intervals specified", reader.since(first));
  }
  const set = new NftSet(null, "__set", { ...draft, isInterval }, table.nextHandle());
  for (const each of elements) set.elements.set(keyOf(each.key), each);
  return set;
}
