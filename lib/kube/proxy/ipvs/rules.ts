// The iptables rules of the IPVS mode: who is masqueraded, who is kept out. They ask sets, so their number hardly changes.
// Before you edit: pkg/proxy/ipvs/proxier.go (writeIptablesRules, acceptIPVSTraffic, iptablesJumpChain).
import type { Family } from "../address.ts";
import { comment } from "../iptables/service.ts";
import { MASQUERADE_MARK, masqueradeRules } from "../iptables/sync.ts";
import { localWords, type ProxySettings } from "../settings.ts";
import type { IpvsPlan } from "./plan.ts";
import { type SetName, setComment, setName } from "./sets.ts";

const NAT_CHAINS = ["KUBE-SERVICES", "KUBE-POSTROUTING", "KUBE-NODE-PORT", "KUBE-LOAD-BALANCER", "KUBE-MARK-MASQ"];
const FILTER_CHAINS = [
  ...["KUBE-FORWARD", "KUBE-NODE-PORT", "KUBE-PROXY-FIREWALL", "KUBE-SOURCE-RANGES-FIREWALL"],
  ...["KUBE-IPVS-FILTER", "KUBE-IPVS-OUT-FILTER"],
];

/** Jumps from the built-in chains, in the order they are put in front of what is there. */
export const IPVS_JUMPS: readonly (readonly [table: "filter" | "nat", to: string, from: string, words: string])[] = [
  ["nat", "KUBE-SERVICES", "OUTPUT", comment("kubernetes service portals")],
  ["nat", "KUBE-SERVICES", "PREROUTING", comment("kubernetes service portals")],
  ["nat", "KUBE-POSTROUTING", "POSTROUTING", comment("kubernetes postrouting rules")],
  ["filter", "KUBE-FORWARD", "FORWARD", comment("kubernetes forwarding rules")],
  ["filter", "KUBE-NODE-PORT", "INPUT", comment("kubernetes health check rules")],
  ["filter", "KUBE-PROXY-FIREWALL", "INPUT", comment("kube-proxy firewall rules")],
  ["filter", "KUBE-PROXY-FIREWALL", "FORWARD", comment("kube-proxy firewall rules")],
  ["filter", "KUBE-IPVS-FILTER", "INPUT", comment("kubernetes ipvs access filter")],
  ["filter", "KUBE-IPVS-OUT-FILTER", "OUTPUT", comment("kubernetes ipvs access filter")],
];

/** Rules that are there while their set has elements: chain, protocol, set, which ends are compared, target. */
const NAT_BY_SET: readonly (readonly [chain: string, protocol: string, SetName, ends: string, target: string])[] = [
  ["KUBE-POSTROUTING", "", "LOOP-BACK", "dst,dst,src", "MASQUERADE"],
  ["KUBE-SERVICES", "", "LOAD-BALANCER", "dst,dst", "KUBE-LOAD-BALANCER"],
  ["KUBE-LOAD-BALANCER", "", "LOAD-BALANCER-LOCAL", "dst,dst", "RETURN"],
  ["KUBE-NODE-PORT", "tcp", "NODE-PORT-LOCAL-TCP", "dst", "RETURN"],
  ["KUBE-NODE-PORT", "tcp", "NODE-PORT-TCP", "dst", "KUBE-MARK-MASQ"],
  ["KUBE-NODE-PORT", "udp", "NODE-PORT-LOCAL-UDP", "dst", "RETURN"],
  ["KUBE-NODE-PORT", "udp", "NODE-PORT-UDP", "dst", "KUBE-MARK-MASQ"],
  ["KUBE-NODE-PORT", "sctp", "NODE-PORT-LOCAL-SCTP-HASH", "dst,dst", "RETURN"],
  ["KUBE-NODE-PORT", "sctp", "NODE-PORT-SCTP-HASH", "dst,dst", "KUBE-MARK-MASQ"],
];
const FILTER_BY_SET: typeof NAT_BY_SET = [
  ["KUBE-PROXY-FIREWALL", "", "LOAD-BALANCER-FW", "dst,dst", "KUBE-SOURCE-RANGES-FIREWALL"],
  ["KUBE-SOURCE-RANGES-FIREWALL", "", "LOAD-BALANCER-SOURCE-CIDR", "dst,dst,src", "RETURN"],
  ["KUBE-SOURCE-RANGES-FIREWALL", "", "LOAD-BALANCER-SOURCE-IP", "dst,dst,src", "RETURN"],
];

