// What may be in the metadata of an object, and in the selectors that read it?
// Before you edit: staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go,
// .../pkg/apis/meta/v1/validation/validation.go.
import { denied, type FieldError, required, tooLong, wrong } from "./field-error.ts";
import { dnsLabel, labelValue, type NameRule, qualifiedName } from "./names.ts";
import { type Draft, type KubeObject, sameJson } from "./object.ts";

export function validateLabels(labels: Draft | undefined, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const key in labels) {
    const value = labels[key];
    for (const says of qualifiedName(key)) errors.push(wrong(field, key, says));
    for (const says of labelValue(value)) errors.push(wrong(field, value, says));
  }
  return errors;
}

const MOST_ANNOTATIONS = 256 * 1024;

export function validateAnnotations(annotations: Draft | undefined, field: string): FieldError[] {
  const errors: FieldError[] = [];
  let octets = 0;
  for (const key in annotations) {
    for (const says of qualifiedName(key.toLowerCase())) errors.push(wrong(field, key, says));
    octets += key.length + (annotations[key] as string).length;
  }
  if (octets > MOST_ANNOTATIONS) errors.push(tooLong(field, MOST_ANNOTATIONS));
  return errors;
}

function validateOwners(owners: readonly Draft[], field: string): FieldError[] {
  const errors: FieldError[] = [];
  let controller: string | null = null;
  for (const owner of owners) {
    if (!owner.apiVersion)
      errors.push(wrong(`${field}.apiVersion`, owner.apiVersion ?? "", "version must not be empty"));
    if (!owner.kind) errors.push(wrong(`${field}.kind`, owner.kind ?? "", "must not be empty"));
    if (!owner.name) errors.push(wrong(`${field}.name`, owner.name ?? "", "must not be empty"));
    if (!owner.uid) errors.push(wrong(`${field}.uid`, owner.uid ?? "", "must not be empty"));
    if (!owner.controller) continue;
    const name = `${owner.kind}/${owner.name}`;
    if (controller !== null)
      errors.push(
        wrong(
          field,
          owners,
          `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`,
        ),
      );
    else controller = name;
  }
  return errors;
}

/** ValidateObjectMeta. What is as it is in `old` was judged when that was stored, and is not judged again. */
export function validateMetadata(
  metadata: Draft,
  old: KubeObject["metadata"] | null,
  namespaced: boolean,
  rule: NameRule,
): FieldError[] {
  const errors: FieldError[] = [];
  const { name, generateName, namespace, labels, annotations, ownerReferences = [], finalizers = [] } = metadata;
  if (generateName && generateName !== old?.generateName)
    // What is generated is longer than what it is made from, and ends well.
    errors.push(
      ...rule(generateName.replace(/.-$/, "a")).map((says) => wrong("metadata.generateName", generateName, says)),
    );
  if (!name) errors.push(required("metadata.name", "name or generateName is required"));
  else if (name !== old?.name) errors.push(...rule(name).map((says) => wrong("metadata.name", name, says)));
  if (namespaced) {
    if (!namespace) errors.push(required("metadata.namespace"));
    else if (namespace !== old?.namespace)
      errors.push(...dnsLabel(namespace).map((says) => wrong("metadata.namespace", namespace, says)));
  } else if (namespace) errors.push(denied("metadata.namespace", "not allowed on this type"));
  if (labels !== old?.labels) errors.push(...validateLabels(labels, "metadata.labels"));
  if (annotations !== old?.annotations) errors.push(...validateAnnotations(annotations, "metadata.annotations"));
  if (ownerReferences !== old?.ownerReferences)
    errors.push(...validateOwners(ownerReferences, "metadata.ownerReferences"));
  if (finalizers !== old?.finalizers) errors.push(...validateFinalizers(finalizers));
  return errors;
}

function validateFinalizers(finalizers: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  for (const each of finalizers) {
    errors.push(...qualifiedName(each).map((says) => wrong("metadata.finalizers", each, says)));
  }
  if (finalizers.includes("orphan") && finalizers.includes("foregroundDeletion"))
    errors.push(wrong("metadata.finalizers", finalizers, "finalizer orphan and foregroundDeletion cannot be both set"));
  for (const [i, each] of finalizers.entries())
    if (!each.includes("/") && !["orphan", "foregroundDeletion", "kubernetes"].includes(each))
      errors.push(
        wrong(`metadata.finalizers[${i}]`, each, "name is neither a standard finalizer name nor is it fully qualified"),
      );
  return errors;
}

/** ValidateLabelSelector. */
export function validateSelector(selector: Draft | undefined, field: string): FieldError[] {
  if (selector === undefined) return [];
  const errors = validateLabels(selector.matchLabels, `${field}.matchLabels`);
  for (const [i, { key = "", operator = "", values = [] }] of (
    (selector.matchExpressions ?? []) as Draft[]
  ).entries()) {
    const at = `${field}.matchExpressions[${i}]`;
    if (operator === "In" || operator === "NotIn") {
      if (values.length === 0)
        errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    } else if (operator === "Exists" || operator === "DoesNotExist") {
      if (values.length > 0)
        errors.push(denied(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
    } else errors.push(wrong(`${at}.operator`, operator, "not a valid selector operator"));
    errors.push(...qualifiedName(key).map((says) => wrong(`${at}.key`, key, says)));
    for (const [j, value] of values.entries())
      errors.push(...labelValue(value).map((says) => wrong(`${at}.values[${j}]`, value, says)));
  }
  return errors;
}

/** ValidateImmutableField. */
export function unchanged(value: unknown, old: unknown, field: string): FieldError[] {
  return sameJson(value, old) ? [] : [wrong(field, value, "field is immutable")];
}

/** Who is asked to go can't be held up by more than held it then. The real server asks twice, and says it twice. */
export function noNewFinalizers(metadata: Draft, old: KubeObject["metadata"]): FieldError[] {
  const { finalizers = [], deletionTimestamp } = old;
  const added = ((metadata.finalizers ?? []) as string[]).filter((each) => !finalizers.includes(each));
  if (deletionTimestamp === undefined || added.length === 0) return [];
  const found = `[]string{${added.map((each) => JSON.stringify(each)).join(", ")}}`;
  const why = `no new finalizers can be added if the object is being deleted, found new finalizers ${found}`;
  const error = denied("metadata.finalizers", why);
  return [error, error];
}
