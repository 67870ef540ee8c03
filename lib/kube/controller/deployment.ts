// The deployment controller: a replica set for each pod template there ever was; the newest grows while the others shrink.
// Before you edit: pkg/controller/deployment/{deployment_controller,sync,rolling,recreate}.go.
import { SECOND } from "../../trace/world.ts";
import { conditionOf, controllerOf, type Deployment, type Pod, type ReplicaSet } from "../shapes.ts";
import type { Client } from "./client.ts";
import {
  areActive,
  byAge,
  DESIRED,
  isRolling,
  isSaturated,
  maxUnavailable,
  proportions,
  revisionOf,
  sizeOf,
  sumOf,
} from "./deployment-size.ts";
import { hasDeadline, isComplete, progressOf, secondsLeft, statusOf, withProgress } from "./deployment-status.ts";
import { DeploymentWriter, newSizeOf } from "./deployment-writer.ts";
import { EventRecorder } from "./events.ts";
import { keyOf } from "./informer.ts";
import { type Informers, selectorMatches } from "./informers.ts";
import { claim } from "./owned.ts";
import { WorkQueue } from "./work-queue.ts";

export function deploymentController(informers: Informers, client: Client): void {
  const recorder = new EventRecorder(client, "deployment-controller");
  const deployments = informers.of<Deployment>("deployments");
  const queue = new WorkQueue(client, (key) => {
    const deployment = deployments.get(key);
    if (deployment !== undefined) new Sync(informers, client, recorder, queue, deployment).run();
  });
  deployments.on((now, before) => queue.add(keyOf((now ?? before)!)));
  informers.of<ReplicaSet>("replicasets").on((now, before) => {
    const set = (now ?? before)!;
    const owner = controllerOf(set);
    if (owner !== undefined) {
      const key = `${set.metadata.namespace}/${owner.name}`;
      if (deployments.get(key)?.metadata.uid === owner.uid) queue.add(key);
    } else if (now !== null)
      for (const each of deployments.objects.values())
        if (
          each.metadata.namespace === set.metadata.namespace &&
          selectorMatches(each.spec.selector, set.metadata.labels ?? {})
        )
          queue.add(keyOf(each));
  });
  // With Recreate, the new pods wait until the last old one is gone.
  informers.of<Pod>("pods").on((now, before) => {
    if (now !== null) return;
    const set = controllerOf(before!);
    if (set?.kind !== "ReplicaSet") return;
    const owner = informers.of<ReplicaSet>("replicasets").get(`${before!.metadata.namespace}/${set.name}`);
    const ref = owner && controllerOf(owner);
    const key = `${before!.metadata.namespace}/${ref?.name}`;
    const deployment = deployments.get(key);
    if (deployment !== undefined && !isRolling(deployment)) queue.add(key);
  });
}

/** One look at one deployment. What it does is done with the deployment as it was when it looked: who was faster wins. */
class Sync {
  private readonly informers: Informers;
  private readonly client: Client;
  private readonly queue: WorkQueue;
  private readonly writer: DeploymentWriter;

  constructor(informers: Informers, client: Client, recorder: EventRecorder, queue: WorkQueue, d: Deployment) {
    this.informers = informers;
    this.client = client;
    this.queue = queue;
    this.writer = new DeploymentWriter(client, recorder, d);
  }

  /** The deployment with what was already said of it in this look. */
  private get d(): Deployment {
    return this.writer.d;
  }

  run(): void {
    const { replicaSetsByController } = this.informers;
    const sets = claim(this.client, "replicasets", replicaSetsByController, this.d).sort(byAge);
    if (this.d.metadata.deletionTimestamp !== undefined) {
      const newest = this.writer.newest(sets);
      return this.writer.storeStatus(statusOf(this.d, sets, newest, this.writer.time));
    }
    this.notePaused();
    if (this.d.spec.paused) return this.scaleAll(sets);
    const isScaled = areActive(sets).some(({ metadata }) => {
      const desired = metadata.annotations?.[DESIRED];
      return desired !== undefined && Number(desired) !== this.d.spec.replicas;
    });
    if (isScaled) return this.scaleAll(sets);
    if (isRolling(this.d)) this.roll(sets);
    else this.recreate(sets);
  }

  private roll(sets: readonly ReplicaSet[]): void {
    const found = this.writer.newest(sets);
    const old = sets.filter((each) => each !== found);
    const set = this.writer.synced(found, old, true)!;
    const all = [...old, set];
    const size = newSizeOf(this.d, all, set);
    if (this.writer.scale(set, size) || this.shrinkOld(all, areActive(old), set)) return this.finish(all, set);
    if (isComplete(this.d, this.d.status)) this.cleanUp(old);
    this.finish(all, set);
  }

