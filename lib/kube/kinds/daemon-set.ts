// DaemonSets: one pod on every node.
// Before you edit: pkg/registry/apps/daemonset/strategy.go, pkg/apis/apps/validation/validation.go (ValidateDaemonSet).
import { type FieldError, notNegative, required, unsupported, wrong } from "../api/field-error.ts";
import { unchanged } from "../api/metadata.ts";
import { type Draft, sameJson } from "../api/object.ts";
import type { Resource } from "../api/resource.ts";
import { age, columns, containerCells, labelsText, orNone, selectorText } from "../api/table.ts";
import { templateWarnings } from "./pod-warnings.ts";
import {
  amountOf,
  atMost100Percent,
  defaultTemplate,
  intOrPercent,
  selectorValue,
  validateWorkloadSelector,
  validateWorkloadTemplate,
  workload,
} from "./workload.ts";

/** How often the template was changed; kept where it was before there were revisions. */
const TEMPLATE_GENERATION = "deprecated.daemonset.template.generation";

function validateUpdateStrategy({ type, rollingUpdate }: Draft): FieldError[] {
  const at = "spec.updateStrategy.rollingUpdate";
  if (type === "OnDelete") return [];
  if (type !== "RollingUpdate")
    return [unsupported("spec.updateStrategy", { Type: type, RollingUpdate: null }, ["RollingUpdate", "OnDelete"])];
  const { maxUnavailable, maxSurge } = rollingUpdate;
  const errors = [
    ...intOrPercent(`${at}.maxUnavailable`, maxUnavailable),
    ...intOrPercent(`${at}.maxSurge`, maxSurge),
    ...atMost100Percent(`${at}.maxUnavailable`, maxUnavailable),
    ...atMost100Percent(`${at}.maxSurge`, maxSurge),
  ];
  const [unavailable, surge] = [amountOf(maxUnavailable) !== 0, amountOf(maxSurge) !== 0];
  if (unavailable && surge)
    errors.push(wrong(`${at}.maxSurge`, maxSurge, "may not be set when maxUnavailable is non-zero"));
  if (!unavailable && !surge) errors.push(required(`${at}.maxUnavailable`, "cannot be 0 when maxSurge is 0"));
  return errors;
}

const COUNTS = ["currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady"] as const;

export const DAEMON_SETS: Resource = {
  ...workload,
  kind: "DaemonSet",
  resource: "daemonsets",
  singular: "daemonset",
  shortNames: ["ds"],
  columns: columns(
    "Name",
    "#Desired",
    "#Current",
    "#Ready",
    "#Up-to-date",
    "#Available",
    "Node Selector",
    "Age",
    "*Containers",
    "*Images",
    "*Selector",
  ),
  cells: ({ metadata, spec, status = {} }, now) => [
    metadata.name,
    status.desiredNumberScheduled ?? 0,
    status.currentNumberScheduled ?? 0,
    status.numberReady ?? 0,
    status.updatedNumberScheduled ?? 0,
    status.numberAvailable ?? 0,
    labelsText(spec.template.spec.nodeSelector),
    age(metadata.creationTimestamp, now),
    ...containerCells(spec.template),
    orNone(selectorText(spec.selector)),
  ],
  strategy: {
    warnings: templateWarnings,
    defaults(draft) {
      draft.spec ??= {};
      const { spec } = draft;
      spec.updateStrategy ??= {};
      spec.updateStrategy.type ||= "RollingUpdate";
      if (spec.updateStrategy.type === "RollingUpdate") {
        spec.updateStrategy.rollingUpdate ??= {};
        spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1;
        spec.updateStrategy.rollingUpdate.maxSurge ??= 0;
      }
      spec.revisionHistoryLimit ??= 10;
      defaultTemplate(spec);
      draft.status ??= {};
      for (const count of COUNTS) draft.status[count] ??= 0;
    },
    prepareCreate(draft) {
      draft.status = Object.fromEntries(COUNTS.map((count) => [count, 0]));
      draft.metadata.annotations = { ...draft.metadata.annotations, [TEMPLATE_GENERATION]: "1" };
    },
    prepareUpdate(draft, old) {
      const before = Number(old.metadata.annotations?.[TEMPLATE_GENERATION] ?? 0);
      const changed = !sameJson(draft.spec.template, (old as Draft).spec.template);
      draft.metadata.annotations = {
        ...draft.metadata.annotations,
        [TEMPLATE_GENERATION]: String(changed ? before + 1 : before),
      };
    },
    validate({ spec }) {
      const selector = validateWorkloadSelector(spec, "daemonset");
      const template = validateWorkloadTemplate(spec, "DaemonSet");
      // The labels are looked at between the words of the selector and that it is empty.
      const empty = selector.filter(({ says }) => says.includes("empty selector"));
      const mismatch = template.filter(({ field }) => field === "spec.template.metadata.labels");
      return [
        ...selector.filter((each) => !empty.includes(each)),
        ...mismatch,
        ...empty,
        ...template.filter((each) => !mismatch.includes(each)),
        ...notNegative("spec.minReadySeconds", spec.minReadySeconds),
        ...validateUpdateStrategy(spec.updateStrategy),
        ...notNegative("spec.revisionHistoryLimit", spec.revisionHistoryLimit),
      ];
    },
    validateUpdate: ({ spec }, old) =>
      unchanged(selectorValue(spec.selector), selectorValue((old as Draft).spec.selector), "spec.selector"),
    validateStatus: ({ status }) =>
      [...COUNTS, "observedGeneration", "updatedNumberScheduled", "numberAvailable", "numberUnavailable"].flatMap(
        (count) => notNegative(`status.${count}`, status[count]),
      ),
  },
};
