// Declarations: what stands between the braces of a chain or a set.
// Before you edit: nftables src/parser_bison.y (hook_spec, set_block, map_block), src/rule.c (std_prio_lookup).
import type { HookName } from "../skb.ts";
import { contextOf } from "./context.ts";
import { type DataType, TYPES } from "./data.ts";
import { PRIORITIES } from "./list.ts";
import { readSelector } from "./operand.ts";
import { Problem, unexpected } from "./problem.ts";
import type { Reader } from "./reader.ts";
import type { Base, Chain, ChainType, Table } from "./ruleset.ts";
import { NO_FLAGS, type SetSpec } from "./set.ts";

const HOOKS = ["prerouting", "input", "forward", "output", "postrouting"];

/** `type filter hook input priority 0;`, and whether the kernel has such chains. Throws Problem. */
export function readBase(reader: Reader): { readonly base: Base; readonly isPossible: boolean } {
  reader.expect("type");
  const kind = reader.name();
  if (!["filter", "nat", "route"].includes(kind.text)) throw new Problem("unknown chain type", kind);
  reader.expect("hook");
  const named = reader.name();
  if (named.text === "ingress" || named.text === "egress")
    throw reader.refuse(named, `the hook ${named.text}`, HOOKS.join(", "));
  if (!HOOKS.includes(named.text)) throw new Problem("unknown chain hook", named);
  const hook = named.text.toUpperCase() as HookName;
  if (reader.is("device")) throw reader.refuse(reader.peek, "devices of chains", HOOKS.join(", "));
  const at = reader.expect("priority");
  const priority = readPriority(reader, hook);
  if (priority === null) throw new Problem("invalid priority expression value in this context.", reader.since(at));
  const type = kind.text as ChainType;
  const isPossible = type === "filter" || (type === "nat" ? hook !== "FORWARD" && priority > -200 : hook === "OUTPUT");
  return { base: { type, hook, priority }, isPossible };
}

function readPriority(reader: Reader, hook: HookName): number | null {
  const isNegative = reader.accept("-");
  if (reader.peek.kind === "number") return reader.number() * (isNegative ? -1 : 1);
  const name = reader.name();
  const found = PRIORITIES.find(([each, , only]) => each === name.text && (only === null || only === hook));
  const sign = reader.accept("-") ? -1 : reader.accept("+") ? 1 : 0;
  const priority = (found?.[1] ?? 0) + (sign === 0 ? 0 : sign * reader.number());
  return found === undefined ? null : priority;
}

export function readPolicy(reader: Reader): Chain["policy"] {
  reader.expect("policy");
  return reader.oneOf("accept", "drop");
}

/** What a set's block says, without elements, at which reading stops. Throws Problem. */
export function readSetSpec(reader: Reader, table: Table, isMap: boolean, elements: () => void): SetSpec {
  let types: Pick<SetSpec, "key" | "value" | "declared"> | null = null;
  const found: { -readonly [Key in keyof SetSpec]?: SetSpec[Key] } = {};
  reader.skipEnds();
  while (!reader.accept("}")) {
    const token = reader.peek;
    if (reader.is("type") || reader.is("typeof")) types = readTypes(reader, table, isMap);
    else if (reader.accept("flags")) readFlags(reader, found);
    else if (reader.accept("timeout")) [found.timeout, found.hasTimeout] = [reader.time(), true];
    else if (reader.accept("gc-interval")) found.collection = reader.time();
    else if (reader.accept("size")) found.size = reader.number();
    else if (reader.accept("auto-merge")) found.merges = true;
    else if (reader.accept("counter")) found.isCounted = true;
    else if (reader.accept("comment")) found.comment = reader.quoted();
    else if (reader.accept("policy")) found.savesMemory = reader.oneOf("memory", "performance") === "memory";
    else if (reader.accept("elements")) {
      reader.expect("=");
      elements();
      reader.skipStatement();
    } else throw unexpected(token);
    if (!reader.isEndOfStatement) throw unexpected(reader.peek);
    reader.skipEnds();
  }
  if (types === null)
    throw new Problem(`${isMap ? "map" : "set"} definition does not specify key`, reader.since(reader.peek));
  // What rules fill is given an end.
  if (found.isDynamic === true && found.size === undefined) found.size = 65535;
  return { ...NO_FLAGS, ...found, ...types };
}

function readFlags(reader: Reader, found: { -readonly [Key in keyof SetSpec]?: SetSpec[Key] }): void {
  do {
    const flag = reader.oneOf("constant", "interval", "timeout", "dynamic");
    if (flag === "constant") found.isConstant = true;
    else if (flag === "interval") found.isInterval = true;
    else if (flag === "timeout") found.hasTimeout = true;
    else found.isDynamic = true;
  } while (reader.accept(","));
}

function readTypes(reader: Reader, table: Table, isMap: boolean): Pick<SetSpec, "key" | "value" | "declared"> {
  const word = reader.take().text;
  const one = (): { type: DataType; text: string } => {
    if (word === "typeof") {
      const { type, text } = readSelector(reader, contextOf(table, { now: 0 }));
      return { type, text };
    }
    const name = reader.name();
    const type = TYPES.get(name.text);
    if (type === undefined) throw reader.refuse(name, `the type ${name.text}`, [...TYPES.keys()].join(", "));
    return { type, text: type.name };
  };
  const several = () => {
    const all = [one()];
    while (reader.accept(".")) all.push(one());
    return { types: all.map(({ type }) => type), text: all.map(({ text }) => text).join(" . ") };
  };
  const key = several();
  if (!isMap) return { key: key.types, value: null, declared: `${word} ${key.text}` };
  reader.expect(":");
  if (reader.accept("verdict")) return { key: key.types, value: "verdict", declared: `${word} ${key.text} : verdict` };
  const value = several();
  return { key: key.types, value: value.types, declared: `${word} ${key.text} : ${value.text}` };
}
