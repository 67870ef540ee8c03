// What a proxy knows of one port of a Service, for one address family.
// Before you edit: pkg/proxy/serviceport.go, pkg/proxy/servicechangetracker.go (serviceToServiceMap),
// pkg/proxy/util/utils.go (ShouldSkipService, GetClusterIPByFamily), pkg/api/v1/service/util.go.
import type { Ip, Prefix } from "../../wire/address.ts";
import { type KubeObject, sameJson } from "../api/object.ts";
import type { ServicePort as PortSpec, Service } from "../shapes.ts";
import { addressesOf, addressOf, type Family, networksOf } from "./address.ts";

export type Protocol = "TCP" | "UDP" | "SCTP";

/** A Service with all that a proxy reads of it. */
export interface ProxiedService extends KubeObject {
  readonly spec: Omit<Service["spec"], "ports"> & {
    readonly clusterIPs?: readonly string[];
    readonly ipFamilies?: readonly string[];
    readonly externalIPs?: readonly string[];
    readonly ports?: readonly (PortSpec & { readonly nodePort?: number })[];
    readonly sessionAffinity?: string;
    readonly sessionAffinityConfig?: { readonly clientIP?: { readonly timeoutSeconds?: number } };
    readonly externalTrafficPolicy?: string;
    readonly internalTrafficPolicy?: string;
    readonly healthCheckNodePort?: number;
    readonly loadBalancerSourceRanges?: readonly string[];
  };
  readonly status?: {
    readonly loadBalancer?: {
      readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string; readonly ipMode?: string }[];
    };
  };
}

export interface ServicePort {
  /** `namespace/name` */
  readonly service: string;
  /** `namespace/name:port`, or without the colon where the port has no name. */
  readonly name: string;
  /** What its endpoints are found by: port name and protocol. */
  readonly key: string;
  readonly protocol: Protocol;
  readonly clusterIP: Ip;
  readonly port: number;
  /** 0: none. */
  readonly nodePort: number;
  readonly externalIPs: readonly Ip[];
  /** Addresses of load balancers that packets still carry when they come to a node (ipMode VIP). */
  readonly loadBalancerIPs: readonly Ip[];
  /** Who may use them; empty: everybody. */
  readonly sourceRanges: readonly Prefix[];
  /** Seconds a client keeps its endpoint for; null: not at all. */
  readonly affinity: number | null;
  /** 0: none. */
  readonly healthCheckNodePort: number;
  readonly isExternalLocal: boolean;
  readonly isInternalLocal: boolean;
  /** Something besides the cluster IP leads to it. */
  readonly isExternal: boolean;
  /** Whether traffic is ever spread over all endpoints; with the Local policy pods and the node itself still are. */
  readonly usesCluster: boolean;
  readonly usesLocal: boolean;
}

type Spec = ProxiedService["spec"];

/** Seconds a client is remembered for unless said otherwise (DefaultClientIPServiceAffinitySeconds). */
const AFFINITY = 10800;
/** A Service with this label is another proxy's. */
const PROXY_NAME = "service.kubernetes.io/service-proxy-name";

export const endpointKey = (port: string, protocol: string): string => `${port}/${protocol}`;

/** By family. All nodes' proxies are told of the same object, which nobody changes: it is read once. */
const read: Readonly<Record<Family, WeakMap<ProxiedService, readonly ServicePort[]>>> = {
  4: new WeakMap(),
  6: new WeakMap(),
};

/** The ports a proxy of this family has to serve: none of a headless Service or an ExternalName. */
export function servicePorts(service: ProxiedService, family: Family): readonly ServicePort[] {
  let ports = read[family].get(service);
  if (ports === undefined) {
    ports = readPorts(service, family);
    read[family].set(service, ports);
  }
  return ports;
}

/** Whether a Service that changed, came or is gone (null) is the same to a proxy. */
export function haveSamePorts(now: ProxiedService | null, before: ProxiedService | null, family: Family): boolean {
  const portsOf = (service: ProxiedService | null) => (service === null ? [] : servicePorts(service, family));
  return sameJson(portsOf(now), portsOf(before));
}

function readPorts(service: ProxiedService, family: Family): ServicePort[] {
  const { spec, status, metadata } = service;
  const { type = "ClusterIP", externalIPs = [] } = spec;
  const clusterIP = clusterIPOf(spec, family);
  if (clusterIP === null || type === "ExternalName" || Object.hasOwn(metadata.labels ?? {}, PROXY_NAME)) return [];
  const isReachable = type === "LoadBalancer" || type === "NodePort" || externalIPs.length > 0;
  const isExternalLocal = isReachable && spec.externalTrafficPolicy === "Local";
  const isInternalLocal = spec.internalTrafficPolicy === "Local";
  const ingress = status?.loadBalancer?.ingress ?? [];
  const vips = ingress.flatMap(({ ip = "", ipMode = "VIP" }) => (ip !== "" && ipMode === "VIP" ? [ip] : []));
  const ranges = networksOf(spec.loadBalancerSourceRanges ?? [], family);
  const own = addressesOf(externalIPs, family);
  const loadBalancerIPs = addressesOf(vips, family);
  const id = `${metadata.namespace}/${metadata.name}`;
  const every = new Map<string, ServicePort>();
  for (const { name = "", protocol = "TCP", port, nodePort = 0 } of spec.ports ?? []) {
    const isExternal = nodePort !== 0 || loadBalancerIPs.length > 0 || own.length > 0;
    const key = endpointKey(name, protocol);
    every.set(key, {
      service: id,
      name: name === "" ? id : `${id}:${name}`,
      key,
      protocol: protocol as Protocol,
      clusterIP,
      port,
      nodePort,
      externalIPs: own,
      loadBalancerIPs,
      sourceRanges: ranges.some(({ length }) => length === 0) ? [] : ranges,
      affinity:
        spec.sessionAffinity === "ClientIP" ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? AFFINITY) : null,
      healthCheckNodePort: type === "LoadBalancer" && isExternalLocal ? (spec.healthCheckNodePort ?? 0) : 0,
      isExternalLocal,
      isInternalLocal,
      isExternal,
      usesCluster: !isInternalLocal || isExternal,
      usesLocal: isInternalLocal || (isExternalLocal && isExternal),
    });
  }
  return [...every.values()];
}

/** The cluster IP of the family; an object from before dual stack has only one and names no family. */
function clusterIPOf({ clusterIP = "", clusterIPs = [], ipFamilies = [] }: Spec, family: Family): Ip | null {
  if (clusterIP === "" || clusterIP === "None") return null;
  const text = ipFamilies.length === 0 ? clusterIP : clusterIPs[ipFamilies.indexOf(`IPv${family}`)];
  const address = addressOf(text ?? "");
  return address?.family === family ? address : null;
}
