// May a container be as it is?
// Before you edit: pkg/apis/core/validation/validation.go (validateContainers, validateContainerCommon, validateProbe).
import {
  absent,
  byRule,
  denied,
  duplicate,
  type FieldError,
  inRange,
  notNegative,
  oneOf,
  port,
  required,
  unsupported,
  wrong,
} from "../api/field-error.ts";
import { byPattern, configKey, dnsLabel, portName, qualifiedName } from "../api/names.ts";
import type { Draft } from "../api/object.ts";
import { canonicalQuantity, quantity } from "../api/quantity.ts";

export const PROTOCOLS = ["SCTP", "TCP", "UDP"];

export function portOrName(field: string, value: unknown): FieldError[] {
  return typeof value === "string" ? byRule(field, value, portName) : port(field, value as number | undefined);
}

/** What all containers must be; `volumes` are the names that can be mounted. */
function validateContainer(container: Draft, at: string, volumes: ReadonlySet<string>): FieldError[] {
  return [
    ...(container.name ? byRule(`${at}.name`, container.name, dnsLabel) : [required(`${at}.name`)]),
    ...(container.image ? [] : [required(`${at}.image`)]),
    ...oneOf(`${at}.terminationMessagePolicy`, container.terminationMessagePolicy, ["File", "FallbackToLogsOnError"]),
    ...validatePorts(container.ports ?? [], `${at}.ports`),
    ...validateEnvironment(container.env ?? [], `${at}.env`),
    ...validateMounts(container.volumeMounts ?? [], `${at}.volumeMounts`, volumes),
    ...oneOf(`${at}.imagePullPolicy`, container.imagePullPolicy, ["Always", "IfNotPresent", "Never"]),
    ...validateResources(container.resources ?? {}, `${at}.resources`),
    ...validateSecurity(container.securityContext ?? {}, `${at}.securityContext`),
  ];
}

function validatePorts(ports: readonly Draft[], field: string): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [i, { name, containerPort, hostPort, protocol }] of ports.entries()) {
    const at = `${field}[${i}]`;
    if (name) {
      const bad = byRule(`${at}.name`, name, portName);
      if (bad.length > 0) errors.push(...bad);
      else if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
      else names.add(name);
    }
    errors.push(...(containerPort ? port(`${at}.containerPort`, containerPort) : [required(`${at}.containerPort`)]));
    if (hostPort) errors.push(...port(`${at}.hostPort`, hostPort));
    errors.push(...oneOf(`${at}.protocol`, protocol, PROTOCOLS));
  }
  return errors;
}

/** What of its pod a container may be told. */
const FIELDS =
  /^(metadata\.(name|namespace|uid|(labels|annotations)\['.*'\])|spec\.(nodeName|serviceAccountName)|status\.(hostIPs?|podIPs?))$/;

/** What a variable refers to must be named whole. */
function validateReferences({ fieldRef, configMapKeyRef, secretKeyRef }: Draft, from: string): FieldError[] {
  const errors: FieldError[] = [];
  if (fieldRef !== undefined) {
    const { fieldPath } = fieldRef;
    const at = `${from}.fieldRef.fieldPath`;
    if (!fieldPath) errors.push(required(at));
    else if (!FIELDS.test(fieldPath))
      errors.push(wrong(at, fieldPath, `error converting fieldPath: field label not supported: ${fieldPath}`));
  }
  for (const [name, of] of Object.entries({ configMapKeyRef, secretKeyRef })) {
    if (of === undefined) continue;
    if (!of.name) errors.push(required(`${from}.${name}.name`));
    if (!of.key) errors.push(required(`${from}.${name}.key`));
    else errors.push(...byRule(`${from}.${name}.key`, of.key, configKey));
  }
  return errors;
}

const SOURCES = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];

