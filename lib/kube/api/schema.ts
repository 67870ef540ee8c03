// Which fields has a kind? Read from the schema that Kubernetes publishes (assets/kubernetes-schema.json).
// Before you edit: staging/src/k8s.io/apimachinery/pkg/runtime/serializer/json/json.go, sigs.k8s.io/json.
import { readFileSync } from "node:fs";
import { type Draft, draftOf, type KubeObject } from "./object.ts";
import { canonicalQuantity, NO_QUANTITY, quantity } from "./quantity.ts";

export interface ListType {
  readonly list: FieldType;
  /** `set` or `map` when clients share the list by its elements (server-side apply). */
  readonly type?: "set" | "map";
  readonly keys?: readonly string[];
  /** What a key is that an element does not say. */
  readonly defaults?: Readonly<Record<string, unknown>>;
  /** The key by which a strategic merge patch knows elements; true for a set of values. */
  readonly merge?: string | true;
}
export interface MapType {
  readonly map: FieldType;
  /** It has one owner as a whole. */
  readonly atomic?: true;
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
  /** Fields that a strategic merge patch replaces whole. */
  readonly replaced?: readonly string[];
  /** It has one owner as a whole. */
  readonly atomic?: true;
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

/** The type of a kind, or "any" when nobody published its fields. */
export const typeOf = ({ group, version, kind }: { group: string; version: string; kind: string }): FieldType =>
  schema().kinds[`${group === "" ? "" : `${group}/`}${version}/${kind}`] ?? "any";

export const definitionOf = (type: FieldType): Definition | null =>
  typeof type === "string" && !SCALARS.has(type) ? schema().definitions[type]! : null;

/** Is there such a kind? Those that are not modelled are not. */
export const isKnown = (apiVersion: string, kind: string): boolean =>
  Object.hasOwn(schema().kinds, `${apiVersion}/${kind}`);

export interface Decoded {
  /** A copy of what was sent, but for what is shared with the object that was known. */
  readonly draft: Draft;
  /** What is said of fields nobody knows, as `unknown field "spec.replica"`: strict, as kubectl asks for it, they are an error. */
  readonly unknown: readonly string[];
}

/**
 * Reads what a client sent as a `kind` of `apiVersion`: nulls go, as Go's zero values do, unknown fields are told.
 * Whole fields that are those of `known`, and parts of its status, were read before, and are not copied: nobody changes
 * them.
 * Throws WrongType, in Go's words.
 */
export function decode(apiVersion: string, kind: string, sent: Draft, known: KubeObject | null = null): Decoded {
  const reader = new Reader(schema().kinds[`${apiVersion}/${kind}`]!);
  return { draft: reader.object(sent, known), unknown: reader.unknown };
}

/** `apps/v1` is version v1 of group apps. */
export const versionOf = (apiVersion: string): string => apiVersion.split("/").at(-1)!;

/** A value of a type that its field has not, as encoding/json says it. */
export class WrongType extends Error {
  /** The same as the converter of merged patches says it (runtime/converter.go). */
  readonly restoring: string;

  constructor(message: string, restoring = message) {
    super(message);
    this.restoring = restoring;
  }
}

/** The complaint about `value`, which a Go type of this kind can't be restored from. */
function restoring(value: unknown, type: FieldType, goName: string): string {
  const isNumber = typeof value === "number";
  const number = Number.isInteger(value) ? "int64" : "float64";
  const found = Array.isArray(value)
    ? "slice"
    : isNumber
      ? number
      : isObject(value)
        ? "map"
        : goType(typeof value, undefined);
  if (typeof type === "object") return `cannot restore ${"list" in type ? "slice" : "map"} from ${found}`;
  if (definitionOf(type) !== null) return `cannot restore struct from: ${found}`;
  return isNumber ? `cannot convert ${number} to ${goName}` : `unrecognized type: ${goName}`;
}

const GO: Readonly<Record<string, string>> = {
  integer: "int64",
  number: "float64",
  boolean: "bool",
  Time: "string",
  MicroTime: "string",
  bytes: "[]uint8",
  IntOrString: "int32",
};

/** `text` is the type that a text has in Go, where it has one of its own. */
function goType(type: FieldType, text: string | undefined): string {
  if (type === "string" && text !== undefined) return `v1.${text}`;
  if (typeof type === "string") return GO[type] ?? (SCALARS.has(type) ? type : `v1.${type}`);
  if ("list" in type) return `[]${goType(type.list, text)}`;
  return type.map === "Quantity" ? "v1.ResourceList" : `map[string]${goType(type.map, text)}`;
}

/** Reads an object of JSON by its type, and knows where it is: paths are put together only for complaints. */
class Reader {
  readonly unknown: string[] = [];
  private readonly type: string;
  /** Fields, keys and indexes on the way to what is read now, and of each field the Go struct it is of. */
  private readonly places: (string | number)[] = [];
  private readonly structs: (string | null)[] = [];

