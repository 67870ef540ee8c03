// May the pod run on this node? Each plugin says why not, in the order the scheduler asks them.
// Before you edit: pkg/scheduler/framework/plugins/*/ (Filter), staging/src/k8s.io/component-helpers/scheduling/corev1/.
import type { Node, NodeSelectorRequirement, NodeSelectorTerm, Pod, Taint, Toleration } from "../shapes.ts";
import type { NodeInfo, Request } from "./node-info.ts";

export interface Refusal {
  readonly reasons: readonly string[];
  /** Whether the node might take the pod if others left it (Unschedulable, not UnschedulableAndUnresolvable). */
  readonly resolvable: boolean;
}

const UNSCHEDULABLE = "node.kubernetes.io/unschedulable";
const never = (reason: string): Refusal => ({ reasons: [reason], resolvable: false });

/** Null if the node can take the pod. */
export function filter(pod: Pod, request: Request, info: NodeInfo): Refusal | null {
  const node = info.node!;
  const { tolerations = [] } = pod.spec;
  if (node.spec.unschedulable && !tolerates(tolerations, { key: UNSCHEDULABLE, effect: "NoSchedule" }))
    return never("node(s) were unschedulable");
  if (node.spec.taints?.some((taint) => taint.effect !== "PreferNoSchedule" && !tolerates(tolerations, taint)))
    return never("node(s) had untolerated taint(s)");
  if (!selectsNode(pod, node)) return never("node(s) didn't match Pod's node affinity/selector");
  if (request.hostPorts.some((port) => info.hostPorts.has(port)))
    return { reasons: ["node(s) didn't have free ports for the requested pod ports"], resolvable: true };
  return fits(request, info);
}

function fits({ cpu, memory }: Request, info: NodeInfo): Refusal | null {
  const { allocatable, pods } = info;
  const isRoom = cpu <= allocatable.cpu - info.cpu && memory <= allocatable.memory - info.memory;
  if (isRoom && pods.size < allocatable.pods) return null;
  const reasons: string[] = [];
  if (pods.size + 1 > allocatable.pods) reasons.push("Too many pods");
  if (cpu > 0 && cpu > allocatable.cpu - info.cpu) reasons.push("Insufficient cpu");
  if (memory > 0 && memory > allocatable.memory - info.memory) reasons.push("Insufficient memory");
  if (reasons.length === 0) return null;
  return { reasons, resolvable: cpu <= allocatable.cpu && memory <= allocatable.memory };
}

/** Whether one of them tolerates the taint (TolerationsTolerateTaint). */
export function tolerates(tolerations: readonly Toleration[], taint: Taint): boolean {
  return tolerations.some(
    ({ key = "", operator = "Equal", value = "", effect }) =>
      (effect === undefined || effect === taint.effect) &&
      (key === "" || key === taint.key) &&
      (operator === "Exists" || value === (taint.value ?? "")),
  );
}

/** nodeSelector and the required node affinity. */
export function selectsNode({ spec }: Pod, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  for (const key in spec.nodeSelector) if (labels[key] !== spec.nodeSelector[key]) return false;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || required.nodeSelectorTerms.some((term) => meets(term, node));
}

function meets({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, { metadata }: Node): boolean {
  const labels = metadata.labels ?? {};
  return (
    matchExpressions.length + matchFields.length > 0 &&
    matchExpressions.every((each) => holds(each, labels[each.key])) &&
    matchFields.every((each) => holds(each, each.key === "metadata.name" ? metadata.name : undefined))
  );
}

function holds({ operator, values = [] }: NodeSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
      return Number(value) > Number(values[0]);
    case "Lt":
      return Number(value) < Number(values[0]);
  }
}
