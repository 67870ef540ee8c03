// One port of a Service: where its addresses lead in the maps, and the chains in which a packet is given an endpoint.
// Before you edit: pkg/proxy/nftables/proxier.go (syncProxyRules, writeServiceToEndpointDNATs, writeServiceToEndpointJumps).
import { holds } from "../address.ts";
import type { Endpoint } from "../endpoints.ts";
import type { ServicePort } from "../service-port.ts";
import type { ProxySettings } from "../settings.ts";
import { type Usable, whoIsServed } from "../topology.ts";
import { endpointNames, type PortChains, portChains } from "./names.ts";
import { localWords, MARK_RULE } from "./table.ts";
import { Container, type Transaction, type Written } from "./transaction.ts";

/** The sets and maps that Services share. */
export class Containers {
  readonly clusterIPs = new Container("set", "cluster-ips");
  readonly serviceIPs = new Container("map", "service-ips");
  readonly firewallIPs = new Container("map", "firewall-ips");
  readonly noEndpointServices = new Container("map", "no-endpoint-services");
  readonly noEndpointNodePorts = new Container("map", "no-endpoint-nodeports");
  readonly serviceNodePorts = new Container("map", "service-nodeports");
  readonly hairpins = new Container("set", "hairpin-connections");

  get all(): readonly Container[] {
    const { clusterIPs, serviceIPs, firewallIPs, noEndpointServices } = this;
    const { noEndpointNodePorts, serviceNodePorts, hairpins } = this;
    return [clusterIPs, serviceIPs, firewallIPs, noEndpointServices, noEndpointNodePorts, serviceNodePorts, hairpins];
  }
}

/** One port of a Service, and what is decided about it. */
interface Plan {
  readonly service: ServicePort;
  readonly usable: Usable;
  readonly chains: PortChains;
  readonly hasInternal: boolean;
  readonly hasExternal: boolean;
  readonly usesFirewall: boolean;
}

/** `isChanged`: its chains are written anew. */
export function writeService(
  tx: Transaction,
  service: ServicePort,
  usable: Usable,
  settings: ProxySettings,
  containers: Containers,
  used: Written,
  isChanged: boolean,
): void {
  const plan: Plan = {
    ...{ service, usable, chains: portChains(service) },
    ...whoIsServed(service, usable),
    usesFirewall: service.loadBalancerIPs.length > 0 && service.sourceRanges.length > 0,
  };
  ensureChains(tx, plan, containers, used, isChanged);
  writeElements(tx, plan, containers, used);
  if (isChanged) writeChains(tx, plan, settings);
}

function ensureChains(tx: Transaction, plan: Plan, { hairpins }: Containers, used: Written, isChanged: boolean): void {
  const { service, usable, chains, usesFirewall } = plan;
  const { cluster, local, reachable, hasAny } = usable;
  const ensure = (name: string) => {
    if (used.chains.has(name)) return;
    used.chains.add(name);
    if (!isChanged) return;
    tx.say("add", "chain", name);
    tx.say("flush", "chain", name);
  };
  for (const each of reachable) {
    if (service.affinity !== null) {
      const { chain, affinity } = endpointNames(service, each);
      ensure(chain);
      used.affinities.add(affinity);
    }
    const { ip, port } = each;
    if (each.isLocal) used.want(tx, hairpins, `${ip} . ${ip} . ${service.protocol.toLowerCase()} . ${port}`);
  }
  if (service.usesCluster && cluster.length > 0) ensure(chains.cluster);
  if (service.usesLocal && local.length > 0) ensure(chains.local);
  if (hasAny && service.isExternal) ensure(chains.external);
  if (usesFirewall) ensure(chains.firewall);
}

