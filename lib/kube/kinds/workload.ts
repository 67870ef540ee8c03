// What Deployments, ReplicaSets and DaemonSets have in common: a selector and a template for pods.
// Before you edit: pkg/apis/apps/validation/validation.go, pkg/apis/apps/v1/defaults.go.
import { byRule, denied, type FieldError, notNegative, required, unsupported, wrong } from "../api/field-error.ts";
import { validateSelector } from "../api/metadata.ts";
import { byPattern, dnsSubdomain } from "../api/names.ts";
import type { Draft } from "../api/object.ts";
import { selectorOf, selects } from "../api/selector.ts";
import { defaultPodSpec } from "./pod-defaults.ts";
import { validateTemplate } from "./pod-validation.ts";

export const workload = {
  group: "apps",
  version: "v1",
  categories: ["all"],
  namespaced: true,
  hasStatus: true,
  hasGeneration: true,
  nameRule: dnsSubdomain,
};

export function defaultTemplate(spec: Draft): void {
  spec.template ??= {};
  spec.template.metadata ??= {};
  spec.template.spec ??= {};
  defaultPodSpec(spec.template.spec);
}

/** A LabelSelector as Go's JSON has it: fields in their order, labels in that of their keys. */
export function selectorValue(selector: Draft | undefined): Draft | null {
  if (selector === undefined) return null;
  const { matchLabels, matchExpressions } = selector;
  const sorted = matchLabels && Object.fromEntries(Object.entries(matchLabels).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { ...(matchLabels && { matchLabels: sorted }), ...(matchExpressions && { matchExpressions }) };
}

export const isEmptySelector = ({ matchLabels = {}, matchExpressions = [] }: Draft): boolean =>
  Object.keys(matchLabels).length + matchExpressions.length === 0;

/** Of `kind` for an empty one: a Deployment's words are a ReplicaSet's too. */
export function validateWorkloadSelector(spec: Draft, kind: string): FieldError[] {
  const { selector } = spec;
  const errors = validateSelector(selector, "spec.selector");
  if (selector !== undefined && isEmptySelector(selector))
    errors.push(wrong("spec.selector", selectorValue(selector), `empty selector is invalid for ${kind}`));
  return errors;
}

export function validateWorkloadTemplate(spec: Draft, kind: string): FieldError[] {
  const { selector, template } = spec;
  const labels = template.metadata.labels;
  const errors: FieldError[] = [];
  const isAsked = validateSelector(selector, "").length === 0;
  if (!isAsked && kind === "ReplicaSet")
    return [wrong("spec.selector", selectorValue(selector), "invalid label selector")];
  // No selector selects nothing.
  if (isAsked && (selector === undefined || !selects(selectorOf(selector), labels)))
    errors.push(wrong("spec.template.metadata.labels", labels ?? null, "`selector` does not match template `labels`"));
  errors.push(...validateTemplate(template, "spec.template"));
  if (template.spec.restartPolicy !== "Always")
    errors.push(unsupported("spec.template.spec.restartPolicy", template.spec.restartPolicy, ["Always"]));
  if (template.spec.activeDeadlineSeconds !== undefined)
    errors.push(
      denied("spec.template.spec.activeDeadlineSeconds", `activeDeadlineSeconds in ${kind} is not Supported`),
    );
  return errors;
}

export function intOrPercent(field: string, value: unknown): FieldError[] {
  if (typeof value === "number") return notNegative(field, value);
  return byRule(field, String(value), (text) =>
    /^[0-9]+%$/.test(text)
      ? []
      : [
          byPattern(
            "a valid percent string must be a numeric string followed by an ending '%'",
            "[0-9]+%",
            "1%",
            "93%",
          ),
        ],
  );
}

export const amountOf = (value: unknown): number =>
  typeof value === "number" ? value : Number(/^([0-9]+)%$/.exec(String(value))?.[1] ?? 0);

export const atMost100Percent = (field: string, value: unknown): FieldError[] =>
  typeof value === "string" && amountOf(value) > 100 ? [wrong(field, value, "must not be greater than 100%")] : [];

/** Deployment and ReplicaSet: a selector must be there. */
export function validateReplicas(spec: Draft): FieldError[] {
  if (spec.selector === undefined) return [...notNegative("spec.replicas", spec.replicas), required("spec.selector")];
  return [...notNegative("spec.replicas", spec.replicas), ...validateWorkloadSelector(spec, "deployment")];
}

/** Counts of a status: none below zero, and none of those that are counted within all above it. */
export function validateCounts(status: Draft, counts: readonly string[], within: readonly string[]): FieldError[] {
  const errors = counts.flatMap((count) => notNegative(`status.${count}`, status[count]));
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0 } = status;
  for (const count of within)
    if ((status[count] ?? 0) > replicas)
      errors.push(wrong(`status.${count}`, status[count], "cannot be greater than status.replicas"));
  if (availableReplicas > readyReplicas)
    errors.push(wrong("status.availableReplicas", availableReplicas, "cannot be greater than readyReplicas"));
  return errors;
}
