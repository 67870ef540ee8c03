// May a pod be as it is, and may it become so?
// Before you edit: pkg/apis/core/validation/validation.go (ValidatePodSpec, ValidatePodTemplateSpec, ValidatePodUpdate).
import { ip } from "../api/address.ts";
import {
  byRule,
  denied,
  duplicate,
  type FieldError,
  inRange,
  required,
  unsupported,
  wrong,
} from "../api/field-error.ts";
import { validateAnnotations, validateLabels, validateSelector } from "../api/metadata.ts";
import { dnsLabel, dnsSubdomain, labelValue, qualifiedName } from "../api/names.ts";
import { type Draft, sameJson } from "../api/object.ts";
import { validateContainers, validateInitContainers } from "./container-validation.ts";

const RESTART_POLICIES = ["Always", "OnFailure", "Never"];
const DNS_POLICIES = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
export const EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

export function validatePodSpec(spec: Draft, field: string): FieldError[] {
  const at = (name: string) => `${field}.${name}`;
  const { containers = [], initContainers = [], nodeSelector, hostNetwork, activeDeadlineSeconds } = spec;
  const errors: FieldError[] = [];
  const volumes = validateVolumes(spec.volumes ?? [], at("volumes"), errors);
  errors.push(...validateContainers(containers, at("containers"), volumes));
  errors.push(...validateInitContainers(initContainers, at("initContainers"), containers, volumes));
  if (hostNetwork) errors.push(...hostPortsMatch(containers, at("containers")));
  if (!RESTART_POLICIES.includes(spec.restartPolicy))
    errors.push(unsupported(at("restartPolicy"), spec.restartPolicy, RESTART_POLICIES));
  if (!DNS_POLICIES.includes(spec.dnsPolicy)) errors.push(unsupported(at("dnsPolicy"), spec.dnsPolicy, DNS_POLICIES));
  errors.push(...validateLabels(nodeSelector, at("nodeSelector")));
  errors.push(...validateSpread(spec.topologySpreadConstraints ?? [], at("topologySpreadConstraints")));
  for (const [name, rule] of [
    ["serviceAccountName", dnsSubdomain],
    ["nodeName", dnsSubdomain],
  ] as const)
    if (spec[name]) errors.push(...byRule(at(name), spec[name], rule));
  if (activeDeadlineSeconds !== undefined)
    errors.push(...inRange(at("activeDeadlineSeconds"), activeDeadlineSeconds, 1, 2147483647));
  if (spec.hostname) errors.push(...byRule(at("hostname"), spec.hostname, dnsLabel));
  if (spec.subdomain) errors.push(...byRule(at("subdomain"), spec.subdomain, dnsLabel));
  errors.push(...validateTolerations(spec.tolerations ?? [], at("tolerations")));
  for (const [i, { ip: address, hostnames = [] }] of ((spec.hostAliases ?? []) as Draft[]).entries()) {
    errors.push(...ip(at(`hostAliases[${i}].ip`), address ?? ""));
    for (const [j, name] of hostnames.entries())
      errors.push(...byRule(at(`hostAliases[${i}].hostnames[${j}]`), name, dnsSubdomain));
  }
  if (spec.priorityClassName) errors.push(...byRule(at("priorityClassName"), spec.priorityClassName, dnsSubdomain));
  return errors;
}

/** The names of the volumes that are right; what is wrong goes to `errors`. */
function validateVolumes(volumes: readonly Draft[], field: string, errors: FieldError[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [i, volume] of volumes.entries()) {
    const at = `${field}[${i}]`;
    const found: FieldError[] = [];
    const sources = Object.keys(volume).filter((key) => key !== "name");
    for (const other of sources.slice(1))
      found.push(denied(`${at}.${other}`, "may not specify more than 1 volume type"));
    if (volume.hostPath && !volume.hostPath.path) found.push(required(`${at}.hostPath.path`));
    if (volume.configMap && !volume.configMap.name) found.push(required(`${at}.configMap.name`));
    if (volume.secret && !volume.secret.secretName) found.push(required(`${at}.secret.secretName`));
    found.push(...(volume.name ? byRule(`${at}.name`, volume.name, dnsLabel) : [required(`${at}.name`)]));
    if (names.has(volume.name)) found.push(duplicate(`${at}.name`, volume.name));
    if (found.length === 0) names.add(volume.name);
    errors.push(...found);
  }
  return names;
}

/** On the node's network a port can't have another number outside. */
function hostPortsMatch(containers: readonly Draft[], field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, { ports = [] }] of containers.entries())
    for (const [j, { hostPort, containerPort }] of (ports as Draft[]).entries())
      if (hostPort !== containerPort)
        errors.push(
          wrong(
            `${field}[${i}].ports[${j}].hostPort`,
            hostPort ?? 0,
            "must match `containerPort` when `hostNetwork` is true",
          ),
        );
  return errors;
}

