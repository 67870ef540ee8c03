// What a deployment controller writes: the new replica set and its annotations, sizes of sets, the deployment's own words.
// Before you edit: pkg/controller/deployment/sync.go (getNewReplicaSet, scaleReplicaSet), .../util/deployment_util.go.
import { sameJson } from "../api/object.ts";
import { ApiError } from "../api/status.ts";
import {
  type Condition,
  controllerOf,
  type Deployment,
  type Labels,
  type PodTemplate,
  type ReplicaSet,
} from "../shapes.ts";
import type { Client } from "./client.ts";
import { DESIRED, MOST, maxSurge, newSize, REVISION, REVISION_HISTORY, revisionOf } from "./deployment-size.ts";
import { hasDeadline, progressOf, withCondition } from "./deployment-status.ts";
import type { EventRecorder } from "./events.ts";
import { controllerRef } from "./owned.ts";
import { computeHash } from "./template-hash.ts";

export const TEMPLATE_HASH = "pod-template-hash";

/** Annotations of a deployment that its replica sets do not get. */
const NOT_COPIED = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  REVISION,
  REVISION_HISTORY,
  DESIRED,
  MOST,
  "deprecated.deployment.rollback.to",
]);

/** One deployment as it was when somebody looked at it. Who was faster than what is written here wins (409). */
export class DeploymentWriter {
  d: Deployment;
  private readonly client: Client;
  private readonly recorder: EventRecorder;

  constructor(client: Client, recorder: EventRecorder, d: Deployment) {
    this.client = client;
    this.recorder = recorder;
    this.d = d;
  }

  get time(): string {
    return this.client.clock.time;
  }

  /** The oldest of those with today's template. */
  newest(sets: readonly ReplicaSet[]): ReplicaSet | null {
    return sets.find(({ spec }) => sameJson(withoutHash(spec.template), withoutHash(this.d.spec.template))) ?? null;
  }

  /** The new set with its annotations, made if `make` says so; the deployment says its revision. */
  synced(found: ReplicaSet | null, old: readonly ReplicaSet[], make: boolean): ReplicaSet | null {
    const revision = Math.max(0, ...old.map(revisionOf)) + 1;
    if (found === null) return make ? this.make(old, String(revision)) : null;
    const annotations = this.annotationsOf(found, revision);
    const { minReadySeconds = 0 } = this.d.spec;
    if (!sameJson(annotations, found.metadata.annotations) || minReadySeconds !== (found.spec.minReadySeconds ?? 0)) {
      const changed = {
        ...found,
        metadata: { ...found.metadata, annotations },
        spec: { ...found.spec, ...(minReadySeconds !== (found.spec.minReadySeconds ?? 0) && { minReadySeconds }) },
      };
      return this.client.update("replicasets", changed) as ReplicaSet;
    }
    this.say(
      annotations[REVISION]!,
      progressOf(this.d) === undefined && hasDeadline(this.d)
        ? {
            reason: "FoundNewReplicaSet",
            message: `Found new replica set "${found.metadata.name}"`,
          }
        : null,
    );
    return found;
  }

  private make(old: readonly ReplicaSet[], revision: string): ReplicaSet {
    const { d } = this;
    const { name, namespace, labels: _labels } = d.metadata;
    const hash = computeHash(d.spec.template, d.status?.collisionCount);
    const labels = { ...d.spec.template.metadata?.labels, [TEMPLATE_HASH]: hash };
    const selector = { ...d.spec.selector, matchLabels: { ...d.spec.selector.matchLabels, [TEMPLATE_HASH]: hash } };
    const template = { ...d.spec.template, metadata: { ...d.spec.template.metadata, labels } };
    const draft = {
      metadata: {
        name: `${name.slice(0, 253 - hash.length - 1)}-${hash}`,
        ownerReferences: [controllerRef(d)],
        labels,
        annotations: { ...this.copied(), [REVISION]: revision, ...this.sizes() },
      },
      spec: {
        replicas: 0,
        ...(d.spec.minReadySeconds && { minReadySeconds: d.spec.minReadySeconds }),
        selector,
        template,
      },
    };
    draft.spec.replicas = newSizeOf(d, old, draft as unknown as ReplicaSet);
    const set = this.created(draft, namespace!);
    const { replicas } = draft.spec;
    const from = `Scaled up replica set ${set.metadata.name} from 0 to ${replicas}`;
    if (replicas > 0) this.recorder.event(d, "Normal", "ScalingReplicaSet", from);
    const reason = "NewReplicaSetCreated";
    const message = `Created new replica set "${set.metadata.name}"`;
    this.say(revision, hasDeadline(d) ? { reason, message } : null);
    return set;
  }

