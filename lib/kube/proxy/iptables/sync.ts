// What kube-proxy hands to iptables-restore: the chains it has always, then every Service's, then what stands last.
// Before you edit: pkg/proxy/iptables/proxier.go (syncProxyRules, iptablesJumpChains).
import type { Ip } from "../../../wire/address.ts";
import { matching, nodePortAddresses, type ProxySettings } from "../settings.ts";
import { type Standpoint, usableEndpoints } from "../topology.ts";
import type { Tracker } from "../tracker.ts";
import { SERVICE_CHAIN } from "./names.ts";
import { chainLine, chainsOf, comment, type Lines, planOf, writeChains, writeEntries } from "./service.ts";

/** What a sync is made of. */
export interface Sync {
  readonly tracker: Tracker;
  readonly settings: ProxySettings;
  readonly at: Standpoint;
  /** The addresses of the node's devices. */
  readonly nodeAddresses: readonly Ip[];
  /** Services whose chains are written anew; null: all of them. */
  readonly changed: ReadonlySet<string> | null;
  /** Chains of the nat table that are there now: of a Service's, those not needed any more go. */
  readonly existing: Iterable<string>;
}

/** Jumps from the built-in chains, in the order they are put in front of what is there. */
export const JUMPS: readonly (readonly [table: "filter" | "nat", to: string, from: string, words: string])[] = [
  ["filter", "KUBE-EXTERNAL-SERVICES", "INPUT", jump("externally-visible service portals", true)],
  ["filter", "KUBE-EXTERNAL-SERVICES", "FORWARD", jump("externally-visible service portals", true)],
  ["filter", "KUBE-NODEPORTS", "INPUT", jump("health check service ports", false)],
  ["filter", "KUBE-SERVICES", "FORWARD", jump("service portals", true)],
  ["filter", "KUBE-SERVICES", "OUTPUT", jump("service portals", true)],
  ["filter", "KUBE-FORWARD", "FORWARD", jump("forwarding rules", false)],
  ["filter", "KUBE-PROXY-FIREWALL", "INPUT", jump("load balancer firewall", true)],
  ["filter", "KUBE-PROXY-FIREWALL", "OUTPUT", jump("load balancer firewall", true)],
  ["filter", "KUBE-PROXY-FIREWALL", "FORWARD", jump("load balancer firewall", true)],
  ["nat", "KUBE-SERVICES", "OUTPUT", jump("service portals", false)],
  ["nat", "KUBE-SERVICES", "PREROUTING", jump("service portals", false)],
  ["nat", "KUBE-POSTROUTING", "POSTROUTING", jump("postrouting rules", false)],
  ["filter", "KUBE-FIREWALL", "INPUT", ""],
  ["filter", "KUBE-FIREWALL", "OUTPUT", ""],
];

function jump(text: string, isNew: boolean): string {
  return `${isNew ? "-m conntrack --ctstate NEW " : ""}${comment(`kubernetes ${text}`)} `;
}

export const MASQUERADE_MARK = "0x00004000";
/** With more endpoints than that, rules of endpoints go without comments. */
export const LARGE = 1000;

export const isLarge = (tracker: Tracker): boolean => {
  let count = 0;
  for (const ports of tracker.services.values())
    for (const each of ports) count += tracker.endpointsOfPort(each).length;
  return count > LARGE;
};

/** The text for iptables-restore --noflush --counters. */
export function restoreText(sync: Sync): string {
  const { tracker, settings, at, changed } = sync;
  const lines = fixedLines(sync);
  const { filterChains, natChains, natRules, filterRules } = lines;
  const isTerse = isLarge(tracker);
  const active = new Set<string>();
  for (const [key, ports] of tracker.services)
    for (const service of ports) {
      const plan = planOf(service, usableEndpoints(tracker.endpointsOfPort(service), service, at));
      writeEntries(lines, plan);
      if (changed === null || changed.has(key)) writeChains(lines, plan, settings, isTerse);
      for (const each of chainsOf(plan)) active.add(each);
    }
  deleteStale(sync.existing, active, lines);
  const last = lastRules(sync);
  natRules.push(...last.nat);
  filterRules.push(...last.filter);
  return `*filter\n${block(filterChains, filterRules)}COMMIT\n*nat\n${block(natChains, natRules)}COMMIT\n`;
}

