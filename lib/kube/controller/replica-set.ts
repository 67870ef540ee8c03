// The replica set controller: as many pods as the spec says, no fewer and no more.
// Before you edit: pkg/controller/replicaset/{replica_set,replica_set_utils}.go.
import { sameJson } from "../api/object.ts";
import { controllerOf, isActive, isReady, type Pod, type ReplicaSet } from "../shapes.ts";
import type { Client } from "./client.ts";
import { EventRecorder } from "./events.ts";
import { Expectations } from "./expectations.ts";
import { keyOf } from "./informer.ts";
import { type Informers, selectorMatches } from "./informers.ts";
import { claim } from "./owned.ts";
import { availableIn, firstToGo, PodControl } from "./pods.ts";
import { WorkQueue } from "./work-queue.ts";

/** BurstReplicas: as many pods are made or deleted at once. */
const BURST = 500;

export function replicaSetController(informers: Informers, client: Client): void {
  const recorder = new EventRecorder(client, "replicaset-controller");
  const control = new PodControl(client, recorder);
  const expectations = new Expectations(client.clock);
  const sets = informers.of<ReplicaSet>("replicasets");
  const queue = new WorkQueue(client, sync);

  sets.on((now, before) => {
    if (now === null) expectations.forget(keyOf(before!));
    queue.add(keyOf((now ?? before)!));
  });
  informers.of<Pod>("pods").on((now, before) => {
    const pod = (now ?? before)!;
    const mine = setOf(pod);
    const was = before === null ? null : setOf(before);
    if (was !== null && was !== mine) queue.add(was);
    if (mine === null) {
      if (now !== null) for (const set of orphanOf(pod)) queue.add(set);
      return;
    }
    if (now === null || now.metadata.deletionTimestamp !== undefined) expectations.deleted(mine, keyOf(pod));
    else if (before === null) expectations.created(mine);
    queue.add(mine);
    // Ready now, available later: somebody must look then (MinReadySeconds).
    const { spec: { minReadySeconds = 0 } = {} } = sets.get(mine) ?? {};
    if (minReadySeconds > 0 && now !== null && isReady(now) && (before === null || !isReady(before)))
      queue.addAfter(mine, minReadySeconds * 1e9);
  });

  /** The key of the set that controls the pod, if that is the one it names. */
  function setOf(pod: Pod): string | null {
    const owner = controllerOf(pod);
    if (owner?.kind !== "ReplicaSet") return null;
    const key = `${pod.metadata.namespace}/${owner.name}`;
    return sets.get(key)?.metadata.uid === owner.uid ? key : null;
  }

  function* orphanOf({ metadata }: Pod): Generator<string> {
    if (metadata.ownerReferences?.some((each) => each.controller) || metadata.labels === undefined) return;
    for (const set of sets.objects.values())
      if (set.metadata.namespace === metadata.namespace && selectorMatches(set.spec.selector, metadata.labels))
        yield keyOf(set);
  }

  function sync(key: string): void {
    const set = sets.get(key);
    if (set === undefined) return;
    const fulfilled = expectations.areFulfilled(key);
    const pods = claim(client, "pods", informers.podsByController, set);
    const active = pods.filter(isActive);
    let failure: unknown = null;
    if (fulfilled && set.metadata.deletionTimestamp === undefined) failure = manage(key, set, active);
    setStatus(set, active, pods);
    if (failure !== null) throw failure;
  }

  /** Makes or deletes pods; what the API server refused first, if it did. */
  function manage(key: string, set: ReplicaSet, active: readonly Pod[]): unknown {
    const missing = Math.min(set.spec.replicas - active.length, BURST);
    if (missing > 0) return grow(key, set, missing);
    if (missing === 0) return null;
    const going = firstToGo(active, related(set), Math.min(-missing, BURST), client.clock.time);
    expectations.expect(key, 0, going.map(keyOf));
    for (const pod of going)
      try {
        control.delete(set, pod);
      } catch (refused) {
        expectations.deleted(key, keyOf(pod));
        return refused;
      }
    return null;
  }

  /** One pod, then two, four, ...: if one is refused, the rest would be too (slowStartBatch). Here it ends with the first. */
  function grow(key: string, set: ReplicaSet, missing: number): unknown {
    expectations.expect(key, missing);
    for (let made = 0; made < missing; made++)
      try {
        control.create(set, set.spec.template);
      } catch (refused) {
        for (; made < missing; made++) expectations.created(key);
        return refused;
      }
    return null;
  }

  /** Pods of all sets with the same owner: a node that has many of them loses one first (getIndirectlyRelatedPods). */
  function* related(set: ReplicaSet): Generator<Pod> {
    const owner = controllerOf(set);
    const all = owner === undefined ? [set] : informers.replicaSetsByController.of(owner.uid);
    for (const each of all)
      for (const pod of informers.podsByController.of(each.metadata.uid)) if (isActive(pod)) yield pod;
  }

  function setStatus(set: ReplicaSet, active: readonly Pod[], all: readonly Pod[]): void {
    const { minReadySeconds = 0, template } = set.spec;
    const { time } = client.clock;
    const labels = template.metadata?.labels ?? {};
    const count = (of: (pod: Pod) => boolean) => active.filter(of).length;
    const status = {
      ...set.status,
      replicas: active.length,
      fullyLabeledReplicas: count((pod) => selectorMatches({ matchLabels: labels }, pod.metadata.labels ?? {})),
      readyReplicas: count(isReady),
      availableReplicas: count((pod) => availableIn(pod, minReadySeconds, time) === 0),
      terminatingReplicas: all.filter(isTerminating).length,
      observedGeneration: set.metadata.generation ?? 0,
    };
    if (sameJson(withoutZeros(status), withoutZeros(set.status ?? {}))) return;
    client.update("replicasets", { ...set, status: withoutZeros(status) } as ReplicaSet, "status");
  }
}

/** Asked to end, and not yet ended (IsPodTerminating). */
const isTerminating = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp !== undefined && status?.phase !== "Succeeded" && status?.phase !== "Failed";

/** As Go leaves them out (omitempty), except those that are pointers or always said. */
function withoutZeros(status: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const always = new Set(["replicas", "terminatingReplicas"]);
  return Object.fromEntries(Object.entries(status).filter(([name, value]) => value !== 0 || always.has(name)));
}
