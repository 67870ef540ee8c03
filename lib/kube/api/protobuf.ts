// Go's own octets, which some commands of a real kubectl send instead of JSON: read by the numbers of their fields
// (assets/kubernetes-protobuf.json).
// Before you edit: staging/src/k8s.io/apimachinery/pkg/runtime/serializer/protobuf/protobuf.go, protobuf.dev/programming-guides/encoding.
import { readFileSync } from "node:fs";
import type { Draft } from "./object.ts";

/** By number: the field, its type, whether it is one, a list, a map or inline, and whether zero means that there is none. */
type Message = Readonly<Record<string, readonly [field: string, type: string, how: How, omitted?: string]>>;
type How = "one" | "list" | "map" | "inline";

let messages: Readonly<Record<string, Message>> | null = null;

const messageOf = (name: string): Message | undefined => {
  const url = new URL("../../../../assets/kubernetes-protobuf.json", import.meta.url);
  messages ??= JSON.parse(readFileSync(url, "utf8")) as Readonly<Record<string, Message>>;
  return Object.hasOwn(messages, name) ? messages[name] : undefined;
};

const MAGIC = "k8s\0";
const UNKNOWN: Message = { 1: ["typeMeta", "TypeMeta", "one"], 2: ["raw", "bytes", "one"] };
const TYPE_META: Message = { 1: ["apiVersion", "string", "one"], 2: ["kind", "string", "one"] };

/** The object, as it would be in JSON. Throws RangeError for octets that end too early, Error for a kind that is not known. */
export function readProtobuf(octets: Buffer): Draft {
  if (octets.toString("latin1", 0, MAGIC.length) !== MAGIC) throw new RangeError("not Kubernetes' protobuf");
  const { typeMeta, raw } = readMessage(octets.subarray(MAGIC.length), UNKNOWN);
  const { apiVersion = "", kind = "" } = (typeMeta ?? {}) as Draft;
  const message = messageOf(kind);
  if (message === undefined) throw new Error(`no kind "${kind}" is known`);
  return { apiVersion, kind, ...readMessage(Buffer.from(raw ?? "", "base64"), message) };
}

const [VARINT, FIXED64, DELIMITED, FIXED32] = [0, 1, 2, 5];

/** Where it reads in which octets. */
interface Cursor {
  readonly octets: Buffer;
  at: number;
}

function varint(cursor: Cursor): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const octet = cursor.octets.readUInt8(cursor.at++);
    value |= BigInt(octet & 0x7f) << shift;
    if (octet < 0x80) break;
  }
  return BigInt.asIntN(64, value);
}

/** A value as its wire type says: a number, or octets. */
function wireValue(cursor: Cursor, wire: number): number | Buffer {
  const { octets } = cursor;
  switch (wire) {
    case VARINT:
      return Number(varint(cursor));
    case FIXED64:
      cursor.at += 8;
      return octets.readDoubleLE(cursor.at - 8);
    case FIXED32:
      cursor.at += 4;
      return octets.readFloatLE(cursor.at - 4);
    case DELIMITED: {
      const length = Number(varint(cursor));
      if (length < 0 || cursor.at + length > octets.length) throw new RangeError("protobuf ends too early");
      cursor.at += length;
      return octets.subarray(cursor.at - length, cursor.at);
    }
    default:
      throw new RangeError(`no wire type of protobuf: ${wire}`);
  }
}

/** Calls `each` with the number and the value of every field, in order. */
function eachField(octets: Buffer, each: (number: number, value: number | Buffer) => void): void {
  const cursor = { octets, at: 0 };
  while (cursor.at < octets.length) {
    const key = Number(varint(cursor));
    each(key >> 3, wireValue(cursor, key & 7));
  }
}

function readMessage(octets: Buffer, message: Message): Draft {
  const draft: Draft = {};
  eachField(octets, (number, value) => {
    const known = message[number];
    if (known === undefined) return;
    const [field, type, how, omitted] = known;
    if (how === "inline") Object.assign(draft, read(type, value));
    else if (how === "list") {
      draft[field] ??= [];
      draft[field].push(read(type, value));
    } else if (how === "map") {
      draft[field] ??= {};
      const [key, of] = entryOf(value as Buffer, type);
      draft[field][key] = of;
    } else {
      const of = read(type, value);
      if (of !== null && !(omitted && (of === "" || of === 0 || of === false))) draft[field] = of;
    }
  });
  return draft;
}

function entryOf(octets: Buffer, type: string): [string, unknown] {
  let key = "";
  let of: unknown = type === "string" || type === "bytes" ? "" : read(type, Buffer.alloc(0));
  eachField(octets, (number, value) => {
    if (number === 1) key = `${value}`;
    else of = read(type, value);
  });
  return [key, of];
}

function read(type: string, value: number | Buffer): unknown {
  if (typeof value === "number") return type === "bool" ? value !== 0 : value;
  if (type === "string") return value.toString("utf8");
  if (type === "bytes") return value.toString("base64");
  const numbers = (): Record<number, number | Buffer> => {
    const found: Record<number, number | Buffer> = {};
    eachField(value, (number, of) => {
      found[number] = of;
    });
    return found;
  };
  switch (type) {
    case "Quantity":
      return `${numbers()[1] ?? "0"}`;
    case "IntOrString": {
      const { 1: isText = 0, 2: number = 0, 3: text = "" } = numbers();
      return isText === 0 ? number : `${text}`;
    }
    case "Time":
    case "MicroTime": {
      const { 1: seconds, 2: nanoseconds = 0 } = numbers() as Record<number, number>;
      // The zero time is no time at all.
      if (seconds === undefined) return null;
      const time = new Date(seconds * 1000).toISOString().slice(0, 19);
      return type === "Time" ? `${time}Z` : `${time}.${`${Math.floor(nanoseconds / 1000)}`.padStart(6, "0")}Z`;
    }
    case "FieldsV1":
    case "RawExtension":
      return JSON.parse(`${numbers()[1] ?? "null"}`) as unknown;
    case "TypeMeta":
      return readMessage(value, TYPE_META);
    default:
      return readMessage(value, messageOf(type) ?? {});
  }
}