/** The text for iptables-restore --noflush --counters. */
export function ipvsRestoreText({ sets, forbidden }: IpvsPlan, settings: ProxySettings): string {
  const { family } = settings;
  const isUsed = (name: SetName) => sets.get(name)!.size > 0;
  const matches = (name: SetName, ends: string) => `-m set --match-set ${setName(name, family)} ${ends}`;
  const bySet = ([chain, protocol, name, ends, target]: (typeof NAT_BY_SET)[number]) =>
    `-A ${chain}${protocol === "" ? "" : ` -p ${protocol}`} ${comment(setComment(name))} ${matches(name, ends)} -j ${target}`;
  const whereUsed = (table: typeof NAT_BY_SET) => table.filter(([, , name]) => isUsed(name)).map(bySet);
  const skip = (name: SetName, ends = "dst,dst") => `-A KUBE-IPVS-FILTER ${matches(name, ends)} -j RETURN`;
  const nat = [
    `-A KUBE-SERVICES -s ${family === 6 ? "::1/128" : "127.0.0.0/8"} -j RETURN`,
    ...whereUsed(NAT_BY_SET),
    ...(isUsed("CLUSTER-IP") ? [clusterRule(settings)] : []),
    ...(isUsed("EXTERNAL-IP") ? externalRules("EXTERNAL-IP", family, true) : []),
    ...(isUsed("EXTERNAL-IP-LOCAL") ? externalRules("EXTERNAL-IP-LOCAL", family, false) : []),
    "-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT",
    "-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ",
    ...(["CLUSTER-IP", "LOAD-BALANCER"] as const)
      .filter(isUsed)
      .map((name) => `-A KUBE-SERVICES ${matches(name, "dst,dst")} -j ACCEPT`),
    ...masqueradeRules("KUBE-POSTROUTING", settings),
    `-A KUBE-MARK-MASQ -j MARK --or-mark ${MASQUERADE_MARK}`,
  ];
  const filter = [
    ...whereUsed(FILTER_BY_SET),
    "-A KUBE-SOURCE-RANGES-FIREWALL -j DROP",
    // What the node sends to such an address has it as its source, too.
    ...[...forbidden].map(
      ({ address, protocol, port }) =>
        `-A KUBE-IPVS-OUT-FILTER -s ${address} -m ipvs --vaddr ${address} --vproto ${protocol} --vport ${port} -j DROP`,
    ),
    `-A KUBE-FORWARD ${comment("kubernetes forwarding rules")} -m mark --mark ${MASQUERADE_MARK}/${MASQUERADE_MARK} -j ACCEPT`,
    `-A KUBE-FORWARD ${comment("kubernetes forwarding conntrack rule")} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
    `-A KUBE-NODE-PORT ${comment(setComment("HEALTH-CHECK-NODE-PORT"))} ${matches("HEALTH-CHECK-NODE-PORT", "dst")} -j ACCEPT`,
    // Ports of the host must not be open at the addresses of Services.
    skip("LOAD-BALANCER"),
    skip("CLUSTER-IP"),
    skip("EXTERNAL-IP"),
    skip("EXTERNAL-IP-LOCAL"),
    skip("HEALTH-CHECK-NODE-PORT", "dst"),
    `-A KUBE-IPVS-FILTER -m conntrack --ctstate NEW ${matches("IPVS-IPS", "dst")} -j REJECT`,
  ];
  const block = (table: string, chains: readonly string[], rules: readonly string[]) =>
    [`*${table}`, ...chains.map((each) => `:${each} - [0:0]`), ...rules, "COMMIT", ""].join("\n");
  return block("nat", NAT_CHAINS, nat) + block("filter", FILTER_CHAINS, filter);
}

function clusterRule({ family, masqueradeAll, local }: ProxySettings): string {
  const rule = `-A KUBE-SERVICES ${comment(setComment("CLUSTER-IP"))} -m set --match-set ${setName("CLUSTER-IP", family)}`;
  if (masqueradeAll) return `${rule} dst,dst -j KUBE-MARK-MASQ`;
  if (local !== null) return `${rule} dst,dst ${localWords(local, false)} -j KUBE-MARK-MASQ`;
  // The node has every cluster IP on kube-ipvs0, so what it sends to one has it as its source.
  return `${rule} src,dst -j KUBE-MARK-MASQ`;
}

function externalRules(name: "EXTERNAL-IP" | "EXTERNAL-IP-LOCAL", family: Family, isMasqueraded: boolean): string[] {
  const rule = `-A KUBE-SERVICES ${comment(setComment(name))} -m set --match-set ${setName(name, family)} dst,dst`;
  return [
    ...(isMasqueraded ? [`${rule} -j KUBE-MARK-MASQ`] : []),
    `${rule} -m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL -j ACCEPT`,
    `${rule} -m addrtype --dst-type LOCAL -j ACCEPT`,
  ];
}
