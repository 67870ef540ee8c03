// What a namespace counts, under the names of nstat. A pod that nobody asked anything has none of it (Netns.mib).
// Before you edit: include/uapi/linux/snmp.h, net/ipv4/proc.c (snmp4_ipstats_list and its like), RFC 2011, RFC 2013.
// Counted as Linux 6.18 does: OutTransmits came with 6.7, and OutForwDatagrams is counted before a packet may be refused.

export class Mib {
  IpInReceives = 0;
  IpInHdrErrors = 0;
  IpInAddrErrors = 0;
  IpForwDatagrams = 0;
  IpInUnknownProtos = 0;
  IpInDelivers = 0;
  IpOutRequests = 0;
  IpOutDiscards = 0;
  IpOutNoRoutes = 0;
  IpReasmTimeout = 0;
  IpReasmReqds = 0;
  IpReasmOKs = 0;
  IpReasmFails = 0;
  IpFragOKs = 0;
  IpFragFails = 0;
  IpFragCreates = 0;
  IpOutTransmits = 0;

  IcmpInMsgs = 0;
  IcmpInErrors = 0;
  IcmpOutMsgs = 0;
  IcmpOutRateLimitHost = 0;
  /** Messages by their type; the names of /proc/net/snmp are made of these. */
  readonly icmpIn: number[] = [];
  readonly icmpOut: number[] = [];

  TcpActiveOpens = 0;
  TcpPassiveOpens = 0;
  TcpAttemptFails = 0;
  TcpEstabResets = 0;
  TcpInSegs = 0;
  TcpOutSegs = 0;
  TcpRetransSegs = 0;
  TcpOutRsts = 0;

  UdpInDatagrams = 0;
  UdpNoPorts = 0;
  UdpInErrors = 0;
  UdpOutDatagrams = 0;
  UdpRcvbufErrors = 0;
  UdpSndbufErrors = 0;
  UdpIgnoredMulti = 0;

  TcpExtArpFilter = 0;
  TcpExtTW = 0;
  TcpExtEmbryonicRsts = 0;
  TcpExtDelayedACKs = 0;
  TcpExtListenOverflows = 0;
  TcpExtListenDrops = 0;
  TcpExtTCPTimeouts = 0;
  TcpExtTCPLossProbes = 0;
  TcpExtTCPSynRetrans = 0;
  TcpExtTCPAbortOnTimeout = 0;
  TcpExtTCPKeepAlive = 0;
  TcpExtIPReversePathFilter = 0;

  IpExtInNoRoutes = 0;
  IpExtInMcastPkts = 0;
  IpExtOutMcastPkts = 0;
  IpExtInBcastPkts = 0;
  IpExtOutBcastPkts = 0;
  IpExtInOctets = 0;
  IpExtOutOctets = 0;
  IpExtInMcastOctets = 0;
  IpExtOutMcastOctets = 0;
  IpExtInBcastOctets = 0;
  IpExtOutBcastOctets = 0;
  IpExtInNoECTPkts = 0;
  IpExtInECT1Pkts = 0;
  IpExtInECT0Pkts = 0;
  IpExtInCEPkts = 0;
}

type Counter = { [Name in keyof Mib]: Mib[Name] extends number ? Name : never }[keyof Mib];

/** ICMP's types by the names that /proc/net/snmp has for them (icmpmibmap). */
const ICMP_TYPES: readonly (readonly [type: number, name: string])[] = [
  [3, "DestUnreachs"],
  [11, "TimeExcds"],
  [12, "ParmProbs"],
  [4, "SrcQuenchs"],
  [5, "Redirects"],
  [8, "Echos"],
  [0, "EchoReps"],
  [13, "Timestamps"],
  [14, "TimestampReps"],
  [17, "AddrMasks"],
  [18, "AddrMaskReps"],
];

