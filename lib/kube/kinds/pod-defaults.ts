// What a pod has when its manifest does not say it.
// Before you edit: pkg/apis/core/v1/defaults.go, plugin/pkg/admission/{priority,defaulttolerationseconds}/admission.go.
import type { Draft } from "../api/object.ts";
import { quantity } from "../api/quantity.ts";

/** SetDefaults_PodSpec, of pods and of templates alike. */
export function defaultPodSpec(spec: Draft): void {
  spec.dnsPolicy ||= "ClusterFirst";
  spec.restartPolicy ||= "Always";
  spec.securityContext ??= {};
  spec.terminationGracePeriodSeconds ??= 30;
  spec.schedulerName ||= "default-scheduler";
  if (spec.serviceAccountName) spec.serviceAccount = spec.serviceAccountName;
  else if (spec.serviceAccount) spec.serviceAccountName = spec.serviceAccount;
  for (const container of containersOf(spec)) defaultContainer(container, spec.hostNetwork === true);
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
}

const containersOf = ({ initContainers = [], containers = [] }: Draft): Draft[] => [...initContainers, ...containers];

function defaultContainer(container: Draft, hostNetwork: boolean): void {
  container.name ??= "";
  container.imagePullPolicy ||= isLatest(container.image ?? "") ? "Always" : "IfNotPresent";
  container.terminationMessagePath ||= "/dev/termination-log";
  container.terminationMessagePolicy ||= "File";
  container.resources ??= {};
  for (const port of container.ports ?? []) {
    port.protocol ||= "TCP";
    if (hostNetwork && port.containerPort) port.hostPort ??= port.containerPort;
  }
  for (const { valueFrom } of container.env ?? []) if (valueFrom?.fieldRef) valueFrom.fieldRef.apiVersion ??= "v1";
  for (const kind of ["livenessProbe", "readinessProbe", "startupProbe"]) {
    const probe = container[kind];
    if (probe === undefined) continue;
    probe.timeoutSeconds ||= 1;
    probe.periodSeconds ||= 10;
    probe.successThreshold ||= 1;
    probe.failureThreshold ||= 3;
    defaultHttpGet(probe.httpGet);
    if (probe.grpc) probe.grpc.service ??= "";
  }
  defaultHttpGet(container.lifecycle?.postStart?.httpGet);
  defaultHttpGet(container.lifecycle?.preStop?.httpGet);
}

function defaultHttpGet(action: Draft | undefined): void {
  if (action === undefined) return;
  action.path ||= "/";
  action.scheme ||= "HTTP";
}

/** Without a tag, the tag is latest (parsers.ParseImageName). */
function isLatest(image: string): boolean {
  const [first = "", ...more] = image.replace(/:[^/]*$|@.*$/, "").split("/");
  const path = more.length > 0 && /[.:A-Z]|^localhost$/.test(first) ? more : [first, ...more];
  // What can't be parsed has no tag at all.
  if (!path.every((each) => /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*$/.test(each))) return false;
  const last = image.split("/").at(-1)!;
  if (last.includes("@")) return false;
  const colon = last.indexOf(":");
  return colon === -1 || last.slice(colon + 1) === "latest";
}

const SOURCES = ["emptyDir", "hostPath", "configMap", "secret", "projected", "downwardAPI", "persistentVolumeClaim"];

function defaultVolume(volume: Draft): void {
  // Without any source a volume is an empty directory (SetDefaults_Volume).
  if (Object.keys(volume).every((key) => key === "name")) volume.emptyDir = {};
  for (const kind of SOURCES) {
    const source = volume[kind];
    if (source === undefined) continue;
    if (kind === "hostPath") source.type ??= "";
    else if (["configMap", "secret", "projected", "downwardAPI"].includes(kind)) source.defaultMode ??= 420;
  }
}

/** SetDefaults_Pod and what admission adds: a pod is not evicted the moment its node falls silent. */
export function defaultPod(spec: Draft): void {
  for (const { resources } of containersOf(spec)) {
    if (resources.limits === undefined) continue;
    resources.requests = { ...resources.limits, ...resources.requests };
  }
  spec.enableServiceLinks ??= true;
}

export function admitPod(spec: Draft): void {
  spec.priority ??= 0;
  spec.preemptionPolicy ??= "PreemptLowerPriority";
  const tolerations = (spec.tolerations ?? []) as Draft[];
  const added = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"].filter(
    (key) =>
      !tolerations.some((each) => (!each.key || each.key === key) && (!each.effect || each.effect === "NoExecute")),
  );
  for (const key of added) tolerations.push({ key, operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 });
  if (tolerations.length > 0) spec.tolerations = tolerations;
}

/** ComputePodQOS. */
export function qosClass(spec: Draft): "Guaranteed" | "Burstable" | "BestEffort" {
  const all = containersOf(spec).map(({ resources = {} }) => resources as Draft);
  const amounts = (of: Draft = {}) =>
    ["cpu", "memory"].filter((each) => of[each] !== undefined && (quantity(of[each]) ?? 0n) > 0n);
  if (all.every(({ requests, limits }) => amounts(requests).length + amounts(limits).length === 0)) return "BestEffort";
  const guaranteed = all.every(
    ({ requests = {}, limits = {} }) =>
      amounts(limits).length === 2 &&
      amounts(limits).every((each) => quantity(requests[each] ?? limits[each]) === quantity(limits[each])),
  );
  return guaranteed ? "Guaranteed" : "Burstable";
}
