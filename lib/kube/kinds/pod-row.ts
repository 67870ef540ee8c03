// A pod as `kubectl get pods` prints it: above all the one word that says what is with it.
// Before you edit: pkg/printers/internalversion/printers.go (printPod).
import type { Draft } from "../api/object.ts";
import { age, type Cells, columns, orNone } from "../api/table.ts";

function ended({ reason, signal, exitCode }: Draft): string {
  return reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`);
}

interface Told {
  readonly reason: string;
  readonly ready: number;
  readonly restarts: number;
  readonly lastRestart: string;
}

const lastEnd = (status: Draft): string => status.lastState?.terminated?.finishedAt ?? "";

const later = (a: string, b: string): string => (a > b ? a : b);

/** What the init containers say; null if they are done and say nothing. */
function initializing(spec: Draft, status: Draft): { told: Told; done: boolean } {
  const all = (spec.initContainers ?? []) as Draft[];
  const staysUp = new Set(all.filter((each) => each.restartPolicy === "Always").map(({ name }) => name));
  let ready = 0;
  let restarts = 0;
  let lastRestart = "";
  let side = 0;
  let sideRestart = "";
  for (const [i, container] of ((status.initContainerStatuses ?? []) as Draft[]).entries()) {
    const { state = {}, restartCount = 0, name } = container;
    restarts += restartCount;
    lastRestart = later(lastRestart, lastEnd(container));
    if (staysUp.has(name)) {
      side += restartCount;
      sideRestart = later(sideRestart, lastEnd(container));
    }
    if (state.terminated?.exitCode === 0) continue;
    if (staysUp.has(name) && container.started) {
      if (container.ready) ready++;
      continue;
    }
    const why = state.terminated
      ? ended(state.terminated)
      : state.waiting?.reason && state.waiting.reason !== "PodInitializing"
        ? state.waiting.reason
        : `${i}/${all.length}`;
    return { told: { reason: `Init:${why}`, ready, restarts, lastRestart }, done: false };
  }
  return { told: { reason: "", ready, restarts: side, lastRestart: sideRestart }, done: true };
}

function running(status: Draft, start: Told): Told {
  let { reason, ready, restarts, lastRestart } = start;
  let anyRuns = false;
  let failure = "";
  for (const container of [...((status.containerStatuses ?? []) as Draft[])].reverse()) {
    const { state = {}, restartCount = 0 } = container;
    restarts += restartCount;
    lastRestart = later(lastRestart, lastEnd(container));
    if (state.waiting?.reason) reason = state.waiting.reason;
    else if (state.terminated) {
      reason = ended(state.terminated);
      if (state.terminated.exitCode !== 0) failure = reason;
    } else if (container.ready && state.running) {
      anyRuns = true;
      ready++;
    }
  }
  if (reason === "Completed") {
    const isReady = (status.conditions ?? []).some((each: Draft) => each.type === "Ready" && each.status === "True");
    if (anyRuns && isReady) reason = "Running";
    else if (failure !== "") reason = failure;
    else if (anyRuns) reason = "NotReady";
  }
  return { reason, ready, restarts, lastRestart };
}

function told({ spec = {}, status = {}, metadata }: Draft): Told {
  const conditions = (status.conditions ?? []) as Draft[];
  const is = (type: string, what: (each: Draft) => boolean) =>
    conditions.some((each) => each.type === type && what(each));
  let first = status.reason || status.phase || "";
  if (is("PodScheduled", ({ reason }) => reason === "SchedulingGated")) first = "SchedulingGated";
  const { told: before, done } = initializing(spec, status);
  const goesOn = done || is("Initialized", (each) => each.status === "True");
  let result = goesOn ? running(status, { ...before, reason: before.reason || first }) : before;
  if (metadata.deletionTimestamp !== undefined) {
    if (status.reason === "NodeLost") result = { ...result, reason: "Unknown" };
    else if (status.phase !== "Failed" && status.phase !== "Succeeded") result = { ...result, reason: "Terminating" };
  }
  return result;
}

const cells: Cells = (pod, now) => {
  const { metadata, spec = {}, status = {} } = pod;
  const { reason, ready, restarts, lastRestart } = told(pod);
  const sidecars = (spec.initContainers ?? []).filter((each: Draft) => each.restartPolicy === "Always").length;
  const gates = (spec.readinessGates ?? []) as Draft[];
  const open = gates.filter(({ conditionType }) =>
    (status.conditions ?? []).some((each: Draft) => each.type === conditionType && each.status === "True"),
  );
  return [
    metadata.name,
    `${ready}/${(spec.containers ?? []).length + sidecars}`,
    reason,
    restarts > 0 && lastRestart !== "" ? `${restarts} (${age(lastRestart, now)} ago)` : `${restarts}`,
    age(metadata.creationTimestamp, now),
    orNone(status.podIPs?.[0]?.ip),
    orNone(spec.nodeName),
    orNone(status.nominatedNodeName),
    gates.length === 0 ? "<none>" : `${open.length}/${gates.length}`,
  ];
};

export const podRow = {
  columns: columns("Name", "Ready", "Status", "Restarts", "Age", "*IP", "*Node", "*Nominated Node", "*Readiness Gates"),
  cells,
};
