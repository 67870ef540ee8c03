// PodDisruptionBudgets: how many pods of some may be sent away at once.
// Before you edit: pkg/registry/policy/poddisruptionbudget/strategy.go, pkg/apis/policy/validation/validation.go.
import { type FieldError, notNegative, unsupported, wrong } from "../api/field-error.ts";
import { validateSelector } from "../api/metadata.ts";
import type { Draft } from "../api/object.ts";
import type { Resource } from "../api/resource.ts";
import { age, columns } from "../api/table.ts";
import { atMost100Percent, intOrPercent } from "./workload.ts";

const COUNTS = ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"];
const POLICIES = ["AlwaysAllow", "IfHealthyBudget"];

/** The struct as its complaint shows it: by Go's names. */
const asGo = ({ minAvailable, selector, maxUnavailable, unhealthyPodEvictionPolicy }: Draft) => ({
  MinAvailable: minAvailable,
  Selector: selector ?? null,
  MaxUnavailable: maxUnavailable,
  UnhealthyPodEvictionPolicy: unhealthyPodEvictionPolicy ?? null,
});

export const POD_DISRUPTION_BUDGETS: Resource = {
  group: "policy",
  version: "v1",
  kind: "PodDisruptionBudget",
  resource: "poddisruptionbudgets",
  singular: "poddisruptionbudget",
  shortNames: ["pdb"],
  categories: [],
  namespaced: true,
  hasStatus: true,
  hasGeneration: true,
  needsVersion: true,
  // ValidatePodDisruptionBudget asks nothing of a name.
  nameRule: () => [],
  columns: columns("Name", "Min Available", "Max Unavailable", "Allowed Disruptions", "Age"),
  cells: ({ metadata, spec, status = {} }, now) => [
    metadata.name,
    `${spec.minAvailable ?? "N/A"}`,
    `${spec.maxUnavailable ?? "N/A"}`,
    status.disruptionsAllowed ?? 0,
    age(metadata.creationTimestamp, now),
  ],
  strategy: {
    defaults(draft) {
      draft.spec ??= {};
      draft.status ??= {};
      for (const count of COUNTS) draft.status[count] ??= 0;
    },
    prepareCreate(draft) {
      draft.status = Object.fromEntries(COUNTS.map((count) => [count, 0]));
    },
    validate({ spec }) {
      const errors: FieldError[] = [];
      if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined)
        errors.push(wrong("spec", asGo(spec), "minAvailable and maxUnavailable cannot be both set"));
      for (const bound of ["minAvailable", "maxUnavailable"])
        if (spec[bound] !== undefined)
          errors.push(...intOrPercent(`spec.${bound}`, spec[bound]), ...atMost100Percent(`spec.${bound}`, spec[bound]));
      errors.push(...validateSelector(spec.selector, "spec.selector"));
      const { unhealthyPodEvictionPolicy: policy } = spec;
      if (policy !== undefined && !POLICIES.includes(policy))
        errors.push(unsupported("spec.unhealthyPodEvictionPolicy", policy, POLICIES));
      return errors;
    },
    validateStatus: ({ status }) => COUNTS.flatMap((count) => notNegative(`status.${count}`, status[count])),
  },
};
