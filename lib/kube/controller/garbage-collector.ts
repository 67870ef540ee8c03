// The garbage collector: what belongs to something that is gone goes too; before it (foreground), after it (background),
// or it stays alone (orphan).
// Before you edit: pkg/controller/garbagecollector/{garbagecollector,graph_builder}.go.
import type { KubeObject, OwnerReference } from "../api/object.ts";
import { apiVersionOf, type Resource } from "../api/resource.ts";
import { type Client, unlessGone } from "./client.ts";
import type { Informers } from "./informers.ts";
import { WorkQueue } from "./work-queue.ts";

const FOREGROUND = "foregroundDeletion";
const ORPHAN = "orphan";

interface Known {
  readonly resource: Resource;
  readonly object: KubeObject;
}

const has = ({ metadata }: KubeObject, finalizer: string): boolean => metadata.finalizers?.includes(finalizer) ?? false;

/** It goes as soon as those that block it are gone. */
const waits = (object: KubeObject): boolean =>
  object.metadata.deletionTimestamp !== undefined && has(object, FOREGROUND);

export function garbageCollector(informers: Informers, client: Client): void {
  /** The graph: objects by uid, and the uids of what belongs to each. */
  const objects = new Map<string, Known>();
  const dependents = new Map<string, Set<string>>();
  const toDelete = new WorkQueue(client, attempt);
  const toOrphan = new WorkQueue(client, orphan);

  for (const resource of client.server.all)
    if (resource.resource !== "events")
      informers.of(resource.resource).on((now, before) => changed(resource, now, before));

  function changed(resource: Resource, now: KubeObject | null, before: KubeObject | null): void {
    const { uid } = (now ?? before)!.metadata;
    for (const owner of before?.metadata.ownerReferences ?? []) {
      const set = dependents.get(owner.uid);
      set?.delete(uid);
      if (set?.size === 0) dependents.delete(owner.uid);
    }
    for (const owner of now?.metadata.ownerReferences ?? []) {
      const set = dependents.get(owner.uid);
      if (set === undefined) dependents.set(owner.uid, new Set([uid]));
      else set.add(uid);
      // Its owner is not known: it may be gone already, or wait for this one to go.
      const known = objects.get(owner.uid);
      if (before === null && (known === undefined || waits(known.object))) toDelete.add(uid);
    }
    if (now === null) {
      objects.delete(uid);
      for (const each of dependents.get(uid) ?? []) toDelete.add(each);
      // Whoever waited for it may be next.
      for (const { uid: owner } of before!.metadata.ownerReferences ?? []) {
        const known = objects.get(owner);
        if (known !== undefined && waits(known.object)) toDelete.add(owner);
      }
      return;
    }
    objects.set(uid, { resource, object: now });
    if (now.metadata.deletionTimestamp === undefined) return;
    const isNew = (finalizer: string) =>
      has(now, finalizer) &&
      !(before !== null && before.metadata.deletionTimestamp !== undefined && has(before, finalizer));
    if (isNew(ORPHAN)) toOrphan.add(uid);
    if (!isNew(FOREGROUND)) return;
    for (const each of dependents.get(uid) ?? []) toDelete.add(each);
    toDelete.add(uid);
  }

  function attempt(uid: string): void {
    const known = objects.get(uid);
    if (known === undefined) return;
    const { resource, object } = known;
    if (waits(object)) return finish(uid, known);
    if (object.metadata.deletionTimestamp !== undefined) return;
    const owners = object.metadata.ownerReferences ?? [];
    if (owners.length === 0) return;
    const solid: OwnerReference[] = [];
    const waiting: OwnerReference[] = [];
    const dangling: OwnerReference[] = [];
    for (const each of owners) {
      const owner = ownerOf(each, object);
      if (owner === undefined) dangling.push(each);
      else if (waits(owner) && each.blockOwnerDeletion) waiting.push(each);
      else solid.push(each);
    }
    if (solid.length > 0) {
      const gone = [...dangling, ...waiting].map((each) => each.uid);
      if (gone.length > 0) loosen(resource, object, gone);
      return;
    }
    const isForeground = (waiting.length > 0 && dependents.has(uid)) || has(object, FOREGROUND);
    const propagationPolicy = isForeground ? "Foreground" : has(object, ORPHAN) ? "Orphan" : "Background";
    unlessGone(() => client.delete(resource.resource, object, { propagationPolicy, preconditions: { uid } }));
  }

  /** Those that block it go first; when none is left its finalizer goes, and with it the object. */
  function finish(uid: string, { resource, object }: Known): void {
    const blocking = [...(dependents.get(uid) ?? [])].filter((each) =>
      objects.get(each)?.object.metadata.ownerReferences?.some((ref) => ref.uid === uid && ref.blockOwnerDeletion),
    );
    if (blocking.length === 0) return removeFinalizer(resource, object, FOREGROUND);
    for (const each of blocking) if (!waits(objects.get(each)!.object)) toDelete.add(each);
  }

  function orphan(uid: string): void {
    const known = objects.get(uid);
    if (known === undefined) return;
    for (const each of [...(dependents.get(uid) ?? [])]) {
      const dependent = objects.get(each);
      if (dependent !== undefined) loosen(dependent.resource, dependent.object, [uid]);
    }
    removeFinalizer(known.resource, known.object, ORPHAN);
  }

  function loosen(resource: Resource, { metadata }: KubeObject, owners: readonly string[]): void {
    const ownerReferences = owners.map((uid) => ({ $patch: "delete", uid }));
    const patch = { metadata: { uid: metadata.uid, ownerReferences } };
    unlessGone(() => client.patch(resource.resource, { metadata } as KubeObject, patch));
  }

  function removeFinalizer({ resource }: Resource, object: KubeObject, finalizer: string): void {
    const { namespace = null, name } = object.metadata;
    const latest = client.get(resource, namespace, name);
    if (latest === undefined || !has(latest, finalizer)) return;
    const finalizers = latest.metadata.finalizers!.filter((each) => each !== finalizer);
    const { resourceVersion } = latest.metadata;
    const patch = { metadata: { resourceVersion, finalizers } };
    unlessGone(() => client.patch(resource, latest, patch, { type: "application/merge-patch+json" }));
  }

  /** The owner as the graph or, if it has none, as the server knows it. Another of its name is not the owner. */
  function ownerOf({ apiVersion, kind, name, uid }: OwnerReference, { metadata }: KubeObject): KubeObject | undefined {
    const known = objects.get(uid);
    if (known !== undefined) return known.object;
    const resource = client.server.all.find((each) => each.kind === kind && apiVersionOf(each) === apiVersion);
    if (resource === undefined) return undefined;
    const found = client.get(resource.resource, resource.namespaced ? metadata.namespace! : null, name);
    return found?.metadata.uid === uid ? found : undefined;
  }
}
