// kubectl describe of pods and of what makes them.
// Before you edit: staging/src/k8s.io/kubectl/pkg/describe/describe.go (describePod, describeDeployment, ...).
import type { Draft } from "../../api/object.ts";
import { labelsText, selectorText } from "../../api/table.ts";
import type { Session } from "../session.ts";
import { containers, podTemplate, tolerations, volumes } from "./containers.ts";
import { controllerOf, dateText, type Paper } from "./paper.ts";

/** Writes about an object, events aside. */
export type Describe = (paper: Paper, object: Draft, session: Session) => void;

function head(paper: Paper, { metadata }: Draft): void {
  paper.field("Name", metadata.name);
  paper.field("Namespace", metadata.namespace);
}

function marks(paper: Paper, { metadata }: Draft): void {
  paper.labels("Labels", metadata.labels);
  paper.annotations(metadata.annotations);
}

export const pod: Describe = (paper, object) => {
  const { metadata, spec, status = {} } = object;
  head(paper, object);
  if (spec.priority !== undefined) paper.field("Priority", spec.priority);
  if (spec.priorityClassName) paper.field("Priority Class Name", spec.priorityClassName);
  if (spec.runtimeClassName) paper.field("Runtime Class Name", spec.runtimeClassName);
  if (spec.serviceAccountName) paper.field("Service Account", spec.serviceAccountName);
  paper.field("Node", spec.nodeName ? `${spec.nodeName}/${status.hostIP ?? ""}` : "<none>");
  if (status.startTime) paper.field("Start Time", dateText(status.startTime));
  marks(paper, object);
  const isOver = status.phase === "Failed" || status.phase === "Succeeded";
  if (metadata.deletionTimestamp !== undefined && !isOver) {
    paper.field("Status", `Terminating (lasts ${paper.age(metadata.deletionTimestamp)})`);
    paper.field("Termination Grace Period", `${metadata.deletionGracePeriodSeconds ?? 0}s`);
  } else paper.field("Status", status.phase ?? "");
  if (status.reason) paper.field("Reason", status.reason);
  if (status.message) paper.field("Message", status.message);
  paper.field("IP", status.podIP ?? "");
  const ips = (status.podIPs ?? []) as Draft[];
  if (ips.length === 0) paper.field("IPs", "<none>");
  else paper.line(0, "IPs:");
  for (const { ip } of ips) paper.field("IP", ip, 1);
  const controller = controllerOf(object);
  if (controller !== "") paper.field("Controlled By", controller);
  if (status.nominatedNodeName) paper.field("NominatedNodeName", status.nominatedNodeName);
  if (spec.initContainers?.length > 0)
    containers(paper, "Init Containers", spec.initContainers, status.initContainerStatuses ?? [], "", object);
  containers(paper, "Containers", spec.containers, status.containerStatuses ?? [], "", object);
  podConditions(paper, object);
  volumes(paper, spec.volumes ?? [], "");
  paper.field("QoS Class", status.qosClass || qosClass(spec));
  paper.labels("Node-Selectors", spec.nodeSelector);
  tolerations(paper, "Tolerations", spec.tolerations ?? []);
};

function podConditions(paper: Paper, { spec, status = {} }: Draft): void {
  const conditions = (status.conditions ?? []) as Draft[];
  const gates = (spec.readinessGates ?? []) as Draft[];
  if (gates.length > 0) paper.line(0, "Readiness Gates:\n  Type\tStatus");
  for (const { conditionType } of gates) {
    const found = conditions.find(({ type }) => type === conditionType);
    paper.line(1, `${conditionType} \t${found?.status ?? "<none>"} `);
  }
  if (conditions.length > 0) paper.line(0, "Conditions:\n  Type\tStatus");
  for (const { type, status: state } of conditions) paper.line(1, `${type} \t${state} `);
}

/** ComputePodQOS, of cpu and memory. */
function qosClass({ containers = [], initContainers = [] }: Draft): string {
  const all = [...containers, ...initContainers] as Draft[];
  const of = (which: "limits" | "requests") => all.map(({ resources }) => (resources?.[which] ?? {}) as Draft);
  const [limits, requests] = [of("limits"), of("requests")];
  const has = (list: Draft) => list.cpu !== undefined || list.memory !== undefined;
  if (![...limits, ...requests].some(has)) return "BestEffort";
  const isFull = all.every((_, i) =>
    ["cpu", "memory"].every(
      (name) => limits[i]![name] !== undefined && [undefined, limits[i]![name]].includes(requests[i]![name]),
    ),
  );
  return isFull ? "Guaranteed" : "Burstable";
}

/** How many pods that it made are in which phase. */
function podsStatus(session: Session, { metadata, spec }: Draft): string {
  const resource = session.server.resource("pods", "")!;
  const query = { labelSelector: selectorText(spec.selector) };
  const mine = session
    .items({ resource, namespace: metadata.namespace }, query)
    .filter((each) =>
      ((each.metadata.ownerReferences ?? []) as Draft[]).some(
        ({ controller, uid }) => controller && uid === metadata.uid,
      ),
    );
  const count = (phase: string) => mine.filter(({ status }) => status?.phase === phase).length;
  return `${count("Running")} Running / ${count("Pending")} Waiting / ${count("Succeeded")} Succeeded / ${count("Failed")} Failed`;
}

