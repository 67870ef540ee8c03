// The rules of one port of a Service: where its addresses lead in KUBE-SERVICES and KUBE-NODEPORTS, what is refused, and the
// chains in which a packet is given an endpoint.
// Before you edit: pkg/proxy/iptables/proxier.go (syncProxyRules, writeServiceToEndpointRules).
import { holds } from "../address.ts";
import type { Endpoint } from "../endpoints.ts";
import type { ServicePort } from "../service-port.ts";
import { localWords, type ProxySettings } from "../settings.ts";
import { type Usable, whoIsServed } from "../topology.ts";
import { endpointChain, type PortChains, portChains } from "./names.ts";

/** Lines of an iptables-restore file. */
export interface Lines {
  readonly filterRules: string[];
  readonly natChains: string[];
  readonly natRules: string[];
}

/** One port of a Service, and what is decided about it. */
export interface Plan {
  readonly service: ServicePort;
  readonly usable: Usable;
  readonly chains: PortChains;
  /** Some endpoint takes what comes to the cluster IP, or from outside; else it is refused. */
  readonly hasInternal: boolean;
  readonly hasExternal: boolean;
  readonly usesFirewall: boolean;
}

export function planOf(service: ServicePort, usable: Usable): Plan {
  return {
    service,
    usable,
    chains: portChains(service),
    ...whoIsServed(service, usable),
    usesFirewall: usable.hasAny && service.loadBalancerIPs.length > 0 && service.sourceRanges.length > 0,
  };
}

export const comment = (text: string): string => `-m comment --comment "${text}"`;

/** What leads to the port's chains, and what is refused: such rules are written in every sync. */
export function writeEntries({ filterRules, natRules }: Lines, plan: Plan): void {
  const { service, usable, chains, hasInternal, hasExternal, usesFirewall } = plan;
  const { name, clusterIP, port, nodePort, externalIPs, loadBalancerIPs, healthCheckNodePort } = service;
  const proto = protocolWords(service);
  const { hasAny } = usable;
  const refused = hasAny ? `${comment(`${name} has no local endpoints`)} ` : `${comment(`${name} has no endpoints`)} `;
  const verdict = hasAny ? "DROP" : "REJECT";
  const to = (address: unknown) => `${proto} -d ${address} --dport ${port}`;
  const refuse = (words: string) => filterRules.push(`-A KUBE-EXTERNAL-SERVICES ${refused}${words} -j ${verdict}`);

  if (hasInternal)
    natRules.push(
      `-A KUBE-SERVICES ${comment(`${name} cluster IP`)} ${to(clusterIP)} -j ${service.isInternalLocal ? chains.local : chains.cluster}`,
    );
  else filterRules.push(`-A KUBE-SERVICES ${refused}${to(clusterIP)} -j ${verdict}`);
  for (const each of externalIPs) {
    if (hasAny) natRules.push(`-A KUBE-SERVICES ${comment(`${name} external IP`)} ${to(each)} -j ${chains.external}`);
    if (!hasExternal) refuse(to(each));
  }
  const balanced = usesFirewall ? chains.firewall : chains.external;
  for (const each of loadBalancerIPs) {
    if (hasAny) natRules.push(`-A KUBE-SERVICES ${comment(`${name} loadbalancer IP`)} ${to(each)} -j ${balanced}`);
    if (usesFirewall)
      filterRules.push(
        `-A KUBE-PROXY-FIREWALL ${comment(`${name} traffic not accepted by ${chains.firewall}`)} ${to(each)} -j DROP`,
      );
  }
  if (!hasExternal) for (const each of loadBalancerIPs) refuse(to(each));
  if (nodePort !== 0) {
    const words = `${proto} --dport ${nodePort}`;
    // A word without a blank needs no quotation marks.
    if (hasAny) natRules.push(`-A KUBE-NODEPORTS -m comment --comment ${name} ${words} -j ${chains.external}`);
    if (!hasExternal) refuse(`-m addrtype --dst-type LOCAL ${words}`);
  }
  if (healthCheckNodePort !== 0)
    filterRules.push(
      `-A KUBE-NODEPORTS ${comment(`${name} health check node port`)} -m tcp -p tcp --dport ${healthCheckNodePort} -j ACCEPT`,
    );
}

/** The port's own chains. In a large cluster endpoints go without comments (`isTerse`). */
export function writeChains(lines: Lines, plan: Plan, settings: ProxySettings, isTerse: boolean): void {
  const { natChains } = lines;
  const { service, usable, chains, hasInternal, usesFirewall } = plan;
  const { cluster, local, reachable } = usable;
  if (hasInternal) writeMasquerade(lines, plan, settings);
  if (usesExternal(plan)) {
    natChains.push(chainLine(chains.external));
    writeExternal(lines, plan, settings);
  }
  if (usesFirewall) {
    natChains.push(chainLine(chains.firewall));
    writeFirewall(lines, plan, settings);
  }
  const named = ({ text }: Endpoint) => (isTerse ? "" : ` ${comment(`${service.name} -> ${text}`)}`);
  if (service.usesCluster && cluster.length > 0) writePick(lines, service, chains.cluster, cluster, named);
  if (service.usesLocal && local.length > 0) writePick(lines, service, chains.local, local, named);
  for (const each of reachable) writeEndpoint(lines, service, each, isTerse);
}

