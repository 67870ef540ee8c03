// The daemon set controller: one pod on every node that it may run on.
// Before you edit: pkg/controller/daemon/{daemon_controller,update}.go, pkg/controller/daemon/util/daemonset_util.go.
import { sameJson } from "../api/object.ts";
import { selectsNode, tolerates } from "../scheduler/filter.ts";
import {
  controllerOf,
  type DaemonSet,
  isActive,
  isReady,
  type Node,
  type Pod,
  type PodTemplate,
  type Toleration,
} from "../shapes.ts";
import type { Client } from "./client.ts";
import { scaled } from "./deployment-size.ts";
import { EventRecorder } from "./events.ts";
import { Expectations } from "./expectations.ts";
import { keyOf } from "./informer.ts";
import type { Informers } from "./informers.ts";
import { claim } from "./owned.ts";
import { availableIn, PodControl } from "./pods.ts";
import { computeHash } from "./template-hash.ts";
import { WorkQueue } from "./work-queue.ts";

const REVISION_HASH = "controller-revision-hash";

/** What every daemon tolerates (AddOrUpdateDaemonPodTolerations). */
const TOLERATIONS: readonly Toleration[] = [
  { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/disk-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/memory-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/pid-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/unschedulable", operator: "Exists", effect: "NoSchedule" },
];
const OF_HOST_NETWORK: Toleration = {
  key: "node.kubernetes.io/network-unavailable",
  operator: "Exists",
  effect: "NoSchedule",
};

export function daemonSetController(informers: Informers, client: Client): void {
  const recorder = new EventRecorder(client, "daemonset-controller");
  const control = new PodControl(client, recorder);
  const expectations = new Expectations(client.clock);
  const sets = informers.of<DaemonSet>("daemonsets");
  const nodes = informers.of<Node>("nodes");
  const queue = new WorkQueue(client, sync);

  sets.on((now, before) => {
    if (now === null) expectations.forget(keyOf(before!));
    queue.add(keyOf((now ?? before)!));
  });
  // A daemon set looks at every node anyway: only what decides whether it runs there is news.
  nodes.on((now, before) => {
    const matters = (node: Node | null) => [node?.metadata.labels, node?.spec.taints];
    if (sameJson(matters(now), matters(before)) && (now === null) === (before === null)) return;
    for (const key of sets.objects.keys()) queue.add(key);
  });
  informers.of<Pod>("pods").on((now, before) => {
    const pod = (now ?? before)!;
    const owner = controllerOf(pod);
    if (owner?.kind !== "DaemonSet") return;
    const key = `${pod.metadata.namespace}/${owner.name}`;
    if (sets.get(key)?.metadata.uid !== owner.uid) return;
    if (now === null || now.metadata.deletionTimestamp !== undefined) expectations.deleted(key, keyOf(pod));
    else if (before === null) expectations.created(key);
    queue.add(key);
  });

  function sync(key: string): void {
    const set = sets.get(key);
    if (set === undefined) return;
    const hash = computeHash(set.spec.template);
    const pods = claim(client, "pods", informers.podsByController, set);
    const byNode = new Map<string, Pod[]>();
    for (const pod of pods) {
      const name = nodeOf(pod);
      byNode.set(name, [...(byNode.get(name) ?? []), pod]);
    }
    if (set.metadata.deletionTimestamp === undefined && expectations.areFulfilled(key)) manage(key, set, byNode, hash);
    setStatus(set, byNode, hash);
  }

  function manage(key: string, set: DaemonSet, byNode: ReadonlyMap<string, readonly Pod[]>, hash: string): void {
    const missing: string[] = [];
    const going: Pod[] = [];
    for (const node of nodes.objects.values()) {
      const { name } = node.metadata;
      const mine = byNode.get(name) ?? [];
      const { shouldRun, shouldStay } = verdict(set, node);
      const ended = mine.filter(({ status }) => status?.phase === "Failed");
      for (const pod of ended) {
        const message = `Found failed daemon pod ${keyOf(pod)} on node ${name}, will try to kill it`;
        recorder.event(set, "Warning", "FailedDaemonPod", message);
      }
      going.push(...ended);
      const active = mine.filter(isActive);
      if (!shouldStay) going.push(...active);
      else if (active.length > 1) going.push(...active.slice(1));
      else if (shouldRun && mine.length === ended.length) missing.push(name);
    }
    // Of nodes that are gone the pods go too.
    for (const [name, mine] of byNode) if (nodes.get(name) === undefined) going.push(...mine.filter(isActive));
    if (missing.length === 0) going.push(...outdated(set, byNode, hash));
    if (missing.length + going.length === 0) return;
    expectations.expect(key, missing.length, going.map(keyOf));
    for (const name of missing) control.create(set, templateFor(set, name, hash));
    for (const pod of going) control.delete(set, pod);
  }

  /** Pods of older templates that may go now: so many as may be unavailable at once. */
  function outdated(set: DaemonSet, byNode: ReadonlyMap<string, readonly Pod[]>, hash: string): Pod[] {
    const { type = "RollingUpdate", rollingUpdate } = set.spec.updateStrategy ?? {};
    if (type !== "RollingUpdate") return [];
    const all = [...byNode.values()].flat().filter(isActive);
    const old = all.filter(({ metadata }) => metadata.labels?.[REVISION_HASH] !== hash);
    if (old.length === 0) return [];
    const most = Math.max(1, scaled(rollingUpdate?.maxUnavailable ?? 1, byNode.size, true));
    const room =
      most - [...byNode.values()].filter((mine) => !mine.some((pod) => isActive(pod) && isReady(pod))).length;
    const ill = old.filter((pod) => !isReady(pod));
    return [...ill, ...old.filter(isReady).slice(0, Math.max(0, room))];
  }

  function setStatus(set: DaemonSet, byNode: ReadonlyMap<string, readonly Pod[]>, hash: string): void {
    const count = { current: 0, missched: 0, desired: 0, ready: 0, updated: 0, available: 0 };
    for (const node of nodes.objects.values()) {
      const [pod] = (byNode.get(node.metadata.name) ?? []).filter(isActive);
      if (!verdict(set, node).shouldRun) {
        if (pod !== undefined) count.missched++;
        continue;
      }
      count.desired++;
      if (pod === undefined) continue;
      count.current++;
      if (isReady(pod)) count.ready++;
      if (availableIn(pod, set.spec.minReadySeconds ?? 0, client.clock.time) === 0) count.available++;
      if (pod.metadata.labels?.[REVISION_HASH] === hash) count.updated++;
    }
    const status = {
      currentNumberScheduled: count.current,
      numberMisscheduled: count.missched,
      desiredNumberScheduled: count.desired,
      numberReady: count.ready,
      observedGeneration: set.metadata.generation ?? 0,
      ...(count.updated > 0 && { updatedNumberScheduled: count.updated }),
      ...(count.available > 0 && { numberAvailable: count.available }),
      ...(count.desired > count.available && { numberUnavailable: count.desired - count.available }),
    };
    if (!sameJson(status, set.status)) client.update("daemonsets", { ...set, status } as DaemonSet, "status");
  }
}

/** The node a daemon's pod is for, also before the scheduler has said so. */
function nodeOf({ spec }: Pod): string {
  if (spec.nodeName !== undefined) return spec.nodeName;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required?.nodeSelectorTerms[0]?.matchFields?.[0]?.values?.[0] ?? "";
}

/** NodeShouldRunDaemonPod. */
function verdict(set: DaemonSet, node: Node): { readonly shouldRun: boolean; readonly shouldStay: boolean } {
  const { spec } = set.spec.template;
  const pod = { spec } as Pod;
  if (!selectsNode(pod, node)) return { shouldRun: false, shouldStay: false };
  const tolerations = tolerationsOf(set.spec.template);
  const { taints = [] } = node.spec;
  const not = (effect: string) => taints.some((taint) => taint.effect === effect && !tolerates(tolerations, taint));
  const shouldStay = !not("NoExecute");
  return { shouldRun: shouldStay && !not("NoSchedule"), shouldStay };
}

function tolerationsOf({ spec }: PodTemplate): Toleration[] {
  return [...(spec.tolerations ?? []), ...TOLERATIONS, ...(spec.hostNetwork ? [OF_HOST_NETWORK] : [])];
}

/** The template with the node it is for, which the scheduler obeys. */
function templateFor({ spec: { template } }: DaemonSet, node: string, hash: string): PodTemplate {
  const matchFields = [{ key: "metadata.name", operator: "In" as const, values: [node] }];
  const required = { nodeSelectorTerms: [{ matchFields }] };
  const { affinity = {} } = template.spec;
  const nodeAffinity = { ...affinity.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: required };
  return {
    metadata: { ...template.metadata, labels: { ...template.metadata?.labels, [REVISION_HASH]: hash } },
    spec: { ...template.spec, affinity: { ...affinity, nodeAffinity }, tolerations: tolerationsOf(template) },
  };
}
