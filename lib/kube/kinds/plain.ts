// Kinds that are only kept: ConfigMap, ServiceAccount, Lease, Event.
// Before you edit: pkg/registry/core/{configmap,serviceaccount}/strategy.go, pkg/registry/coordination/lease/strategy.go.
import { denied, type FieldError, wrong } from "../api/field-error.ts";
import { configKey, dnsSubdomain } from "../api/names.ts";
import { type Draft, sameJson } from "../api/object.ts";
import type { Resource } from "../api/resource.ts";

const kept = {
  categories: [],
  namespaced: true,
  hasStatus: false,
  hasGeneration: false,
  nameRule: dnsSubdomain,
  strategy: {},
};

export const CONFIG_MAPS: Resource = {
  ...kept,
  group: "",
  version: "v1",
  kind: "ConfigMap",
  resource: "configmaps",
  singular: "configmap",
  shortNames: ["cm"],
  strategy: {
    validate({ data = {}, binaryData = {} }) {
      const errors: FieldError[] = [];
      for (const key of Object.keys(data).sort()) {
        errors.push(...configKey(key).map((says) => wrong(`data[${key}]`, key, says)));
        if (Object.hasOwn(binaryData, key))
          errors.push(wrong(`data[${key}]`, key, "duplicate of key present in binaryData"));
      }
      for (const key of Object.keys(binaryData).sort())
        errors.push(...configKey(key).map((says) => wrong(`binaryData[${key}]`, key, says)));
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
  version: "v1",
  kind: "ServiceAccount",
  resource: "serviceaccounts",
  singular: "serviceaccount",
  shortNames: ["sa"],
};

export const LEASES: Resource = {
  ...kept,
  group: "coordination.k8s.io",
  version: "v1",
  kind: "Lease",
  resource: "leases",
  singular: "lease",
  shortNames: [],
};
