// Nodes: the machines that kubelets run on.
// Before you edit: pkg/registry/core/node/strategy.go, pkg/apis/core/validation/validation.go (ValidateNode),
// plugin/pkg/admission/nodetaint/admission.go.
import { cidr } from "../api/address.ts";
import { byRule, denied, type FieldError, required, unsupported, wrong } from "../api/field-error.ts";
import { dnsSubdomain, labelValue, qualifiedName } from "../api/names.ts";
import type { Draft } from "../api/object.ts";
import { canonicalQuantity, quantity } from "../api/quantity.ts";
import type { Resource } from "../api/resource.ts";
import { age, columns, orNone } from "../api/table.ts";
import { EFFECTS } from "./pod-validation.ts";

/** The real one says `metadata.taints` of what is in `spec.taints`. */
function validateTaints(taints: readonly Draft[]): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, { key = "", value = "", effect = "" }] of taints.entries()) {
    const at = `metadata.taints[${i}]`;
    errors.push(...byRule(`${at}.key`, key, qualifiedName));
    const bad = labelValue(value);
    if (bad.length > 0) errors.push(wrong(`${at}.value`, value, bad.join(";")));
    if (effect === "") errors.push(required(`${at}.effect`));
    else if (!EFFECTS.includes(effect)) errors.push(unsupported(`${at}.effect`, effect, EFFECTS));
    if (seen.has(`${key} ${effect}`)) {
      const taint = JSON.stringify({ Key: key, Value: value, Effect: effect, TimeAdded: null });
      errors.push({
        field: at,
        reason: "FieldValueDuplicate",
        says: `Duplicate value: ${taint}: taints must be unique by key and effect pair`,
      });
    }
    seen.add(`${key} ${effect}`);
  }
  return errors;
}

const validateAmounts = (amounts: Draft, field: string): FieldError[] =>
  Object.keys(amounts).flatMap((name) =>
    quantity(amounts[name])! < 0n
      ? [wrong(`${field}.${name}`, canonicalQuantity(amounts[name]), "must be greater than or equal to 0")]
      : [],
  );

function validateFamilies(cidrs: readonly string[]): FieldError[] {
  const families = new Set(cidrs.map((each) => each.includes(":")));
  return cidrs.length <= families.size
    ? []
    : [wrong("spec.podCIDRs", cidrs, "may specify no more than one CIDR for each IP family")];
}

const ROLE = "node-role.kubernetes.io/";

function roles(labels: Draft = {}): string {
  const found = Object.entries(labels).flatMap(([key, value]) => {
    if (key.startsWith(ROLE)) return key === ROLE ? [] : [key.slice(ROLE.length)];
    return key === "kubernetes.io/role" && value !== "" ? [value as string] : [];
  });
  return [...new Set(found)].sort().join(",");
}

const addressOf = ({ addresses = [] }: Draft, type: string): string =>
  orNone((addresses as Draft[]).find((each) => each.type === type)?.address);

const orUnknown = (text: string | undefined): string => text || "<unknown>";

export const NODES: Resource = {
  group: "",
  version: "v1",
  kind: "Node",
  resource: "nodes",
  singular: "node",
  shortNames: ["no"],
  categories: [],
  namespaced: false,
  hasStatus: true,
  indexed: { field: "metadata.name", of: ({ metadata: { name } }) => name },
  hasGeneration: false,
  nameRule: dnsSubdomain,
  columns: columns(
    "Name",
    "Status",
    "Roles",
    "Age",
    "Version",
    "*Internal-IP",
    "*External-IP",
    "*OS-Image",
    "*Kernel-Version",
    "*Container-Runtime",
  ),
  cells({ metadata, spec = {}, status = {} }, now) {
    const ready = ((status.conditions ?? []) as Draft[]).find(({ type }) => type === "Ready");
    const { nodeInfo = {} } = status;
    const words = [ready === undefined ? "Unknown" : ready.status === "True" ? "Ready" : "NotReady"];
    if (spec.unschedulable) words.push("SchedulingDisabled");
    return [
      metadata.name,
      words.join(","),
      orNone(roles(metadata.labels)),
      age(metadata.creationTimestamp, now),
      nodeInfo.kubeletVersion ?? "",
      addressOf(status, "InternalIP"),
      addressOf(status, "ExternalIP"),
      orUnknown(nodeInfo.osImage),
      orUnknown(nodeInfo.kernelVersion),
      orUnknown(nodeInfo.containerRuntimeVersion),
    ];
  },
  strategy: {
    defaults(draft) {
      draft.spec ??= {};
      const { spec } = draft;
      if (spec.podCIDR && spec.podCIDRs === undefined) spec.podCIDRs = [spec.podCIDR];
      draft.status ??= {};
      for (const condition of draft.status.conditions ?? []) {
        condition.lastHeartbeatTime ??= null;
        condition.lastTransitionTime ??= null;
      }
      draft.status.daemonEndpoints ??= { kubeletEndpoint: { Port: 0 } };
      draft.status.nodeInfo ??= Object.fromEntries(NODE_INFO.map((each) => [each, ""]));
      draft.status.allocatable ??= draft.status.capacity;
      if (draft.status.allocatable === undefined) delete draft.status.allocatable;
    },
    prepareCreate({ spec }) {
      // Until somebody says that it is ready, nothing is put on it.
      const taints = (spec.taints ?? []) as Draft[];
      const key = "node.kubernetes.io/not-ready";
      if (!taints.some((each) => each.key === key && each.effect === "NoSchedule"))
        spec.taints = [...taints, { key, effect: "NoSchedule" }];
    },
    validate({ spec, status }) {
      return [
        ...validateTaints(spec.taints ?? []),
        ...["capacity", "allocatable"].flatMap((part) => validateAmounts(status[part] ?? {}, `status.${part}`)),
        ...((spec.podCIDRs ?? []) as string[]).flatMap((each, i) => cidr(`spec.podCIDRs[${i}]`, each)),
        ...validateFamilies(spec.podCIDRs ?? []),
      ];
    },
    isUpdateJudgedFirst: true,
    validateUpdate({ spec }, old) {
      const before = (old as Draft).spec;
      const errors: FieldError[] = [];
      if (before.podCIDRs?.length && JSON.stringify(spec.podCIDRs ?? []) !== JSON.stringify(before.podCIDRs))
        errors.push(denied("spec.podCIDRs", 'node updates may not change podCIDR except from "" to valid'));
      if (before.providerID && before.providerID !== spec.providerID)
        errors.push(denied("spec.providerID", 'node updates may not change providerID except from "" to valid'));
      return errors;
    },
    validateStatus: () => [],
    fields: (object) => ({ "spec.unschedulable": String((object as Draft).spec?.unschedulable ?? false) }),
  },
};

const NODE_INFO = [
  "machineID",
  "systemUUID",
  "bootID",
  "kernelVersion",
  "osImage",
  "containerRuntimeVersion",
  "kubeletVersion",
  "kubeProxyVersion",
  "operatingSystem",
  "architecture",
];
