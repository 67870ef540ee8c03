// kubectl describe of nodes and namespaces, with what they have to give.
// Before you edit: staging/src/k8s.io/kubectl/pkg/describe/describe.go (describeNode, describeNodeResource, describeNamespace).
import type { Draft } from "../../api/object.ts";
import { canonicalQuantity, quantity } from "../../api/quantity.ts";
import { isRefusal } from "../failure.ts";
import type { Session } from "../session.ts";
import { dateText, orNone, type Paper } from "./paper.ts";
import type { Describe } from "./workloads.ts";

const ROLE = "node-role.kubernetes.io/";

function rolesOf(labels: Draft): string {
  const roles = Object.keys(labels)
    .filter((key) => key.startsWith(ROLE) && key !== ROLE)
    .map((key) => key.slice(ROLE.length));
  if (labels["kubernetes.io/role"]) roles.push(labels["kubernetes.io/role"]);
  return orNone([...new Set(roles)].sort().join(","));
}

export const node: Describe = (paper, object, session) => {
  const { metadata, spec = {}, status = {} } = object;
  paper.field("Name", metadata.name);
  paper.field("Roles", rolesOf(metadata.labels ?? {}));
  paper.labels("Labels", metadata.labels);
  paper.annotations(metadata.annotations);
  paper.field("CreationTimestamp", dateText(metadata.creationTimestamp));
  const taints = [...((spec.taints ?? []) as Draft[])].sort((a, b) =>
    `${a.effect},${a.key}` < `${b.effect},${b.key}` ? -1 : 1,
  );
  paper.lines("Taints", taints.map(taintText));
  paper.field("Unschedulable", spec.unschedulable === true);
  lease(paper, session, metadata.name);
  const conditions = (status.conditions ?? []) as Draft[];
  if (conditions.length > 0) {
    paper.line(0, "Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage");
    paper.line(1, "----\t------\t-----------------\t------------------\t------\t-------");
    for (const { type, status: state, lastHeartbeatTime, lastTransitionTime, reason = "", message = "" } of conditions)
      paper.line(
        1,
        `${type} \t${state} \t${dateText(lastHeartbeatTime)} \t${dateText(lastTransitionTime)} \t${reason} \t${message}`,
      );
  }
  paper.line(0, "Addresses:");
  for (const { type, address } of (status.addresses ?? []) as Draft[]) paper.field(type, address, 1);
  for (const [title, list] of [
    ["Capacity", status.capacity ?? {}],
    ["Allocatable", status.allocatable ?? {}],
  ] as const) {
    const names = Object.keys(list).sort();
    if (names.length > 0) paper.line(0, `${title}:`);
    for (const name of names) paper.field(name, list[name], 1);
  }
  systemInfo(paper, status.nodeInfo ?? {});
  if (spec.podCIDR) paper.field("PodCIDR", spec.podCIDR);
  if (spec.podCIDRs?.length > 0) paper.field("PodCIDRs", spec.podCIDRs.join(","));
  if (spec.providerID) paper.field("ProviderID", spec.providerID);
  podsOf(paper, session, object);
};

export const taintText = ({ key, value, effect = "" }: Draft): string =>
  effect === "" ? (value ? `${key}=${value}:` : key) : value ? `${key}=${value}:${effect}` : `${key}:${effect}`;

function lease(paper: Paper, session: Session, name: string): void {
  const resource = session.server.resource("leases")!;
  try {
    const { spec = {} } = session.get({ resource, namespace: "kube-node-lease", name });
    paper.line(0, "Lease:");
    paper.field("HolderIdentity", spec.holderIdentity ?? "<unset>", 1);
    paper.field("AcquireTime", spec.acquireTime ? dateText(spec.acquireTime) : "<unset>", 1);
    paper.field("RenewTime", spec.renewTime ? dateText(spec.renewTime) : "<unset>", 1);
  } catch (failure) {
    if (!isRefusal(failure, "NotFound")) throw failure;
    paper.field("Lease", `Failed to get lease: ${(failure as Error).message}`);
  }
}

function systemInfo(paper: Paper, info: Draft): void {
  paper.line(0, "System Info:");
  for (const [title, field] of [
    ["Machine ID", "machineID"],
    ["System UUID", "systemUUID"],
    ["Boot ID", "bootID"],
    ["Kernel Version", "kernelVersion"],
    ["OS Image", "osImage"],
    ["Operating System", "operatingSystem"],
    ["Architecture", "architecture"],
    ["Container Runtime Version", "containerRuntimeVersion"],
    ["Kubelet Version", "kubeletVersion"],
  ] as const)
    paper.field(title, info[field] ?? "", 1);
}

const ONE = 10n ** 9n;
const amount = (text: string | undefined): bigint => quantity(text ?? "0") ?? 0n;
/** The sum, in the units of the first that says any. */
function sum(list: readonly (string | undefined)[]): string {
  const said = list.filter((each): each is string => each !== undefined);
  const total = said.reduce((all, each) => all + amount(each), 0n);
  const isBinary = /i$/.test(said[0] ?? "");
  const text = total % ONE === 0n ? `${total / ONE}` : `${total / 1_000_000n}m`;
  return canonicalQuantity(isBinary && total % (1024n * ONE) === 0n ? `${total / ONE / 1024n}Ki` : text);
}

