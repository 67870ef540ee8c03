// The rules of the userspace mode: what is for a Service goes to the port at which kube-proxy itself listens for it.
// Before you edit: pkg/proxy/userspace/proxier.go of v1.25 (iptablesInit, openPortal, iptablesCommonPortalArgs).
import type { Ip } from "../../../wire/address.ts";
import { comment } from "../iptables/service.ts";
import type { ServicePort } from "../service-port.ts";

export type UserspaceTable = "nat" | "filter";

const PORTALS = comment("handle ClusterIPs; NOTE: this must be before the NodePort rules");
const NODE_PORTS = `-m addrtype --dst-type LOCAL ${comment("handle service NodePorts; NOTE: this must be the last rule in the chain")}`;

/** Jumps from the built-in chains in the order they are made: put in front of what is there (-I), or behind (-A). */
export const USERSPACE_JUMPS: readonly (readonly [
  UserspaceTable,
  to: string,
  "-I" | "-A",
  from: string,
  words: string,
])[] = [
  ["nat", "KUBE-PORTALS-CONTAINER", "-I", "PREROUTING", PORTALS],
  ["nat", "KUBE-PORTALS-HOST", "-I", "OUTPUT", PORTALS],
  ["nat", "KUBE-NODEPORT-CONTAINER", "-A", "PREROUTING", NODE_PORTS],
  ["nat", "KUBE-NODEPORT-HOST", "-A", "OUTPUT", NODE_PORTS],
  ["filter", "KUBE-NODEPORT-NON-LOCAL", "-I", "INPUT", comment("Ensure that non-local NodePort traffic can flow")],
];

/** A rule as the words behind `-A`. */
export type UserspaceRule = readonly [UserspaceTable, rule: string];

/** The rules of a Service's port for which the proxy listens at `proxyPort`, in the order they are appended. */
export function userspaceRules(service: ServicePort, proxyPort: number, hostIP: Ip): UserspaceRule[] {
  const { name, protocol, clusterIP, port, nodePort, externalIPs, loadBalancerIPs } = service;
  const proto = protocol.toLowerCase();
  const common = (to: number) => `-m comment --comment ${name} -p ${proto} -m ${proto} --dport ${to}`;
  const redirect = `-j REDIRECT --to-ports ${proxyPort}`;
  // From the node itself REDIRECT would lead to its loopback, and answers would have another source.
  const toHost = `-j DNAT --to-destination ${hostIP}:${proxyPort}`;
  const portal = (address: Ip): UserspaceRule[] => [
    ["nat", `KUBE-PORTALS-CONTAINER ${common(port)} -d ${address} ${redirect}`],
    ["nat", `KUBE-PORTALS-HOST ${common(port)} -d ${address} ${toHost}`],
  ];
  const rules = portal(clusterIP);
  for (const each of externalIPs)
    rules.push(
      ["nat", `KUBE-PORTALS-CONTAINER ${common(port)} -d ${each} -m physdev ! --physdev-is-in ${redirect}`],
      ["nat", `KUBE-PORTALS-CONTAINER ${common(port)} -d ${each} -m addrtype --dst-type LOCAL ${redirect}`],
      ["nat", `KUBE-PORTALS-HOST ${common(port)} -d ${each} -m addrtype --dst-type LOCAL ${toHost}`],
    );
  for (const each of loadBalancerIPs) rules.push(...portal(each));
  if (nodePort !== 0)
    rules.push(
      ["nat", `KUBE-NODEPORT-CONTAINER ${common(nodePort)} ${redirect}`],
      ["nat", `KUBE-NODEPORT-HOST ${common(nodePort)} ${toHost}`],
      ["filter", `KUBE-NODEPORT-NON-LOCAL ${common(proxyPort)} -m state --state NEW -j ACCEPT`],
    );
  return rules;
}
