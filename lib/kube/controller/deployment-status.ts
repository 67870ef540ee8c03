// What a deployment says of itself: how many replicas of which kind, whether they are enough, whether the rollout gets on.
// Before you edit: pkg/controller/deployment/{progress,sync}.go (syncRolloutStatus, calculateStatus).
import type { Condition, Deployment, ReplicaSet } from "../shapes.ts";
import { maxUnavailable, sizeOf, sumOf } from "./deployment-size.ts";

/** A status that is being put together; the numbers are 0 where nothing is said. */
export type Status = Omit<NonNullable<Deployment["status"]>, "conditions"> & { conditions: Condition[] };

/** math.MaxInt32: nobody waits for progress. */
const NO_DEADLINE = 2147483647;

export const hasDeadline = ({ spec }: Deployment): boolean =>
  spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== NO_DEADLINE;

export const progressOf = ({ status }: Pick<Deployment, "status">): Condition | undefined =>
  status?.conditions?.find(({ type }) => type === "Progressing");

const numberOf = (status: Readonly<Record<string, unknown>> | undefined, field: string): number =>
  Number(status?.[field] ?? 0);

/** With the condition; one that says the same for the same reason stays, and so does the time of a status that did not change. */
export function withCondition(
  conditions: readonly Condition[],
  time: string,
  said: Pick<Condition, "type" | "status"> & { readonly reason: string; readonly message: string },
): Condition[] {
  const known = conditions.find(({ type }) => type === said.type);
  if (known?.status === said.status && known.reason === said.reason) return [...conditions];
  const lastTransitionTime = known?.status === said.status ? known.lastTransitionTime! : time;
  const others = conditions.filter(({ type }) => type !== said.type);
  return [...others, { ...said, lastUpdateTime: time, lastTransitionTime }];
}

export function statusOf(d: Deployment, all: readonly ReplicaSet[], set: ReplicaSet | null, time: string): Status {
  const available = sumOf(all, "availableReplicas");
  const enough = available >= d.spec.replicas - maxUnavailable(d);
  const counts = {
    replicas: sumOf(all, "replicas"),
    updatedReplicas: set === null ? 0 : sumOf([set], "replicas"),
    readyReplicas: sumOf(all, "readyReplicas"),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, sizeOf(all) - available),
    collisionCount: d.status?.collisionCount ?? 0,
  };
  const conditions = withCondition(
    d.status?.conditions ?? [],
    time,
    enough
      ? {
          type: "Available",
          status: "True",
          reason: "MinimumReplicasAvailable",
          message: "Deployment has minimum availability.",
        }
      : {
          type: "Available",
          status: "False",
          reason: "MinimumReplicasUnavailable",
          message: "Deployment does not have minimum availability.",
        },
  );
  return {
    observedGeneration: d.metadata.generation ?? 0,
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0)),
    ...(all.some(({ status }) => status?.terminatingReplicas !== undefined) && {
      terminatingReplicas: sumOf(all, "terminatingReplicas"),
    }),
    conditions,
  };
}

export function isComplete(d: Deployment, status: Deployment["status"]): boolean {
  const fields = ["updatedReplicas", "replicas", "availableReplicas"];
  return (
    fields.every((field) => numberOf(status, field) === d.spec.replicas) &&
    numberOf(status, "observedGeneration") >= (d.metadata.generation ?? 0)
  );
}

function isFurther(d: Deployment, status: Status): boolean {
  const old = (of: Deployment["status"]) => numberOf(of, "replicas") - numberOf(of, "updatedReplicas");
  const grew = (field: string) => numberOf(status, field) > numberOf(d.status, field);
  return grew("updatedReplicas") || old(status) < old(d.status) || grew("readyReplicas") || grew("availableReplicas");
}

/** Seconds until nobody waits any longer for progress. */
export function secondsLeft(d: Deployment, { lastUpdateTime = "" }: Condition, time: string): number {
  return (Date.parse(lastUpdateTime) - Date.parse(time)) / 1000 + d.spec.progressDeadlineSeconds!;
}

/** The status with what can be said of the rollout's progress. */
export function withProgress(d: Deployment, status: Status, set: ReplicaSet | null, time: string): Status {
  const current = progressOf(d);
  if (!hasDeadline(d)) return { ...status, conditions: status.conditions.filter(({ type }) => type !== "Progressing") };
  const isDone =
    numberOf(status, "replicas") === numberOf(status, "updatedReplicas") &&
    current?.reason === "NewReplicaSetAvailable";
  if (isDone) return status;
  const who = set === null ? `Deployment "${d.metadata.name}"` : `ReplicaSet "${set.metadata.name}"`;
  const say = (of: "True" | "False", reason: string, message: string, conditions: readonly Condition[]) => ({
    ...status,
    conditions: withCondition(conditions, time, { type: "Progressing", status: of, reason, message }),
  });
  const { conditions } = status;
  if (isComplete(d, status))
    return say("True", "NewReplicaSetAvailable", `${who} has successfully progressed.`, conditions);
  if (isFurther(d, status)) {
    // The same reason again has a new lastUpdateTime: it is what the deadline counts from.
    const others = conditions.filter(({ type }) => type !== "Progressing");
    const further = say("True", "ReplicaSetUpdated", `${who} is progressing.`, others);
    if (current?.status !== "True") return further;
    const { lastTransitionTime } = current;
    return {
      ...further,
      conditions: further.conditions.map((each) =>
        each.type === "Progressing" ? { ...each, ...(lastTransitionTime && { lastTransitionTime }) } : each,
      ),
    };
  }
  const progress = conditions.find(({ type }) => type === "Progressing");
  const isLate =
    progress !== undefined &&
    progress.reason !== "NewReplicaSetAvailable" &&
    (progress.reason === "ProgressDeadlineExceeded" || secondsLeft(d, progress, time) < 0);
  return isLate ? say("False", "ProgressDeadlineExceeded", `${who} has timed out progressing.`, conditions) : status;
}
