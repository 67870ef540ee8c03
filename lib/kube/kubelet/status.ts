// What a kubelet says of a pod: states of its containers, conditions, the phase that follows from them.
// Before you edit: pkg/kubelet/status/generate.go, pkg/kubelet/kubelet_pods.go (getPhase, convertStatusToAPIStatus).
import type { Condition, ContainerStatus, Pod, PodPhase } from "../shapes.ts";

/** getPhase, of pods without init containers. */
export function phaseOf({ spec }: Pod, statuses: readonly ContainerStatus[]): PodPhase {
  const { restartPolicy = "Always" } = spec;
  let waiting = 0;
  let running = 0;
  let succeeded = 0;
  let stopped = 0;
  for (const { state, lastState } of statuses)
    if (state.running !== undefined) running++;
    else if (state.terminated !== undefined) {
      stopped++;
      if (state.terminated.exitCode === 0) succeeded++;
    } else if (lastState.terminated !== undefined) stopped++;
    else waiting++;
  if (waiting > 0) return "Pending";
  if (running > 0) return "Running";
  if (stopped === 0) return "Pending";
  if (restartPolicy === "Always") return "Running";
  if (stopped === succeeded) return "Succeeded";
  return restartPolicy === "Never" ? "Failed" : "Running";
}

type Said = Pick<Condition, "type" | "status"> & { readonly reason?: string; readonly message?: string };

function containersReady(statuses: readonly ContainerStatus[], phase: PodPhase): Said {
  const not = statuses.filter(({ ready }) => !ready).map(({ name }) => name);
  if (phase === "Succeeded") return { type: "ContainersReady", status: "False", reason: "PodCompleted" };
  if (phase === "Failed") return { type: "ContainersReady", status: "False", reason: "PodFailed" };
  if (not.length === 0) return { type: "ContainersReady", status: "True" };
  const message = `containers with unready status: [${not.join(" ")}]`;
  return { type: "ContainersReady", status: "False", reason: "ContainersNotReady", message };
}

/** The conditions a kubelet says, in its order; a time changes only with the status it is of. */
export function conditionsOf(
  pod: Pod,
  statuses: readonly ContainerStatus[],
  phase: PodPhase,
  hasSandbox: boolean,
  known: readonly Condition[],
  time: string,
): Condition[] {
  const ready = containersReady(statuses, phase);
  const isOver = phase === "Succeeded" || phase === "Failed";
  const said: Said[] = [
    { type: "PodReadyToStartContainers", status: hasSandbox ? "True" : "False" },
    isOver
      ? { type: "Initialized", status: "True", ...(phase === "Succeeded" && { reason: "PodCompleted" }) }
      : { type: "Initialized", status: "True" },
    { ...ready, type: "Ready" },
    ready,
    { type: "PodScheduled", status: "True" },
  ];
  const { generation } = pod.metadata;
  const observed = generation === undefined ? {} : { observedGeneration: generation };
  return said.map((each) => {
    const before = known.find(({ type }) => type === each.type);
    const lastTransitionTime = before?.status === each.status ? before.lastTransitionTime! : time;
    return { ...each, lastProbeTime: null, lastTransitionTime, ...observed };
  });
}
