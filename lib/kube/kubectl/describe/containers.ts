// Containers, volumes and tolerations of a pod or of a template.
// Before you edit: staging/src/k8s.io/kubectl/pkg/describe/describe.go (describeContainers, describeVolumes, DescribePodTemplate).
import type { Draft } from "../../api/object.ts";
import { dateText, orNone, type Paper } from "./paper.ts";

/** `space` shifts the headings of a template. */
export function containers(
  paper: Paper,
  title: string,
  list: readonly Draft[],
  statuses: readonly Draft[] | null,
  space: string,
  pod: Draft | null,
): void {
  paper.line(0, `${space}${title}:${list.length === 0 ? " <none>" : ""}`);
  for (const container of list) {
    const status = statuses?.find(({ name }) => name === container.name) ?? null;
    paper.line(1, `${space === "" ? "" : " "}${container.name}:`);
    if (status !== null) paper.field("Container ID", status.containerID ?? "", 2);
    paper.field("Image", container.image ?? "", 2);
    if (status !== null) paper.field("Image ID", status.imageID ?? "", 2);
    ports(paper, container.ports ?? []);
    words(paper, "Command", container.command ?? []);
    words(paper, "Args", container.args ?? []);
    if (status !== null) states(paper, status);
    resources(paper, container.resources ?? {});
    for (const [name, probe] of [
      ["Liveness", container.livenessProbe],
      ["Readiness", container.readinessProbe],
      ["Startup", container.startupProbe],
    ] as const)
      if (probe) paper.field(name, probeText(probe), 2);
    environment(paper, container, pod);
    mounts(paper, container.volumeMounts ?? []);
  }
}

function ports(paper: Paper, list: readonly Draft[]): void {
  const text = (field: "containerPort" | "hostPort") =>
    list.map((port) => `${port[field] ?? 0}/${port.protocol ?? ""}${port.name ? ` (${port.name})` : ""}`).join(", ");
  for (const [title, shown] of [
    ["Port", text("containerPort")],
    ["Host Port", text("hostPort")],
  ] as const)
    paper.field(shown.includes(",") ? `${title}s` : title, orNone(shown), 2);
}

function words(paper: Paper, title: string, list: readonly string[]): void {
  if (list.length === 0) return;
  paper.line(2, `${title}:`);
  for (const each of list) for (const line of each.split("\n")) paper.line(3, line);
}

function states(paper: Paper, status: Draft): void {
  state(paper, "State", status.state ?? {});
  if (status.lastState?.terminated) state(paper, "Last State", status.lastState);
  paper.field("Ready", status.ready ? "True" : "False", 2);
  paper.field("Restart Count", status.restartCount ?? 0, 2);
}

function state(paper: Paper, title: string, { running, waiting, terminated }: Draft): void {
  if (running) {
    paper.field(title, "Running", 2);
    paper.field("Started", dateText(running.startedAt), 3);
  } else if (terminated) {
    paper.field(title, "Terminated", 2);
    if (terminated.reason) paper.field("Reason", terminated.reason, 3);
    if (terminated.message) paper.field("Message", terminated.message, 3);
    paper.field("Exit Code", terminated.exitCode ?? 0, 3);
    if (terminated.signal) paper.field("Signal", terminated.signal, 3);
    paper.field("Started", dateText(terminated.startedAt), 3);
    paper.field("Finished", dateText(terminated.finishedAt), 3);
  } else {
    paper.field(title, "Waiting", 2);
    if (waiting?.reason) paper.field("Reason", waiting.reason, 3);
  }
}

function resources(paper: Paper, { limits = {}, requests = {} }: Draft): void {
  for (const [title, list] of [
    ["Limits", limits],
    ["Requests", requests],
  ] as const) {
    const names = Object.keys(list).sort();
    if (names.length > 0) paper.line(2, `${title}:`);
    for (const name of names) paper.field(name, list[name], 3);
  }
}

function probeText(probe: Draft): string {
  const {
    initialDelaySeconds = 0,
    timeoutSeconds = 0,
    periodSeconds = 0,
    successThreshold = 0,
    failureThreshold = 0,
  } = probe;
  const attributes = `delay=${initialDelaySeconds}s timeout=${timeoutSeconds}s period=${periodSeconds}s #success=${successThreshold} #failure=${failureThreshold}`;
  const { exec, httpGet, tcpSocket, grpc } = probe;
  if (exec) return `exec [${(exec.command ?? []).join(" ")}] ${attributes}`;
  if (httpGet) {
    const path = encodeURI(httpGet.path ?? "");
    const scheme = String(httpGet.scheme ?? "").toLowerCase();
    return `http-get ${scheme === "" ? "" : `${scheme}:`}//${httpGet.host ?? ""}:${httpGet.port}${path === "" || path.startsWith("/") ? path : `/${path}`} ${attributes}`;
  }
  if (tcpSocket) return `tcp-socket ${tcpSocket.host ?? ""}:${tcpSocket.port} ${attributes}`;
  if (grpc) return `grpc <pod>:${grpc.port} ${grpc.service ?? ""} ${attributes}`;
  return `unknown ${attributes}`;
}