function conditions(paper: Paper, { status = {} }: Draft): void {
  if (!(status.conditions?.length > 0)) return;
  paper.line(0, "Conditions:\n  Type\tStatus\tReason");
  paper.line(1, "----\t------\t------");
  for (const { type, status: state, reason = "" } of status.conditions) paper.line(1, `${type} \t${state}\t${reason}`);
}

export const replicaSet: Describe = (paper, object, session) => {
  const { spec, status = {} } = object;
  head(paper, object);
  paper.field("Selector", selectorText(spec.selector) || "<none>");
  marks(paper, object);
  const controller = controllerOf(object);
  if (controller !== "") paper.field("Controlled By", controller);
  paper.field("Replicas", `${status.replicas ?? 0} current / ${spec.replicas ?? 0} desired`);
  paper.field("Pods Status", podsStatus(session, object));
  podTemplate(paper, spec.template);
  conditions(paper, object);
};

export const daemonSet: Describe = (paper, object, session) => {
  const { spec, status = {} } = object;
  head(paper, object);
  paper.field("Selector", selectorText(spec.selector));
  paper.field("Node-Selector", labelsText(spec.template.spec?.nodeSelector));
  marks(paper, object);
  paper.line(0, `Desired Number of Nodes Scheduled: ${status.desiredNumberScheduled ?? 0}`);
  paper.line(0, `Current Number of Nodes Scheduled: ${status.currentNumberScheduled ?? 0}`);
  paper.line(0, `Number of Nodes Scheduled with Up-to-date Pods: ${status.updatedNumberScheduled ?? 0}`);
  paper.line(0, `Number of Nodes Scheduled with Available Pods: ${status.numberAvailable ?? 0}`);
  paper.line(0, `Number of Nodes Misscheduled: ${status.numberMisscheduled ?? 0}`);
  paper.field("Pods Status", podsStatus(session, object));
  podTemplate(paper, spec.template);
};

export const deployment: Describe = (paper, object, session) => {
  const { metadata, spec, status = {} } = object;
  head(paper, object);
  paper.field("CreationTimestamp", dateText(metadata.creationTimestamp));
  marks(paper, object);
  paper.field("Selector", selectorText(spec.selector));
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0, unavailableReplicas = 0 } = status;
  paper.field(
    "Replicas",
    `${spec.replicas ?? 0} desired | ${updatedReplicas} updated | ${replicas} total | ${availableReplicas} available | ${unavailableReplicas} unavailable`,
  );
  paper.field("StrategyType", spec.strategy?.type ?? "");
  paper.field("MinReadySeconds", spec.minReadySeconds ?? 0);
  const rolling = spec.strategy?.rollingUpdate;
  if (rolling)
    paper.field("RollingUpdateStrategy", `${rolling.maxUnavailable} max unavailable, ${rolling.maxSurge} max surge`);
  podTemplate(paper, spec.template);
  conditions(paper, object);
  const { old, current } = revisionsOf(session, object);
  if (old.length === 0 && current === null) return;
  paper.field("OldReplicaSets", setsText(old));
  paper.field("NewReplicaSet", setsText(current === null ? [] : [current]));
};

const setsText = (sets: readonly Draft[]): string =>
  sets
    .map(
      ({ metadata, status, spec }) =>
        `${metadata.name} (${status?.replicas ?? 0}/${spec.replicas ?? 0} replicas created)`,
    )
    .join(", ") || "<none>";

const withoutHash = (template: Draft): string => {
  const { "pod-template-hash": _hash, ...labels } = (template.metadata?.labels ?? {}) as Draft;
  return JSON.stringify({ ...template, metadata: { ...template.metadata, labels } });
};

/** The ReplicaSet that has the Deployment's template, and the others (GetAllReplicaSets). */
export function revisionsOf(session: Session, { metadata, spec }: Draft): { old: Draft[]; current: Draft | null } {
  const resource = session.server.resource("replicasets", "apps")!;
  const query = { labelSelector: selectorText(spec.selector) };
  const mine = session
    .items({ resource, namespace: metadata.namespace }, query)
    .filter((each) => ((each.metadata.ownerReferences ?? []) as Draft[]).some(({ uid }) => uid === metadata.uid));
  const byAge = [...mine].sort((a, b) => {
    const [x, y] = [a.metadata, b.metadata] as [Draft, Draft];
    if (x.creationTimestamp !== y.creationTimestamp) return x.creationTimestamp < y.creationTimestamp ? -1 : 1;
    return x.name < y.name ? -1 : 1;
  });
  const current = byAge.find((each) => withoutHash(each.spec.template) === withoutHash(spec.template)) ?? null;
  return { old: mine.filter((each) => each !== current), current };
}