function validateSpread(constraints: readonly Draft[], field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, { maxSkew = 0, topologyKey, whenUnsatisfiable, labelSelector }] of constraints.entries()) {
    const at = `${field}[${i}]`;
    if (maxSkew <= 0) errors.push(wrong(`${at}.maxSkew`, maxSkew, "must be greater than zero"));
    if (!topologyKey) errors.push(required(`${at}.topologyKey`, "can not be empty"));
    if (!["DoNotSchedule", "ScheduleAnyway"].includes(whenUnsatisfiable))
      errors.push(unsupported(`${at}.whenUnsatisfiable`, whenUnsatisfiable ?? "", ["DoNotSchedule", "ScheduleAnyway"]));
    errors.push(...validateSelector(labelSelector, `${at}.labelSelector`));
  }
  return errors;
}

function validateTolerations(tolerations: readonly Draft[], field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, { key, operator = "", value = "", effect = "", tolerationSeconds }] of tolerations.entries()) {
    const at = `${field}[${i}]`;
    if (key) errors.push(...byRule(`${at}.key`, key, qualifiedName));
    else if (operator !== "Exists")
      errors.push(
        wrong(
          `${at}.operator`,
          operator,
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    if (tolerationSeconds !== undefined && effect !== "NoExecute")
      errors.push(wrong(`${at}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
    if (operator === "" || operator === "Equal") {
      const bad = labelValue(value);
      if (bad.length > 0) errors.push(wrong(`${at}.operator`, value, bad.join(";")));
    } else if (operator === "Exists") {
      if (value !== "") errors.push(wrong(`${at}.operator`, value, "value must be empty when `operator` is 'Exists'"));
    } else if (operator === "Lt" || operator === "Gt")
      errors.push(unsupported(`${at}.operator`, operator, ["Equal", "Exists", "Lt", "Gt"]));
    else errors.push(unsupported(`${at}.operator`, operator, ["Equal", "Exists"]));
    if (effect !== "" && !EFFECTS.includes(effect)) errors.push(unsupported(`${at}.effect`, effect, EFFECTS));
  }
  return errors;
}

/** ValidatePodTemplateSpec, and that the selector finds what the template makes. */
export function validateTemplate(template: Draft, field: string): FieldError[] {
  const { metadata = {}, spec = {} } = template;
  return [
    ...validateLabels(metadata.labels, `${field}.labels`),
    ...validateAnnotations(metadata.annotations, `${field}.annotations`),
    ...validatePodSpec(spec, `${field}.spec`),
    ...(spec.ephemeralContainers?.length
      ? [denied(`${field}.spec.ephemeralContainers`, "ephemeral containers not allowed in pod template")]
      : []),
  ];
}

const MAY_CHANGE = [
  "`spec.containers[*].image`",
  "`spec.initContainers[*].image`",
  "`spec.activeDeadlineSeconds`",
  "`spec.tolerations` (only additions to existing tolerations)",
  "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
];

/** ValidatePodUpdate. The words say which fields may change; Go's listing of what differs is left out. */
export function validatePodUpdate(spec: Draft, old: Draft): FieldError[] {
  const errors: FieldError[] = [];
  for (const part of ["containers", "initContainers"]) {
    const [now, before] = [(spec[part] ?? []) as Draft[], (old[part] ?? []) as Draft[]];
    if (now.length !== before.length)
      return [...errors, denied(`spec.${part}`, "pod updates may not add or remove containers")];
    for (const [i, { image = "" }] of now.entries()) {
      if (image === "") errors.push(required(`spec.${part}[${i}].image`));
      if (image.trim() !== image)
        errors.push(wrong(`spec.${part}[${i}].image`, image, "must not have leading or trailing whitespace"));
    }
  }
  const { activeDeadlineSeconds: deadline } = spec;
  const { activeDeadlineSeconds: before } = old;
  if (deadline === undefined && before !== undefined)
    errors.push(wrong("spec.activeDeadlineSeconds", null, "must not update from a positive integer to nil value"));
  else if (before !== undefined && deadline > before)
    return [...errors, wrong("spec.activeDeadlineSeconds", deadline, "must be less than or equal to previous value")];
  const kept = (old.tolerations ?? []) as Draft[];
  if (!kept.every((each) => (spec.tolerations ?? []).some((other: Draft) => sameToleration(each, other))))
    errors.push(denied("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds"));
  if (!sameJson(munged(spec, old), old))
    errors.push(denied("spec", `pod updates may not change fields other than ${MAY_CHANGE.join(",")}\n`));
  return errors;
}

const sameToleration = (a: Draft, b: Draft): boolean =>
  sameJson({ ...a, tolerationSeconds: null }, { ...b, tolerationSeconds: null });

/** The new spec with every field that may change as it was. */
function munged(spec: Draft, old: Draft): Draft {
  const images = (part: string) =>
    ((spec[part] ?? []) as Draft[]).map((each, i) => ({ ...each, image: old[part][i].image }));
  return {
    ...spec,
    containers: images("containers"),
    initContainers: images("initContainers"),
    activeDeadlineSeconds: old.activeDeadlineSeconds,
    schedulingGates: old.schedulingGates,
    tolerations: old.tolerations,
  };
}
