// A change told as what differs: JSON patch, JSON merge patch and Kubernetes' own strategic merge patch.
// Before you edit: RFC 6902, RFC 7386, staging/src/k8s.io/apimachinery/pkg/util/strategicpatch/patch.go.
import { type Draft, draftOf, sameJson } from "./object.ts";
import { definitionOf, type FieldType, type ListType, type WrongType } from "./schema.ts";
import { type ApiError, badRequest, invalid, rejected } from "./status.ts";

export const PATCH_TYPES = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
] as const;
/** Server-side apply. */
export const APPLY_PATCH = "application/apply-patch+yaml";
export type PatchType = (typeof PATCH_TYPES)[number];

const isObject = (value: unknown): value is Draft =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A value with the change that a patch of this type says. Throws ApiError. */
export function patchedBy(value: unknown, patch: unknown, type: PatchType, of: FieldType): unknown {
  if (type === "application/json-patch+json") return jsonPatch(value, patch);
  if (type === "application/merge-patch+json") return mergePatch(value, patch);
  return strategicPatch(value, patch, of);
}

/** The refusal (422) of a patch that gives a field a value of a wrong type (patch.go: patchMechanism.applyPatchToCurrentObject). */
export function notPatched(patch: unknown, patched: unknown, type: PatchType, wrong: WrongType): ApiError {
  const isMerged = type === "application/strategic-merge-patch+json";
  const value = isMerged ? goMap(patch) : JSON.stringify(patched);
  const says = `Invalid value: ${JSON.stringify(value)}: ${isMerged ? wrong.restoring : wrong.message}`;
  return invalid("", "", "", [{ field: "patch", reason: "FieldValueInvalid", says }]);
}

/** RFC 7386: objects are merged, null deletes, everything else replaces. */
export function mergePatch(value: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return draftOf(patch);
  const merged: Draft = isObject(value) ? { ...value } : {};
  for (const [key, each] of Object.entries(patch)) {
    if (each === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], each);
  }
  return merged;
}

/**
 * What comes out is the very value that was there where the patch changes nothing of it, so that an object's versions
 * share what they have in common. As RFC 7386, but lists that the schema of `type` says so are merged by key, and directives (`$patch`,
 * `$deleteFromPrimitiveList/…`, `$setElementOrder/…`, `$retainKeys`) are obeyed.
 */
export function strategicPatch(value: unknown, patch: unknown, type: FieldType): unknown {
  if (!isObject(patch)) return draftOf(patch);
  if (patch.$patch === "replace") return without(draftOf(patch), ["$patch"]);
  if (patch.$patch === "delete") return {};
  const retained = patch.$retainKeys as readonly string[] | undefined;
  const { fields = null, replaced = [] } = definitionOf(type) ?? {};
  const old: Draft = isObject(value) ? value : {};
  /** A copy of what was there, once something of it changes. */
  let merged: Draft | null = old === value && retained === undefined ? null : { ...old };
  if (retained !== undefined) for (const key in old) if (!retained.includes(key)) delete merged![key];
  for (const key in patch) {
    if (key.startsWith("$")) continue;
    const each = patch[key];
    const of = fields?.[key] ?? (typeof type === "object" && "map" in type ? type.map : "any");
    const before = (merged ?? old)[key];
    if (each === null) {
      if (before === undefined) continue;
      merged ??= { ...old };
      delete merged[key];
      continue;
    }
    const after =
      Array.isArray(each) && typeof of === "object" && "list" in of && of.merge !== undefined
        ? mergeLists(before ?? [], each, of)
        : Array.isArray(each) || replaced.includes(key)
          ? draftOf(each)
          : strategicPatch(before, each, of);
    if (after === before) continue;
    merged ??= { ...old };
    merged[key] = after;
  }
  for (const directive in patch) {
    if (!directive.startsWith("$")) continue;
    merged ??= { ...old };
    const values = patch[directive];
    const [, verb, key] = /^\$(deleteFromPrimitiveList|setElementOrder)\/(.*)$/.exec(directive) ?? [];
    if (key === undefined || !Array.isArray(merged[key])) continue;
    if (verb === "deleteFromPrimitiveList")
      merged[key] = (merged[key] as unknown[]).filter((each) => !(values as unknown[]).includes(each));
    else {
      const before = isObject(value) && Array.isArray(value[key]) ? value[key] : [];
      merged[key] = inOrder(merged[key], values as unknown[], before, (fields?.[key] as ListType | undefined)?.merge);
    }
  }
  return merged ?? value;
}

