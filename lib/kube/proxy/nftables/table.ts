// The table ip kube-proxy without its Services: base chains, what they jump to, sets and maps.
// Before you edit: pkg/proxy/nftables/proxier.go (setupNFTables, nftablesBaseChains, nftablesJumpChains).
import type { Ip } from "../../../wire/address.ts";
import { type LocalDetector, matching, nodePortAddresses, type ProxySettings } from "../settings.ts";
import type { Transaction } from "./transaction.ts";

const BASE_CHAINS: readonly (readonly [name: string, type: string, hook: string, priority: number])[] = [
  ["filter-prerouting-pre-dnat", "filter", "prerouting", -110],
  ["filter-output-pre-dnat", "filter", "output", -110],
  ["filter-input", "filter", "input", 0],
  ["filter-forward", "filter", "forward", 0],
  ["filter-output", "filter", "output", 0],
  ["nat-prerouting", "nat", "prerouting", -100],
  ["nat-output", "nat", "output", -100],
  ["nat-postrouting", "nat", "postrouting", 100],
];

const JUMPS: readonly (readonly [to: string, from: string, words: string])[] = [
  ["nodeport-endpoints-check", "filter-input", "ct state new "],
  ["service-endpoints-check", "filter-input", "ct state new "],
  ["service-endpoints-check", "filter-forward", "ct state new "],
  ["service-endpoints-check", "filter-output", "ct state new "],
  ["firewall-check", "filter-prerouting-pre-dnat", "ct state new "],
  ["firewall-check", "filter-output-pre-dnat", "ct state new "],
  ["services", "nat-output", ""],
  ["services", "nat-prerouting", ""],
  ["masquerading", "nat-postrouting", ""],
  ["cluster-ips-check", "filter-forward", "ct state new "],
  ["cluster-ips-check", "filter-output", "ct state new "],
];

export const MASQUERADE_MARK = "0x00004000";
export const MARK_RULE = `mark set mark or ${MASQUERADE_MARK}`;

/** The words for "of a pod of this node", or for the opposite. */
export function localWords(local: LocalDetector, isLocal: boolean): string {
  const not = isLocal ? "" : "!= ";
  if (local.by === "source") return `${local.cidr.includes(":") ? "ip6" : "ip"} saddr ${not}${local.cidr}`;
  return `iifname ${not}${local.device}${local.by === "prefix" ? "*" : ""}`;
}

/** `isFirst`: base chains of another time go first, for what they are cannot be changed. */
export function writeTable(
  tx: Transaction,
  settings: ProxySettings,
  nodeAddresses: readonly Ip[],
  isFirst: boolean,
): void {
  const ip = settings.family === 4 ? "ip" : "ip6";
  const address = settings.family === 4 ? "ipv4_addr" : "ipv6_addr";
  const noLocalhost = settings.family === 4 ? "ip daddr != 127.0.0.0/8" : "ip6 daddr != ::1";
  const lookup = `${ip} daddr . meta l4proto . th dport vmap`;
  const service = `${address} . inet_proto . inet_service : verdict`;
  const chain = (name: string, words = "") => {
    tx.say("add", "chain", `${name}${words}`);
    tx.say("flush", "chain", name);
  };
  const container = (kind: "set" | "map", name: string, type: string, comment: string) =>
    tx.say("add", kind, `${name} { type ${type} ; comment "${comment}" ; }`);

  tx.say("add", "table", '{ comment "rules for kube-proxy" ; }');
  if (isFirst)
    for (const [name] of BASE_CHAINS) {
      tx.say("add", "chain", name);
      tx.say("delete", "chain", name);
    }
  for (const [name, type, hook, priority] of BASE_CHAINS)
    chain(name, ` { type ${type} hook ${hook} priority ${priority} ; }`);
  const made = new Set<string>();
  for (const [to, from, words] of JUMPS) {
    if (!made.has(to)) chain(to);
    made.add(to);
    tx.rule(from, `${words}jump ${to}`);
  }
  container(
    "set",
    "hairpin-connections",
    `${address} . ${address} . inet_proto . inet_service`,
    "service hairpin connections",
  );
  tx.rule(
    "masquerading",
    `mark and ${MASQUERADE_MARK} != 0 mark set mark xor ${MASQUERADE_MARK} masquerade fully-random`,
  );
  tx.rule(
    "masquerading",
    `ct status dnat ${ip} saddr . ${ip} daddr . meta l4proto . th dport @hairpin-connections masquerade fully-random`,
  );
  container("set", "cluster-ips", address, "Active ClusterIPs");
  tx.rule("cluster-ips-check", `${ip} daddr @cluster-ips reject`, "Reject traffic to invalid ports of ClusterIPs");
  if (settings.serviceCidrs.length > 0)
    tx.rule(
      "cluster-ips-check",
      `${ip} daddr { ${settings.serviceCidrs.join(",")} } drop`,
      "Drop traffic to unallocated ClusterIPs",
    );

  const served = nodePortAddresses(settings);
  container("set", "nodeport-ips", address, "IPs that accept NodePort traffic");
  tx.say(served.all ? "delete" : "flush", "set", "nodeport-ips");
  if (!served.all)
    for (const each of matching(served, nodeAddresses))
      if (!each.isLoopback) tx.say("add", "element", `nodeport-ips { ${each} }`);
  const atNode = served.all ? noLocalhost : `${ip} daddr @nodeport-ips`;

  container("map", "no-endpoint-services", service, "vmap to drop or reject packets to services with no endpoints");
  container(
    "map",
    "no-endpoint-nodeports",
    "inet_proto . inet_service : verdict",
    "vmap to drop or reject packets to service nodeports with no endpoints",
  );
  chain("reject-chain", ' { comment "helper for @no-endpoint-services / @no-endpoint-nodeports" ; }');
  tx.rule("reject-chain", "reject");
  tx.rule("service-endpoints-check", `${lookup} @no-endpoint-services`);
  tx.rule("nodeport-endpoints-check", `${atNode} meta l4proto . th dport vmap @no-endpoint-nodeports`);

  container("map", "firewall-ips", service, "destinations that are subject to LoadBalancerSourceRanges");
  tx.rule("firewall-check", `${lookup} @firewall-ips`);
  container("map", "service-ips", service, "ClusterIP, ExternalIP and LoadBalancer IP traffic");
  container("map", "service-nodeports", "inet_proto . inet_service : verdict", "NodePort traffic");
  const toClusterIP = `${ip} daddr @cluster-ips`;
  if (settings.masqueradeAll) tx.rule("services", `${toClusterIP} ${MARK_RULE}`, "masquerade all clusterIP traffic");
  else if (settings.local !== null)
    tx.rule(
      "services",
      `${toClusterIP} ${localWords(settings.local, false)} ${MARK_RULE}`,
      "masquerade clusterIP traffic from outside cluster",
    );
  tx.rule("services", `${lookup} @service-ips`);
  const toNode = served.all ? `fib daddr type local ${atNode}` : atNode;
  tx.rule("services", `${toNode} meta l4proto . th dport vmap @service-nodeports`);
}