function writeElements(tx: Transaction, plan: Plan, to: Containers, used: Written): void {
  const { service, usable, chains, hasInternal, hasExternal, usesFirewall } = plan;
  const { name, clusterIP, port, nodePort, externalIPs, loadBalancerIPs } = service;
  const protocol = service.protocol.toLowerCase();
  const at = (address: unknown) => `${address} . ${protocol} . ${port}`;
  const refusal = usable.hasAny ? "drop" : "goto reject-chain";
  used.want(tx, to.clusterIPs, `${clusterIP}`);
  if (hasInternal)
    used.want(tx, to.serviceIPs, at(clusterIP), `goto ${service.isInternalLocal ? chains.local : chains.cluster}`);
  else used.want(tx, to.noEndpointServices, at(clusterIP), refusal, name);
  for (const each of [...externalIPs, ...loadBalancerIPs]) {
    if (usable.hasAny) used.want(tx, to.serviceIPs, at(each), `goto ${chains.external}`);
    if (!hasExternal) used.want(tx, to.noEndpointServices, at(each), refusal, name);
  }
  if (usesFirewall)
    for (const each of loadBalancerIPs) used.want(tx, to.firewallIPs, at(each), `goto ${chains.firewall}`);
  if (nodePort === 0) return;
  if (usable.hasAny) used.want(tx, to.serviceNodePorts, `${protocol} . ${nodePort}`, `goto ${chains.external}`);
  if (!hasExternal) used.want(tx, to.noEndpointNodePorts, `${protocol} . ${nodePort}`, refusal, name);
}

function writeChains(tx: Transaction, plan: Plan, settings: ProxySettings): void {
  const { service, usable, chains, usesFirewall } = plan;
  const { cluster, local, reachable } = usable;
  const ip = settings.family === 4 ? "ip" : "ip6";
  if (usable.hasAny && service.isExternal) writeExternal(tx, plan, settings);
  if (usesFirewall) tx.rule(chains.firewall, `${ip} saddr != { ${sourcesOf(service, settings).join(" , ")} } drop`);
  if (service.affinity !== null)
    for (const each of reachable)
      tx.say(
        "add",
        "set",
        `${endpointNames(service, each).affinity} { type ${ip === "ip" ? "ipv4_addr" : "ipv6_addr"} ; flags dynamic,timeout ; timeout ${service.affinity}s ; }`,
      );
  const write = service.affinity === null ? writeTranslation : writeJumps;
  if (service.usesCluster && cluster.length > 0) write(tx, service, chains.cluster, cluster, ip);
  if (service.usesLocal && local.length > 0) write(tx, service, chains.local, local, ip);
  if (service.affinity === null) return;
  for (const each of reachable) {
    const { chain, affinity } = endpointNames(service, each);
    tx.rule(chain, `update @${affinity} { ${ip} saddr }`);
    tx.rule(chain, `meta l4proto ${service.protocol.toLowerCase()} dnat to ${each.text}`);
  }
}

function writeExternal(tx: Transaction, { service, chains, hasExternal }: Plan, { local }: ProxySettings): void {
  const { external, cluster } = chains;
  if (!service.isExternalLocal) tx.rule(external, MARK_RULE, "masquerade");
  else {
    // As if they went out to the load balancer and came back: no policy of this node is theirs.
    if (local !== null) tx.rule(external, `${localWords(local, true)} goto ${cluster}`, "short-circuit pod traffic");
    tx.rule(external, `fib saddr type local ${MARK_RULE}`, "masquerade local traffic");
    tx.rule(external, `fib saddr type local goto ${cluster}`, "short-circuit local traffic");
  }
  if (hasExternal) tx.rule(external, `goto ${service.isExternalLocal ? chains.local : cluster}`);
}

/** What the node sends to an address of its own has that address as its source. */
function sourcesOf({ sourceRanges, loadBalancerIPs }: ServicePort, { nodeIP }: ProxySettings): string[] {
  const isOwn = nodeIP !== null && sourceRanges.some((each) => holds(each, nodeIP));
  return [...sourceRanges, ...(isOwn ? loadBalancerIPs : [])].map(String);
}

type Write = (tx: Transaction, service: ServicePort, chain: string, endpoints: readonly Endpoint[], ip: string) => void;

const writeTranslation: Write = (tx, { protocol }, chain, endpoints, ip) => {
  const elements = endpoints.map((each, i) => `${i} : ${each.ip} . ${each.port}`).join(" , ");
  tx.rule(
    chain,
    `meta l4proto ${protocol.toLowerCase()} dnat ${ip} addr . port to numgen random mod ${endpoints.length} map { ${elements} }`,
  );
};

/** First who is remembered, then by chance. */
const writeJumps: Write = (tx, service, chain, endpoints, ip) => {
  const names = endpoints.map((each) => endpointNames(service, each));
  for (const each of names) tx.rule(chain, `${ip} saddr @${each.affinity} goto ${each.chain}`);
  const elements = names.map((each, i) => `${i} : goto ${each.chain}`).join(" , ");
  tx.rule(chain, `numgen random mod ${endpoints.length} vmap { ${elements} }`);
};
