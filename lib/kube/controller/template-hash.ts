// The hash of a pod template in the names of replica sets. It is taken of the template as Go prints it, with every field
// of every type in its order, said or not: assets/pod-template-types.json lists them (test/kube/oracle/hash writes it).
// Before you edit: pkg/controller/controller_utils.go (ComputeHash), k8s.io/utils/dump, github.com/davecgh/go-spew format.go,
// staging/src/k8s.io/apimachinery/pkg/util/rand/rand.go (SafeEncodeString), .../pkg/api/resource/quantity.go.
import { readFileSync } from "node:fs";
import type { PodTemplate } from "../shapes.ts";

/** A struct's fields with their names in Go and in JSON (none if they stand among those of the outer one), or what a type is underneath. */
type GoTypes = Readonly<Record<string, string | readonly (readonly [name: string, json: string, type: string])[]>>;

let read: GoTypes | null = null;
const goTypes = (): GoTypes => {
  read ??= JSON.parse(readFileSync(new URL("../../../../assets/pod-template-types.json", import.meta.url), "utf8"));
  return read!;
};

const LETTERS = "bcdfghjklmnpqrstvwxz2456789";

/** `6d4cf56db6`: FNV-1a of 32 bits, its decimal digits as letters that make no words. */
export function computeHash(template: PodTemplate, collisions?: number): string {
  let hash = 0x811c9dc5;
  const add = (octets: Iterable<number>) => {
    for (const octet of octets) hash = Math.imul(hash ^ octet, 0x01000193);
  };
  add(new TextEncoder().encode(goText("v1.PodTemplateSpec", template)));
  if (collisions !== undefined)
    add([0, 8, 16, 24, 32, 32, 32, 32].map((by) => (by < 32 ? (collisions >>> by) & 255 : 0)));
  return [...String(hash >>> 0)].map((digit) => LETTERS[digit.charCodeAt(0) % LETTERS.length]).join("");
}

/** A value with its type before it, as spew's `%#v` has it; what stands in a list or a map has none. */
export function goText(type: string, value: unknown): string {
  return `(${type})${plain(type, value)}`;
}

const ZEROS: Readonly<Record<string, string>> = { string: "", bool: "false" };

/** Types whose JSON does not look like their fields. */
const SPECIAL: Readonly<Record<string, (value: unknown) => string>> = {
  "v1.Time": () => "{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}",
  "intstr.IntOrString": (value = 0) =>
    typeof value === "string"
      ? `{Type:(intstr.Type)1 IntVal:(int32)0 StrVal:(string)${value}}`
      : `{Type:(intstr.Type)0 IntVal:(int32)${value} StrVal:(string)}`,
  "resource.Quantity": (value) => quantity(String(value ?? "0")),
};

function plain(type: string, value: unknown): string {
  if (type.startsWith("*")) return value === undefined || value === null ? "<nil>" : plain(type.slice(1), value);
  const special = SPECIAL[type];
  if (special !== undefined) return special(value);
  if (type.startsWith("[]")) return list(value as unknown[] | undefined, type.slice(2));
  if (type === "v1.ResourceList") return map(value as object | undefined, "resource.Quantity");
  if (type.startsWith("map[")) return map(value as object | undefined, type.slice(type.indexOf("]") + 1));
  const of = goTypes()[type] ?? type;
  if (typeof of === "string") return String(value ?? ZEROS[of] ?? 0);
  const object = (value ?? {}) as Readonly<Record<string, unknown>>;
  const fields = of.map(([name, json, each]) => `${name}:${goText(each, json === "" ? object : object[json])}`);
  return `{${fields.join(" ")}}`;
}

function list(values: readonly unknown[] | undefined, type: string): string {
  return values === undefined || values.length === 0
    ? "<nil>"
    : `[${values.map((each) => plain(type, each)).join(" ")}]`;
}

function map(values: object | undefined, type: string): string {
  const entries = Object.entries(values ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0
    ? "<nil>"
    : `map[${entries.map(([key, value]) => `${key}:${plain(type, value)}`).join(" ")}]`;
}

const DECIMAL = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
const BINARY = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/** A quantity in its canonical form. */
function quantity(text: string): string {
  const [, digits = "0", suffix = ""] = /^([+-]?\d+)([A-Za-z]*)$/.exec(text) ?? [];
  const of = (value: bigint, scale: number, written: string, format: string) =>
    `{i:(resource.int64Amount){value:(int64)${value} scale:(resource.Scale)${scale}} d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string)${written} Format:(resource.Format)${format}}`;
  // The parser keeps the text when it is surely canonical; of binary ones it looks at three bits only.
  const kept = (Number(digits) & 7) !== 0 ? text : "";
  if (suffix.endsWith("i")) return of(BigInt(digits) << BigInt(10 * BINARY.indexOf(suffix)), 0, kept, "BinarySI");
  return of(BigInt(digits), 3 * (DECIMAL.indexOf(suffix) - 3), text, "DecimalSI");
}
