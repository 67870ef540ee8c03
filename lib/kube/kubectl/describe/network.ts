// kubectl describe of Services and of what stands around them.
// Before you edit: staging/src/k8s.io/kubectl/pkg/describe/describe.go (describeService, describeEndpointSliceV1, ...).
import type { Draft } from "../../api/object.ts";
import { labelsText, selectorText } from "../../api/table.ts";
import { isRefusal } from "../failure.ts";
import type { Session } from "../session.ts";
import { orNone, type Paper } from "./paper.ts";
import type { Describe } from "./workloads.ts";

function head(paper: Paper, { metadata }: Draft): void {
  paper.field("Name", metadata.name);
  paper.field("Namespace", metadata.namespace);
  paper.labels("Labels", metadata.labels);
  paper.annotations(metadata.annotations);
}

function slicesOf(session: Session, namespace: string, service: string): Draft[] {
  const resource = session.server.resource("endpointslices", "discovery.k8s.io")!;
  return session.items({ resource, namespace }, { labelSelector: `kubernetes.io/service-name=${service}` });
}

/** The first three that are ready at a port (formatEndpointSlices). */
function endpointsText(slices: readonly Draft[], port: string): string {
  if (slices.length === 0) return "<none>";
  const found: string[] = [];
  // Slices are looked at one address after the other: that there are more is seen before it is known whether they are ready.
  let isMore = false;
  for (const { ports, endpoints } of slices) {
    const list = ((ports ?? []) as Draft[]).filter(({ name = "" }) => name === port);
    const suffixes = (ports ?? []).length === 0 ? [""] : list.map((each) => `:${each.port}`);
    for (const suffix of suffixes)
      for (const { addresses, conditions } of (endpoints ?? []) as Draft[]) {
        if (found.length >= 3) isMore = true;
        if (conditions?.ready === false) continue;
        const [address] = addresses as string[];
        found.push(suffix !== "" && address!.includes(":") ? `[${address}]${suffix}` : `${address}${suffix}`);
      }
  }
  const shown = found.slice(0, 3).join(",");
  return isMore ? `${shown} + ${found.length - 3} more...` : shown;
}

export const service: Describe = (paper, object, session) => {
  const { metadata, spec, status = {} } = object;
  head(paper, object);
  paper.field("Selector", labelsText(spec.selector));
  paper.field("Type", spec.type ?? "");
  if (spec.ipFamilyPolicy) paper.field("IP Family Policy", spec.ipFamilyPolicy);
  paper.field("IP Families", orNone((spec.ipFamilies ?? []).join(",")));
  paper.field("IP", spec.clusterIP ?? "");
  paper.field("IPs", orNone((spec.clusterIPs ?? []).join(",")));
  if (spec.externalIPs?.length > 0) paper.field("External IPs", spec.externalIPs.join(","));
  if (spec.loadBalancerIP) paper.field("Desired LoadBalancer IP", spec.loadBalancerIP);
  if (spec.externalName) paper.field("External Name", spec.externalName);
  const ingress = (status.loadBalancer?.ingress ?? []) as Draft[];
  const addressText = ({ ip, ipMode, hostname = "" }: Draft) =>
    ip ? `${ip}${ipMode ? ` (${ipMode})` : ""}` : hostname;
  if (ingress.length > 0) paper.field("LoadBalancer Ingress", ingress.map(addressText).join(", "));
  const slices = slicesOf(session, metadata.namespace, metadata.name);
  for (const { name = "", port, protocol, targetPort = 0, appProtocol, nodePort } of (spec.ports ?? []) as Draft[]) {
    const shown = name || "<unset>";
    paper.field("Port", `${shown}\t${port}/${protocol}`);
    paper.field("TargetPort", `${targetPort}/${protocol}`);
    if (appProtocol !== undefined) paper.field("AppProtocol", appProtocol);
    if (nodePort) paper.field("NodePort", `${shown}\t${nodePort}/${protocol}`);
    paper.field("Endpoints", endpointsText(slices, name));
  }
  paper.field("Session Affinity", spec.sessionAffinity ?? "");
  if (spec.externalTrafficPolicy) paper.field("External Traffic Policy", spec.externalTrafficPolicy);
  if (spec.internalTrafficPolicy) paper.field("Internal Traffic Policy", spec.internalTrafficPolicy);
  if (spec.healthCheckNodePort) paper.field("HealthCheck NodePort", spec.healthCheckNodePort);
  if (spec.loadBalancerSourceRanges?.length > 0)
    paper.field("LoadBalancer Source Ranges", spec.loadBalancerSourceRanges.join(","));
  if (spec.trafficDistribution) paper.field("Traffic Distribution", spec.trafficDistribution);
};