function mergeLists(
  list: readonly unknown[],
  patch: readonly unknown[],
  { merge, list: of }: ListType,
): readonly unknown[] {
  if (merge === true || merge === undefined) {
    const added = patch.filter((each) => !list.includes(each));
    return inOrder([...list, ...added], patch, list, true);
  }
  if (patch.some((each) => isObject(each) && each.$patch === "replace"))
    return patch.filter((each) => !(isObject(each) && each.$patch === "replace")).map(draftOf);
  let merged = [...list];
  for (const each of patch) {
    if (!isObject(each))
      throw badRequest(`unable to find api field in struct for the json field of ${JSON.stringify(each)}`);
    const key = each[merge];
    if (key === undefined) throw badRequest(`map: ${goMap(each)} does not contain declared merge key: ${merge}`);
    const at = merged.findIndex((other) => (other as Draft)[merge] === key);
    if (each.$patch === "delete") merged = merged.filter((_, i) => i !== at);
    else if (at === -1) merged.push(strategicPatch({}, each, of));
    else merged[at] = strategicPatch(merged[at], each, of);
  }
  const changes = (patch as Draft[]).filter((each) => each.$patch !== "delete");
  const ordered = inOrder(merged, changes, list, merge);
  return ordered.length === list.length && ordered.every((each, i) => each === list[i]) ? list : ordered;
}

/** `map[name:web ports:[…]]`, as Go prints a map. */
function goMap(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goMap).join(" ")}]`;
  if (!isObject(value)) return value === null ? "<nil>" : String(value);
  const keys = Object.keys(value).sort();
  return `map[${keys.map((key) => `${key}:${goMap(value[key])}`).join(" ")}]`;
}

/**
 * Those the order names come in its order. One of the others comes before the next of them only if it did so `before`
 * (normalizeElementOrder): what the patch brings new comes first.
 */
function inOrder(
  list: readonly unknown[],
  order: readonly unknown[],
  before: readonly unknown[],
  merge: string | true | undefined,
): unknown[] {
  const keyOf = (each: unknown) => (typeof merge === "string" && isObject(each) ? each[merge] : each);
  const keys = order.map(keyOf);
  if (keys.length === list.length && keys.every((key, i) => key === keyOf(list[i]))) return [...list];
  const places = before.map(keyOf);
  const named = list
    .filter((each) => keys.includes(keyOf(each)))
    .sort((a, b) => keys.indexOf(keyOf(a)) - keys.indexOf(keyOf(b)));
  const result: unknown[] = [];
  let next = 0;
  for (const other of list.filter((each) => !keys.includes(keyOf(each)))) {
    const place = places.indexOf(keyOf(other));
    const comesFirst = (each: unknown) => place !== -1 && place < places.indexOf(keyOf(each));
    while (next < named.length && !comesFirst(named[next])) result.push(named[next++]);
    result.push(other);
  }
  return [...result, ...named.slice(next)];
}

function without(value: Draft, keys: readonly string[]): Draft {
  for (const key of keys) delete value[key];
  return value;
}

/** RFC 6902. Throws ApiError when a path is not there or a test fails. */
export function jsonPatch(value: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) {
    const found = isObject(patch) ? "object" : typeof patch;
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${found} into Go value of type []handlers.jsonPatchOp`,
    );
  }
  let result = draftOf(value);
  for (const step of patch as Draft[]) result = jsonPatchStep(result, step);
  return result;
}

function jsonPatchStep(root: unknown, { op, path, from, value }: Draft): unknown {
  const holder = { root } as Draft;
  const find = (pointer: string): { parent: Draft; key: string } => {
    const keys = [
      "root",
      ...pointer
        .split("/")
        .slice(1)
        .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~")),
    ];
    let parent = holder;
    for (const key of keys.slice(0, -1)) {
      parent = parent[key];
      if (typeof parent !== "object" || parent === null) throw rejected();
    }
    return { parent, key: keys.at(-1)! };
  };
  const take = (pointer: string): unknown => {
    const { parent, key } = find(pointer);
    if (!Object.hasOwn(parent, key)) throw rejected();
    const taken = parent[key];
    if (op !== "copy" && op !== "test") {
      if (Array.isArray(parent)) parent.splice(Number(key), 1);
      else delete parent[key];
    }
    return taken;
  };
  const put = (pointer: string, each: unknown) => {
    const { parent, key } = find(pointer);
    if (Array.isArray(parent)) parent.splice(key === "-" ? parent.length : Number(key), 0, each);
    else parent[key] = each;
  };
  if (op === "test") {
    if (!sameJson(take(path), value)) throw rejected();
  } else if (op === "remove") take(path);
  else if (op === "add") put(path, draftOf(value));
  else if (op === "replace") {
    take(path);
    put(path, draftOf(value));
  } else if (op === "move" || op === "copy") put(path, draftOf(take(from)));
  else throw rejected();
  return holder.root;
}
