// The shape every object of the API has, and the names by which it is told.
// Before you edit: staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/types.go.

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

export interface ObjectMeta {
  readonly name: string;
  readonly generateName?: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
}

/** An object as the API server keeps it. Nobody changes one: a change is a new object with a new resourceVersion. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [field: string]: Json };

/** An object of JSON that is being put together; it becomes a KubeObject when it is stored. */
// biome-ignore lint/suspicious/noExplicitAny: what a client sends has any shape until the schema has read it.
export type Draft = Record<string, any>;

/** A copy that can be changed. JSON only: no cycles, no classes. */
export function draftOf<Value>(value: Value): Value {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(draftOf) as Value;
  const copy: Draft = { ...value };
  for (const key in copy) if (typeof copy[key] === "object") copy[key] = draftOf(copy[key]);
  return copy as Value;
}

/** Equal as JSON; the order of keys does not matter (apiequality.Semantic.DeepEqual: absent and empty are not told apart). */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (isEmpty(a) && isEmpty(b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b))
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((each, i) => sameJson(each, b[i]));
  for (const key in a) if (!sameJson((a as Draft)[key], (b as Draft)[key])) return false;
  for (const key in b) if (!(key in a) && !isEmpty((b as Draft)[key])) return false;
  return true;
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value !== "object") return false;
  for (const _ in value) return false;
  return true;
}