export const endpoints: Describe = (paper, object) => {
  head(paper, object);
  paper.line(0, "Subsets:");
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of (object.subsets ?? []) as Draft[]) {
    const text = (list: readonly Draft[]) => orNone(list.map(({ ip }) => ip).join(","));
    paper.field("Addresses", text(addresses), 1);
    paper.field("NotReadyAddresses", text(notReadyAddresses), 1);
    if (ports.length > 0) {
      paper.line(1, "Ports:");
      paper.line(2, "Name\tPort\tProtocol");
      paper.line(2, "----\t----\t--------");
      for (const { name, port, protocol } of ports) paper.line(2, `${name || "<unset>"}\t${port}\t${protocol}`);
    }
    paper.line(0, "");
  }
};

export const endpointSlice: Describe = (paper, object) => {
  head(paper, object);
  paper.field("AddressType", object.addressType);
  const ports = (object.ports ?? []) as Draft[];
  if (ports.length === 0) paper.line(0, "Ports: <unset>");
  else {
    paper.line(0, "Ports:");
    paper.line(1, "Name\tPort\tProtocol");
    paper.line(1, "----\t----\t--------");
    for (const { name, port = "<unset>", protocol } of ports)
      paper.line(1, `${name || "<unset>"}\t${port}\t${protocol}`);
  }
  const list = (object.endpoints ?? []) as Draft[];
  paper.line(0, list.length === 0 ? "Endpoints: <none>" : "Endpoints:");
  for (const { addresses = [], conditions = {}, hostname, targetRef, nodeName, zone } of list) {
    paper.line(1, `- Addresses:\t${orNone(addresses.join(", "))}`);
    paper.line(2, "Conditions:");
    paper.field("Ready", conditions.ready ?? "<unset>", 3);
    paper.field("Hostname", hostname ?? "<unset>", 2);
    if (targetRef !== undefined) paper.field("TargetRef", `${targetRef.kind}/${targetRef.name}`, 2);
    paper.field("NodeName", nodeName ?? "<unset>", 2);
    paper.field("Zone", zone ?? "<unset>", 2);
  }
};

function backendText(session: Session, namespace: string, { service: of, resource: other }: Draft): string {
  if (of === undefined) return `APIGroup: ${other?.apiGroup ?? "<none>"}, Kind: ${other?.kind}, Name: ${other?.name}`;
  const { number, name } = of.port ?? {};
  const shown = `${of.name}:${number || name}`;
  const services = session.server.resource("services", "")!;
  const slices = slicesOf(session, namespace, of.name);
  try {
    const { spec } = session.get({ resource: services, namespace, name: of.name });
    const port = ((spec.ports ?? []) as Draft[]).findLast((each) =>
      number ? each.port === number : each.name === name,
    );
    return `${shown} (${endpointsText(slices, port?.name ?? "")})`;
  } catch (failure) {
    if (!isRefusal(failure, "NotFound")) throw failure;
    return `${shown} (<error: ${(failure as Error).message}>)`;
  }
}

export const ingress: Describe = (paper, object, session) => {
  const { metadata, spec, status = {} } = object;
  paper.field("Name", metadata.name);
  paper.labels("Labels", metadata.labels);
  paper.field("Namespace", metadata.namespace);
  const addresses = ((status.loadBalancer?.ingress ?? []) as Draft[]).map(({ ip, hostname }) => ip || hostname);
  paper.field("Address", [...new Set(addresses.filter(Boolean))].sort().join(","));
  paper.field("Ingress Class", spec.ingressClassName ?? "<none>");
  const otherwise = spec.defaultBackend ? backendText(session, metadata.namespace, spec.defaultBackend) : "<default>";
  paper.field("Default backend", otherwise);
  if (spec.tls?.length > 0) paper.line(0, "TLS:");
  for (const { secretName, hosts = [] } of (spec.tls ?? []) as Draft[])
    paper.line(1, secretName ? `${secretName} terminates ${hosts.join(",")}` : `SNI routes ${hosts.join(",")}`);
  paper.line(0, "Rules:\n  Host\tPath\tBackends");
  paper.line(1, "----\t----\t--------");
  const rules = ((spec.rules ?? []) as Draft[]).filter(({ http }) => http !== undefined);
  for (const { host, http } of rules) {
    paper.line(1, `${host || "*"}\t`);
    for (const { path = "", backend } of http.paths)
      paper.line(2, `\t${path} \t${backendText(session, metadata.namespace, backend)}`);
  }
  if (rules.length === 0) paper.line(1, `*\t*\t${otherwise}`);
  paper.annotations(metadata.annotations);
};

