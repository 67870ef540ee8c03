// What a kubelet says of a pod: states of its containers, conditions, the phase that follows from them.
// Before you edit: pkg/kubelet/status/generate.go, pkg/kubelet/kubelet_pods.go (getPhase, convertStatusToAPIStatus).
import { type Condition, type ContainerStatus, isSidecar, type Pod, type PodPhase } from "../shapes.ts";

/** getPhase. While an init container goes on, the pod's own ones wait. */
export function phaseOf(
  { spec }: Pod,
  statuses: readonly ContainerStatus[],
  inits: readonly ContainerStatus[],
): PodPhase {
  const { restartPolicy = "Always", initContainers = [] } = spec;
  const failed = ({ state }: ContainerStatus, i: number) =>
    !isSidecar(initContainers[i]!) && (state.terminated?.exitCode ?? 0) !== 0;
  if (restartPolicy === "Never" && inits.some(failed)) return "Failed";
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

/** Once one of the pod's own containers began, it was initialized. */
function initialized({ spec }: Pod, statuses: readonly ContainerStatus[], phase: PodPhase): Said {
  const { initContainers = [] } = spec;
  const hasBegun = ({ state, lastState }: ContainerStatus) => !state.waiting || lastState.terminated !== undefined;
  const not = initContainers.filter((each, i) => !(isSidecar(each) ? statuses[i]!.started : statuses[i]!.ready));
  if (phase === "Succeeded") return { type: "Initialized", status: "True", reason: "PodCompleted" };
  if (not.length === 0 || statuses.slice(initContainers.length).some(hasBegun))
    return { type: "Initialized", status: "True" };
  const message = `containers with incomplete status: [${not.map(({ name }) => name).join(" ")}]`;
  return { type: "Initialized", status: "False", reason: "ContainersNotInitialized", message };
}

/**
 * The conditions a kubelet says, in its order; a time changes only with the status it is of. `statuses` are those of
 * init containers, and behind them the others.
 */
export function conditionsOf(
  pod: Pod,
  statuses: readonly ContainerStatus[],
  phase: PodPhase,
  hasSandbox: boolean,
  known: readonly Condition[],
  time: string,
): Condition[] {
  const { initContainers = [] } = pod.spec;
  const stays = statuses.filter((_, i) => initContainers[i] === undefined || isSidecar(initContainers[i]));
  const ready = containersReady(stays, phase);
  const said: Said[] = [
    { type: "PodReadyToStartContainers", status: hasSandbox ? "True" : "False" },
    initialized(pod, statuses, phase),
    { ...ready, type: "Ready" },
    ready,
    { type: "PodScheduled", status: "True" },
  ];
  const { generation } = pod.metadata;
  return said.map((each) => {
    const before = known.find(({ type }) => type === each.type);
    return before !== undefined && saysStill(before, each, generation)
      ? before
      : saidAt(each, before, time, generation);
  });
}

const saysStill = (before: Condition, { status, reason, message }: Said, generation: number | undefined): boolean =>
  before.status === status &&
  before.reason === reason &&
  before.message === message &&
  before.observedGeneration === generation;

function saidAt(
  { type, status, reason, message }: Said,
  before: Condition | undefined,
  time: string,
  generation: number | undefined,
): Condition {
  const condition: { -readonly [Field in keyof Condition]: Condition[Field] } = { type, status };
  if (reason !== undefined) condition.reason = reason;
  if (message !== undefined) condition.message = message;
  condition.lastProbeTime = null;
  condition.lastTransitionTime = before?.status === status ? before.lastTransitionTime! : time;
  if (generation !== undefined) condition.observedGeneration = generation;
  return condition;
}
