// Ingress and IngressClass: which host and path of HTTP leads to which Service.
// Before you edit: pkg/apis/networking/validation/validation.go, pkg/registry/networking/ingress/strategy.go.
import { isIp } from "../api/address.ts";
import { byRule, type FieldError, port, required, unsupported, wrong } from "../api/field-error.ts";
import { dnsLabel, dnsSubdomain, portName, wildcardSubdomain } from "../api/names.ts";
import type { Draft } from "../api/object.ts";
import type { Resource } from "../api/resource.ts";
import { age, columns, orNone } from "../api/table.ts";

const NEVER = ["//", "/./", "/../", "%2f", "%2F"];
const NEVER_LAST = ["/..", "/."];
const PATH_TYPES = ["Exact", "ImplementationSpecific", "Prefix"];

function validateHost(field: string, host: string): FieldError[] {
  return byRule(field, host, host.includes("*") ? wildcardSubdomain : dnsSubdomain);
}

function validateBackend({ service, resource }: Draft, field: string): FieldError[] {
  if (service !== undefined && resource !== undefined)
    return [wrong(field, "", "cannot set both resource and service backends")];
  if (resource !== undefined) {
    const errors: FieldError[] = [];
    for (const each of ["kind", "name"]) if (!resource[each]) errors.push(required(`${field}.resource.${each}`));
    return errors;
  }
  if (service === undefined) return [wrong(field, "", "resource or service backend is required")];
  const errors = service.name
    ? byRule(`${field}.service.name`, service.name, dnsLabel)
    : [required(`${field}.service.name`)];
  const { name, number } = service.port ?? {};
  if (name && number) errors.push(wrong(field, "", "cannot set both port name & port number"));
  else if (name) errors.push(...byRule(`${field}.service.port.name`, name, portName));
  else if (number) errors.push(...port(`${field}.service.port.number`, number));
  else errors.push(required(field, "port name or number is required"));
  return errors;
}

function validatePath({ path = "", pathType, backend = {} }: Draft, at: string): FieldError[] {
  if (pathType === undefined) return [required(`${at}.pathType`, "pathType must be specified")];
  const errors: FieldError[] = [];
  const field = `${at}.path`;
  if (pathType === "Exact" || pathType === "Prefix") {
    if (!path.startsWith("/")) errors.push(wrong(field, path, "must be an absolute path"));
    for (const each of NEVER) if (path.includes(each)) errors.push(wrong(field, path, `must not contain '${each}'`));
    for (const each of NEVER_LAST)
      if (path.endsWith(each)) errors.push(wrong(field, path, `cannot end with '${each}'`));
  } else if (pathType === "ImplementationSpecific") {
    if (path !== "" && !path.startsWith("/")) errors.push(wrong(field, path, "must be an absolute path"));
  } else errors.push(unsupported(`${at}.pathType`, pathType, PATH_TYPES));
  return [...errors, ...validateBackend(backend, `${at}.backend`)];
}

function validateRules(rules: readonly Draft[]): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, { host, http }] of rules.entries()) {
    const at = `spec.rules[${i}]`;
    if (host) {
      if (isIp(host)) errors.push(wrong(`${at}.host`, host, "must be a DNS name, not an IP address"));
      errors.push(...validateHost(`${at}.host`, host));
    }
    if (http === undefined) continue;
    if (!http.paths?.length) errors.push(required(`${at}.http.paths`));
    for (const [j, each] of ((http.paths ?? []) as Draft[]).entries())
      errors.push(...validatePath(each, `${at}.http.paths[${j}]`));
  }
  return errors;
}

const networking = { group: "networking.k8s.io", version: "v1", categories: [], nameRule: dnsSubdomain };

