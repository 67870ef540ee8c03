// What Services come to in the IPVS mode: virtual servers with their real ones, addresses of kube-ipvs0, elements of sets.
// Before you edit: pkg/proxy/ipvs/proxier.go (syncProxyRules, syncEndpoint).
import type { Ip } from "../../../wire/address.ts";
import { holds, hostPort } from "../address.ts";
import type { Endpoint } from "../endpoints.ts";
import type { Protocol, ServicePort } from "../service-port.ts";
import { matching, nodePortAddresses, type ProxySettings } from "../settings.ts";
import { type Standpoint, type Usable, usableEndpoints } from "../topology.ts";
import type { Tracker } from "../tracker.ts";
import { SET_NAMES, type SetName } from "./sets.ts";

export interface VirtualServer {
  readonly protocol: Protocol;
  readonly address: Ip;
  readonly port: number;
  /** Seconds a client keeps its server for; null: not at all. */
  readonly persistent: number | null;
  /** In the order of their texts. */
  readonly endpoints: readonly Endpoint[];
}

/** An address of a load balancer that the node itself may not use. */
export interface Forbidden {
  readonly address: Ip;
  readonly protocol: string;
  readonly port: number;
}

/** What is asked of a set's elements. */
export interface Elements {
  readonly size: number;
  has(element: string): boolean;
  keys(): Iterable<string>;
}

export interface IpvsPlan {
  readonly sets: ReadonlyMap<SetName, Elements>;
  /** By protocol, address and port. */
  readonly servers: ReadonlyMap<string, VirtualServer>;
  readonly forbidden: Iterable<Forbidden>;
}

export interface WholePlan extends IpvsPlan {
  readonly sets: ReadonlyMap<SetName, ReadonlySet<string>>;
}

/** What one Service comes to. */
export interface Contribution {
  readonly elements: (readonly [SetName, string])[];
  readonly servers: (readonly [key: string, VirtualServer])[];
  readonly forbidden: Forbidden[];
}

export interface IpvsSurroundings {
  readonly tracker: Tracker;
  readonly settings: ProxySettings;
  readonly at: Standpoint;
  /** Addresses of the node's devices but kube-ipvs0, without those of loopback. */
  readonly nodeAddresses: readonly Ip[];
}

export const serverKey = (protocol: string, address: Ip, port: number): string =>
  `${protocol} ${hostPort(address.text, port)}`;

/** All of it, as a sync of everything finds it. */
export function planIpvs(surroundings: IpvsSurroundings): WholePlan {
  const sets = new Map(SET_NAMES.map((name) => [name, new Set<string>()]));
  const servers = new Map<string, VirtualServer>();
  const forbidden: Forbidden[] = [];
  const planner = new Planner(surroundings);
  for (const key of surroundings.tracker.services.keys()) {
    const found = planner.contribution(key);
    for (const [name, element] of found.elements) sets.get(name)!.add(element);
    for (const [key, server] of found.servers) servers.set(key, server);
    forbidden.push(...found.forbidden);
  }
  return { sets, servers, forbidden };
}

export class Planner {
  private found: Contribution = { elements: [], servers: [], forbidden: [] };
  private readonly surroundings: IpvsSurroundings;
  private readonly settings: ProxySettings;
  private readonly nodeAddresses: readonly Ip[];
  private readonly nodePortAt: readonly Ip[];

  constructor(surroundings: IpvsSurroundings) {
    const { settings, nodeAddresses } = surroundings;
    const served = nodePortAddresses(settings);
    this.surroundings = surroundings;
    this.settings = settings;
    this.nodeAddresses = nodeAddresses;
    this.nodePortAt = served.all ? nodeAddresses : matching(served, nodeAddresses);
  }

  /** Of the Service called `namespace/name`. */
  contribution(key: string): Contribution {
    const { tracker, at } = this.surroundings;
    this.found = { elements: [], servers: [], forbidden: [] };
    for (const service of tracker.services.get(key) ?? []) {
      const all = tracker.endpointsOfPort(service);
      this.serve(service, all, usableEndpoints(all, service, at));
    }
    return this.found;
  }

