// Who owns which field: metadata.managedFields, kept of an object from its first server-side apply on.
// Before you edit: staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal/*.go,
// sigs.k8s.io/structured-merge-diff merge/update.go.
import {
  compare,
  difference,
  type FieldSet,
  fieldsOf,
  fromV1,
  intersection,
  isEmpty,
  merge,
  NO_FIELDS,
  paths,
  pruned,
  toV1,
  union,
  without,
} from "./field-set.ts";
import type { Draft, KubeObject } from "./object.ts";
import type { FieldType } from "./schema.ts";
import { ApiError } from "./status.ts";

/** An entry of metadata.managedFields. */
export interface ManagedFields {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly time?: string;
  readonly fieldsType: "FieldsV1";
  readonly fieldsV1: Draft;
  readonly subresource?: string;
}

export type Owners = readonly ManagedFields[];

/** Who writes. */
export interface Manager {
  readonly manager: string;
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string;
}

interface Owner {
  readonly entry: Omit<ManagedFields, "fieldsV1">;
  readonly set: FieldSet;
}

/** Nobody owns these. */
const STRIPPED = fromV1({
  "f:apiVersion": {},
  "f:kind": {},
  "f:metadata": {
    ".": {},
    "f:creationTimestamp": {},
    "f:generation": {},
    "f:managedFields": {},
    "f:name": {},
    "f:namespace": {},
    "f:resourceVersion": {},
    "f:selfLink": {},
    "f:uid": {},
  },
});

/** What an object has before anybody says anything. */
const BARE = { metadata: {}, spec: {}, status: {} };

const stripped = (set: FieldSet): FieldSet => difference(set, STRIPPED);

const ownersOf = (entries: readonly ManagedFields[] = []): Owner[] =>
  entries.map(({ fieldsV1, ...entry }) => ({ entry, set: fromV1(fieldsV1) }));

const isSame = (a: Owner["entry"], b: Owner["entry"]): boolean =>
  a.manager === b.manager &&
  a.operation === b.operation &&
  (a.subresource ?? "") === (b.subresource ?? "") &&
  (a.operation === "Apply" || a.apiVersion === b.apiVersion);

