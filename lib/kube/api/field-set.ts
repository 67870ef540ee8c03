// Sets of fields: what of an object somebody owns, has changed or wants, as server-side apply counts it.
// Before you edit: sigs.k8s.io/structured-merge-diff typed/{tofieldset,compare,merge,remove}.go, fieldpath/{set,serialize}.go.
import { type Draft, sameJson } from "./object.ts";
import { definitionOf, type FieldType, type ListType } from "./schema.ts";

/** A field, whether it is in the set itself, and its fields by their names in FieldsV1: `f:spec`, `k:{"name":"web"}`, `v:"a"`. */
export interface FieldSet {
  readonly own: boolean;
  readonly kids: ReadonlyMap<string, FieldSet>;
}

export const NO_FIELDS: FieldSet = { own: false, kids: new Map() };
const LEAF: FieldSet = { own: true, kids: new Map() };

export const isEmpty = ({ own, kids }: FieldSet): boolean => !own && kids.size === 0;

function setOf(own: boolean, kids: Iterable<readonly [string, FieldSet]>): FieldSet {
  return { own, kids: new Map([...kids].filter(([, each]) => !isEmpty(each))) };
}

function combined(a: FieldSet, b: FieldSet, rule: (inA: boolean, inB: boolean) => boolean): FieldSet {
  const names = new Set([...a.kids.keys(), ...b.kids.keys()]);
  const kid = (name: string) => combined(a.kids.get(name) ?? NO_FIELDS, b.kids.get(name) ?? NO_FIELDS, rule);
  return setOf(
    rule(a.own, b.own),
    [...names].map((name) => [name, kid(name)] as const),
  );
}

export const union = (a: FieldSet, b: FieldSet): FieldSet => combined(a, b, (inA, inB) => inA || inB);
export const difference = (a: FieldSet, b: FieldSet): FieldSet => combined(a, b, (inA, inB) => inA && !inB);
export const intersection = (a: FieldSet, b: FieldSet): FieldSet => combined(a, b, (inA, inB) => inA && inB);

/** Without the fields of these names and all in them. */
export const without = ({ own, kids }: FieldSet, names: readonly string[]): FieldSet =>
  setOf(
    own,
    [...kids].filter(([name]) => !names.includes(name)),
  );

const isObject = (value: unknown): value is Draft =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** How the fields of a value are shared: a struct's, a map's, a list's elements; or it has one owner as a whole. */
type Shape = { readonly of: "struct" | "map"; readonly typeOf: (key: string) => FieldType } | SharedList | null;
interface SharedList {
  readonly of: "list";
  readonly type: ListType;
}

function shapeOf(type: FieldType): Shape {
  const definition = definitionOf(type);
  if (definition !== null)
    return definition.atomic ? null : { of: "struct", typeOf: (key) => definition.fields[key] ?? "any" };
  if (typeof type === "string") return null;
  if ("map" in type) return type.atomic ? null : { of: "map", typeOf: () => type.map };
  return type.type === undefined ? null : { of: "list", type };
}

/** The name of an element in a list that is shared by its elements. */
function nameOf(element: unknown, { type, keys = [], defaults = {} }: ListType): string {
  if (type === "set") return `v:${JSON.stringify(element)}`;
  const said = [...keys].sort().map((key) => [key, (element as Draft)[key] ?? defaults[key]] as const);
  return `k:${JSON.stringify(Object.fromEntries(said.filter(([, value]) => value !== undefined)))}`;
}

/** Names, types and values of what is in a value; nothing in one that has one owner. */
function partsOf(value: unknown, shape: Shape): Map<string, { readonly type: FieldType; readonly value: unknown }> {
  if (shape === null) return new Map();
  if (shape.of === "list")
    return new Map(
      (Array.isArray(value) ? value : []).map((each) => [
        nameOf(each, shape.type),
        { type: shape.type.list, value: each },
      ]),
    );
  const entries = isObject(value) ? Object.entries(value) : [];
  return new Map(entries.map(([key, each]) => [`f:${key}`, { type: shape.typeOf(key), value: each }]));
}

/** What somebody who sends this value wants to own: leaves, elements, and objects that are empty. */
export function fieldsOf(value: unknown, type: FieldType): FieldSet {
  const shape = shapeOf(type);
  if (shape === null) return LEAF;
  const kids = [...partsOf(value, shape)].map(([name, part]) => {
    const set = fieldsOf(part.value, part.type);
    const isMember = shape.of !== "struct" || part.value === null || sameShape(part.value);
    return [name, isMember ? { ...set, own: true } : set] as const;
  });
  return setOf(false, kids);
}

const sameShape = (value: unknown): boolean => isObject(value) && Object.keys(value).length === 0;

export interface Comparison {
  readonly removed: FieldSet;
  /** New, or otherwise than before. */
  readonly changed: FieldSet;
}

const SAME: Comparison = { removed: NO_FIELDS, changed: NO_FIELDS };

/** What is different; undefined is no value at all. */
export function compare(before: unknown, after: unknown, type: FieldType): Comparison {
  if (before === after) return SAME;
  const shape = shapeOf(type);
  const [isNew, isGone] = [before === undefined, after === undefined];
  if (shape === null)
    return isGone ? { ...SAME, removed: LEAF } : sameJson(before, after) && !isNew ? SAME : { ...SAME, changed: LEAF };
  const [a, b] = [partsOf(before, shape), partsOf(after, shape)];
  const parts = [...new Set([...a.keys(), ...b.keys()])].map((name) => {
    const { type: of } = (a.get(name) ?? b.get(name))!;
    return [name, compare(a.get(name)?.value, b.get(name)?.value, of)] as const;
  });
  return {
    removed: setOf(
      isGone,
      parts.map(([name, { removed }]) => [name, removed]),
    ),
    changed: setOf(
      isNew,
      parts.map(([name, { changed }]) => [name, changed]),
    ),
  };
}

