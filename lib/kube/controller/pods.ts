// How controllers make and delete pods, which are ready for how long, and which of too many go first.
// Before you edit: pkg/controller/controller_utils.go (RealPodControl, ActivePodsWithRanks), pkg/api/v1/pod/util.go.
import { SECOND } from "../../trace/world.ts";
import type { KubeObject } from "../api/object.ts";
import { ApiError } from "../api/status.ts";
import { conditionOf, isReady, type Pod, type PodTemplate } from "../shapes.ts";
import { type Client, unlessGone } from "./client.ts";
import type { EventRecorder } from "./events.ts";
import { controllerRef } from "./owned.ts";

export class PodControl {
  private readonly client: Client;
  private readonly recorder: EventRecorder;

  constructor(client: Client, recorder: EventRecorder) {
    this.client = client;
    this.recorder = recorder;
  }

  /** A pod from the template, owned by `owner`. Throws ApiError, and tells of it. */
  create(owner: KubeObject, { metadata = {}, spec }: PodTemplate): void {
    const { name, namespace } = owner.metadata;
    const body = {
      metadata: { ...metadata, generateName: prefixOf(name), ownerReferences: [controllerRef(owner)] },
      spec,
    };
    try {
      const pod = this.client.create("pods", namespace!, body);
      this.recorder.event(owner, "Normal", "SuccessfulCreate", `Created pod: ${pod.metadata.name}`);
    } catch (failure) {
      if (failure instanceof ApiError)
        this.recorder.event(owner, "Warning", "FailedCreate", `Error creating: ${failure.message}`);
      throw failure;
    }
  }

  delete(owner: KubeObject, pod: Pod): void {
    const { name } = pod.metadata;
    try {
      unlessGone(() => this.client.delete("pods", pod));
      this.recorder.event(owner, "Normal", "SuccessfulDelete", `Deleted pod: ${name}`);
    } catch (failure) {
      if (failure instanceof ApiError)
        this.recorder.event(owner, "Warning", "FailedDelete", `Error deleting: ${failure.message}`);
      throw failure;
    }
  }
}

/** The name with a dash, unless that would be no name (getPodsPrefix). */
const prefixOf = (name: string): string => (name.length < 253 ? `${name}-` : name);

/** When it became ready, in nanoseconds of the API's clock; null if it is not. */
function readySince(pod: Pod): number | null {
  const ready = conditionOf(pod, "Ready");
  return ready?.status === "True" ? Date.parse(ready.lastTransitionTime ?? "") * 1e6 : null;
}

/** Nanoseconds until it has been ready for so long; 0 if it has, null if it is not ready. */
export function availableIn(pod: Pod, minReadySeconds: number, time: string): number | null {
  const since = readySince(pod);
  if (since === null) return null;
  return minReadySeconds === 0 ? 0 : Math.max(0, since + minReadySeconds * SECOND - Date.parse(time) * 1e6);
}

const PHASES = { Pending: 0, Unknown: 1, Running: 2 } as Readonly<Record<string, number>>;

/**
 * The `count` pods that go when there are too many: not bound before bound, not running before running, not ready before
 * ready, cheap before dear, those of a node that has more of them, those that are ready for less time, and the newer.
 */
export function firstToGo(pods: readonly Pod[], related: Iterable<Pod>, count: number, time: string): Pod[] {
  if (count >= pods.length) return [...pods];
  const together = new Map<string, number>();
  for (const { spec } of related)
    if (spec.nodeName !== undefined) together.set(spec.nodeName, (together.get(spec.nodeName) ?? 0) + 1);
  const now = Date.parse(time) * 1e6;
  const age = (since: number) => Math.floor(Math.log2(Math.max(1, now - since)));
  const rank = (pod: Pod): number[] => [
    pod.spec.nodeName === undefined ? 0 : 1,
    PHASES[pod.status?.phase ?? "Pending"] ?? 0,
    isReady(pod) ? 1 : 0,
    Number(pod.metadata.annotations?.["controller.kubernetes.io/pod-deletion-cost"] ?? 0),
    -(together.get(pod.spec.nodeName ?? "") ?? 0),
    // LogarithmicScaleDown: ages of the same power of two are the same.
    isReady(pod) ? age(readySince(pod)!) : 0,
    -Math.max(0, ...(pod.status?.containerStatuses ?? []).map((each) => each.restartCount)),
    age(Date.parse(pod.metadata.creationTimestamp) * 1e6),
  ];
  return pods
    .map((pod) => ({ pod, rank: rank(pod) }))
    .sort((a, b) => {
      const i = a.rank.findIndex((value, at) => value !== b.rank[at]);
      if (i !== -1) return a.rank[i]! - b.rank[i]!;
      return a.pod.metadata.uid < b.pod.metadata.uid ? -1 : 1;
    })
    .slice(0, count)
    .map((each) => each.pod);
}
