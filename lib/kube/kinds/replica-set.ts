// ReplicaSets: as many pods as asked, all of one template.
// Before you edit: pkg/registry/apps/replicaset/strategy.go, pkg/apis/apps/validation/validation.go (ValidateReplicaSet).
import { notNegative } from "../api/field-error.ts";
import { unchanged } from "../api/metadata.ts";
import type { Draft } from "../api/object.ts";
import type { Resource } from "../api/resource.ts";
import { age, columns, containerCells, orNone, selectorText } from "../api/table.ts";
import { nameWarnings, templateWarnings } from "./pod-warnings.ts";
import {
  defaultTemplate,
  selectorValue,
  validateCounts,
  validateReplicas,
  validateWorkloadTemplate,
  workload,
} from "./workload.ts";

export const REPLICA_SETS: Resource = {
  ...workload,
  kind: "ReplicaSet",
  resource: "replicasets",
  singular: "replicaset",
  shortNames: ["rs"],
  scale: { selector: true },
  columns: columns("Name", "#Desired", "#Current", "#Ready", "Age", "*Containers", "*Images", "*Selector"),
  cells: ({ metadata, spec, status = {} }, now) => [
    metadata.name,
    spec.replicas,
    status.replicas ?? 0,
    status.readyReplicas ?? 0,
    age(metadata.creationTimestamp, now),
    ...containerCells(spec.template),
    orNone(selectorText(spec.selector)),
  ],
  strategy: {
    warnings: (object) => [...nameWarnings(object.metadata.name), ...templateWarnings(object as Draft)],
    defaults(draft) {
      draft.spec ??= {};
      draft.spec.replicas ??= 1;
      defaultTemplate(draft.spec);
      draft.status ??= {};
      draft.status.replicas ??= 0;
    },
    prepareCreate(draft) {
      draft.status = { replicas: 0 };
    },
    validate: ({ spec }) => {
      const [replicas, ...selector] = [notNegative("spec.replicas", spec.replicas), ...[validateReplicas(spec)]];
      const others = selector.flat().filter(({ field }) => field !== "spec.replicas");
      return [
        ...replicas!,
        ...notNegative("spec.minReadySeconds", spec.minReadySeconds),
        ...others,
        ...validateWorkloadTemplate(spec, "ReplicaSet"),
      ];
    },
    validateUpdate: ({ spec }, old) =>
      unchanged(selectorValue(spec.selector), selectorValue((old as Draft).spec.selector), "spec.selector"),
    validateStatus: ({ status }) =>
      validateCounts(
        status,
        ["replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration"],
        ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"],
      ),
  },
};