/** `live` with all that `config` says; lists that are shared have the order of `config`, and before it what comes before. */
export function merge(live: unknown, config: unknown, type: FieldType): unknown {
  if (live === undefined || live === null) return config;
  const shape = shapeOf(type);
  if (shape?.of === "list") {
    const [a, b] = [partsOf(live, shape), partsOf(config, shape)];
    const [left, right] = [[...a.keys()], [...b.keys()]];
    const names: string[] = [];
    while (left.length > 0 || right.length > 0) {
      const [first] = left;
      if (first !== undefined && (!b.has(first) || names.includes(first) || first === right[0])) {
        if (first === right[0]) right.shift();
        if (!names.includes(first)) names.push(first);
        left.shift();
      } else names.push(right.shift()!);
    }
    return names.map((name) =>
      b.has(name) ? merge(a.get(name)?.value, b.get(name)!.value, shape.type.list) : a.get(name)!.value,
    );
  }
  if (shape === null || !isObject(live) || !isObject(config)) return config;
  const merged: Draft = { ...live };
  for (const [key, value] of Object.entries(config)) merged[key] = merge(live[key], value, shape.typeOf(key));
  return merged;
}

/** A value without the fields `gone`; what is left empty goes too, unless somebody owns it. */
export function pruned(value: unknown, gone: FieldSet, owned: FieldSet, type: FieldType): unknown {
  const shape = shapeOf(type);
  if (shape === null || isEmpty(gone)) return value;
  const kept = [...partsOf(value, shape)].flatMap(([name, part]): (readonly [string, unknown])[] => {
    const [of, by] = [gone.kids.get(name) ?? NO_FIELDS, owned.kids.get(name) ?? NO_FIELDS];
    if (isEmpty(of)) return [[name, part.value]];
    if (isEmpty(by) && of.own) return [];
    const left = pruned(part.value, of, by, part.type);
    const isLeftEmpty = left === undefined || sameShape(left) || (Array.isArray(left) && left.length === 0);
    return isLeftEmpty && isEmpty(by) ? [] : [[name, left]];
  });
  if (shape.of === "list") return kept.map(([, each]) => each);
  return Object.fromEntries(kept.map(([name, each]) => [name.slice(2), each]));
}

/** As `fieldsV1` of managedFields. */
export function toV1({ own, kids }: FieldSet): Draft {
  const inside = [...kids].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, each]) => [name, toV1(each)] as const);
  return inside.length === 0 ? {} : { ...(own && { ".": {} }), ...Object.fromEntries(inside) };
}

export function fromV1(fields: Draft, isRoot = true): FieldSet {
  const names = Object.keys(fields);
  const kids = names.filter((name) => name !== ".").map((name) => [name, fromV1(fields[name], false)] as const);
  return setOf(!isRoot && (names.length === 0 || "." in fields), kids);
}

/** Each field that is in the set itself, as `.spec.containers[name="web"].image`: first those here, then those further in. */
export function paths({ kids }: FieldSet, at = ""): string[] {
  const named = [...kids]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, each]) => [`${at}${pathText(name)}`, each] as const);
  return [
    ...named.filter(([, { own }]) => own).map(([path]) => path),
    ...named.flatMap(([path, each]) => paths(each, path)),
  ];
}

function pathText(name: string): string {
  const rest = name.slice(2);
  if (name.startsWith("f:")) return `.${rest}`;
  if (name.startsWith("v:")) return `[=${rest}]`;
  const keys = Object.entries(JSON.parse(rest) as Draft).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return `[${keys.join(",")}]`;
}

/** What no schema would have: a field nobody knows, a value of another kind, an element twice; null if there is none. */
export function undeclared(value: unknown, type: FieldType, at = ""): string | null {
  const definition = definitionOf(type);
  const isText = type === "string";
  if (isText && typeof value !== "string")
    return `${at}: expected string, got &value.valueUnstructured{Value:${JSON.stringify(value)}}`;
  if (definition !== null && isObject(value))
    for (const key of Object.keys(value))
      if (definition.fields[key] === undefined) return `${at}.${key}: field not declared in schema`;
  const shape = partShape(type);
  if (shape?.of === "list" && Array.isArray(value)) {
    const seen = new Set<string>();
    for (const each of value) {
      const name = nameOf(each, shape.type);
      if (seen.has(name)) return `${at}: duplicate entries for key ${pathText(name)}`;
      seen.add(name);
    }
  }
  for (const [name, part] of partsOf(value, shape)) {
    const mistake = undeclared(part.value, part.type, at + pathText(name));
    if (mistake !== null) return mistake;
  }
  return null;
}

/** As shapeOf, but for what has one owner as a whole too. */
function partShape(type: FieldType): Shape {
  const definition = definitionOf(type);
  if (definition !== null) return { of: "struct", typeOf: (key) => definition.fields[key] ?? "any" };
  return typeof type === "object" && "map" in type ? { of: "map", typeOf: () => type.map } : shapeOf(type);
}
