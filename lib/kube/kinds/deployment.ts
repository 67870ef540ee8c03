// Deployments: as many pods as asked, replaced a few at a time when the template changes.
// Before you edit: pkg/registry/apps/deployment/strategy.go, pkg/apis/apps/validation/validation.go (ValidateDeployment).
import { denied, type FieldError, notNegative, unsupported, wrong } from "../api/field-error.ts";
import { unchanged } from "../api/metadata.ts";
import type { Draft } from "../api/object.ts";
import type { Resource } from "../api/resource.ts";
import { age, columns, containerCells, selectorText } from "../api/table.ts";
import { nameWarnings, templateWarnings } from "./pod-warnings.ts";
import {
  amountOf,
  atMost100Percent,
  defaultTemplate,
  intOrPercent,
  selectorValue,
  validateCounts,
  validateReplicas,
  validateWorkloadTemplate,
  workload,
} from "./workload.ts";

function validateStrategy({ type, rollingUpdate }: Draft): FieldError[] {
  const at = "spec.strategy.rollingUpdate";
  if (type === "Recreate")
    return rollingUpdate === undefined ? [] : [denied(at, "may not be specified when strategy `type` is 'Recreate'")];
  if (type !== "RollingUpdate")
    return [unsupported("spec.strategy", { Type: type, RollingUpdate: null }, ["Recreate", "RollingUpdate"])];
  const { maxUnavailable, maxSurge } = rollingUpdate;
  const errors = [...intOrPercent(`${at}.maxUnavailable`, maxUnavailable), ...intOrPercent(`${at}.maxSurge`, maxSurge)];
  if (amountOf(maxUnavailable) === 0 && amountOf(maxSurge) === 0)
    errors.push(wrong(`${at}.maxUnavailable`, maxUnavailable, "may not be 0 when `maxSurge` is 0"));
  return [...errors, ...atMost100Percent(`${at}.maxUnavailable`, maxUnavailable)];
}

export const DEPLOYMENTS: Resource = {
  ...workload,
  kind: "Deployment",
  resource: "deployments",
  singular: "deployment",
  shortNames: ["deploy"],
  generationCounts: ["spec", "annotations"],
  statusKeeps: ["labels", "ownerReferences"],
  scale: { selector: true },
  columns: columns("Name", "Ready", "Up-to-date", "Available", "Age", "*Containers", "*Images", "*Selector"),
  cells({ metadata, spec, status = {} }, now) {
    const ready = `${status.readyReplicas ?? 0}/${spec.replicas}`;
    const counts = [String(status.updatedReplicas ?? 0), String(status.availableReplicas ?? 0)].map(Number);
    return [
      metadata.name,
      ready,
      ...counts,
      age(metadata.creationTimestamp, now),
      ...containerCells(spec.template),
      selectorText(spec.selector),
    ];
  },
  strategy: {
    warnings: (object) => [...nameWarnings(object.metadata.name), ...templateWarnings(object as Draft)],
    defaults(draft) {
      draft.spec ??= {};
      const { spec } = draft;
      spec.replicas ??= 1;
      spec.strategy ??= {};
      spec.strategy.type ||= "RollingUpdate";
      if (spec.strategy.type === "RollingUpdate") {
        spec.strategy.rollingUpdate ??= {};
        spec.strategy.rollingUpdate.maxUnavailable ??= "25%";
        spec.strategy.rollingUpdate.maxSurge ??= "25%";
      }
      spec.revisionHistoryLimit ??= 10;
      spec.progressDeadlineSeconds ??= 600;
      defaultTemplate(spec);
      draft.status ??= {};
      for (const condition of draft.status.conditions ?? []) {
        condition.lastUpdateTime ??= null;
        condition.lastTransitionTime ??= null;
      }
    },
    prepareCreate(draft) {
      draft.status = {};
    },
    validate({ spec }) {
      const { minReadySeconds = 0, revisionHistoryLimit, progressDeadlineSeconds } = spec;
      const errors = [
        ...validateReplicas(spec),
        ...validateWorkloadTemplate(spec, "ReplicaSet"),
        ...validateStrategy(spec.strategy),
        ...notNegative("spec.minReadySeconds", minReadySeconds),
        ...notNegative("spec.revisionHistoryLimit", revisionHistoryLimit),
        ...notNegative("spec.progressDeadlineSeconds", progressDeadlineSeconds),
      ];
      if (progressDeadlineSeconds <= minReadySeconds)
        errors.push(
          wrong("spec.progressDeadlineSeconds", progressDeadlineSeconds, "must be greater than minReadySeconds"),
        );
      return errors;
    },
    validateUpdate: ({ spec }, old) =>
      unchanged(selectorValue(spec.selector), selectorValue((old as Draft).spec.selector), "spec.selector"),
    validateStatus: ({ status }) =>
      validateCounts(
        status,
        [
          "observedGeneration",
          "replicas",
          "updatedReplicas",
          "readyReplicas",
          "availableReplicas",
          "unavailableReplicas",
        ],
        ["updatedReplicas", "readyReplicas", "availableReplicas"],
      ),
  },
};
