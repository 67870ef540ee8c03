// `…/eviction`, by which a pod is asked to go: what `kubectl drain` POSTs. A budget that its labels are in may refuse.
// Before you edit: pkg/registry/core/pod/storage/eviction.go, k8s.io/component-helpers apps/poddisruptionbudget/helpers.go.
import { type Condition, isReady, type Pod, type PodDisruptionBudget } from "../shapes.ts";
import type { DeleteOptions, Door } from "./call.ts";
import { mustBeMeant } from "./ending.ts";
import { type Draft, draftOf, type KubeObject } from "./object.ts";
import { versionOf } from "./schema.ts";
import { selectorOf, selects } from "./selector.ts";
import type { ApiServer } from "./server.ts";
import { ApiError, badRequest, failure, notFound, type Status } from "./status.ts";

/** Asks a pod to go, and says in its status why. Throws ApiError: 429 while a budget does not allow it. */
export function evict(server: ApiServer, agent: string, door: Door, sent: unknown, dryRun: boolean): Status {
  const { apiVersion = "policy/v1", kind = "Eviction", metadata = {}, deleteOptions = {} } = sent as Draft;
  const version = versionOf(apiVersion);
  if (kind !== "Eviction")
    throw badRequest(
      `${kind} in version "${version}" cannot be handled as a Eviction: converting (${version}.${kind}) to (policy.Eviction): unknown conversion`,
    );
  const { resource, namespace, name } = door;
  if (metadata.name !== name) throw badRequest("name in URL does not match name in Eviction object");
  const pod = server.find(resource, namespace ?? "", name) as Pod | undefined;
  if (pod === undefined) throw notFound(resource, name);
  const { phase } = pod.status ?? {};
  // Who does not run, or goes already, is nobody's loss (canIgnorePDB).
  if (phase === "Running" && pod.metadata.deletionTimestamp === undefined) {
    const [budget, another] = budgetsOf(server, pod);
    if (another !== undefined)
      throw failure("This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.");
    if (budget !== undefined && !isLossless(budget, pod)) spend(server, agent, budget, name, dryRun);
  }
  mustBeMeant(resource, pod, deleteOptions.preconditions);
  if (!dryRun) {
    server.rewrite(agent, "patch", { resource, namespace, name, subresource: "status" }, disrupted(server.time));
    server.delete(agent, { resource, namespace, name }, deleteOptions as DeleteOptions);
  }
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 };
}

function budgetsOf(server: ApiServer, { metadata: { namespace, labels = {} } }: Pod): PodDisruptionBudget[] {
  const resource = server.resource("poddisruptionbudgets", "policy")!;
  const prefix = `/registry/${resource.resource}/${namespace}/`;
  return (server.store.list(`/registry/${resource.resource}`, prefix) as PodDisruptionBudget[]).filter(
    ({ spec: { selector } }) => selector !== undefined && selects(selectorOf(selector), labels),
  );
}

/** A pod that is not ready counts for no budget: it may go if the others are enough, or if the budget says so. */
function isLossless({ spec, status }: PodDisruptionBudget, pod: Pod): boolean {
  if (isReady(pod)) return false;
  if (spec.unhealthyPodEvictionPolicy === "AlwaysAllow") return true;
  return status.currentHealthy >= status.desiredHealthy && status.desiredHealthy > 0;
}

/** Takes one of the disruptions that are allowed, before the controller sees the pod go (checkAndDecrement). */
function spend(server: ApiServer, agent: string, budget: PodDisruptionBudget, pod: string, dryRun: boolean): void {
  const { metadata, status } = budget;
  const { name, namespace, generation = 0 } = metadata;
  const { observedGeneration = 0, disruptionsAllowed } = status;
  if (observedGeneration < generation)
    throw tooMany(`The disruption budget ${name} is still being processed by the server.`, 10);
  if (disruptionsAllowed === 0) throw tooMany(whyNot(budget));
  if (dryRun) return;
  const resource = server.resource("poddisruptionbudgets", "policy")!;
  server.rewrite(agent, "update", { resource, namespace: namespace!, name, subresource: "status" }, (old) => {
    const draft = draftOf(old) as Draft;
    const left = disruptionsAllowed - 1;
    draft.status.disruptionsAllowed = left;
    if (left === 0) draft.status.conditions = withDisruptionAllowed(status, left, observedGeneration, server.time);
    draft.status.disruptedPods = { ...status.disruptedPods, [pod]: server.time };
    return draft;
  });
}

function whyNot({ metadata: { name }, status }: PodDisruptionBudget): string {
  const { conditions = [], currentHealthy, desiredHealthy } = status;
  const condition = conditions.find(({ type, status: is }) => type === DISRUPTION_ALLOWED && is === "False");
  const { reason = "", message = "" } = condition ?? {};
  const not = `The disruption budget ${name} does not allow evicting pods currently`;
  if (reason === SYNC_FAILED && message !== "") return `${not} because it failed sync: ${message}`;
  if (currentHealthy <= desiredHealthy)
    return `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
  return message === "" ? not : `${not} (${reason}): ${message}`;
}

function tooMany(message: string, retryAfterSeconds = 0): ApiError {
  return new ApiError("TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", {
    ...(retryAfterSeconds > 0 && { retryAfterSeconds }),
    causes: [{ reason: "DisruptionBudget", message }],
  });
}

const DISRUPTION_ALLOWED = "DisruptionAllowed";
const SYNC_FAILED = "SyncFailed";

/** The budget's conditions with what follows from how many disruptions are allowed, or with why nobody knows. */
export function withDisruptionAllowed(
  { conditions = [] }: Pick<PodDisruptionBudget["status"], "conditions">,
  allowed: number,
  observedGeneration: number,
  time: string,
  unknown = "",
): readonly Condition[] {
  const before = conditions.find(({ type }) => type === DISRUPTION_ALLOWED);
  const status = allowed > 0 ? "True" : "False";
  const reason = unknown !== "" ? SYNC_FAILED : allowed > 0 ? "SufficientPods" : "InsufficientPods";
  const now: Condition = {
    type: DISRUPTION_ALLOWED,
    status,
    reason,
    message: unknown,
    lastTransitionTime: before?.status === status ? before.lastTransitionTime! : time,
    ...(observedGeneration > 0 && { observedGeneration }),
  };
  return before === undefined ? [...conditions, now] : conditions.map((each) => (each === before ? now : each));
}

const disrupted =
  (time: string) =>
  (pod: KubeObject): Draft => {
    const draft = draftOf(pod) as Draft;
    const conditions = (draft.status.conditions ?? []) as Draft[];
    const reason = { reason: "EvictionByEvictionAPI", message: "Eviction API: evicting" };
    if (!conditions.some(({ type }) => type === "DisruptionTarget"))
      draft.status.conditions = [
        ...conditions,
        { type: "DisruptionTarget", status: "True", lastProbeTime: null, lastTransitionTime: time, ...reason },
      ];
    return draft;
  };