function validateEnvironment(variables: readonly Draft[], field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, { name, value, valueFrom }] of variables.entries()) {
    const at = `${field}[${i}]`;
    if (!name) errors.push(required(`${at}.name`));
    else if (!/^[\x20-\x3c\x3e-\x7e]*$/.test(name))
      errors.push(
        wrong(
          `${at}.name`,
          name,
          "a valid environment variable name must consist only of printable ASCII characters other than '='",
        ),
      );
    if (valueFrom === undefined) continue;
    const sources = SOURCES.filter((each) => valueFrom[each] !== undefined);
    const from = `${at}.valueFrom`;
    if (sources.length === 0)
      errors.push(
        wrong(
          from,
          "",
          "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
        ),
      );
    errors.push(...validateReferences(valueFrom, from));
    if (sources.length === 0) continue;
    if (value) errors.push(wrong(from, "", "may not be specified when `value` is not empty"));
    else if (sources.length > 1) errors.push(wrong(from, "", "may not have more than one field specified at a time"));
  }
  return errors;
}

function validateMounts(mounts: readonly Draft[], field: string, volumes: ReadonlySet<string>): FieldError[] {
  const errors: FieldError[] = [];
  const paths = new Set<string>();
  for (const [i, { name = "", mountPath = "" }] of mounts.entries()) {
    const at = `${field}[${i}]`;
    if (name === "") errors.push(required(`${at}.name`));
    if (!volumes.has(name)) errors.push(absent(`${at}.name`, name));
    if (mountPath === "") errors.push(required(`${at}.mountPath`));
    if (paths.has(mountPath)) errors.push(wrong(`${at}.mountPath`, mountPath, "must be unique"));
    paths.add(mountPath);
  }
  return errors;
}

const RESOURCES = ["cpu", "memory", "ephemeral-storage"];

function validateResources({ limits = {}, requests = {} }: Draft, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [part, amounts] of [
    ["limits", limits],
    ["requests", requests],
  ] as const)
    for (const name of Object.keys(amounts).sort()) {
      const at = `${field}.${part}[${name}]`;
      const amount = quantity(amounts[name])!;
      errors.push(...byRule(at, name, qualifiedName));
      if (!name.includes("/") && !RESOURCES.includes(name) && !name.startsWith("hugepages-"))
        errors.push(
          wrong(at, name, "must be a standard resource type or fully qualified"),
          wrong(at, name, "must be a standard resource for containers"),
        );
      if (amount < 0n) errors.push(wrong(at, canonicalQuantity(amounts[name]), "must be greater than or equal to 0"));
      if (part === "requests" && limits[name] !== undefined && amount > quantity(limits[name])!)
        errors.push(
          wrong(
            `${field}.requests`,
            canonicalQuantity(amounts[name]),
            `must be less than or equal to ${name} limit of ${canonicalQuantity(limits[name])}`,
          ),
        );
    }
  return errors;
}

const validateSecurity = ({ runAsUser }: Draft, field: string): FieldError[] =>
  runAsUser === undefined ? [] : inRange(`${field}.runAsUser`, runAsUser, 0, 2147483647);

function validateHandler(handler: Draft, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const kinds = ["exec", "httpGet", "tcpSocket", "grpc"].filter((each) => handler[each] !== undefined);
  for (const kind of kinds.slice(1))
    errors.push(denied(`${field}.${kind}`, "may not specify more than 1 handler type"));
  const [kind] = kinds;
  if (kind === undefined) return [required(field, "must specify a handler type")];
  const at = `${field}.${kind}`;
  const action = handler[kind] as Draft;
  const first: FieldError[] = [];
  if (kind === "exec" && !action.command?.length) first.push(required(`${at}.command`));
  if (kind === "tcpSocket") first.push(...portOrName(`${at}.port`, action.port));
  if (kind === "grpc") first.push(...port(`${at}.port`, action.port));
  if (kind === "httpGet") {
    first.push(...portOrName(`${at}.port`, action.port));
    if (!["HTTP", "HTTPS"].includes(action.scheme))
      first.push(unsupported(`${at}.scheme`, action.scheme, ["HTTP", "HTTPS"]));
    for (const { name } of action.httpHeaders ?? [])
      if (!/^[-A-Za-z0-9]+$/.test(name))
        first.push(
          wrong(
            `${at}.httpHeaders`,
            name,
            byPattern(
              "a valid HTTP header must consist of alphanumeric characters or '-'",
              "[-A-Za-z0-9]+",
              "X-Header-Name",
            ),
          ),
        );
  }
  return [...first, ...errors];
}

