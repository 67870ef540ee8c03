// `--sort-by`: rows or objects by the value of a field.
// Before you edit: staging/src/k8s.io/kubectl/pkg/cmd/get/sorter.go, github.com/fvbommel/sortorder natsort.go.
import { quantity } from "../api/quantity.ts";
import { Failure } from "./failure.ts";
import { parseTemplate, relaxed, valuesOf } from "./jsonpath.ts";

/** The items in order of what `field` names in `objectOf` each. Throws Failure when none has it. */
export function sortedBy<Item>(items: readonly Item[], field: string, objectOf: (item: Item) => unknown): Item[] {
  const path = relaxed(field);
  const template = parseTemplate(path);
  const keyed = items.map((item) => ({ item, value: valuesOf(template, objectOf(item))[0] }));
  if (items.length > 0 && keyed.every(({ value }) => value === undefined))
    throw new Failure(`couldn't find any field with path ${JSON.stringify(path)} in the list of objects`);
  return keyed.sort((a, b) => compare(a.value, b.value)).map(({ item }) => item);
}

function compare(a: unknown, b: unknown): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  if (typeof a === "number" && typeof b === "number") return a - b;
  const [left, right] = [String(a), String(b)];
  const [x, y] = [quantity(left), quantity(right)];
  if (x !== null && y !== null) return Number(x) - Number(y);
  return naturally(left, right);
}

/** Runs of digits by what they count. */
function naturally(a: string, b: string): number {
  const parts = (text: string): string[] => text.match(/\d+|\D+/g) ?? [];
  const [x, y] = [parts(a), parts(b)];
  for (let i = 0; i < x.length && i < y.length; i++) {
    if (x[i] === y[i]) continue;
    const areNumbers = /^\d/.test(x[i]!) && /^\d/.test(y[i]!);
    if (areNumbers && Number(x[i]) !== Number(y[i])) return Number(x[i]) - Number(y[i]);
    return x[i]! < y[i]! ? -1 : 1;
  }
  return x.length - y.length;
}
