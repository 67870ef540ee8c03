// Services: one stable address for many pods. What acts on them lives elsewhere; here they are kept, and get addresses.
// Before you edit: pkg/registry/core/service/{strategy.go,storage/storage.go,storage/alloc.go}, pkg/apis/core/v1/defaults.go.
import { dnsLabel } from "../api/names.ts";
import type { Draft, KubeObject } from "../api/object.ts";
import type { Resource } from "../api/resource.ts";
import { age, columns, labelsText, orNone } from "../api/table.ts";
import { allocate, needsHealthCheck, release, remember } from "./service-addresses.ts";
import { validateService, validateServiceUpdate } from "./service-validation.ts";

const isReachedFromOutside = ({ type, externalIPs }: Draft): boolean =>
  type === "NodePort" || type === "LoadBalancer" || (type === "ClusterIP" && (externalIPs?.length ?? 0) > 0);

const isBalanced = ({ type }: Draft): boolean => type === "LoadBalancer";

/** Fields that go when they no longer apply, and nobody changed them (dropTypeDependentFields). */
const DEPENDENT: readonly (readonly [field: string, applies: (spec: Draft) => boolean])[] = [
  ["healthCheckNodePort", needsHealthCheck],
  ["allocateLoadBalancerNodePorts", isBalanced],
  ["loadBalancerClass", isBalanced],
  ["externalTrafficPolicy", isReachedFromOutside],
];

function defaultSpec(spec: Draft): void {
  spec.sessionAffinity ||= "None";
  if (spec.sessionAffinity === "None") delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === "ClientIP" && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined)
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: 10800 } };
  spec.type ||= "ClusterIP";
  for (const port of spec.ports ?? []) {
    port.protocol ||= "TCP";
    if (!port.targetPort) port.targetPort = port.port;
  }
  if (isReachedFromOutside(spec)) spec.externalTrafficPolicy ||= "Cluster";
  if (spec.type !== "ExternalName") spec.internalTrafficPolicy ??= "Cluster";
  if (spec.type === "LoadBalancer") spec.allocateLoadBalancerNodePorts ??= true;
}

const loadBalancerText = ({ loadBalancer = {} }: Draft): string =>
  [...new Set(((loadBalancer.ingress ?? []) as Draft[]).map(({ ip, hostname }) => ip || hostname))].sort().join(",");

function externalIp({ spec, status = {} }: Draft): string {
  if (spec.type === "ExternalName") return spec.externalName;
  const own = (spec.externalIPs ?? []).join(",");
  if (spec.type !== "LoadBalancer") return orNone(own);
  return [loadBalancerText(status), own].filter((each) => each !== "").join(",") || "<pending>";
}

export const SERVICES: Resource = {
  group: "",
  version: "v1",
  kind: "Service",
  resource: "services",
  singular: "service",
  shortNames: ["svc"],
  categories: ["all"],
  namespaced: true,
  hasStatus: true,
  hasGeneration: false,
  answersDeleted: true,
  nameRule: dnsLabel,
  columns: columns("Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age", "*Selector"),
  cells: (service, now) => [
    service.metadata.name,
    service.spec.type,
    orNone(service.spec.clusterIPs?.[0]),
    externalIp(service),
    orNone(
      ((service.spec.ports ?? []) as Draft[])
        .map(({ port, nodePort, protocol }) => `${port}${nodePort ? `:${nodePort}` : ""}/${protocol}`)
        .join(","),
    ),
    age(service.metadata.creationTimestamp, now),
    labelsText(service.spec.selector),
  ],
  strategy: {
    warnings(object) {
      const { externalIPs = [], sessionAffinity, clusterIP } = (object as Draft).spec;
      const texts: string[] = [];
      if (externalIPs.length > 0)
        texts.push("spec.externalIPs is deprecated and may no longer be implemented in some clusters");
      if (clusterIP === "None" && sessionAffinity !== "None")
        texts.push("spec.SessionAffinity is ignored for headless services");
      return texts;
    },
    defaults(draft) {
      draft.spec ??= {};
      defaultSpec(draft.spec);
      draft.status ??= {};
      draft.status.loadBalancer ??= {};
      if (draft.spec.type === "LoadBalancer")
        for (const each of draft.status.loadBalancer.ingress ?? []) if (each.ip) each.ipMode ??= "VIP";
    },
    prepareCreate(draft) {
      draft.status = { loadBalancer: {} };
      const { spec } = draft;
      if (spec.clusterIP) spec.clusterIPs ??= [spec.clusterIP];
    },
    prepareUpdate(draft, old) {
      const { spec } = draft;
      const before = (old as Draft).spec;
      // What was given stays given, whoever forgets to say it.
      if (spec.type !== "ExternalName" && before.type !== "ExternalName") {
        spec.clusterIP ??= before.clusterIP;
        if (spec.clusterIP === before.clusterIP) spec.clusterIPs ??= before.clusterIPs;
        else if (spec.clusterIPs === undefined || spec.clusterIPs[0] === before.clusterIP)
          spec.clusterIPs = [spec.clusterIP];
        spec.ipFamilies ??= before.ipFamilies;
        spec.ipFamilyPolicy ??= before.ipFamilyPolicy;
      }
      if (spec.type === "ExternalName" && before.type !== "ExternalName") {
        for (const field of ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"])
          if (JSON.stringify(spec[field]) === JSON.stringify(before[field])) delete spec[field];
      }
      if (spec.type === "NodePort" || spec.type === "LoadBalancer")
        for (const port of (spec.ports ?? []) as Draft[])
          if (!port.nodePort) {
            const same = ((before.ports ?? []) as Draft[]).find(
              (each) => each.port === port.port && each.protocol === port.protocol,
            );
            if (same?.nodePort) port.nodePort = same.nodePort;
          }
      if (needsHealthCheck(spec)) spec.healthCheckNodePort ||= before.healthCheckNodePort;
      for (const [field, applies] of DEPENDENT)
        if (applies(before) && !applies(spec) && spec[field] === before[field]) delete spec[field];
      if (spec.type !== "LoadBalancer") draft.status = { ...draft.status, loadBalancer: {} };
      if (spec.type === "ClusterIP" && before.type !== "ClusterIP")
        for (const port of (spec.ports ?? []) as Draft[])
          if (((before.ports ?? []) as Draft[]).some((each) => each.nodePort === port.nodePort)) delete port.nodePort;
    },
    allocate: (draft, old, registry) => allocate(draft, old, registry),
    stored: (object, old, registry) => remember(object as Draft, old as Draft | null, registry),
    deleted: (object: KubeObject, registry) => release(object as Draft, registry),
    validate: ({ spec }) => validateService(spec),
    validateUpdate: (object, old) => validateServiceUpdate(object.spec, (old as Draft).spec),
    isUpdateJudgedFirst: true,
    validateStatus: () => [],
    fields(object) {
      const { spec = {} } = object as Draft;
      return { "spec.clusterIP": spec.clusterIP ?? "", "spec.type": spec.type ?? "" };
    },
  },
};