/** The chains that all Services share, and what stands in them first. */
export function fixedLines({ settings }: Sync): Lines & { readonly filterChains: string[] } {
  const lines = {
    filterChains: ["SERVICES", "EXTERNAL-SERVICES", "FORWARD", "NODEPORTS", "PROXY-FIREWALL"].map(ownChain),
    filterRules: [] as string[],
    natChains: ["SERVICES", "NODEPORTS", "POSTROUTING", "MARK-MASQ"].map(ownChain),
    natRules: [
      ...masqueradeRules("KUBE-POSTROUTING", settings),
      `-A KUBE-MARK-MASQ -j MARK --or-mark ${MASQUERADE_MARK}`,
    ],
  };
  if (servesLoopback(settings)) {
    lines.filterChains.push(chainLine("KUBE-FIREWALL"));
    lines.filterRules.push(
      `-A KUBE-FIREWALL ${comment("block incoming localnet connections")} -d 127.0.0.0/8 ! -s 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP`,
    );
  }
  return lines;
}

/** What stands in them last. */
export function lastRules(sync: Sync): { readonly nat: readonly string[]; readonly filter: readonly string[] } {
  return { nat: nodePortRules(sync, servesLoopback(sync.settings)), filter: forwardRules(sync.settings) };
}

/** Chains of Services that are not `active` any more are emptied and go. */
export function deleteStale(existing: Iterable<string>, active: ReadonlySet<string>, lines: Lines): void {
  for (const each of existing)
    if (SERVICE_CHAIN.test(each) && !active.has(each)) {
      lines.natChains.push(chainLine(each));
      lines.natRules.push(`-X ${each}`);
    }
}

/** Whether node ports answer at 127.0.0.1, for which packets to it must be let past the checks of routing. */
export function servesLoopback(settings: ProxySettings): boolean {
  return settings.family === 4 && settings.localhostNodePorts && nodePortAddresses(settings).hasLoopback;
}

const ownChain = (name: string): string => chainLine(`KUBE-${name}`);

function block(chains: readonly string[], rules: readonly string[]): string {
  return `${[...chains, ...rules].join("\n")}\n`;
}

/** The mark becomes a translation, and goes: the packet may pass here again. */
export function masqueradeRules(chain: string, { randomFully }: ProxySettings): string[] {
  return [
    `-A ${chain} -m mark ! --mark ${MASQUERADE_MARK}/${MASQUERADE_MARK} -j RETURN`,
    `-A ${chain} -j MARK --xor-mark ${MASQUERADE_MARK}`,
    `-A ${chain} ${comment("kubernetes service traffic requiring SNAT")} -j MASQUERADE${randomFully ? " --random-fully" : ""}`,
  ];
}

/** What is for the node itself may be for a node port; this must stand last. */
function nodePortRules({ settings, nodeAddresses }: Sync, isLoopbackServed: boolean): string[] {
  const { family } = settings;
  const served = nodePortAddresses(settings);
  const rule = (words: string) =>
    `-A KUBE-SERVICES ${comment("kubernetes service nodeports; NOTE: this must be the last rule in this chain")} ${words} -j KUBE-NODEPORTS`;
  if (!served.all)
    return matching(served, nodeAddresses)
      .filter((each) => isLoopbackServed || !each.isLoopback)
      .map((each) => rule(`-d ${each}`));
  const but = family === 6 ? " ! -d ::1/128" : isLoopbackServed ? "" : " ! -d 127.0.0.0/8";
  return [rule(`-m addrtype --dst-type LOCAL${but}`)];
}

/** What is marked goes on though the policy of FORWARD be DROP, and so do its answers. */
function forwardRules({ conntrackLiberal }: ProxySettings): string[] {
  return [
    ...(conntrackLiberal ? [] : ["-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP"]),
    `-A KUBE-FORWARD ${comment("kubernetes forwarding rules")} -m mark --mark ${MASQUERADE_MARK}/${MASQUERADE_MARK} -j ACCEPT`,
    `-A KUBE-FORWARD ${comment("kubernetes forwarding conntrack rule")} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
  ];
}
