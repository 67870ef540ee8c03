// Every match and target there is. A new one is a file in match/ or target/ and a line here.
import type { AnyMatch, AnyTarget } from "./extension.ts";
import { addrtype } from "./match/addrtype.ts";
import { comment } from "./match/comment.ts";
import { connlimit } from "./match/connlimit.ts";
import { connmark } from "./match/connmark.ts";
import { conntrack, state } from "./match/conntrack.ts";
import { hashlimit } from "./match/hashlimit.ts";
import { icmp, icmp6 } from "./match/icmp.ts";
import { iprange } from "./match/iprange.ts";
import { ipvs } from "./match/ipvs.ts";
import { length } from "./match/length.ts";
import { limit } from "./match/limit.ts";
import { mac } from "./match/mac.ts";
import { mark } from "./match/mark.ts";
import { multiport } from "./match/multiport.ts";
import { nfacct } from "./match/nfacct.ts";
import { physdev } from "./match/physdev.ts";
import { pkttype } from "./match/pkttype.ts";
import { recent } from "./match/recent.ts";
import { rpfilter } from "./match/rpfilter.ts";
import { sctp } from "./match/sctp.ts";
import { set } from "./match/set.ts";
import { statistic } from "./match/statistic.ts";
import { string } from "./match/string.ts";
import { tcp } from "./match/tcp.ts";
import { tcpmss } from "./match/tcpmss.ts";
import { hl, ttl } from "./match/ttl.ts";
import { u32 } from "./match/u32.ts";
import { udp } from "./match/udp.ts";
import { CLASSIFY } from "./target/classify.ts";
import { CONNMARK } from "./target/connmark.ts";
import { CT, NOTRACK } from "./target/ct.ts";
import { DNAT } from "./target/dnat.ts";
import { LOG } from "./target/log.ts";
import { MARK } from "./target/mark.ts";
import { MASQUERADE } from "./target/masquerade.ts";
import { NETMAP } from "./target/netmap.ts";
import { NFLOG } from "./target/nflog.ts";
import { NFQUEUE, QUEUE } from "./target/queue.ts";
import { REDIRECT } from "./target/redirect.ts";
import { REJECT } from "./target/reject.ts";
import { SET } from "./target/set.ts";
import { SNAT } from "./target/snat.ts";
import { TCPMSS } from "./target/tcpmss.ts";
import { TRACE } from "./target/trace.ts";
import { HL, TTL } from "./target/ttl.ts";

export const MATCHES: readonly AnyMatch[] = [
  addrtype,
  comment,
  connlimit,
  connmark,
  conntrack,
  hashlimit,
  hl,
  icmp,
  icmp6,
  iprange,
  ipvs,
  length,
  limit,
  mac,
  mark,
  multiport,
  nfacct,
  physdev,
  pkttype,
  recent,
  rpfilter,
  sctp,
  set,
  state,
  statistic,
  string,
  tcp,
  tcpmss,
  ttl,
  u32,
  udp,
];
export const TARGETS: readonly AnyTarget[] = [
  CLASSIFY,
  CONNMARK,
  CT,
  DNAT,
  HL,
  LOG,
  MARK,
  MASQUERADE,
  NETMAP,
  NFLOG,
  NFQUEUE,
  NOTRACK,
  QUEUE,
  REDIRECT,
  REJECT,
  SET,
  SNAT,
  TCPMSS,
  TRACE,
  TTL,
];

/** What iptables 1.8 brings along and this library does not model: refused by name, not taken for a slip of the pen. */
export const MATCHES_NOT_MODELLED: ReadonlySet<string> = new Set(
  "ah bpf cgroup cluster connbytes connlabel cpu dccp devgroup dscp dst ecn esp eui64 frag hbh helper ipcomp ipv6header mh osf owner policy quota rateest realm rt socket srh time tos".split(
    " ",
  ),
);
export const TARGETS_NOT_MODELLED: ReadonlySet<string> = new Set(
  "AUDIT CHECKSUM CLUSTERIP CONNSECMARK DNPT DSCP ECN HMARK IDLETIMER LED RATEEST SECMARK SNPT SYNPROXY TCPOPTSTRIP TEE TOS TPROXY".split(
    " ",
  ),
);
