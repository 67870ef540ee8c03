// What becomes of an object that somebody deletes: it is gone, or it waits for who holds it, and for its grace period.
// Before you edit: staging/src/k8s.io/apiserver/pkg/registry/rest/delete.go, .../registry/generic/registry/store.go (Delete),
// pkg/registry/core/namespace/storage/storage.go.
import type { DeleteOptions } from "./call.ts";
import type { KubeObject } from "./object.ts";
import type { Resource } from "./resource.ts";
import { conflict } from "./status.ts";
import type { Propagation } from "./write.ts";

export interface Ended {
  /** As it waits, or as it was last. */
  readonly object: KubeObject;
  /** Nothing holds it: it goes now. */
  readonly isOver: boolean;
}

/** `now` in milliseconds since 1970. Throws ApiError (409). */
export function ended(resource: Resource, old: KubeObject, options: DeleteOptions, now: number): Ended {
  const { strategy } = resource;
  mustBeMeant(resource, old, options.preconditions);
  const finalizers = finalizersAtEnd(old, options.propagationPolicy);
  const isHeld = finalizers.length > 0;
  const { deletionTimestamp, deletionGracePeriodSeconds: given, generation = 0 } = old.metadata;
  const timeIn = (seconds: number) => `${new Date(now + seconds * 1000).toISOString().slice(0, 19)}Z`;
  const held = strategy.held?.(old);
  if (held) {
    const end = { deletionTimestamp: deletionTimestamp ?? timeIn(0), ...(isHeld && { finalizers }) };
    return { object: { ...(held as KubeObject), metadata: { ...old.metadata, ...end } }, isOver: false };
  }
  const isGoing = deletionTimestamp !== undefined && given !== undefined;
  const asked = strategy.grace?.(old, options.gracePeriodSeconds ?? null) ?? 0;
  // Asked again, it may only have less time.
  const grace = isGoing ? Math.min(asked, given) : asked;
  if (grace === 0 && !isHeld && !resource.answersDeleted) return { object: old, isOver: true };
  const metadata = {
    ...old.metadata,
    ...(isHeld && { finalizers }),
    deletionTimestamp: isGoing && grace === given ? deletionTimestamp : timeIn(grace),
    deletionGracePeriodSeconds: grace,
    ...(resource.hasGeneration && deletionTimestamp === undefined && { generation: generation + 1 }),
  };
  const going = { ...old, metadata };
  if (grace > 0 || isHeld) return { object: going, isOver: false };
  return { object: strategy.grace === undefined ? old : going, isOver: true };
}

/** Who deletes may say which object, and which version of it, is meant. Throws ApiError (409). */
export function mustBeMeant(
  { group, kind }: Resource,
  { metadata }: KubeObject,
  { uid, resourceVersion }: NonNullable<DeleteOptions["preconditions"]> = {},
): void {
  const byKind = { group, resource: kind };
  if (uid !== undefined && uid !== metadata.uid)
    throw conflict(
      byKind,
      metadata.name,
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    );
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion)
    throw conflict(
      byKind,
      metadata.name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    );
}

/** Finalizers of an object that is asked to go: whether its dependants go first, or stay (deletionFinalizersForGarbageCollection). */
function finalizersAtEnd({ metadata }: KubeObject, policy: Propagation | undefined): readonly string[] {
  const { finalizers = [] } = metadata;
  if (policy === undefined) return finalizers;
  const others = finalizers.filter((each) => each !== "orphan" && each !== "foregroundDeletion");
  if (policy === "Background") return others;
  return [...others, policy === "Orphan" ? "orphan" : "foregroundDeletion"];
}
