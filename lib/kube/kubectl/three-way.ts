// What `apply` sends: the strategic merge patch from the object as it is to the file, less what an older file said.
// Before you edit: staging/src/k8s.io/apimachinery/pkg/util/strategicpatch/patch.go (CreateThreeWayMergePatch).
import { type Draft, sameJson } from "../api/object.ts";
import { definitionOf, type FieldType, type ListType } from "../api/schema.ts";

const isMap = (value: unknown): value is Draft => typeof value === "object" && value !== null && !Array.isArray(value);

const isEmpty = (patch: Draft): boolean => Object.keys(patch).length === 0;

/** `original` is what was applied last, `modified` the file, `current` the object; `type` its definition's name. */
export function threeWay(original: Draft, modified: Draft, current: Draft, type: FieldType): Draft {
  return joined(deletions(original, modified, type), changes(current, modified, type), type);
}

const fieldType = (type: FieldType, key: string): FieldType =>
  definitionOf(type)?.fields[key] ?? (typeof type === "object" && "map" in type ? type.map : "any");

const isReplaced = (type: FieldType, key: string): boolean => definitionOf(type)?.replaced?.includes(key) ?? false;

const isKeyed = (type: FieldType): type is ListType & { merge: string } =>
  typeof type === "object" && "list" in type && typeof type.merge === "string";

const isSet = (type: FieldType): boolean => typeof type === "object" && "list" in type && type.merge === true;

/** What the file has that the object has not, or has otherwise. */
function changes(current: Draft, modified: Draft, type: FieldType): Draft {
  const patch: Draft = {};
  for (const [key, wanted] of Object.entries(modified)) {
    const of = fieldType(type, key);
    const is = current[key];
    if (is === undefined || is === null) {
      if (wanted !== null) patch[key] = wanted;
    } else if (isMap(wanted) && isMap(is) && !isReplaced(type, key)) {
      const inner = changes(is, wanted, of);
      // One kind of strategy has no use for the fields of another.
      const replaced = of === "DeploymentStrategy" && is.type !== wanted.type;
      if (replaced) patch[key] = { ...inner, $retainKeys: Object.keys(wanted).sort() };
      else if (!isEmpty(inner)) patch[key] = inner;
    } else if (Array.isArray(wanted) && Array.isArray(is) && isKeyed(of)) keyed(patch, key, is, wanted, of);
    else if (Array.isArray(wanted) && Array.isArray(is) && isSet(of)) {
      const added = wanted.filter((each) => !is.includes(each));
      if (added.length > 0) {
        patch[key] = added;
        patch[`$setElementOrder/${key}`] = wanted;
      }
    } else if (!sameJson(wanted, is) || typeof wanted !== typeof is) patch[key] = wanted;
  }
  return patch;
}

function keyed(
  patch: Draft,
  key: string,
  is: readonly Draft[],
  wanted: readonly Draft[],
  { merge, list }: ListType & { merge: string },
): void {
  const pieces: Draft[] = [];
  for (const each of wanted) {
    const same = is.find((other) => other[merge] === each[merge]);
    const inner = same === undefined ? each : changes(same, each, list);
    if (!isEmpty(inner)) pieces.push({ ...inner, [merge]: each[merge] });
  }
  const order = wanted.map((each) => ({ [merge]: each[merge] }));
  const kept = is.filter((each) => wanted.some((other) => other[merge] === each[merge])).map((each) => each[merge]);
  const isReordered = !sameJson(
    kept,
    order.map((each) => each[merge]).filter((each) => kept.includes(each)),
  );
  if (pieces.length === 0 && !isReordered) return;
  if (pieces.length > 0) patch[key] = pieces;
  patch[`$setElementOrder/${key}`] = order;
}

/** What the older file had and this one has no more. */
function deletions(original: Draft, modified: Draft, type: FieldType): Draft {
  const patch: Draft = {};
  for (const [key, was] of Object.entries(original)) {
    const of = fieldType(type, key);
    const now = modified[key];
    if (now === undefined) patch[key] = null;
    else if (isReplaced(type, key)) continue;
    else if (isMap(was) && isMap(now)) {
      const inner = deletions(was, now, of);
      if (!isEmpty(inner)) patch[key] = inner;
    } else if (Array.isArray(was) && Array.isArray(now) && isKeyed(of)) {
      const { merge, list } = of;
      const pieces = (was as Draft[]).flatMap((each) => {
        const same = (now as Draft[]).find((other) => other[merge] === each[merge]);
        if (same === undefined) return [{ $patch: "delete", [merge]: each[merge] }];
        const inner = deletions(each, same, list);
        return isEmpty(inner) ? [] : [{ ...inner, [merge]: each[merge] }];
      });
      if (pieces.length > 0) {
        patch[key] = pieces;
        patch[`$setElementOrder/${key}`] = (now as Draft[]).map((each) => ({ [merge]: each[merge] }));
      }
    } else if (Array.isArray(was) && Array.isArray(now) && isSet(of)) {
      const gone = was.filter((each) => !now.includes(each));
      if (gone.length > 0) patch[`$deleteFromPrimitiveList/${key}`] = gone;
    }
  }
  return patch;
}

/** Two patches as one; the second wins. */
function joined(first: Draft, second: Draft, type: FieldType): Draft {
  const patch: Draft = { ...first };
  for (const [key, each] of Object.entries(second)) {
    const of = fieldType(type, key);
    const before = patch[key];
    if (isMap(each) && isMap(before)) patch[key] = joined(before, each, of);
    else if (Array.isArray(each) && Array.isArray(before) && isKeyed(of)) {
      const { merge, list } = of;
      const rest = (each as Draft[]).filter((one) => !(before as Draft[]).some((other) => other[merge] === one[merge]));
      const both = (before as Draft[]).map((one) => {
        const same = (each as Draft[]).find((other) => other[merge] === one[merge]);
        return same === undefined ? one : joined(one, same, list);
      });
      patch[key] = [...both, ...rest];
    } else patch[key] = each;
  }
  return patch;
}
