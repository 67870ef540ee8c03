// What etcd is to the API server: objects by key, one counter of changes, and watches that miss none of them.
// Before you edit: staging/src/k8s.io/apiserver/pkg/storage/etcd3/store.go, .../storage/interfaces.go.
import type { Draft, KubeObject } from "./object.ts";
import { expired } from "./status.ts";

export interface Change {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  /** The resourceVersion the change has. */
  readonly revision: number;
  readonly key: string;
  /** As it is now; of a DELETED one as it was last, with the revision of its end. */
  readonly object: KubeObject;
  /** As it was before; null of an ADDED one. Selectors need it: an object may leave a selection without being deleted. */
  readonly before: KubeObject | null;
}

/** Changes that a watch which comes late can still be told; etcd compacts every five minutes, this by count. */
const HISTORY = 10_000;

type Listener = (change: Change) => void;

interface Collection {
  readonly objects: Map<string, KubeObject>;
  readonly listeners: Set<Listener>;
  /** Keys in order; null after one came or went. */
  sorted: readonly string[] | null;
}

export class Store {
  private readonly collections = new Map<string, Collection>();
  private changes: Change[] = [];
  private counter = 1;
  private compacted = 0;

  /** The resourceVersion of the last change. */
  get revision(): number {
    return this.counter;
  }

  /** The oldest resourceVersion after which nothing is forgotten. */
  get oldest(): number {
    return this.compacted;
  }

  /** The object at `/registry/pods/default/web`, or undefined. */
  get(collection: string, key: string): KubeObject | undefined {
    return this.collections.get(collection)?.objects.get(key);
  }

  /** All of a collection whose key begins with `prefix`, by key, as etcd lists them. */
  list(collection: string, prefix: string): KubeObject[] {
    const of = this.collections.get(collection);
    if (of === undefined) return [];
    of.sorted ??= [...of.objects.keys()].sort();
    const found: KubeObject[] = [];
    for (let i = lowest(of.sorted, prefix); i < of.sorted.length && of.sorted[i]!.startsWith(prefix); i++)
      found.push(of.objects.get(of.sorted[i]!)!);
    return found;
  }

  /** Stores `draft`, which is nobody else's, at `key`, new or changed, and says its resourceVersion to whoever watches. */
  put(collection: string, key: string, draft: Draft): KubeObject {
    const of = this.collection(collection);
    const before = of.objects.get(key) ?? null;
    draft.metadata.resourceVersion = String(++this.counter);
    const stored = draft as KubeObject;
    of.objects.set(key, stored);
    if (before === null) of.sorted = null;
    this.tell(of, {
      type: before === null ? "ADDED" : "MODIFIED",
      revision: this.counter,
      key,
      object: stored,
      before,
    });
    return stored;
  }

  /** `last` is what it was at its end. */
  delete(collection: string, key: string, last: KubeObject): KubeObject {
    const of = this.collection(collection);
    const before = of.objects.get(key)!;
    const object = { ...last, metadata: { ...last.metadata, resourceVersion: String(++this.counter) } };
    of.objects.delete(key);
    of.sorted = null;
    this.tell(of, { type: "DELETED", revision: this.counter, key, object, before });
    return object;
  }

  /**
   * Calls `listener` with every change of the collection after `revision`, those of the past at once, until the
   * function it returns is called. Throws ApiError (410) when some of them are forgotten.
   */
  watch(collection: string, revision: number, listener: Listener): () => void {
    if (revision < this.compacted) throw expired(revision, this.compacted);
    const { listeners } = this.collection(collection);
    const prefix = `${collection}/`;
    let missed = this.changes.length;
    while (missed > 0 && this.changes[missed - 1]!.revision > revision) missed--;
    for (const change of this.changes.slice(missed)) if (change.key.startsWith(prefix)) listener(change);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Forgets all changes up to `revision`: a watch from before it is told 410. */
  compact(revision: number): void {
    this.compacted = Math.max(this.compacted, Math.min(revision, this.counter));
    this.changes = this.changes.filter((change) => change.revision > this.compacted);
  }

  private collection(name: string): Collection {
    let of = this.collections.get(name);
    if (of === undefined) {
      of = { objects: new Map(), listeners: new Set(), sorted: null };
      this.collections.set(name, of);
    }
    return of;
  }

  private tell(of: Collection, change: Change): void {
    this.changes.push(change);
    if (this.changes.length >= 2 * HISTORY) this.compact(this.changes[HISTORY]!.revision);
    for (const listener of [...of.listeners]) listener(change);
  }
}

/** Where in a sorted list the first word that is not before `prefix` stands. */
function lowest(sorted: readonly string[], prefix: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < prefix) low = middle + 1;
    else high = middle;
  }
  return low;
}