/** The chains that are in use for a port. */
export function chainsOf(plan: Plan): string[] {
  const { service, usable, chains, usesFirewall } = plan;
  const used = usable.reachable.map((each) => endpointChain(service, each));
  if (usesExternal(plan)) used.push(chains.external);
  if (usesFirewall) used.push(chains.firewall);
  if (service.usesCluster && usable.cluster.length > 0) used.push(chains.cluster);
  if (service.usesLocal && usable.local.length > 0) used.push(chains.local);
  return used;
}

export const chainLine = (name: string): string => `:${name} - [0:0]`;

/** Also without an endpoint for traffic from outside: pods and the node itself may still have one. */
const usesExternal = ({ service, usable }: Plan): boolean => usable.hasAny && service.isExternal;

export function protocolWords({ protocol }: ServicePort): string {
  const name = protocol.toLowerCase();
  return `-m ${name} -p ${name}`;
}

/** Who is no pod of this node may be routed to the cluster IP by way of this node: the answer must come back here. */
function writeMasquerade({ natRules }: Lines, { service, chains }: Plan, settings: ProxySettings): void {
  const { name, clusterIP, port, isInternalLocal } = service;
  const chain = isInternalLocal ? chains.local : chains.cluster;
  const rule = `-A ${chain} ${comment(`${name} cluster IP`)} ${protocolWords(service)} -d ${clusterIP} --dport ${port}`;
  if (settings.masqueradeAll) natRules.push(`${rule} -j KUBE-MARK-MASQ`);
  else if (settings.local !== null) natRules.push(`${rule} ${localWords(settings.local, false)} -j KUBE-MARK-MASQ`);
}

function writeExternal({ natRules }: Lines, { service, chains, hasExternal }: Plan, { local }: ProxySettings): void {
  const { name, isExternalLocal } = service;
  const rule = (text: string, words: string, target: string) =>
    natRules.push(`-A ${chains.external} ${comment(`${text} for ${name} external destinations`)}${words} -j ${target}`);
  if (!isExternalLocal) rule("masquerade traffic", "", "KUBE-MARK-MASQ");
  else {
    // As if they went out to the load balancer and came back: no policy of this node is theirs.
    if (local !== null) rule("pod traffic", ` ${localWords(local, true)}`, chains.cluster);
    rule("masquerade LOCAL traffic", " -m addrtype --src-type LOCAL", "KUBE-MARK-MASQ");
    rule("route LOCAL traffic", " -m addrtype --src-type LOCAL", chains.cluster);
  }
  if (hasExternal) natRules.push(`-A ${chains.external} -j ${isExternalLocal ? chains.local : chains.cluster}`);
}

function writeFirewall({ natRules }: Lines, { service, chains }: Plan, { nodeIP }: ProxySettings): void {
  const { name, sourceRanges, loadBalancerIPs } = service;
  const allow = (source: unknown) =>
    natRules.push(`-A ${chains.firewall} ${comment(`${name} loadbalancer IP`)} -s ${source} -j ${chains.external}`);
  for (const each of sourceRanges) allow(each);
  // What the node sends to an address of its own has that address as its source.
  if (nodeIP !== null && sourceRanges.some((each) => holds(each, nodeIP)))
    for (const each of loadBalancerIPs) allow(each);
  natRules.push(`-A ${chains.firewall} ${comment(`other traffic to ${name} will be dropped by KUBE-PROXY-FIREWALL`)}`);
}

/** First who is remembered, then by chance: one of n, one of the n-1 left, and so on. `named` are comments of rules. */
export function writePick(
  { natChains, natRules }: Lines,
  service: ServicePort,
  chain: string,
  endpoints: readonly Endpoint[],
  named: (endpoint: Endpoint) => string,
): void {
  const { affinity } = service;
  const names = endpoints.map((each) => endpointChain(service, each));
  natChains.push(chainLine(chain));
  if (affinity !== null)
    for (const [i, each] of endpoints.entries())
      natRules.push(
        `-A ${chain}${named(each)} -m recent --name ${names[i]} --rcheck --seconds ${affinity} --reap -j ${names[i]}`,
      );
  for (const [i, each] of endpoints.entries()) {
    const left = endpoints.length - i;
    const chance = left === 1 ? "" : ` -m statistic --mode random --probability ${probability(left)}`;
    natRules.push(`-A ${chain}${named(each)}${chance} -j ${names[i]}`);
  }
}

export function writeEndpoint(
  { natChains, natRules }: Lines,
  service: ServicePort,
  endpoint: Endpoint,
  isTerse: boolean,
): void {
  const { ip, text } = endpoint;
  const chain = endpointChain(service, endpoint);
  const rule = `-A ${chain}${isTerse ? "" : ` -m comment --comment ${service.name}`}`;
  natChains.push(chainLine(chain));
  // Who is sent back to itself must answer by way of the node.
  natRules.push(`${rule} -s ${ip} -j KUBE-MARK-MASQ`);
  const remember = service.affinity === null ? "" : ` -m recent --name ${chain} --set`;
  natRules.push(`${rule}${remember} ${protocolWords(service)} -j DNAT --to-destination ${text}`);
}

const probabilities: string[] = [];

/** One of n with ten decimals (computeProbability). */
function probability(n: number): string {
  probabilities[n] ??= (1 / n).toFixed(10);
  return probabilities[n]!;
}
