// Kinds that are only kept: ConfigMap, ServiceAccount, Lease, ControllerRevision.
// Before you edit: pkg/registry/core/{configmap,serviceaccount}/strategy.go, pkg/registry/coordination/lease/strategy.go,
// pkg/registry/apps/controllerrevision/strategy.go.
import { byRule, denied, type FieldError, notNegative, required, wrong } from "../api/field-error.ts";
import { unchanged } from "../api/metadata.ts";
import { configKey, dnsSubdomain } from "../api/names.ts";
import { type Draft, sameJson } from "../api/object.ts";
import type { Resource } from "../api/resource.ts";
import { age, columns } from "../api/table.ts";

const kept = {
  version: "v1",
  categories: [],
  namespaced: true,
  hasStatus: false,
  hasGeneration: false,
  nameRule: dnsSubdomain,
};

export const CONFIG_MAPS: Resource = {
  ...kept,
  group: "",
  kind: "ConfigMap",
  resource: "configmaps",
  singular: "configmap",
  shortNames: ["cm"],
  columns: columns("Name", "Data", "Age"),
  cells: ({ metadata, data = {}, binaryData = {} }, now) => [
    metadata.name,
    Object.keys(data).length + Object.keys(binaryData).length,
    age(metadata.creationTimestamp, now),
  ],
  strategy: {
    validate({ data = {}, binaryData = {} }) {
      const errors: FieldError[] = [];
      for (const key of Object.keys(data).sort()) {
        errors.push(...byRule(`data[${key}]`, key, configKey));
        if (Object.hasOwn(binaryData, key))
          errors.push(wrong(`data[${key}]`, key, "duplicate of key present in binaryData"));
      }
      for (const key of Object.keys(binaryData).sort()) errors.push(...byRule(`binaryData[${key}]`, key, configKey));
      return errors;
    },
    validateUpdate(object, old) {
      const before = old as Draft;
      if (!before.immutable) return [];
      const errors: FieldError[] = [];
      if (!object.immutable) errors.push(denied("immutable", "field is immutable when `immutable` is set"));
      for (const part of ["data", "binaryData"])
        if (!sameJson(object[part], before[part]))
          errors.push(denied(part, "field is immutable when `immutable` is set"));
      return errors;
    },
  },
};

export const SERVICE_ACCOUNTS: Resource = {
  ...kept,
  group: "",
  kind: "ServiceAccount",
  resource: "serviceaccounts",
  singular: "serviceaccount",
  shortNames: ["sa"],
  columns: columns("Name", "Age"),
  cells: ({ metadata }, now) => [metadata.name, age(metadata.creationTimestamp, now)],
  strategy: {},
};

export const LEASES: Resource = {
  ...kept,
  group: "coordination.k8s.io",
  kind: "Lease",
  resource: "leases",
  singular: "lease",
  shortNames: [],
  madeByUpdate: true,
  needsVersion: true,
  columns: columns("Name", "Holder", "Age"),
  cells: ({ metadata, spec = {} }, now) => [
    metadata.name,
    spec.holderIdentity ?? "",
    age(metadata.creationTimestamp, now),
  ],
  strategy: {
    defaults(draft) {
      draft.spec ??= {};
    },
    validate({ spec }) {
      const { leaseDurationSeconds: seconds, leaseTransitions } = spec;
      return [
        ...(seconds !== undefined && seconds <= 0
          ? [wrong("spec.leaseDurationSeconds", seconds, "must be greater than 0")]
          : []),
        ...notNegative("spec.leaseTransitions", leaseTransitions),
      ];
    },
  },
};

export const CONTROLLER_REVISIONS: Resource = {
  ...kept,
  group: "apps",
  kind: "ControllerRevision",
  resource: "controllerrevisions",
  singular: "controllerrevision",
  shortNames: [],
  columns: columns("Name", "Controller", "Revision", "Age"),
  cells({ metadata, revision }, now) {
    const owner = (metadata.ownerReferences ?? []).find((each: Draft) => each.controller);
    const group = owner?.apiVersion.includes("/") ? `.${owner.apiVersion.split("/")[0]}` : "";
    const name = owner ? `${owner.kind.toLowerCase()}${group}/${owner.name}` : "<none>";
    return [metadata.name, name, revision, age(metadata.creationTimestamp, now)];
  },
  strategy: {
    defaults(draft) {
      draft.revision ??= 0;
    },
    validate: ({ revision, data }) => [
      ...notNegative("revision", revision),
      ...(data === undefined ? [required("data", "data is mandatory")] : []),
      ...(data !== undefined && (typeof data !== "object" || Array.isArray(data))
        ? [required("data", "data must be a valid JSON object")]
        : []),
    ],
    validateUpdate: (object, old) => unchanged(object.data ?? null, (old as Draft).data ?? null, "data"),
  },
};