const KINDS = ["cpu", "memory", "ephemeral-storage"] as const;

/** What a pod asks for; init containers run before the others, so the most of either counts. */
function asked({ spec }: Draft, which: "requests" | "limits", name: string): string | undefined {
  const of = (list: readonly Draft[]) => list.map(({ resources }) => resources?.[which]?.[name] as string | undefined);
  const together = of(spec.containers ?? []).filter((each) => each !== undefined);
  const before = of(spec.initContainers ?? []).filter((each): each is string => each !== undefined);
  const most = before.reduce<string | undefined>((top, each) => (amount(each) > amount(top) ? each : top), undefined);
  const all = together.length === 0 ? undefined : sum(together);
  return amount(most) > amount(all) ? most : all;
}

function share(text: string, of: string | undefined): string {
  const whole = amount(of);
  return `${text} (${whole === 0n ? 0 : (amount(text) * 100n) / whole}%)`;
}

function podsOf(paper: Paper, session: Session, { metadata, status = {} }: Draft): void {
  const resource = session.server.resource("pods", "")!;
  const fieldSelector = `spec.nodeName=${metadata.name},status.phase!=Succeeded,status.phase!=Failed`;
  const pods = session.items({ resource, namespace: null }, { fieldSelector });
  const allocatable = (status.allocatable ?? status.capacity ?? {}) as Draft;
  paper.field("Non-terminated Pods", `(${pods.length} in total)`);
  paper.line(1, "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge");
  paper.line(1, "---------\t----\t\t------------\t----------\t---------------\t-------------\t---");
  for (const pod of pods) {
    const cells = (["cpu", "memory"] as const).flatMap((name) =>
      (["requests", "limits"] as const).map((which) => share(asked(pod, which, name) ?? "0", allocatable[name])),
    );
    const { namespace, name, creationTimestamp } = pod.metadata;
    paper.line(1, `${namespace}\t${name}\t\t${cells.join("\t")}\t${paper.age(creationTimestamp)}`);
  }
  paper.line(0, "Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)");
  paper.line(1, "Resource\tRequests\tLimits");
  paper.line(1, "--------\t--------\t------");
  const total = (which: "requests" | "limits", name: string) => sum(pods.map((pod) => asked(pod, which, name)));
  for (const name of KINDS)
    paper.line(
      1,
      `${name}\t${share(total("requests", name), allocatable[name])}\t${share(total("limits", name), allocatable[name])}`,
    );
  const others = Object.keys(allocatable)
    .filter((name) => ![...KINDS, "pods"].includes(name))
    .sort();
  for (const name of others.filter((each) => each.startsWith("hugepages-")))
    paper.line(
      1,
      `${name}\t${share(total("requests", name), allocatable[name])}\t${share(total("limits", name), allocatable[name])}`,
    );
  for (const name of others.filter((each) => !each.startsWith("hugepages-")))
    paper.line(1, `${name}\t${total("requests", name)}\t${total("limits", name)}`);
}

export const namespace: Describe = (paper, { metadata, status = {} }) => {
  paper.field("Name", metadata.name);
  paper.labels("Labels", metadata.labels);
  paper.annotations(metadata.annotations);
  paper.field("Status", status.phase ?? "");
  const conditions = (status.conditions ?? []) as Draft[];
  if (conditions.length === 0) return;
  paper.line(0, "Conditions:");
  paper.line(1, "Type\tStatus\tLastTransitionTime\tReason\tMessage");
  paper.line(1, "----\t------\t------------------\t------\t-------");
  for (const { type, status: state, lastTransitionTime, reason, message } of conditions)
    paper.line(1, `${type}\t${state}\t${dateText(lastTransitionTime)}\t${reason}\t${message}`);
};

export const configMap: Describe = (paper, { metadata, data = {}, binaryData = {} }) => {
  paper.field("Name", metadata.name);
  paper.field("Namespace", metadata.namespace);
  paper.labels("Labels", metadata.labels);
  paper.annotations(metadata.annotations);
  paper.line(0, "\nData\n====");
  for (const key of Object.keys(data).sort()) paper.line(0, `${key}:\n----\n${data[key]}\n`);
  paper.line(0, "\nBinaryData\n====");
  for (const key of Object.keys(binaryData).sort())
    paper.line(0, `${key}: ${Buffer.from(binaryData[key], "base64").length} bytes`);
  paper.line(0, "");
};

export const serviceAccount: Describe = (paper, { metadata, imagePullSecrets = [] }) => {
  paper.field("Name", metadata.name);
  paper.field("Namespace", metadata.namespace);
  paper.labels("Labels", metadata.labels);
  paper.annotations(metadata.annotations);
  const names = (imagePullSecrets as Draft[]).map(({ name }) => name);
  if (names.length === 0) paper.line(0, "Image pull secrets:\t<none>");
  for (const [i, name] of names.entries())
    paper.line(0, `${i === 0 ? "Image pull secrets:" : " ".repeat(19)}\t${name}`);
};
