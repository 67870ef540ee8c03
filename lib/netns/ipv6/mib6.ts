// What a namespace counts of IPv6, under the names of /proc/net/snmp6 and nstat.
// Before you edit: net/ipv6/proc.c (snmp6_ipstats_list and its like, snmp6_seq_show_icmpv6msg), RFC 2465, RFC 2466.
// Counted as Linux 6.18 does: OutTransmits came with 6.7.

export class Mib6 {
  Ip6InReceives = 0;
  Ip6InHdrErrors = 0;
  Ip6InTooBigErrors = 0;
  Ip6InNoRoutes = 0;
  Ip6InAddrErrors = 0;
  Ip6InUnknownProtos = 0;
  Ip6InDiscards = 0;
  Ip6InDelivers = 0;
  Ip6OutForwDatagrams = 0;
  Ip6OutRequests = 0;
  Ip6OutDiscards = 0;
  Ip6OutNoRoutes = 0;
  Ip6ReasmTimeout = 0;
  Ip6ReasmReqds = 0;
  Ip6ReasmOKs = 0;
  Ip6ReasmFails = 0;
  Ip6FragOKs = 0;
  Ip6FragFails = 0;
  Ip6FragCreates = 0;
  Ip6InMcastPkts = 0;
  Ip6OutMcastPkts = 0;
  Ip6InOctets = 0;
  Ip6OutOctets = 0;
  Ip6InMcastOctets = 0;
  Ip6OutMcastOctets = 0;
  Ip6InNoECTPkts = 0;
  Ip6InECT1Pkts = 0;
  Ip6InECT0Pkts = 0;
  Ip6InCEPkts = 0;
  Ip6OutTransmits = 0;

  Icmp6InMsgs = 0;
  Icmp6InErrors = 0;
  Icmp6OutMsgs = 0;
  Icmp6OutRateLimitHost = 0;
  /** Messages by their type; the names are made of these. */
  readonly icmpIn: number[] = [];
  readonly icmpOut: number[] = [];

  Udp6InDatagrams = 0;
  Udp6NoPorts = 0;
  Udp6InErrors = 0;
  Udp6OutDatagrams = 0;
  Udp6RcvbufErrors = 0;
  Udp6SndbufErrors = 0;
  Udp6InCsumErrors = 0;
  Udp6IgnoredMulti = 0;
}

type Counter6 = { [Name in keyof Mib6]: Mib6[Name] extends number ? Name : never }[keyof Mib6];

/** ICMPv6's types by their names (icmp6type2name). */
const ICMP6_TYPES: readonly (readonly [type: number, name: string])[] = [
  [1, "DestUnreachs"],
  [2, "PktTooBigs"],
  [3, "TimeExcds"],
  [4, "ParmProblems"],
  [128, "Echos"],
  [129, "EchoReplies"],
  [130, "GroupMembQueries"],
  [131, "GroupMembResponses"],
  [132, "GroupMembReductions"],
  [133, "RouterSolicits"],
  [134, "RouterAdvertisements"],
  [135, "NeighborSolicits"],
  [136, "NeighborAdvertisements"],
  [137, "Redirects"],
  [143, "MLDv2Reports"],
];

/** The names in order. What is not counted here is 0. */
const NAMES: Readonly<Record<string, string>> = {
  Ip6: "InReceives InHdrErrors InTooBigErrors InNoRoutes InAddrErrors InUnknownProtos InTruncatedPkts InDiscards InDelivers OutForwDatagrams OutRequests OutDiscards OutNoRoutes ReasmTimeout ReasmReqds ReasmOKs ReasmFails FragOKs FragFails FragCreates InMcastPkts OutMcastPkts InOctets OutOctets InMcastOctets OutMcastOctets InBcastOctets OutBcastOctets InNoECTPkts InECT1Pkts InECT0Pkts InCEPkts OutTransmits",
  Icmp6: "InMsgs InErrors OutMsgs OutErrors InCsumErrors OutRateLimitHost",
  Udp6: "InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors",
  UdpLite6: "InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors MemErrors",
};

/** /proc/net/snmp6: names and what was counted. */
export function snmp6(mib: Mib6): [name: string, value: number][] {
  const counted = (table: string) =>
    NAMES[table]!.split(" ").map((name): [string, number] => [
      `${table}${name}`,
      mib[`${table}${name}` as Counter6] ?? 0,
    ]);
  const named = (way: "In" | "Out", types: readonly number[]) =>
    ICMP6_TYPES.map(([type, name]): [string, number] => [`Icmp6${way}${name}`, types[type] ?? 0]);
  const any = (way: "In" | "Out", types: readonly number[]) =>
    [...types.keys()]
      .filter((type) => types[type] !== undefined)
      .map((type): [string, number] => [`Icmp6${way}Type${type}`, types[type]!]);
  return [
    ...counted("Ip6"),
    ...counted("Icmp6"),
    ...named("In", mib.icmpIn),
    ...named("Out", mib.icmpOut),
    ...any("In", mib.icmpIn),
    ...any("Out", mib.icmpOut),
    ...counted("Udp6"),
    ...counted("UdpLite6"),
  ];
}