export const INGRESSES: Resource = {
  ...networking,
  kind: "Ingress",
  resource: "ingresses",
  singular: "ingress",
  shortNames: ["ing"],
  namespaced: true,
  hasStatus: true,
  hasGeneration: true,
  columns: columns("Name", "Class", "Hosts", "Address", "Ports", "Age"),
  cells({ metadata, spec, status = {} }, now) {
    const rules = (spec.rules ?? []) as Draft[];
    const hosts = rules.slice(0, 3).flatMap(({ host }) => (host ? [host] : []));
    const more = rules.length > 3 && hosts.length === 3 ? ` + ${rules.length - 3} more...` : "";
    const ingress = (status.loadBalancer?.ingress ?? []) as Draft[];
    return [
      metadata.name,
      spec.ingressClassName ?? "<none>",
      hosts.length === 0 ? "*" : `${hosts.join(",")}${more}`,
      [...new Set(ingress.map(({ ip, hostname }) => ip || hostname))].sort().join(","),
      spec.tls?.length ? "80, 443" : "80",
      age(metadata.creationTimestamp, now),
    ];
  },
  strategy: {
    warnings: ({ metadata: { annotations = {} } }) =>
      CLASS in annotations && annotations[CLASS] !== ""
        ? [`annotation ${JSON.stringify(CLASS)} is deprecated, please use 'spec.ingressClassName' instead`]
        : [],
    defaults(draft) {
      draft.spec ??= {};
      draft.status ??= {};
      draft.status.loadBalancer ??= {};
    },
    prepareCreate(draft) {
      draft.status = { loadBalancer: {} };
    },
    validate({ spec }) {
      const errors: FieldError[] = [];
      if (!spec.rules?.length && spec.defaultBackend === undefined)
        errors.push(wrong("spec", spec.rules ?? null, "either `defaultBackend` or `rules` must be specified"));
      if (spec.defaultBackend !== undefined)
        errors.push(...validateBackend(spec.defaultBackend, "spec.defaultBackend"));
      errors.push(...validateRules(spec.rules ?? []));
      for (const [i, { hosts = [], secretName }] of ((spec.tls ?? []) as Draft[]).entries()) {
        for (const [j, host] of hosts.entries()) errors.push(...validateHost(`spec.tls[${i}].hosts[${j}]`, host));
        if (secretName) errors.push(...byRule(`spec.tls[${i}].secretName`, secretName, dnsSubdomain));
      }
      if (spec.ingressClassName !== undefined)
        errors.push(...byRule("spec.ingressClassName", spec.ingressClassName, dnsSubdomain));
      return errors;
    },
    validateStatus: () => [],
  },
};

/** Where the class stood before spec.ingressClassName. */
const CLASS = "kubernetes.io/ingress.class";
const IS_DEFAULT = "ingressclass.kubernetes.io/is-default-class";

export const INGRESS_CLASSES: Resource = {
  ...networking,
  kind: "IngressClass",
  resource: "ingressclasses",
  singular: "ingressclass",
  shortNames: [],
  namespaced: false,
  hasStatus: false,
  hasGeneration: true,
  columns: columns("Name", "Controller", "Parameters", "Age"),
  cells({ metadata, spec }, now) {
    const { parameters } = spec;
    const group = parameters?.apiGroup === undefined ? "" : `.${parameters.apiGroup}`;
    return [
      `${metadata.name}${metadata.annotations?.[IS_DEFAULT] === "true" ? " (default)" : ""}`,
      spec.controller ?? "",
      orNone(parameters && `${parameters.kind}${group}/${parameters.name}`),
      age(metadata.creationTimestamp, now),
    ];
  },
  strategy: {
    defaults(draft) {
      draft.spec ??= {};
      if (draft.spec.parameters) draft.spec.parameters.scope ??= "Cluster";
    },
    validate({ spec }) {
      const controller = spec.controller ?? "";
      if (controller.length > 250)
        return [
          { field: "spec.controller", reason: "FieldValueTooLong", says: "Too long: may not be more than 250 bytes" },
        ];
      if (controller === "") return [required("spec.controller")];
      const [host = "", path = ""] = [controller.split("/")[0], controller.split("/").slice(1).join("/")];
      if (host === "" || path === "")
        return [wrong("spec.controller", controller, 'must be a domain-prefixed path (such as "acme.io/foo")')];
      return byRule("spec.controller", host, dnsSubdomain);
    },
    validateUpdate({ spec }, old) {
      const before = (old as Draft).spec.controller;
      return spec.controller === before ? [] : [wrong("spec.controller", spec.controller, "field is immutable")];
    },
  },
};
