// `--sort-by`: rows or objects by the value of a field.
// Before you edit: staging/src/k8s.io/kubectl/pkg/cmd/get/sorter.go.
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
  return left < right ? -1 : left > right ? 1 : 0;
}