/** /proc/net/snmp and /proc/net/netstat: the tables and their columns. What is not counted here is 0. */
const COLUMNS: Readonly<Record<string, string>> = {
  Ip: "InReceives InHdrErrors InAddrErrors ForwDatagrams InUnknownProtos InDiscards InDelivers OutRequests OutDiscards OutNoRoutes ReasmTimeout ReasmReqds ReasmOKs ReasmFails FragOKs FragFails FragCreates OutTransmits",
  Tcp: "ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts InCsumErrors",
  Udp: "InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors",
  UdpLite: "InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors",
  TcpExt:
    "SyncookiesSent SyncookiesRecv SyncookiesFailed EmbryonicRsts PruneCalled RcvPruned OfoPruned OutOfWindowIcmps LockDroppedIcmps ArpFilter TW TWRecycled TWKilled PAWSActive PAWSEstab BeyondWindow TSEcrRejected PAWSOldAck PAWSTimewait DelayedACKs DelayedACKLocked DelayedACKLost ListenOverflows ListenDrops TCPHPHits TCPPureAcks TCPHPAcks TCPRenoRecovery TCPSackRecovery TCPSACKReneging TCPSACKReorder TCPRenoReorder TCPTSReorder TCPFullUndo TCPPartialUndo TCPDSACKUndo TCPLossUndo TCPLostRetransmit TCPRenoFailures TCPSackFailures TCPLossFailures TCPFastRetrans TCPSlowStartRetrans TCPTimeouts TCPLossProbes TCPLossProbeRecovery TCPRenoRecoveryFail TCPSackRecoveryFail TCPRcvCollapsed TCPBacklogCoalesce TCPDSACKOldSent TCPDSACKOfoSent TCPDSACKRecv TCPDSACKOfoRecv TCPAbortOnData TCPAbortOnClose TCPAbortOnMemory TCPAbortOnTimeout TCPAbortOnLinger TCPAbortFailed TCPMemoryPressures TCPMemoryPressuresChrono TCPSACKDiscard TCPDSACKIgnoredOld TCPDSACKIgnoredNoUndo TCPSpuriousRTOs TCPMD5NotFound TCPMD5Unexpected TCPMD5Failure TCPSackShifted TCPSackMerged TCPSackShiftFallback TCPBacklogDrop PFMemallocDrop TCPMinTTLDrop TCPDeferAcceptDrop IPReversePathFilter TCPTimeWaitOverflow TCPReqQFullDoCookies TCPReqQFullDrop TCPRetransFail TCPRcvCoalesce TCPOFOQueue TCPOFODrop TCPOFOMerge TCPChallengeACK TCPSYNChallenge TCPFastOpenActive TCPFastOpenActiveFail TCPFastOpenPassive TCPFastOpenPassiveFail TCPFastOpenListenOverflow TCPFastOpenCookieReqd TCPFastOpenBlackhole TCPSpuriousRtxHostQueues BusyPollRxPackets TCPAutoCorking TCPFromZeroWindowAdv TCPToZeroWindowAdv TCPWantZeroWindowAdv TCPSynRetrans TCPOrigDataSent TCPHystartTrainDetect TCPHystartTrainCwnd TCPHystartDelayDetect TCPHystartDelayCwnd TCPACKSkippedSynRecv TCPACKSkippedPAWS TCPACKSkippedSeq TCPACKSkippedFinWait2 TCPACKSkippedTimeWait TCPACKSkippedChallenge TCPWinProbe TCPKeepAlive TCPMTUPFail TCPMTUPSuccess TCPDelivered TCPDeliveredCE TCPAckCompressed TCPZeroWindowDrop TCPRcvQDrop TCPWqueueTooBig TCPFastOpenPassiveAltKey TcpTimeoutRehash TcpDuplicateDataRehash TCPDSACKRecvSegs TCPDSACKIgnoredDubious TCPMigrateReqSuccess TCPMigrateReqFailure TCPPLBRehash TCPAORequired TCPAOBad TCPAOKeyNotFound TCPAOGood TCPAODroppedIcmps",
  IpExt:
    "InNoRoutes InTruncatedPkts InMcastPkts OutMcastPkts InBcastPkts OutBcastPkts InOctets OutOctets InMcastOctets OutMcastOctets InBcastOctets OutBcastOctets InCsumErrors InNoECTPkts InECT1Pkts InECT0Pkts InCEPkts ReasmOverlaps",
};

/** A table with its columns in order. */
export interface MibTable {
  readonly name: string;
  readonly values: readonly (readonly [column: string, value: number])[];
}

/** What is not counted but asked when somebody looks. */
export interface MibSettings {
  readonly forwarding: boolean;
  readonly ttl: number;
  readonly established: number;
}

function counted(mib: Mib, table: string): [string, number][] {
  return COLUMNS[table]!.split(" ").map((column) => [column, mib[`${table}${column}` as Counter] ?? 0]);
}

/** The tables of /proc/net/snmp. */
export function snmpTables(mib: Mib, { forwarding, ttl, established }: MibSettings): MibTable[] {
  const byType = (way: "In" | "Out", types: readonly number[]): [string, number][] =>
    ICMP_TYPES.map(([type, name]) => [`${way}${name}`, types[type] ?? 0]);
  const any = (way: "In" | "Out", types: readonly number[]): [string, number][] =>
    [...types.keys()].filter((type) => types[type] !== undefined).map((type) => [`${way}Type${type}`, types[type]!]);
  const icmp: [string, number][] = [
    ["InMsgs", mib.IcmpInMsgs],
    ["InErrors", mib.IcmpInErrors],
    ["InCsumErrors", 0],
    ...byType("In", mib.icmpIn),
    ["OutMsgs", mib.IcmpOutMsgs],
    ["OutErrors", 0],
    ["OutRateLimitGlobal", 0],
    ["OutRateLimitHost", mib.IcmpOutRateLimitHost],
    ...byType("Out", mib.icmpOut),
  ];
  const messages = [...any("In", mib.icmpIn), ...any("Out", mib.icmpOut)];
  const tcp: [string, number][] = [
    ["RtoAlgorithm", 1],
    ["RtoMin", 200],
    ["RtoMax", 120000],
    ["MaxConn", -1],
    ...counted(mib, "Tcp").map(([name, value]): [string, number] => [name, name === "CurrEstab" ? established : value]),
  ];
  return [
    { name: "Ip", values: [["Forwarding", forwarding ? 1 : 2], ["DefaultTTL", ttl], ...counted(mib, "Ip")] },
    { name: "Icmp", values: icmp },
    ...(messages.length > 0 ? [{ name: "IcmpMsg", values: messages }] : []),
    { name: "Tcp", values: tcp },
    { name: "Udp", values: counted(mib, "Udp") },
    { name: "UdpLite", values: counted(mib, "UdpLite") },
  ];
}

/** The tables of /proc/net/netstat. */
export function netstatTables(mib: Mib): MibTable[] {
  return ["TcpExt", "IpExt"].map((name) => ({ name, values: counted(mib, name) }));
}
