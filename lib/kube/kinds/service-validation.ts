// May a Service be as it is?
// Before you edit: pkg/apis/core/validation/validation.go (validateService, ValidateServiceClusterIPsRelatedFields).
import { endpointIp, ip, isCidr } from "../api/address.ts";
import {
  byRule,
  denied,
  duplicate,
  type FieldError,
  inRange,
  oneOf,
  port,
  required,
  unsupported,
  wrong,
} from "../api/field-error.ts";
import { validateLabels } from "../api/metadata.ts";
import { dnsLabel, dnsSubdomain, qualifiedName } from "../api/names.ts";
import type { Draft } from "../api/object.ts";
import { PROTOCOLS, portOrName } from "./container-validation.ts";
import { needsHealthCheck } from "./service-addresses.ts";

const TYPES = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const POLICIES = ["Cluster", "Local"];
const DISTRIBUTIONS = ["PreferClose", "PreferSameZone", "PreferSameNode"];

const isHeadless = ({ clusterIP, clusterIPs }: Draft): boolean => (clusterIPs?.[0] ?? clusterIP) === "None";

export function validateService(spec: Draft): FieldError[] {
  const { type, ports = [], sessionAffinity, sessionAffinityConfig, externalIPs = [] } = spec;
  const errors: FieldError[] = [];
  if (ports.length === 0 && !isHeadless(spec) && type !== "ExternalName") errors.push(required("spec.ports"));
  if ((type === "LoadBalancer" || type === "NodePort") && isHeadless(spec))
    errors.push(wrong("spec.clusterIPs[0]", "None", `may not be set to 'None' for ${type} services`));
  if (type === "ExternalName") errors.push(...validateExternalName(spec));
  const names = new Set<string>();
  for (const [i, each] of (ports as Draft[]).entries())
    errors.push(...validatePort(each, `spec.ports[${i}]`, ports.length > 1, names));
  errors.push(...validateLabels(spec.selector, "spec.selector"));
  errors.push(...oneOf("spec.sessionAffinity", sessionAffinity, ["ClientIP", "None"]));
  if (sessionAffinity === "ClientIP")
    errors.push(
      ...inRange(
        "spec.sessionAffinityConfig.clientIP.timeoutSeconds",
        sessionAffinityConfig.clientIP.timeoutSeconds,
        1,
        86400,
      ).map((error) => ({
        ...error,
        says: error.says.replace(/must be .*/, "must be greater than 0 and less than 86400"),
      })),
    );
  if (type !== "ExternalName") errors.push(...validateAddresses(spec));
  for (const [i, each] of externalIPs.entries()) {
    const bad = ip(`spec.externalIPs[${i}]`, each);
    errors.push(...(bad.length > 0 ? bad : endpointIp(`spec.externalIPs[${i}]`, each)));
  }
  errors.push(...oneOf("spec.type", type, TYPES));
  if (type === "ClusterIP")
    for (const [i, { nodePort }] of (ports as Draft[]).entries())
      if (nodePort) errors.push(denied(`spec.ports[${i}].nodePort`, "may not be used when `type` is 'ClusterIP'"));
  errors.push(...portConflicts(ports));
  return [...errors, ...validateTraffic(spec)];
}

function validateExternalName(spec: Draft): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ["clusterIPs", "ipFamilies", "ipFamilyPolicy"])
    if (spec[field] !== undefined && spec[field].length > 0)
      errors.push(denied(`spec.${field}`, "may not be set for ExternalName services"));
  const name = (spec.externalName ?? "").replace(/\.$/, "");
  return [
    ...errors,
    ...(name === "" ? [required("spec.externalName")] : byRule("spec.externalName", name, dnsSubdomain)),
  ];
}

function validatePort(of: Draft, at: string, mustBeNamed: boolean, names: Set<string>): FieldError[] {
  const errors: FieldError[] = [];
  const { name, protocol, targetPort, appProtocol } = of;
  if (name) {
    errors.push(...byRule(`${at}.name`, name, dnsLabel));
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
  } else if (mustBeNamed) errors.push(required(`${at}.name`));
  errors.push(
    ...port(`${at}.port`, of.port),
    ...oneOf(`${at}.protocol`, protocol, PROTOCOLS),
    ...portOrName(`${at}.targetPort`, targetPort),
  );
  if (appProtocol !== undefined) errors.push(...byRule(`${at}.appProtocol`, appProtocol, qualifiedName));
  return errors;
}