  /** Another set may have the name by chance: then the hash is salted, and the next look makes one. */
  private created(draft: { readonly metadata: { readonly name: string } }, namespace: string): ReplicaSet {
    try {
      return this.client.create("replicasets", namespace, draft) as ReplicaSet;
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      const { name } = draft.metadata;
      if (failure.reason === "AlreadyExists") {
        const there = this.client.get("replicasets", namespace, name) as ReplicaSet | undefined;
        const isMine = there !== undefined && controllerOf(there)?.uid === this.d.metadata.uid;
        if (isMine && this.newest([there]) !== null) return there;
        this.storeStatus({ ...this.d.status, collisionCount: (this.d.status?.collisionCount ?? 0) + 1 });
      } else {
        const message = `Failed to create new replica set "${name}": ${failure.message}`;
        this.recorder.event(this.d, "Warning", "ReplicaSetCreateError", message);
        if (hasDeadline(this.d)) this.progress("False", "ReplicaSetCreateError", message);
      }
      throw failure;
    }
  }

  private copied(): Labels {
    const all = Object.entries(this.d.metadata.annotations ?? {});
    return Object.fromEntries(all.filter(([name]) => !NOT_COPIED.has(name)));
  }

  private sizes(): Labels {
    const { replicas } = this.d.spec;
    return { [DESIRED]: String(replicas), [MOST]: String(replicas + maxSurge(this.d)) };
  }

  private annotationsOf(set: ReplicaSet, revision: number): Record<string, string> {
    const known = set.metadata.annotations ?? {};
    const annotations: Record<string, string> = { ...known, ...this.copied() };
    const before = Number(known[REVISION] ?? 0);
    if (before >= revision) return annotations;
    annotations[REVISION] = String(revision);
    // Somebody rolled back to it: its older numbers are kept.
    const history = known[REVISION_HISTORY];
    if (known[REVISION] !== undefined) annotations[REVISION_HISTORY] = history ? `${history},${before}` : `${before}`;
    return annotations;
  }

  scale(set: ReplicaSet, size: number): boolean {
    return set.spec.replicas !== size && this.resized(set, size) !== set;
  }

  /** The set with another size; `always` writes also when only what it says of the deployment's size is old. */
  resized(set: ReplicaSet, size: number, always = false): ReplicaSet {
    const before = set.spec.replicas;
    const annotations = { ...set.metadata.annotations, ...this.sizes() };
    if (before === size && !(always && !sameJson(annotations, set.metadata.annotations))) return set;
    const changed = { ...set, metadata: { ...set.metadata, annotations }, spec: { ...set.spec, replicas: size } };
    const stored = this.client.update("replicasets", changed) as ReplicaSet;
    if (before === size) return stored;
    const way = before < size ? "up" : "down";
    const message = `Scaled ${way} replica set ${set.metadata.name} from ${before} to ${size}`;
    this.recorder.event(this.d, "Normal", "ScalingReplicaSet", message);
    return stored;
  }

  progress(status: Condition["status"], reason: string, message: string): void {
    const said = { type: "Progressing", status, reason, message };
    const conditions = withCondition(this.d.status?.conditions ?? [], this.time, said);
    this.storeStatus({ ...this.d.status, conditions });
  }

  /** The deployment's own revision, and what there is to say of its new set. */
  private say(revision: string, progress: { readonly reason: string; readonly message: string } | null): void {
    const { metadata, status } = this.d;
    if (metadata.annotations?.[REVISION] === revision && progress === null) return;
    const conditions = status?.conditions ?? [];
    const said = progress && withCondition(conditions, this.time, { type: "Progressing", status: "True", ...progress });
    const annotations = { ...metadata.annotations, [REVISION]: revision };
    const { resourceVersion } = metadata;
    this.d = {
      ...this.d,
      metadata: { ...metadata, annotations },
      ...(said && { status: { ...status, conditions: said } }),
    };
    this.client.update("deployments", { ...this.d, metadata: { ...this.d.metadata, resourceVersion } }, "status");
  }

  storeStatus(status: Deployment["status"]): void {
    if (sameJson(status, this.d.status)) return;
    this.client.update("deployments", { ...this.d, status: status! } as Deployment, "status");
  }
}

/** What the new set may have now; more than the deployment wants is too much at once. */
export const newSizeOf = (d: Deployment, all: readonly ReplicaSet[], set: ReplicaSet): number =>
  set.spec.replicas >= d.spec.replicas ? d.spec.replicas : newSize(d, all, set);

/** Templates are the same if they are but for the hash (EqualIgnoreHash). */
function withoutHash(template: PodTemplate): PodTemplate {
  const { [TEMPLATE_HASH]: _hash, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}