function validateProbe(probe: Draft, field: string, kind: "liveness" | "readiness" | "startup"): FieldError[] {
  const errors = validateHandler(probe, field);
  for (const each of ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"])
    errors.push(...notNegative(`${field}.${each}`, probe[each]));
  const grace = probe.terminationGracePeriodSeconds;
  if (grace !== undefined && grace <= 0)
    errors.push(wrong(`${field}.terminationGracePeriodSeconds`, grace, "must be greater than 0"));
  if (kind === "readiness" && grace !== undefined)
    errors.push(wrong(`${field}.terminationGracePeriodSeconds`, grace, "must not be set for readinessProbes"));
  if (kind !== "readiness" && probe.successThreshold !== 1)
    errors.push(wrong(`${field}.successThreshold`, probe.successThreshold, "must be 1"));
  return errors;
}

function validateProbes(container: Draft, at: string): FieldError[] {
  return (["liveness", "readiness", "startup"] as const).flatMap((kind) => {
    const probe = container[`${kind}Probe`];
    return probe === undefined ? [] : validateProbe(probe, `${at}.${kind}Probe`, kind);
  });
}

function hostPortConflicts(containers: readonly Draft[], field: string): FieldError[] {
  const errors: FieldError[] = [];
  const taken = new Set<string>();
  for (const [i, { ports = [] }] of containers.entries())
    for (const [j, { hostPort, hostIP = "", protocol }] of (ports as Draft[]).entries()) {
      if (!hostPort) continue;
      const text = `${protocol}/${hostIP}/${hostPort}`;
      if (taken.has(text)) errors.push(duplicate(`${field}[${i}].ports[${j}].hostPort`, text));
      taken.add(text);
    }
  return errors;
}

export function validateContainers(
  containers: readonly Draft[],
  field: string,
  volumes: ReadonlySet<string>,
): FieldError[] {
  if (containers.length === 0) return [required(field)];
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [i, container] of containers.entries()) {
    const at = `${field}[${i}]`;
    errors.push(...validateContainer(container, at, volumes));
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name));
    names.add(container.name);
    for (const when of ["postStart", "preStop"])
      if (container.lifecycle?.[when])
        errors.push(...validateHandler(container.lifecycle[when], `${at}.lifecycle.${when}`));
    errors.push(...validateProbes(container, at));
  }
  return [...errors, ...hostPortConflicts(containers, field)];
}

export function validateInitContainers(
  containers: readonly Draft[],
  field: string,
  others: readonly Draft[],
  volumes: ReadonlySet<string>,
): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>(others.map(({ name }) => name));
  for (const [i, container] of containers.entries()) {
    const at = `${field}[${i}]`;
    errors.push(...validateContainer(container, at, volumes));
    const { restartPolicy } = container;
    if (restartPolicy !== undefined && !["Always", "Never", "OnFailure"].includes(restartPolicy))
      errors.push(unsupported(`${at}.restartPolicy`, restartPolicy, ["Always", "Never", "OnFailure"]));
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name));
    else if (container.name) names.add(container.name);
    if (restartPolicy === "Always") errors.push(...validateProbes(container, at));
    else
      for (const each of ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"])
        if (container[each] !== undefined)
          errors.push(denied(`${at}.${each}`, "may not be set for init containers without restartPolicy=Always"));
  }
  return errors;
}