function validateAddresses({ clusterIP = "", clusterIPs = [], ipFamilies = [], ipFamilyPolicy }: Draft): FieldError[] {
  const errors: FieldError[] = [];
  if (clusterIP !== "") {
    if (clusterIPs.length === 0) errors.push(required("spec.clusterIPs"));
    else if (clusterIPs[0] !== clusterIP)
      errors.push(wrong("spec.clusterIPs", clusterIPs, "first value must match `clusterIP`"));
  } else if (clusterIPs.length > 0)
    errors.push(wrong("spec.clusterIPs", clusterIPs, "must be empty when `clusterIP` is not specified"));
  for (const [i, family] of ipFamilies.entries()) {
    if (!["IPv4", "IPv6"].includes(family)) errors.push(unsupported(`spec.ipFamilies[${i}]`, family, ["IPv4", "IPv6"]));
    if (ipFamilies.indexOf(family) < i) errors.push(duplicate(`spec.ipFamilies[${i}]`, family));
  }
  const policies = ["PreferDualStack", "RequireDualStack", "SingleStack"];
  if (ipFamilyPolicy !== undefined && !policies.includes(ipFamilyPolicy))
    errors.push(unsupported("spec.ipFamilyPolicy", ipFamilyPolicy, policies));
  let bad = false;
  for (const [i, each] of clusterIPs.entries()) {
    if (i === 0 && each === "None") {
      if (clusterIPs.length > 1) {
        bad = true;
        errors.push(wrong("spec.clusterIPs", clusterIPs, "'None' must be the first and only value"));
      }
      continue;
    }
    const found = ip(`spec.clusterIPs[${i}]`, each);
    bad ||= found.length > 0;
    errors.push(...found);
  }
  if (clusterIPs.length > 2) errors.push(wrong("spec.clusterIPs", clusterIPs, "may only hold up to 2 values"));
  if (bad || clusterIPs[0] === "None") return errors;
  if (clusterIPs.length > 1 && new Set(clusterIPs.map((each: string) => each.includes(":"))).size === 1)
    errors.push(wrong("spec.clusterIPs", clusterIPs, "may specify no more than one IP for each IP family"));
  for (const [i, each] of clusterIPs.entries()) {
    const family = each.includes(":") ? "IPv6" : "IPv4";
    if (ipFamilies[i] !== undefined && ipFamilies[i] !== family && ["IPv4", "IPv6"].includes(ipFamilies[i]))
      errors.push(
        wrong(`spec.clusterIPs[${i}]`, each, `expected an ${ipFamilies[i]} value as indicated by \`ipFamilies[${i}]\``),
      );
  }
  return errors;
}

/** Two ports of one Service may not be the same to a client, inside or on a node. */
function portConflicts(ports: readonly Draft[]): FieldError[] {
  const errors: FieldError[] = [];
  const nodePorts = new Set<string>();
  for (const [i, { protocol, nodePort }] of ports.entries()) {
    if (!nodePort) continue;
    const key = `${protocol} ${nodePort}`;
    if (nodePorts.has(key)) errors.push(duplicate(`spec.ports[${i}].nodePort`, nodePort));
    nodePorts.add(key);
  }
  const seen = new Set<string>();
  for (const [i, each] of ports.entries()) {
    const key = `${each.protocol} ${each.port}`;
    const { protocol, port: number } = each;
    if (seen.has(key))
      errors.push({
        ...duplicate(`spec.ports[${i}]`, ""),
        says: `Duplicate value: ${JSON.stringify({ protocol, port: number, targetPort: 0 })}`,
      });
    seen.add(key);
  }
  return errors;
}

function validateTraffic(spec: Draft): FieldError[] {
  const { type, externalTrafficPolicy, internalTrafficPolicy, trafficDistribution, externalIPs = [] } = spec;
  const errors: FieldError[] = [];
  for (const [i, each] of (spec.loadBalancerSourceRanges ?? []).entries()) {
    const field = `spec.loadBalancerSourceRanges[${i}]`;
    if (!isCidr(each.trim()))
      errors.push(wrong(field, each.trim(), "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"));
  }
  if (type !== "LoadBalancer") {
    if (spec.loadBalancerSourceRanges?.length)
      errors.unshift(denied("spec.LoadBalancerSourceRanges", "may only be used when `type` is 'LoadBalancer'"));
    for (const field of ["allocateLoadBalancerNodePorts", "loadBalancerClass"])
      if (spec[field] !== undefined)
        errors.push(denied(`spec.${field}`, "may only be used when `type` is 'LoadBalancer'"));
  }
  const outside = type === "NodePort" || type === "LoadBalancer" || (type === "ClusterIP" && externalIPs.length > 0);
  if (outside) errors.push(...oneOf("spec.externalTrafficPolicy", externalTrafficPolicy, POLICIES));
  else if (externalTrafficPolicy)
    errors.push(
      wrong("spec.externalTrafficPolicy", externalTrafficPolicy, "may only be set for externally-accessible services"),
    );
  if (spec.healthCheckNodePort && !needsHealthCheck(spec))
    errors.push(
      wrong(
        "spec.healthCheckNodePort",
        spec.healthCheckNodePort,
        "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
      ),
    );
  if (internalTrafficPolicy !== undefined && !POLICIES.includes(internalTrafficPolicy))
    errors.push(unsupported("spec.internalTrafficPolicy", internalTrafficPolicy, POLICIES));
  if (trafficDistribution !== undefined && !DISTRIBUTIONS.includes(trafficDistribution))
    errors.push(unsupported("spec.trafficDistribution", trafficDistribution, DISTRIBUTIONS));
  return errors;
}

/** An address once given is not changed: who remembers it would talk to somebody else. */
export function validateServiceUpdate(spec: Draft, old: Draft): FieldError[] {
  if (spec.type === "ExternalName" || old.type === "ExternalName") return [];
  if (isHeadless(spec) && isHeadless(old)) return [];
  const [now, before] = [(spec.clusterIPs ?? []) as string[], (old.clusterIPs ?? []) as string[]];
  if (now.length === 0 && before.length > 0)
    return [wrong("spec.clusterIPs[0]", null, "primary clusterIP can not be unset")];
  const errors = before.flatMap((each, i) =>
    i < now.length && now[i] !== each ? [wrong(`spec.clusterIPs[${i}]`, now, "may not change once set")] : [],
  );
  if (needsHealthCheck(spec) && needsHealthCheck(old) && spec.healthCheckNodePort !== old.healthCheckNodePort)
    errors.push(denied("spec.healthCheckNodePort", "field is immutable"));
  return errors;
}