const labelSelector = (selector: Draft | undefined): string => selectorText(selector) || "<none>";

/** Created on: as Go prints a time. */
const goTime = (time: string): string => `${time.slice(0, 10)} ${time.slice(11, 19)} +0000 UTC`;

export const networkPolicy: Describe = (paper, object) => {
  const { metadata, spec } = object;
  paper.field("Name", metadata.name);
  paper.field("Namespace", metadata.namespace);
  paper.field("Created on", goTime(metadata.creationTimestamp));
  paper.labels("Labels", metadata.labels);
  paper.annotations(metadata.annotations);
  paper.line(0, "Spec:");
  const picked =
    selectorText(spec.podSelector) || "<none> (Allowing the specific traffic to all pods in this namespace)";
  paper.line(1, `PodSelector:     ${picked}`);
  const types = (spec.policyTypes ?? []) as string[];
  for (const [type, word, rules] of [
    ["Ingress", "ingress", spec.ingress],
    ["Egress", "egress", spec.egress],
  ] as const) {
    if (!types.includes(type)) paper.line(1, `Not affecting ${word} traffic`);
    else {
      paper.line(1, `Allowing ${word} traffic:`);
      policyRules(paper, (rules ?? []) as Draft[], type);
    }
  }
  paper.line(1, `Policy Types: ${orNone(types.join(", "))}`);
};

export const disruptionBudget: Describe = (paper, { metadata, spec, status = {} }) => {
  paper.field("Name", metadata.name);
  paper.field("Namespace", metadata.namespace);
  if (spec.minAvailable !== undefined) paper.field("Min available", `${spec.minAvailable}`);
  else if (spec.maxUnavailable !== undefined) paper.field("Max unavailable", `${spec.maxUnavailable}`);
  paper.field("Selector", spec.selector === undefined ? "<unset>" : labelSelector(spec.selector));
  paper.line(0, "Status:");
  paper.field("Allowed disruptions", `${status.disruptionsAllowed ?? 0}`, 2);
  paper.field("Current", `${status.currentHealthy ?? 0}`, 2);
  paper.field("Desired", `${status.desiredHealthy ?? 0}`, 2);
  paper.field("Total", `${status.expectedPods ?? 0}`, 2);
};

function policyRules(paper: Paper, rules: readonly Draft[], type: "Ingress" | "Egress"): void {
  const isIn = type === "Ingress";
  const say = (level: number, text: string) => paper.line(level, `    ${text}`);
  if (rules.length === 0) return say(0, `<none> (Selected pods are isolated for ${type.toLowerCase()} connectivity)`);
  for (const [i, rule] of rules.entries()) {
    const ports = (rule.ports ?? []) as Draft[];
    if (ports.length === 0) say(0, "To Port: <any> (traffic allowed to all ports)");
    for (const { port, endPort, protocol = "TCP" } of ports)
      say(
        0,
        endPort === undefined
          ? `To Port: ${port ?? "<nil>"}/${protocol}`
          : `To Port Range: ${port}-${endPort}/${protocol}`,
      );
    const peers = ((isIn ? rule.from : rule.to) ?? []) as Draft[];
    const [word, whom] = isIn ? ["From", "source"] : ["To", "destination"];
    if (peers.length === 0) say(0, `${word}: <any> (traffic not restricted by ${whom})`);
    for (const { podSelector, namespaceSelector, ipBlock } of peers) {
      say(0, `${word}:`);
      if (namespaceSelector !== undefined) say(1, `NamespaceSelector: ${labelSelector(namespaceSelector)}`);
      if (podSelector !== undefined) say(1, `PodSelector: ${labelSelector(podSelector)}`);
      if (ipBlock === undefined || podSelector !== undefined || namespaceSelector !== undefined) continue;
      say(1, "IPBlock:");
      say(2, `CIDR: ${ipBlock.cidr}`);
      say(2, `Except: ${(ipBlock.except ?? []).join(", ")}`);
    }
    if (i < rules.length - 1) say(0, "----------");
  }
}