  constructor(type: string) {
    this.type = type;
  }

  object(sent: Draft, known: KubeObject | null): Draft {
    return this.struct(sent, this.type, definitionOf(this.type)!, known as Draft | null);
  }

  /** `struct` is null for a key or an index. */
  private enter(
    place: string | number,
    struct: string | null,
    value: unknown,
    type: FieldType,
    known: unknown = null,
  ): unknown {
    if (value === known && !this.isMetadata(place)) return value;
    this.places.push(place);
    this.structs.push(struct);
    const read = this.read(value, type, known as Draft | null);
    this.places.pop();
    this.structs.pop();
    return read;
  }

  /** Each version has metadata of its own, for it is written there which it is; what is in them may be shared. */
  private isMetadata(place: string | number): boolean {
    return place === "metadata" && this.places.length === 0;
  }

  private read(value: unknown, type: FieldType, known: Draft | null): unknown {
    if (typeof type === "string") {
      const definition = definitionOf(type);
      return definition === null ? this.scalar(value, type) : this.struct(value, type, definition, known);
    }
    if ("list" in type) {
      if (!Array.isArray(value)) return this.mismatch(value, type);
      return value.map((each, i) =>
        each === null ? zero(type.list) : this.enter(i, null, each, type.list, known?.[i] ?? null),
      );
    }
    if (!isObject(value)) return this.mismatch(value, type);
    const copy: Draft = {};
    for (const key in value) {
      const each = value[key];
      if (each === null) copy[key] = zero(type.map);
      else copy[key] = isPlain(each, type.map) ? each : this.enter(key, null, each, type.map);
    }
    return copy;
  }

  private scalar(value: unknown, type: string): unknown {
    if (type === "Quantity") {
      if (!fits(value, type) || quantity(value as string) === null) throw new WrongType(NO_QUANTITY);
      return canonicalQuantity(value as string);
    }
    if (!fits(value, type)) this.mismatch(value, type);
    if (type === "Time" && !/^\d{4}/.test(value as string))
      throw new WrongType(
        `parsing time ${JSON.stringify(value)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(value)} as "2006"`,
      );
    return draftOf(value);
  }

  private struct(value: unknown, type: string, { fields, required }: Definition, known: Draft | null): Draft {
    if (!isObject(value)) return this.mismatch(value, type);
    const copy: Draft = {};
    for (const field in value) {
      const each = value[field];
      if (!Object.hasOwn(fields, field)) this.unknown.push(`unknown field "${this.place([...this.places, field])}"`);
      else if (each !== null) {
        const of = fields[field]!;
        const before = known === null ? null : known[field];
        const isMetadata = this.isMetadata(field);
        const isKnown = each === before && typeof each === "object" && !isMetadata;
        const isShared = isMetadata || field === "status" || this.places.length > 0;
        const read = isKnown || isPlain(each, of) ? each : this.enter(field, type, each, of, isShared ? before : null);
        if (!isEmpty(read, of) || required?.includes(field) || MAY_BE_EMPTY.has(`${type}.${field}`)) copy[field] = read;
      }
    }
    return copy;
  }

  /** As people read it: `spec.containers[0].name`. */
  private place(places: readonly (string | number)[]): string {
    return places.map((each, i) => (typeof each === "number" ? `[${each}]` : i === 0 ? each : `.${each}`)).join("");
  }

  private mismatch(value: unknown, type: FieldType): never {
    const { embedded, texts } = schema();
    const found = Array.isArray(value)
      ? "array"
      : value === null
        ? "null"
        : typeof value === "boolean"
          ? "bool"
          : typeof value;
    // Go's path has no indexes, but the structs within structs.
    const fields = this.places.filter((_, i) => this.structs[i] !== null) as string[];
    const owners = this.structs.filter((struct) => struct !== null);
    const path = fields.map((field, i) => {
      const struct = embedded[owners[i]!]?.[field];
      return struct === undefined ? field : `${struct}.${field}`;
    });
    const owner = owners.at(-1) ?? this.type;
    const at = path.length === 0 ? "" : ` into Go struct field ${owner}.${path.join(".")}`;
    const text = texts[owner]?.[fields.at(-1) ?? ""];
    const name = goType(type, text);
    throw new WrongType(`json: cannot unmarshal ${found}${at} of type ${name}`, restoring(value, type, name));
  }
}

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
  if (typeof type === "string") return false;
  for (const _ in value as object) return false;
  return true;
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
