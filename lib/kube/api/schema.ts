// Which fields has a kind? Read from the schema that Kubernetes publishes (assets/kubernetes-schema.json).
// Before you edit: staging/src/k8s.io/apimachinery/pkg/runtime/serializer/json/json.go, sigs.k8s.io/json.
import { readFileSync } from "node:fs";
import type { Draft, KubeObject } from "./object.ts";
import { canonicalQuantity, NO_QUANTITY, quantity } from "./quantity.ts";
import { badRequest } from "./status.ts";

export interface ListType {
  readonly list: FieldType;
  /** `set` or `map` when clients share the list by its elements (server-side apply). */
  readonly type?: "set" | "map";
  readonly keys?: readonly string[];
  /** The key by which a strategic merge patch knows elements; true for a set of values. */
  readonly merge?: string | true;
}
export interface MapType {
  readonly map: FieldType;
}
/** The name of a definition, or one of these words. */
export type FieldType = string | ListType | MapType;

const SCALARS = new Set([
  "string",
  "integer",
  "int32",
  "number",
  "boolean",
  "Quantity",
  "IntOrString",
  "Time",
  "MicroTime",
  "bytes",
  "any",
]);

export interface Definition {
  readonly fields: Readonly<Record<string, FieldType>>;
  readonly required?: readonly string[];
}