  private serve(service: ServicePort, all: readonly Endpoint[], usable: Usable): void {
    const { clusterIP, externalIPs, loadBalancerIPs, port, isExternalLocal, isInternalLocal } = service;
    const proto = service.protocol.toLowerCase();
    for (const { isLocal, ip, port: to } of all) if (isLocal) this.add("LOOP-BACK", `${ip},${proto}:${to},${ip}`);
    this.add("CLUSTER-IP", `${clusterIP},${proto}:${port}`);
    this.open(service, clusterIP, port, chosen(usable, isInternalLocal), true);
    const external = chosen(usable, isExternalLocal);
    for (const each of externalIPs) {
      this.add(isExternalLocal ? "EXTERNAL-IP-LOCAL" : "EXTERNAL-IP", `${each},${proto}:${port}`);
      this.open(service, each, port, external, true);
    }
    for (const each of loadBalancerIPs) {
      this.add("LOAD-BALANCER", `${each},${proto}:${port}`);
      if (isExternalLocal) this.add("LOAD-BALANCER-LOCAL", `${each},${proto}:${port}`);
      this.guard(service, each);
      this.open(service, each, port, external, true);
    }
    // Where node ports have no address to be served at, kube-proxy goes on to the next Service here.
    if (service.nodePort !== 0 && this.nodePortAt.length === 0) return;
    if (service.nodePort !== 0) this.openNodePort(service, external);
    if (service.healthCheckNodePort !== 0) this.add("HEALTH-CHECK-NODE-PORT", `${service.healthCheckNodePort}`);
  }

  private openNodePort(service: ServicePort, endpoints: readonly Endpoint[]): void {
    const { protocol, nodePort, isExternalLocal } = service;
    const isSctp = protocol === "SCTP";
    const elements = isSctp ? this.nodePortAt.map((each) => `${each},sctp:${nodePort}`) : [`${nodePort}`];
    for (const each of elements) {
      this.add(isSctp ? "NODE-PORT-SCTP-HASH" : `NODE-PORT-${protocol}`, each);
      if (isExternalLocal) this.add(isSctp ? "NODE-PORT-LOCAL-SCTP-HASH" : `NODE-PORT-LOCAL-${protocol}`, each);
    }
    for (const each of this.nodePortAt) this.open(service, each, nodePort, endpoints, false);
  }

  /** Who may use a load balancer's address (loadBalancerSourceRanges). */
  private guard({ protocol, port, sourceRanges }: ServicePort, address: Ip): void {
    if (sourceRanges.length === 0) return;
    const proto = protocol.toLowerCase();
    const { nodeIP } = this.settings;
    this.add("LOAD-BALANCER-FW", `${address},${proto}:${port}`);
    for (const each of sourceRanges) this.add("LOAD-BALANCER-SOURCE-CIDR", `${address},${proto}:${port},${each}`);
    if (nodeIP !== null && sourceRanges.some((each) => holds(each, nodeIP)))
      this.add("LOAD-BALANCER-SOURCE-IP", `${address},${proto}:${port},${address}`);
    else this.found.forbidden.push({ address, protocol: proto, port });
  }

  private open(
    { protocol, affinity }: ServicePort,
    address: Ip,
    port: number,
    endpoints: readonly Endpoint[],
    isBound: boolean,
  ): void {
    const server = { protocol, address, port, persistent: affinity, endpoints };
    this.found.servers.push([serverKey(protocol, address, port), server]);
    if (isBound && !this.nodeAddresses.includes(address)) this.add("IPVS-IPS", address.text);
  }

  private add(name: SetName, element: string): void {
    this.found.elements.push([name, element]);
  }
}

/** With the Local policy and nobody here, all: pods of this node are served so; an answer to others would be discarded. */
function chosen({ cluster, local }: Usable, isLocal: boolean): readonly Endpoint[] {
  return isLocal && local.length > 0 ? local : cluster;
}
