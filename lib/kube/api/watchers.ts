// Who is told of a change? Watches of one collection, each with its selection.
// Before you edit: staging/src/k8s.io/apiserver/pkg/storage/cacher/{cacher,cache_watcher}.go.
import type { ListOptions } from "./call.ts";
import type { KubeObject } from "./object.ts";
import { fieldsOf, type Resource } from "./resource.ts";
import { type FieldCondition, parseFieldSelector, parseSelector, type Selector, selects } from "./selector.ts";
import { badRequest } from "./status.ts";
import type { Change } from "./store.ts";

export interface Selection {
  /** Null is every namespace. */
  readonly namespace: string | null;
  readonly labels: Selector;
  readonly fields: readonly FieldCondition[];
}

export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: KubeObject;
}

/** Throws ApiError for a field that this kind can't be selected by. */
function checkFields(resource: Resource, fields: readonly FieldCondition[]): void {
  const empty = { metadata: { name: "" }, spec: {}, status: {} } as unknown as KubeObject;
  const known = fieldsOf(resource, empty);
  for (const { field } of fields)
    if (!Object.hasOwn(known, field))
      throw badRequest(
        resource.strategy.fields === undefined
          ? `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`
          : `field label not supported: ${field}`,
      );
}

/** Throws ApiError for a text that is no selector. */
export function selectionOf(
  resource: Resource,
  { namespace = null, labelSelector = "", fieldSelector = "" }: ListOptions,
): Selection {
  const fields = parseFieldSelector(fieldSelector);
  checkFields(resource, fields);
  return { namespace, labels: parseSelector(labelSelector), fields };
}

export function isSelected(resource: Resource, { namespace, labels, fields }: Selection, object: KubeObject): boolean {
  if (namespace !== null && resource.namespaced && object.metadata.namespace !== namespace) return false;
  if (labels.length > 0 && !selects(labels, object.metadata.labels)) return false;
  if (fields.length === 0) return true;
  const values = fieldsOf(resource, object);
  return fields.every(({ field, equal, value }) => (values[field] === value) === equal);
}

/** What the watch is told: an object that leaves the selection is gone for it, one that comes in is new. */
export function eventFor(resource: Resource, selection: Selection, change: Change): WatchEvent | null {
  const was = change.before !== null && isSelected(resource, selection, change.before);
  const is = change.type !== "DELETED" && isSelected(resource, selection, change.object);
  if (is) return { type: was ? "MODIFIED" : "ADDED", object: change.object };
  if (!was) return null;
  // What it looked like while it was selected, with the version at which it no longer was.
  const { resourceVersion } = change.object.metadata;
  return { type: "DELETED", object: { ...change.before!, metadata: { ...change.before!.metadata, resourceVersion } } };
}

/** A watch that is open. */
export interface Watch {
  readonly agent: string;
  readonly resource: Resource;
  readonly selection: Selection;
}

interface Watcher {
  readonly agent: string;
  readonly selection: Selection;
  readonly tell: (event: WatchEvent, revision: number) => void;
}

/** All watches of a kind. A change of a pod of one node does not ask the watches of the others. */
export class Watchers {
  private readonly resource: Resource;
  private readonly everything = new Set<Watcher>();
  private readonly byValue = new Map<string, Set<Watcher>>();

  constructor(resource: Resource) {
    this.resource = resource;
  }

  add(agent: string, selection: Selection, tell: Watcher["tell"]): () => void {
    const watcher = { agent, selection, tell };
    const { indexed } = this.resource;
    const condition = selection.fields.find(({ field, equal }) => field === indexed && equal);
    if (condition === undefined) {
      this.everything.add(watcher);
      return () => this.everything.delete(watcher);
    }
    let of = this.byValue.get(condition.value);
    if (of === undefined) {
      of = new Set();
      this.byValue.set(condition.value, of);
    }
    of.add(watcher);
    return () => of.delete(watcher);
  }

  *open(): Generator<Watch> {
    for (const set of [this.everything, ...this.byValue.values()])
      for (const { agent, selection } of set) yield { agent, resource: this.resource, selection };
  }

  dispatch(change: Change): void {
    for (const each of [...this.everything]) this.tell(each, change);
    const { indexed } = this.resource;
    if (indexed === undefined || this.byValue.size === 0) return;
    const now = fieldsOf(this.resource, change.object)[indexed]!;
    const before = change.before === null ? now : fieldsOf(this.resource, change.before)[indexed]!;
    for (const value of now === before ? [now] : [before, now])
      for (const each of [...(this.byValue.get(value) ?? [])]) this.tell(each, change);
  }

  private tell({ selection, tell }: Watcher, change: Change): void {
    const event = eventFor(this.resource, selection, change);
    if (event !== null) tell(event, change.revision);
  }
}