interface Published {
  /** The release it is of. */
  readonly version: string;
  /** `apps/v1/Deployment` to the name of its definition. */
  readonly kinds: Readonly<Record<string, string>>;
  readonly definitions: Readonly<Record<string, Definition>>;
  /** What Go's complaints name: the type of a text, by struct and field, and the struct within a struct it is in. */
  readonly texts: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly embedded: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

let published: Published | null = null;

/** The schema; read when first asked for, for most labs have no API server. */
export function schema(): Published {
  published ??= JSON.parse(
    readFileSync(new URL("../../../../assets/kubernetes-schema.json", import.meta.url), "utf8"),
  ) as Published;
  return published;
}

export const definitionOf = (type: FieldType): Definition | null =>
  typeof type === "string" && !SCALARS.has(type) ? schema().definitions[type]! : null;

/** Is there such a kind? Those that are not modelled are not. */
export const isKnown = (apiVersion: string, kind: string): boolean =>
  Object.hasOwn(schema().kinds, `${apiVersion}/${kind}`);

/** Strict as kubectl asks for it: a field nobody knows is an error, not lost. */
export interface Decoded {
  /** What is said of fields nobody knows, as `unknown field "spec.replica"`. */
  readonly unknown: readonly string[];
}

/**
 * Reads what a client sent as a `kind` of `apiVersion`: nulls go, as Go's zero values do, unknown fields are told.
 * Fields that are those of `known` were read before. Throws ApiError (400) for a value of a wrong type, in Go's words.
 */
export function decode(apiVersion: string, kind: string, draft: Draft, known: KubeObject | null = null): Decoded {
  const unknown: string[] = [];
  const name = schema().kinds[`${apiVersion}/${kind}`]!;
  try {
    read(draft, name, name, "", "", unknown, known);
  } catch (failure) {
    if (!(failure instanceof WrongType)) throw failure;
    throw badRequest(
      `${kind} in version "${versionOf(apiVersion)}" cannot be handled as a ${kind}: ${failure.message}`,
    );
  }
  return { unknown };
}

/** `apps/v1` is version v1 of group apps. */
export const versionOf = (apiVersion: string): string => apiVersion.split("/").at(-1)!;

class WrongType extends Error {}

const GO: Readonly<Record<string, string>> = {
  integer: "int64",
  number: "float64",
  boolean: "bool",
  Time: "string",
  MicroTime: "string",
  bytes: "[]uint8",
  IntOrString: "int32",
};

/** The path of a field as Go tells it. */
function fieldPath(type: string, inside: string, field: string): string {
  const struct = schema().embedded[type]?.[field];
  const name = struct === undefined ? field : `${struct}.${field}`;
  return inside === "" ? name : `${inside}.${name}`;
}

/** `text` is the type that a text has in Go, where it has one of its own. */
function goType(type: FieldType, text: string | undefined): string {
  if (type === "string" && text !== undefined) return `v1.${text}`;
  if (typeof type === "string") return GO[type] ?? (SCALARS.has(type) ? type : `v1.${type}`);
  if ("list" in type) return `[]${goType(type.list, text)}`;
  return type.map === "Quantity" ? "v1.ResourceList" : `map[string]${goType(type.map, text)}`;
}

/** `owner` is the Go struct whose field it is, `inside` the path within the kind, `at` with indexes, for people. */
function read(
  value: unknown,
  type: FieldType,
  owner: string,
  inside: string,
  at: string,
  unknown: string[],
  known: Draft | null = null,
): void {
  const mismatch = (): never => {
    const found = Array.isArray(value)
      ? "array"
      : value === null
        ? "null"
        : typeof value === "boolean"
          ? "bool"
          : typeof value;
    const place = inside === "" ? "" : ` into Go struct field ${owner}.${inside}`;
    const text = schema().texts[owner]?.[inside.split(".").at(-1)!];
    throw new WrongType(`json: cannot unmarshal ${found}${place} of type ${goType(type, text)}`);
  };
  if (typeof type !== "string") {
    if ("list" in type) {
      if (!Array.isArray(value)) return mismatch();
      for (const [i, each] of value.entries()) {
        if (each === null) value[i] = zero(type.list);
        else read(each, type.list, owner, inside, `${at}[${i}]`, unknown);
      }
      return;
    }
    if (!isObject(value)) return mismatch();
    for (const key in value) {
      const each = value[key];
      if (each === null) {
        value[key] = zero(type.map);
        continue;
      }
      read(each, type.map, owner, inside, `${at}.${key}`, unknown);
      if (type.map === "Quantity") value[key] = canonicalQuantity(each as string);
    }
    return;
  }
  const definition = definitionOf(type);
  if (definition === null) {
    if (type === "Quantity" && (!fits(value, type) || quantity(value as string) === null))
      throw new WrongType(NO_QUANTITY);
    if (!fits(value, type)) mismatch();
    if (type === "Time" && !/^\d{4}/.test(value as string))
      throw new WrongType(
        `parsing time ${JSON.stringify(value)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(value)} as "2006"`,
      );
    return;
  }
  if (!isObject(value)) return mismatch();
  const { fields, required } = definition;
  for (const field in value) {
    const each = value[field];
    if (known !== null && isObject(each) && each === known[field]) continue;
    if (!Object.hasOwn(fields, field)) {
      unknown.push(`unknown field "${placeOf(at, field)}"`);
      delete value[field];
    } else if (each === null) delete value[field];
    else {
      const of = fields[field]!;
      if (!isPlain(each, of)) read(each, of, type, fieldPath(type, inside, field), placeOf(at, field), unknown);
      if (of === "Quantity") value[field] = canonicalQuantity(each as string);
      else if (isEmpty(each, of) && !required?.includes(field) && !MAY_BE_EMPTY.has(`${type}.${field}`))
        delete value[field];
    }
  }
}

const placeOf = (at: string, field: string): string => (at === "" ? field : `${at}.${field}`);

/** Whether there is nothing to read in it: most values are a text, a number or a boolean, and are one. */
const isPlain = (value: unknown, type: FieldType): boolean =>
  (type === "string" || type === "boolean" || type === "integer" || type === "int32") && fits(value, type);

/** What Go makes of a null within a list or a map. */
function zero(type: FieldType): unknown {
  if (typeof type !== "string" || type === "any") return null;
  if (type === "boolean") return false;
  if (type === "integer" || type === "int32" || type === "number" || type === "IntOrString") return 0;
  return definitionOf(type) === null ? (type === "Quantity" ? "0" : "") : {};
}

/** Texts that Go keeps by pointer: none is not the same as an empty one. */
const MAY_BE_EMPTY = new Set([
  "Endpoint.hostname",
  "Endpoint.nodeName",
  "Endpoint.zone",
  "IngressSpec.ingressClassName",
  "LeaseSpec.holderIdentity",
  "ServicePort.appProtocol",
]);

/** What Go's omitempty leaves out: no text, a list or map of nothing. A struct that is there stays, empty or not. */
function isEmpty(value: unknown, type: FieldType): boolean {
  if (value === "") return type === "string";
  return typeof type !== "string" && Object.keys(value as object).length === 0;
}

const isObject = (value: unknown): value is Draft =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function fits(value: unknown, type: string): boolean {
  switch (type) {
    case "any":
      return true;
    case "boolean":
      return typeof value === "boolean";
    case "integer":
    case "int32":
      return Number.isInteger(value);
    case "number":
      return typeof value === "number";
    case "Quantity":
      return typeof value === "string" || typeof value === "number";
    case "IntOrString":
      return typeof value === "string" || Number.isInteger(value);
    default:
      return typeof value === "string";
  }
}