  private recreate(sets: readonly ReplicaSet[]): void {
    const found = this.writer.newest(sets);
    const old = sets.filter((each) => each !== found);
    let set = this.writer.synced(found, old, false);
    const all = set === null ? old : [...old, set];
    let scaledDown = false;
    for (const each of areActive(old)) scaledDown = this.writer.scale(each, 0) || scaledDown;
    if (scaledDown || this.oldPodsRun(old)) return this.finish(all, set);
    set ??= this.writer.synced(null, old, true)!;
    this.writer.scale(set, this.d.spec.replicas);
    if (isComplete(this.d, this.d.status)) this.cleanUp(old);
    this.finish([...old, set], set);
  }

  private oldPodsRun(old: readonly ReplicaSet[]): boolean {
    return old.some(({ metadata, status }) => {
      if ((status?.replicas ?? 0) > 0) return true;
      const pods = this.informers.podsByController.of(metadata.uid);
      return [...pods].some(({ status }) => status?.phase !== "Failed" && status?.phase !== "Succeeded");
    });
  }

  /** Old sets lose what is not available first, and then as many as there are more than must be available. */
  private shrinkOld(all: readonly ReplicaSet[], old: ReplicaSet[], set: ReplicaSet): boolean {
    if (old.length === 0) return false;
    const least = this.d.spec.replicas - maxUnavailable(this.d);
    const missing = set.spec.replicas - (set.status?.availableReplicas ?? 0);
    const most = sizeOf(all) - least - missing;
    if (most <= 0) return false;
    let cleaned = 0;
    const left = old.map((each) => {
      const ill = each.spec.replicas - (each.status?.availableReplicas ?? 0);
      const count = Math.min(most - cleaned, ill);
      if (count <= 0) return each;
      cleaned += count;
      return this.writer.resized(each, each.spec.replicas - count);
    });
    let room = sumOf([...left, set], "availableReplicas") - least;
    for (const each of left) {
      const count = Math.min(each.spec.replicas, room);
      if (count <= 0) continue;
      room -= count;
      cleaned += count;
      this.writer.resized(each, each.spec.replicas - count);
    }
    return cleaned > 0;
  }

  /** The deployment was scaled, or is paused: sizes change, templates do not. */
  private scaleAll(sets: readonly ReplicaSet[]): void {
    const found = this.writer.newest(sets);
    const old = sets.filter((each) => each !== found);
    const set = this.writer.synced(found, old, false);
    const all = set === null ? [...old] : [...old, set];
    const active = areActive(all);
    if (active.length < 2) {
      const one = active[0] ?? set ?? old.at(-1);
      if (one !== undefined) this.writer.scale(one, this.d.spec.replicas);
    } else if (isSaturated(this.d, set)) for (const each of areActive(old)) this.writer.scale(each, 0);
    else if (isRolling(this.d))
      for (const [each, size] of proportions(this.d, active)) this.writer.resized(each, size, true);
    if (this.d.spec.paused) this.cleanUp(old);
    this.writer.storeStatus(statusOf(this.d, all, set, this.writer.time));
  }

  private cleanUp(old: readonly ReplicaSet[]): void {
    const { revisionHistoryLimit } = this.d.spec;
    if (revisionHistoryLimit === undefined) return;
    const alive = old.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const tooMany = alive.sort((a, b) => revisionOf(a) - revisionOf(b)).slice(0, -revisionHistoryLimit || alive.length);
    for (const set of tooMany) {
      const isSeen = (set.metadata.generation ?? 0) <= (set.status?.observedGeneration ?? 0);
      if ((set.status?.replicas ?? 0) === 0 && set.spec.replicas === 0 && isSeen)
        this.client.delete("replicasets", set);
    }
  }

  private notePaused(): void {
    const current = progressOf(this.d);
    if (!hasDeadline(this.d) || current?.reason === "ProgressDeadlineExceeded") return;
    const isNoted = current?.reason === "DeploymentPaused";
    if (this.d.spec.paused && !isNoted) this.writer.progress("Unknown", "DeploymentPaused", "Deployment is paused");
    else if (!this.d.spec.paused && isNoted)
      this.writer.progress("Unknown", "DeploymentResumed", "Deployment is resumed");
  }

  private finish(all: readonly ReplicaSet[], set: ReplicaSet | null): void {
    const { d, time } = this.writer;
    const status = withProgress(d, statusOf(d, all, set, time), set, time);
    const failure = [set, ...all].flatMap((each) => (each && conditionOf(each, "ReplicaFailure")) ?? [])[0];
    const others = status.conditions.filter(({ type }) => type !== "ReplicaFailure");
    this.writer.storeStatus({ ...status, conditions: failure === undefined ? others : [...others, failure] });
    const progress = progressOf({ status });
    if (!hasDeadline(d) || progress === undefined || isComplete(d, status)) return;
    if (progress.reason === "ProgressDeadlineExceeded") return;
    this.queue.addAfter(keyOf(d), Math.max(1, secondsLeft(d, progress, time) + 1) * SECOND);
  }
}
