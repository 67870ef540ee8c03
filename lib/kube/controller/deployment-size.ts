// How many pods may there be of the new template and of the old ones? Numbers only; nothing is changed here.
// Before you edit: pkg/controller/deployment/util/deployment_util.go, staging/src/k8s.io/apimachinery/pkg/util/intstr/intstr.go.
import type { Deployment, ReplicaSet } from "../shapes.ts";

export const REVISION = "deployment.kubernetes.io/revision";
export const REVISION_HISTORY = "deployment.kubernetes.io/revision-history";
export const DESIRED = "deployment.kubernetes.io/desired-replicas";
export const MOST = "deployment.kubernetes.io/max-replicas";

/** `25%` of `total`, or the number itself. */
export function scaled(value: number | string, total: number, up: boolean): number {
  if (typeof value === "number") return value;
  const part = (Number.parseInt(value, 10) * total) / 100;
  return up ? Math.ceil(part) : Math.floor(part);
}

export const isRolling = ({ spec }: Deployment): boolean => spec.strategy?.type !== "Recreate";

/** More than `replicas` by so many there may be at once. */
export function maxSurge({ spec: { strategy, replicas } }: Deployment): number {
  return strategy?.rollingUpdate === undefined ? 0 : scaled(strategy.rollingUpdate.maxSurge ?? 0, replicas, true);
}

/** So many of `replicas` may be missing; one at least if there may be none more (ResolveFenceposts). */
export function maxUnavailable(d: Deployment): number {
  const { strategy, replicas } = d.spec;
  if (!isRolling(d) || replicas === 0) return 0;
  const asked = scaled(strategy?.rollingUpdate?.maxUnavailable ?? 0, replicas, false);
  return Math.min(asked === 0 && maxSurge(d) === 0 ? 1 : asked, replicas);
}

export const sizeOf = (sets: readonly ReplicaSet[]): number => sets.reduce((sum, { spec }) => sum + spec.replicas, 0);

/** The sum of a number of the sets' status. */
export function sumOf(
  sets: readonly ReplicaSet[],
  field: "replicas" | "readyReplicas" | "availableReplicas" | "terminatingReplicas",
): number {
  return sets.reduce((sum, { status }) => sum + (status?.[field] ?? 0), 0);
}

export const areActive = (sets: readonly ReplicaSet[]): ReplicaSet[] => sets.filter(({ spec }) => spec.replicas > 0);

/** Older before newer; of the same second by name. */
export function byAge(a: ReplicaSet, b: ReplicaSet): number {
  const [one, other] = [a.metadata, b.metadata];
  if (one.creationTimestamp !== other.creationTimestamp)
    return one.creationTimestamp < other.creationTimestamp ? -1 : 1;
  return one.name < other.name ? -1 : 1;
}

export function revisionOf({ metadata }: { readonly metadata: ReplicaSet["metadata"] }): number {
  return Number(metadata.annotations?.[REVISION] ?? 0);
}

/** The size of the new set that may be asked for now (NewRSNewReplicas). */
export function newSize(d: Deployment, all: readonly ReplicaSet[], set: ReplicaSet): number {
  const { replicas } = d.spec;
  if (!isRolling(d)) return replicas;
  const room = replicas + maxSurge(d) - sizeOf(all);
  return room <= 0 ? set.spec.replicas : set.spec.replicas + Math.min(room, replicas - set.spec.replicas);
}

/** All is there, new and available, and nothing beside it. */
export function isSaturated(d: Deployment, set: ReplicaSet | null): boolean {
  const { replicas } = d.spec;
  if (set === null || Number(set.metadata.annotations?.[DESIRED]) !== replicas) return false;
  return set.spec.replicas === replicas && (set.status?.availableReplicas ?? 0) === replicas;
}

/** The new size of each set when a rollout is scaled while it is under way: each grows or shrinks by its share. */
export function proportions(d: Deployment, active: readonly ReplicaSet[]): Map<ReplicaSet, number> {
  const { replicas } = d.spec;
  const toAdd = (replicas > 0 ? replicas + maxSurge(d) : 0) - sizeOf(active);
  const sign = toAdd > 0 ? -1 : 1;
  const sorted = [...active].sort((a, b) => b.spec.replicas - a.spec.replicas || sign * byAge(a, b));
  const sizes = new Map<ReplicaSet, number>();
  let added = 0;
  for (const set of sorted) {
    const share = toAdd === 0 ? 0 : shareOf(d, set, toAdd, added);
    sizes.set(set, set.spec.replicas + share);
    added += share;
  }
  const [largest] = sorted;
  if (largest !== undefined && toAdd !== 0) sizes.set(largest, Math.max(0, sizes.get(largest)! + toAdd - added));
  return sizes;
}

function shareOf(d: Deployment, { spec, metadata }: ReplicaSet, toAdd: number, added: number): number {
  if (spec.replicas === 0 || toAdd === added) return 0;
  let share = -spec.replicas;
  if (d.spec.replicas !== 0) {
    const before = Number(metadata.annotations?.[MOST] ?? 0) || Number(d.status?.replicas ?? 0);
    if (before === 0) return 0;
    share = Math.round((spec.replicas * (d.spec.replicas + maxSurge(d))) / before) - spec.replicas;
  }
  return toAdd > 0 ? Math.min(share, toAdd - added) : Math.max(share, toAdd - added);
}
