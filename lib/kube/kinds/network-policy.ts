// NetworkPolicies: who may talk to whom. The API server only keeps them; a CNI plugin enforces them, or does not.
// Before you edit: pkg/apis/networking/validation/validation.go (ValidateNetworkPolicy), pkg/apis/networking/v1/defaults.go.
import { addressWithLength, prefix } from "../../wire/address.ts";
import { cidr, isCidr } from "../api/address.ts";
import { byRule, denied, type FieldError, port, required, unsupported, wrong } from "../api/field-error.ts";
import { validateSelector } from "../api/metadata.ts";
import { dnsSubdomain, portName } from "../api/names.ts";
import type { Draft } from "../api/object.ts";
import type { Resource } from "../api/resource.ts";
import { age, columns, orNone, selectorText } from "../api/table.ts";

const PROTOCOLS = ["TCP", "UDP", "SCTP"];

function validatePort({ protocol, port: at, endPort }: Draft, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!PROTOCOLS.includes(protocol)) errors.push(unsupported(`${field}.protocol`, protocol, PROTOCOLS));
  if (at === undefined) {
    if (endPort !== undefined)
      errors.push(wrong(`${field}.endPort`, endPort, "may not be specified when `port` is not specified"));
  } else if (typeof at === "number") {
    errors.push(...port(`${field}.port`, at));
    if (endPort !== undefined) {
      if (endPort < at) errors.push(wrong(`${field}.endPort`, at, "must be greater than or equal to `port`"));
      errors.push(...port(`${field}.endPort`, endPort));
    }
  } else {
    if (endPort !== undefined)
      errors.push(wrong(`${field}.endPort`, endPort, "may not be specified when `port` is non-numeric"));
    errors.push(...byRule(`${field}.port`, at, portName));
  }
  return errors;
}

/** Is `inner` a part of `outer`, and not all of it? */
function isWithin(inner: string, outer: string): boolean {
  const [small, large] = [prefix(inner), prefix(outer)];
  if (small.family !== large.family || small.length <= large.length) return false;
  if (small.family === 6 || large.family === 6) return true;
  return large.contains(addressWithLength(inner).address);
}

function validateBlock({ cidr: block, except = [] }: Draft, field: string): FieldError[] {
  if (!block) return [required(`${field}.cidr`)];
  const errors = cidr(`${field}.cidr`, block);
  if (errors.length > 0) return errors;
  for (const [i, each] of except.entries()) {
    const at = `${field}.except[${i}]`;
    errors.push(...cidr(at, each));
    if (isCidr(each) && !isWithin(each, block)) errors.push(wrong(at, each, "must be a strict subset of `cidr`"));
  }
  return errors;
}

function validatePeer({ podSelector, namespaceSelector, ipBlock }: Draft, field: string): FieldError[] {
  const errors = [
    ...validateSelector(podSelector, `${field}.podSelector`),
    ...validateSelector(namespaceSelector, `${field}.namespaceSelector`),
    ...(ipBlock === undefined ? [] : validateBlock(ipBlock, `${field}.ipBlock`)),
  ];
  const peers = [podSelector, namespaceSelector, ipBlock].filter((each) => each !== undefined).length;
  if (peers === 0) errors.push(required(field, "must specify a peer"));
  else if (peers > 1 && ipBlock !== undefined)
    errors.push(denied(field, "may not specify both ipBlock and another peer"));
  return errors;
}

function validateRules(rules: readonly Draft[], field: string, peers: "from" | "to"): FieldError[] {
  return rules.flatMap((rule, i) => [
    ...((rule.ports ?? []) as Draft[]).flatMap((each, j) => validatePort(each, `${field}[${i}].ports[${j}]`)),
    ...((rule[peers] ?? []) as Draft[]).flatMap((each, j) => validatePeer(each, `${field}[${i}].${peers}[${j}]`)),
  ]);
}

export const NETWORK_POLICIES: Resource = {
  group: "networking.k8s.io",
  version: "v1",
  kind: "NetworkPolicy",
  resource: "networkpolicies",
  singular: "networkpolicy",
  shortNames: ["netpol"],
  categories: [],
  namespaced: true,
  hasStatus: false,
  hasGeneration: true,
  nameRule: dnsSubdomain,
  columns: columns("Name", "Pod-Selector", "Age"),
  cells: ({ metadata, spec }, now) => [
    metadata.name,
    orNone(selectorText(spec.podSelector)),
    age(metadata.creationTimestamp, now),
  ],
  strategy: {
    defaults(draft) {
      draft.spec ??= {};
      const { spec } = draft;
      spec.podSelector ??= {};
      if (!spec.policyTypes?.length) spec.policyTypes = spec.egress?.length ? ["Ingress", "Egress"] : ["Ingress"];
      for (const { ports = [] } of [...(spec.ingress ?? []), ...(spec.egress ?? [])])
        for (const each of ports) each.protocol ??= "TCP";
    },
    validate({ spec }) {
      const errors = [
        ...validateSelector(spec.podSelector, "spec.podSelector"),
        ...validateRules(spec.ingress ?? [], "spec.ingress", "from"),
        ...validateRules(spec.egress ?? [], "spec.egress", "to"),
      ];
      const types = spec.policyTypes as string[];
      if (types.length > 2)
        return [...errors, wrong("spec.policyTypes", types, "may not specify more than two policyTypes")];
      for (const [i, type] of types.entries())
        if (type !== "Ingress" && type !== "Egress")
          errors.push(unsupported(`spec.policyTypes[${i}]`, type, ["Ingress", "Egress"]));
      return errors;
    },
  },
};
