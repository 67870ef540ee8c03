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
  /** As it was told before, null of an ADDED one: what the watch's own copy has. It is not sent. */
  readonly before: KubeObject | null;
  readonly revision: number;
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

/** One that watches are found by is asked for often, and is not read with all others. */
const fieldOf = (resource: Resource, object: KubeObject, field: string): string | undefined =>
  field === resource.indexed?.field ? resource.indexed.of(object) : fieldsOf(resource, object)[field];

export function isSelected(resource: Resource, { namespace, labels, fields }: Selection, object: KubeObject): boolean {
  if (namespace !== null && resource.namespaced && object.metadata.namespace !== namespace) return false;
  if (labels.length > 0 && !selects(labels, object.metadata.labels)) return false;
  return fields.every(({ field, equal, value }) => (fieldOf(resource, object, field) === value) === equal);
}

/** What the watch is told: an object that leaves the selection is gone for it, one that comes in is new. */
export function eventFor(resource: Resource, selection: Selection, change: Change): WatchEvent | null {
  const was = change.before !== null && isSelected(resource, selection, change.before);
  const is = change.type !== "DELETED" && isSelected(resource, selection, change.object);
  const { revision } = change;
  if (is)
    return { type: was ? "MODIFIED" : "ADDED", object: change.object, before: was ? change.before : null, revision };
  if (!was) return null;
  // What it looked like while it was selected, with the version at which it no longer was.
  const { resourceVersion } = change.object.metadata;
  const object = { ...change.before!, metadata: { ...change.before!.metadata, resourceVersion } };
  return { type: "DELETED", object, before: change.before, revision };
}

/** A watch that is open. */
export interface Watch {
  readonly agent: string;
  readonly resource: Resource;
  readonly selection: Selection;
}

/** Somebody who watches, until the watch is closed. */
export interface Watcher extends Watch {
  readonly listener: (event: WatchEvent) => void;
  isOpen: boolean;
}

/** Who is told what of a change, in this order. */
export interface Told {
  readonly watchers: readonly Watcher[];
  readonly event: WatchEvent;
}

/** All watches of a kind. A change of a pod of one node does not ask the watches of the others. */
export class Watchers {
  private readonly resource: Resource;
  private readonly everything = new Set<Watcher>();
  /** The same as a list that stays as it is; null until asked for. */
  private all: readonly Watcher[] | null = null;
  /** Whether all of them want all of the kind, as components do. */
  private isWhole = false;
  private readonly byValue = new Map<string, Set<Watcher>>();

  constructor(resource: Resource) {
    this.resource = resource;
  }

  /** The watch goes on until the function it returns is called. */
  add(watcher: Watcher): () => void {
    const { indexed } = this.resource;
    const condition = watcher.selection.fields.find(({ field, equal }) => field === indexed?.field && equal);
    const of = condition === undefined ? this.everything : this.watchersOf(condition.value);
    of.add(watcher);
    this.all = null;
    return () => {
      watcher.isOpen = false;
      of.delete(watcher);
      this.all = null;
    };
  }

  *open(): Generator<Watch> {
    yield* this.everything;
    for (const of of this.byValue.values()) yield* of;
  }

  private watchersOf(value: string): Set<Watcher> {
    let of = this.byValue.get(value);
    if (of === undefined) {
      of = new Set();
      this.byValue.set(value, of);
    }
    return of;
  }

  /** Who is told of the change. Those who want all of a kind are told the same event. */
  toldOf(change: Change): Told[] {
    const { resource, byValue } = this;
    const told: Told[] = [];
    const whole = eventFor(resource, WHOLE, change)!;
    const tell = (watcher: Watcher) => {
      const { selection } = watcher;
      const event = isWhole(selection) ? whole : eventFor(resource, selection, change);
      if (event !== null) told.push({ watchers: [watcher], event });
    };
    if (this.all === null) {
      this.all = [...this.everything];
      this.isWhole = this.all.every(({ selection }) => isWhole(selection));
    }
    if (this.isWhole) told.push({ watchers: this.all, event: whole });
    else for (const each of this.all) tell(each);
    const { indexed } = resource;
    if (indexed === undefined || byValue.size === 0) return told;
    const now = indexed.of(change.object);
    const before = change.before === null ? now : indexed.of(change.before);
    for (const value of now === before ? [now] : [before, now]) for (const each of byValue.get(value) ?? []) tell(each);
    return told;
  }
}

const WHOLE: Selection = { namespace: null, labels: [], fields: [] };

const isWhole = ({ namespace, labels, fields }: Selection): boolean =>
  namespace === null && labels.length === 0 && fields.length === 0;
