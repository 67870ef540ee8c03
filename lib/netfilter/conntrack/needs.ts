// Which rules need connections to be tracked. Before you edit: net/netfilter/xt_conntrack.c, xt_connmark.c, xt_CT.c,
// xt_connlimit.c, xt_nat.c, xt_MASQUERADE.c, xt_REDIRECT.c, xt_NETMAP.c (their checkentry: nf_ct_netns_get).

const NEEDS =
  / -m (?:conntrack|state|connmark|connlimit) | -j (?:CONNMARK |CT (?!--notrack)|(?:DNAT|SNAT|MASQUERADE|REDIRECT|NETMAP)\b)/;

/** Whether a rule, as iptables-save prints it, asks for the connection of a packet. */
export function needsTracking(line: string): boolean {
  return NEEDS.test(line);
}