function entriesOf(owners: readonly Owner[]): Owners | undefined {
  const entries = owners
    .filter(({ set }) => !isEmpty(set))
    .map(({ entry, set }) => ({ ...entry, fieldsV1: toV1(set) }));
  const key = ({ operation, time = "", manager, apiVersion, subresource = "" }: ManagedFields) =>
    [operation, time, manager, apiVersion, subresource].join("\0");
  return entries.length === 0 ? undefined : entries.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

const entryOf = (
  { manager, apiVersion, subresource, time }: Manager,
  operation: ManagedFields["operation"],
): Owner["entry"] => ({
  manager,
  operation,
  apiVersion,
  // Who writes a Scale has no time: it is lost where the entry becomes one of the whole object.
  ...(subresource !== "scale" && { time }),
  fieldsType: "FieldsV1",
  ...(subresource !== "" && { subresource }),
});

/** The owners after somebody wrote the object without apply: what changed is that one's alone. */
export function ownersAfter(before: KubeObject, after: KubeObject, type: FieldType, who: Manager): Owners | undefined {
  const known = ownersOf((before.metadata as Draft).managedFields);
  if (known.length === 0 || before === after) return (before.metadata as Draft).managedFields;
  const { removed, changed } = compare(before, after, type);
  const mine = stripped(changed);
  const entry = entryOf(who, "Update");
  const owners = known.map((each) => ({
    ...each,
    set: difference(difference(each.set, removed), isSame(each.entry, entry) ? NO_FIELDS : changed),
  }));
  if (isEmpty(mine)) return entriesOf(owners);
  const earlier = owners.find((each) => isSame(each.entry, entry));
  return entriesOf([
    ...owners.filter((each) => each !== earlier),
    { entry, set: union(earlier?.set ?? NO_FIELDS, mine) },
  ]);
}

export interface Applied {
  readonly object: Draft;
  readonly owners: Owners | undefined;
}

/** Who applied as a client is a manager of what it applied there, too (lastAppliedManager). */
const KUBECTL = "kubectl";

function lastApplied(live: KubeObject | null, type: FieldType): FieldSet {
  const text = live?.metadata.annotations?.["kubectl.kubernetes.io/last-applied-configuration"];
  return text === undefined ? NO_FIELDS : stripped(fieldsOf(JSON.parse(text), type));
}

/** What becomes of an object when somebody applies `config`. Throws ApiError (409) for fields that others own, unless forced. */
export function applied(
  live: KubeObject | null,
  config: Draft,
  type: FieldType,
  who: Manager,
  isForced: boolean,
): Applied {
  const entry = entryOf(who, "Apply");
  let known = ownersOf((live?.metadata as Draft | undefined)?.managedFields);
  if (live !== null && known.length === 0) {
    const set = stripped(compare(BARE, live, type).changed);
    known = [{ entry: entryOf({ ...who, manager: "before-first-apply", subresource: "" }, "Update"), set }];
  }
  const last = known.find((each) => isSame(each.entry, entry));
  const others = known.filter((each) => each !== last);
  const set = without(stripped(fieldsOf(config, type)), who.subresource === "" ? ["f:status"] : ["f:spec"]);
  const owned = others.reduce((all, each) => union(all, each.set), set);
  const merged = live === null ? config : merge(live, config, type);
  const object = (last === undefined ? merged : pruned(merged, difference(last.set, owned), owned, type)) as Draft;
  const { removed, changed } = compare(live ?? BARE, object, type);
  const conflicts = others.map((each) => ({ ...each, conflict: intersection(each.set, changed) }));
  const allowed = who.manager === KUBECTL ? lastApplied(live, type) : NO_FIELDS;
  const those = conflicts
    .map((each) => ({ ...each, conflict: difference(each.conflict, allowed) }))
    .filter(({ conflict }) => !isEmpty(conflict));
  if (!isForced && those.length > 0) throw refusal(those);
  const isChanged = !isEmpty(removed) || !isEmpty(changed);
  const time = isChanged || last?.entry.time === undefined ? who.time : last.entry.time;
  return {
    object,
    owners: entriesOf([
      ...conflicts.map((each) => ({ ...each, set: difference(difference(each.set, each.conflict), removed) })),
      { entry: { ...entry, time }, set },
    ]),
  };
}

function nameOf({ manager, operation, apiVersion, subresource }: Owner["entry"]): string {
  const who = `${JSON.stringify(manager)}${subresource ? ` with subresource ${JSON.stringify(subresource)}` : ""}`;
  return operation === "Update" ? `${who} using ${apiVersion}` : who;
}

function refusal(of: readonly { readonly entry: Owner["entry"]; readonly conflict: FieldSet }[]): ApiError {
  const told = of
    .map(({ entry, conflict }) => ({ name: nameOf(entry), fields: paths(conflict) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const causes = told.flatMap(({ name, fields }) =>
    fields.map((field) => ({ reason: "FieldManagerConflict", message: `conflict with ${name}`, field })),
  );
  const listed = told.flatMap(({ name, fields }) => [`conflicts with ${name}:`, ...fields.map((each) => `- ${each}`)]);
  const message =
    causes.length === 1
      ? `Apply failed with 1 conflict: ${causes[0]!.message}: ${causes[0]!.field}`
      : `Apply failed with ${causes.length} conflicts: ${listed.join("\n")}`;
  return new ApiError("Conflict", message, { causes });
}

/** The object with these owners; `object` itself if they are those of `old`, which it has. */
export function withOwners(object: KubeObject, old: KubeObject, owners: Owners | undefined): KubeObject {
  // Not sameJson: to own nothing in a field is to own the field.
  if (JSON.stringify((old.metadata as Draft).managedFields) === JSON.stringify(owners)) return object;
  const { managedFields: _old, ...metadata } = object.metadata as Draft;
  return { ...object, metadata: { ...metadata, ...(owners && { managedFields: owners }) } as KubeObject["metadata"] };
}