function environment(paper: Paper, container: Draft, pod: Draft | null): void {
  const from = (container.envFrom ?? []) as Draft[];
  if (from.length > 0) paper.line(2, "Environment Variables from:");
  for (const { configMapRef, secretRef, prefix } of from) {
    const of = configMapRef ?? secretRef ?? {};
    const kind = configMapRef ? "ConfigMap" : "Secret";
    const how = prefix ? `${kind} with prefix '${prefix}'` : kind;
    paper.line(3, `${of.name ?? ""}\t${how}\tOptional: ${of.optional === true}`);
  }
  const list = (container.env ?? []) as Draft[];
  paper.line(2, `Environment:${list.length === 0 ? "\t<none>" : ""}`);
  for (const { name, value = "", valueFrom } of list) {
    if (valueFrom === undefined) {
      for (const [i, line] of String(value).split("\n").entries())
        paper.line(3, i === 0 ? `${name}:\t${line}` : `\t${line}`);
      continue;
    }
    const { fieldRef, resourceFieldRef, secretKeyRef, configMapKeyRef } = valueFrom as Draft;
    if (fieldRef)
      paper.line(
        3,
        `${name}:\t${pod === null ? "" : fieldValue(pod, fieldRef.fieldPath)} (${fieldRef.apiVersion}:${fieldRef.fieldPath})`,
      );
    else if (resourceFieldRef) paper.line(3, `${name}:\tnode allocatable (${resourceFieldRef.resource})`);
    else if (secretKeyRef)
      paper.line(
        3,
        `${name}:\t<set to the key '${secretKeyRef.key}' in secret '${secretKeyRef.name}'>\tOptional: ${secretKeyRef.optional === true}`,
      );
    else if (configMapKeyRef)
      paper.line(
        3,
        `${name}:\t<set to the key '${configMapKeyRef.key}' of config map '${configMapKeyRef.name}'>\tOptional: ${configMapKeyRef.optional === true}`,
      );
  }
}

const PLAIN_FIELDS = ["metadata.name", "metadata.namespace", "metadata.uid"];

/** Only what a pod's own metadata say is known to kubectl. */
function fieldValue(pod: Draft, path: string): string {
  return PLAIN_FIELDS.includes(path) ? String(pod.metadata[path.slice("metadata.".length)] ?? "") : "";
}

function mounts(paper: Paper, list: readonly Draft[]): void {
  paper.line(2, `Mounts:${list.length === 0 ? "\t<none>" : ""}`);
  const inOrder = [...list].sort((a, b) => (a.mountPath < b.mountPath ? -1 : 1));
  for (const { mountPath, name, readOnly, subPath } of inOrder) {
    const how = [readOnly ? "ro" : "rw", ...(subPath ? [`path=${JSON.stringify(subPath)}`] : [])];
    paper.line(3, `${mountPath} from ${name} (${how.join(",")})`);
  }
}

export function volumes(paper: Paper, list: readonly Draft[], space: string): void {
  if (list.length === 0) return paper.line(0, `${space}Volumes:\t<none>`);
  paper.line(0, `${space}Volumes:`);
  for (const volume of list) {
    paper.line(1, `${space === "" ? "" : " "}${volume.name}:`);
    const say = (type: string, ...more: readonly (readonly [string, unknown])[]) => {
      paper.field("Type", type, 2);
      for (const [title, value] of more) paper.field(title, value, 2);
    };
    const { hostPath, emptyDir, secret, configMap } = volume;
    const optional = (of: Draft): readonly [string, unknown] => ["Optional", of.optional === true];
    if (hostPath)
      say(
        "HostPath (bare host directory volume)",
        ["Path", hostPath.path],
        ["HostPathType", hostPath.type ?? "<none>"],
      );
    else if (emptyDir)
      say(
        "EmptyDir (a temporary directory that shares a pod's lifetime)",
        ["Medium", emptyDir.medium ?? ""],
        ["SizeLimit", emptyDir.sizeLimit ?? "<unset>"],
      );
    else if (secret)
      say("Secret (a volume populated by a Secret)", ["SecretName", secret.secretName ?? ""], optional(secret));
    else if (configMap)
      say("ConfigMap (a volume populated by a ConfigMap)", ["Name", configMap.name ?? ""], optional(configMap));
    else paper.line(1, "<unknown>");
  }
}

export function tolerations(paper: Paper, title: string, list: readonly Draft[]): void {
  const inOrder = [...list].sort((a, b) =>
    (a.key ?? "") < (b.key ?? "") ? -1 : (a.key ?? "") > (b.key ?? "") ? 1 : 0,
  );
  paper.lines(
    title,
    inOrder.map(({ key = "", value = "", effect = "", operator, tolerationSeconds }) => {
      const of = `${key}${value === "" ? "" : `=${value}`}${effect === "" ? "" : `:${effect}`}`;
      const exists = operator === "Exists" && value === "" ? `${of === "" ? "" : " "}op=Exists` : "";
      return `${of}${exists}${tolerationSeconds === undefined ? "" : ` for ${tolerationSeconds}s`}`;
    }),
  );
}

export function podTemplate(paper: Paper, template: Draft): void {
  const { metadata = {}, spec = {} } = template;
  paper.line(0, "Pod Template:");
  paper.labels("  Labels", metadata.labels);
  if (Object.keys(metadata.annotations ?? {}).length > 0) paper.annotations(metadata.annotations, "  Annotations");
  if (spec.serviceAccountName) paper.field("Service Account", spec.serviceAccountName, 1);
  if (spec.initContainers?.length > 0) containers(paper, "Init Containers", spec.initContainers, null, "  ", null);
  containers(paper, "Containers", spec.containers ?? [], null, "  ", null);
  volumes(paper, spec.volumes ?? [], "  ");
  if (spec.priorityClassName) paper.field("Priority Class Name", spec.priorityClassName, 1);
  paper.labels("  Node-Selectors", spec.nodeSelector);
  tolerations(paper, "  Tolerations", spec.tolerations ?? []);
}
