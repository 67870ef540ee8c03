// The rules as kube-proxy 1.20 laid them out, in the time of many listings that are still around: what is masqueraded is
// decided where a Service is found, not in its own chains. Cluster IPs and node ports only.
// Before you edit: pkg/proxy/iptables/proxier.go of v1.20.
import { notModelled } from "../../../tools/command.ts";
import { localWords, type ProxySettings } from "../settings.ts";
import { usableEndpoints } from "../topology.ts";
import {
  chainLine,
  comment,
  type Lines,
  type Plan,
  planOf,
  protocolWords,
  writeEndpoint,
  writePick,
} from "./service.ts";
import { deleteStale, JUMPS, MASQUERADE_MARK, masqueradeRules, type Sync } from "./sync.ts";

/** Jumps from the built-in chains, in the order they are put in front of what is there. */
export const JUMPS_1_20: typeof JUMPS = JUMPS.filter(
  ([, to, from]) => !/FIREWALL|NODEPORTS/.test(to) && !(to === "KUBE-EXTERNAL-SERVICES" && from === "FORWARD"),
);

/** The text for iptables-restore --noflush --counters. Throws BadInput for a Service of which it does not know the rules. */
export function restoreText120(sync: Sync): string {
  const { tracker, settings, at } = sync;
  const lines: Lines = {
    filterRules: [],
    natChains: ["SERVICES", "NODEPORTS", "POSTROUTING", "MARK-MASQ"].map((each) => chainLine(`KUBE-${each}`)),
    natRules: [
      ...masqueradeRules("KUBE-POSTROUTING", settings),
      `-A KUBE-MARK-MASQ -j MARK --or-mark ${MASQUERADE_MARK}`,
    ],
  };
  const { filterRules, natRules, natChains } = lines;
  for (const ports of tracker.services.values())
    for (const service of ports) {
      const plan = planOf(service, usableEndpoints(tracker.endpointsOfPort(service), service, at));
      checkKnown(plan);
      write(lines, plan, settings);
    }
  const active = new Set(natChains.map((each) => each.slice(1, each.indexOf(" "))));
  deleteStale(sync.existing, active, lines);
  natRules.push(
    `-A KUBE-SERVICES ${comment("kubernetes service nodeports; NOTE: this must be the last rule in this chain")} -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS`,
  );
  filterRules.push(
    "-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP",
    `-A KUBE-FORWARD ${comment("kubernetes forwarding rules")} -m mark --mark ${MASQUERADE_MARK}/${MASQUERADE_MARK} -j ACCEPT`,
    ...["source", "destination"].map(
      (end) =>
        `-A KUBE-FORWARD ${comment(`kubernetes forwarding conntrack pod ${end} rule`)} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
    ),
  );
  const filterChains = ["SERVICES", "EXTERNAL-SERVICES", "FORWARD"].map((each) => chainLine(`KUBE-${each}`));
  return ["*filter", ...filterChains, ...filterRules, "COMMIT", "*nat", ...natChains, ...natRules, "COMMIT", ""].join(
    "\n",
  );
}

function checkKnown({ service }: Plan): void {
  const { name, externalIPs, loadBalancerIPs, isExternalLocal, isInternalLocal } = service;
  if (externalIPs.length + loadBalancerIPs.length > 0 || isExternalLocal || isInternalLocal)
    throw notModelled("kube-proxy 1.20", name, "Services with a cluster IP and node ports, of Cluster policy");
}

function write(lines: Lines, { service, usable, chains }: Plan, settings: ProxySettings): void {
  const { filterRules, natRules } = lines;
  const { name, clusterIP, port, nodePort } = service;
  const proto = protocolWords(service);
  const cluster = `${proto} -d ${clusterIP} --dport ${port}`;
  if (!usable.hasAny) {
    const refused = comment(`${name} has no endpoints`);
    filterRules.push(`-A KUBE-SERVICES ${refused} ${cluster} -j REJECT`);
    if (nodePort !== 0)
      filterRules.push(
        `-A KUBE-EXTERNAL-SERVICES ${refused} -m addrtype --dst-type LOCAL ${proto} --dport ${nodePort} -j REJECT`,
      );
    return;
  }
  const words = `-A KUBE-SERVICES ${comment(`${name} cluster IP`)} ${cluster}`;
  if (settings.masqueradeAll) natRules.push(`${words} -j KUBE-MARK-MASQ`);
  else if (settings.local !== null) natRules.push(`${words} ${localWords(settings.local, false)} -j KUBE-MARK-MASQ`);
  natRules.push(`${words} -j ${chains.cluster}`);
  if (nodePort !== 0)
    for (const target of ["KUBE-MARK-MASQ", chains.cluster])
      natRules.push(`-A KUBE-NODEPORTS -m comment --comment ${name} ${proto} --dport ${nodePort} -j ${target}`);
  writePick(lines, service, chains.cluster, usable.cluster, () => ` -m comment --comment ${name}`);
  for (const each of usable.cluster) writeEndpoint(lines, service, each, false);
}
