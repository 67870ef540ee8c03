// The disruption controller: how many pods of a budget are well, how many must be, and how many may go.
// Before you edit: pkg/controller/disruption/disruption.go.
import { SECOND } from "../../trace/world.ts";
import { withDisruptionAllowed } from "../api/eviction.ts";
import { sameJson } from "../api/object.ts";
import { qualifiedName } from "../api/status.ts";
import {
  controllerOf,
  type Deployment,
  isReady,
  type LabelSelector,
  type Pod,
  type PodDisruptionBudget,
  type ReplicaSet,
} from "../shapes.ts";
import type { Client } from "./client.ts";
import { scaled } from "./deployment-size.ts";
import { EventRecorder } from "./events.ts";
import { keyOf } from "./informer.ts";
import { type Informers, selectorMatches } from "./informers.ts";
import { WorkQueue } from "./work-queue.ts";

/** So long a pod that was told to go is held gone; if it is still there then, it stays (DeletionTimeout). */
const DELETION_TIMEOUT = 120 * SECOND;

/** How many pods there should be cannot be told. */
class Unknown extends Error {}

export function disruptionController(informers: Informers, client: Client): void {
  const recorder = new EventRecorder(client, "controllermanager");
  const budgets = informers.of<PodDisruptionBudget>("poddisruptionbudgets");
  const deployments = informers.of<Deployment>("deployments");
  const sets = informers.of<ReplicaSet>("replicasets");
  const pods = informers.of<Pod>("pods");
  const within = ({ metadata: { namespace = "" } }: Pod | PodDisruptionBudget) => [namespace];
  const podsWithin = pods.index(within);
  const budgetsWithin = budgets.index(within);
  const queue = new WorkQueue(client, sync);

  budgets.on((now, before) => queue.add(keyOf((now ?? before)!)));
  pods.on((now, before) => {
    const pod = (now ?? before)!;
    const { namespace = "", name } = pod.metadata;
    const mine = [...budgetsWithin.of(namespace)].filter((each) => isOf(each, pod));
    if (mine.length === 0) return;
    queue.add(keyOf(mine[0]!));
    const message = `Pod "${namespace}"/"${name}" matches multiple PodDisruptionBudgets.  Chose "${mine[0]!.metadata.name}" arbitrarily.`;
    if (mine.length > 1 && now !== null) recorder.event(pod, "Warning", "MultiplePodDisruptionBudgets", message);
  });

  function sync(key: string): void {
    const budget = budgets.get(key);
    if (budget === undefined) return;
    try {
      reckon(budget);
    } catch (failure) {
      if (!(failure instanceof Unknown)) throw failure;
      const message = `Failed to calculate the number of expected pods: ${failure.message}`;
      recorder.event(budget, "Warning", "CalculateExpectedPodCountFailed", message);
      const { observedGeneration = 0 } = budget.status;
      const conditions = withDisruptionAllowed(
        budget.status,
        0,
        observedGeneration,
        client.clock.time,
        failure.message,
      );
      write(budget, { ...budget.status, disruptionsAllowed: 0, conditions });
    }
  }

  function reckon(budget: PodDisruptionBudget): void {
    const { time } = client.clock;
    const mine = [...podsWithin.of(budget.metadata.namespace!)].filter((pod) => isOf(budget, pod));
    if (mine.length === 0) recorder.event(budget, "Normal", "NoPods", "No matching pods found");
    const { expectedPods, desiredHealthy } = expected(budget, mine);
    const going = stillGoing(budget, mine, time);
    const isHealthy = (pod: Pod) =>
      pod.metadata.deletionTimestamp === undefined && !Object.hasOwn(going, pod.metadata.name) && isReady(pod);
    const currentHealthy = mine.filter(isHealthy).length;
    const disruptionsAllowed = expectedPods > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0;
    const { generation = 0 } = budget.metadata;
    write(budget, {
      currentHealthy,
      desiredHealthy,
      expectedPods,
      disruptionsAllowed,
      ...(Object.keys(going).length > 0 && { disruptedPods: going }),
      observedGeneration: generation,
      conditions: withDisruptionAllowed(budget.status, disruptionsAllowed, generation, time),
    });
  }

  /** How many pods there should be, and how many of them must be well (getExpectedPodCount). */
  function expected(budget: PodDisruptionBudget, mine: readonly Pod[]) {
    const { minAvailable, maxUnavailable } = budget.spec;
    if (maxUnavailable === undefined && minAvailable === undefined) return { expectedPods: 0, desiredHealthy: 0 };
    if (typeof minAvailable === "number") return { expectedPods: mine.length, desiredHealthy: minAvailable };
    const expectedPods = scaleOfControllers(mine);
    if (mine.some((pod) => controllerOf(pod) === undefined))
      recorder.event(budget, "Warning", "UnmanagedPods", unmanaged(budget.spec.selector!));
    const desiredHealthy =
      maxUnavailable === undefined
        ? scaled(minAvailable!, expectedPods, true)
        : Math.max(0, expectedPods - scaled(maxUnavailable, expectedPods, true));
    return { expectedPods, desiredHealthy };
  }

  /** The sum of what their controllers want. Throws Unknown. */
  function scaleOfControllers(mine: readonly Pod[]): number {
    const scales = new Map<string, number>();
    for (const pod of mine) {
      const owner = controllerOf(pod);
      if (owner === undefined) continue;
      const kind = client.server.all.find((each) => each.kind === owner.kind);
      if (kind !== undefined && !kind.scale)
        throw new Unknown(`${qualifiedName(kind)} does not implement the scale subresource`);
      const set = sets.get(`${pod.metadata.namespace}/${owner.name}`);
      if (set?.metadata.uid !== owner.uid) throw new Unknown(`found no controllers for pod "${pod.metadata.name}"`);
      const above = controllerOf(set);
      const deployment = above && deployments.get(`${set.metadata.namespace}/${above.name}`);
      const scale = deployment !== undefined && deployment.metadata.uid === above!.uid ? deployment : set;
      scales.set(scale.metadata.uid, scale.spec.replicas);
    }
    return [...scales.values()].reduce((sum, each) => sum + each, 0);
  }

  /** Pods that were told to go and are not seen going yet, as long as one may believe it (buildDisruptedPodMap). */
  function stillGoing(budget: PodDisruptionBudget, mine: readonly Pod[], time: string): Record<string, string> {
    const { disruptedPods = {} } = budget.status;
    const going: Record<string, string> = {};
    for (const pod of mine) {
      const since = disruptedPods[pod.metadata.name];
      if (since === undefined || pod.metadata.deletionTimestamp !== undefined) continue;
      const left = (Date.parse(since) - Date.parse(time)) * 1e6 + DELETION_TIMEOUT;
      if (left < 0) {
        const { namespace } = budget.metadata;
        const message = `Pod was expected by PDB ${namespace}/${namespace} to be deleted but it wasn't`;
        recorder.event(pod, "Warning", "NotDeleted", message);
        continue;
      }
      going[pod.metadata.name] = since;
      queue.addAfter(keyOf(budget), left + SECOND);
    }
    return going;
  }

  function write(budget: PodDisruptionBudget, status: PodDisruptionBudget["status"]): void {
    if (sameJson(status, budget.status)) return;
    client.update("poddisruptionbudgets", { ...budget, status } as PodDisruptionBudget, "status");
  }
}

const isOf = ({ spec: { selector } }: PodDisruptionBudget, { metadata: { labels = {} } }: Pod): boolean =>
  selector !== undefined && selectorMatches(selector, labels);

/** With the selector as Go prints the struct. */
function unmanaged({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.keys(matchLabels)
    .sort()
    .map((key) => `${key}: ${matchLabels[key]},`)
    .join("");
  const expressions = matchExpressions
    .map(
      ({ key, operator, values = [] }) =>
        `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(" ")}],},`,
    )
    .join("");
  const selector = `&LabelSelector{MatchLabels:map[string]string{${labels}},MatchExpressions:[]LabelSelectorRequirement{${expressions}},}`;
  return `Pods selected by this PodDisruptionBudget (selector: ${selector}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`;
}
