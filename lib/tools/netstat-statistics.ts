// `netstat -s`: what a namespace counted, in words.
// Before you edit: net-tools 2.10 statistics.c (process_fd, printval). What is 0 and has no words there is not printed;
// the words here are those of the counters that the model keeps.
import type { MibTable } from "../netns/mib.ts";

/** Words with % for the number; ! is printed also when it is 0, < and > stand in a histogram. */
const WORDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Ip: {
    InReceives: "!% total packets received",
    InHdrErrors: "% with invalid headers",
    InAddrErrors: "% with invalid addresses",
    ForwDatagrams: "!% forwarded",
    InUnknownProtos: "% with unknown protocol",
    InDiscards: "!% incoming packets discarded",
    InDelivers: "!% incoming packets delivered",
    OutRequests: "!% requests sent out",
    OutDiscards: "% outgoing packets dropped",
    OutNoRoutes: "% dropped because of missing route",
    ReasmTimeout: "% fragments dropped after timeout",
    ReasmReqds: "% reassemblies required",
    ReasmOKs: "% packets reassembled ok",
    ReasmFails: "% packet reassemblies failed",
    FragOKs: "% outgoing packets fragmented ok",
    FragFails: "% outgoing packets failed fragmentation",
    FragCreates: "% fragments created",
    DefaultTTL: "",
  },
  Icmp: {
    InMsgs: "!% ICMP messages received",
    InErrors: "!% input ICMP message failed",
    InDestUnreachs: "<destination unreachable: %",
    InTimeExcds: "<timeout in transit: %",
    InParmProbs: "<wrong parameters: %",
    InSrcQuenchs: "<source quenches: %",
    InRedirects: "<redirects: %",
    InEchos: "<echo requests: %",
    InEchoReps: "<echo replies: %",
    InTimestamps: "<timestamp request: %",
    InTimestampReps: "<timestamp reply: %",
    InAddrMasks: "<address mask request: %",
    InAddrMaskReps: "<address mask replies: %",
    OutMsgs: "!% ICMP messages sent",
    OutErrors: "!% ICMP messages failed",
    OutDestUnreachs: ">destination unreachable: %",
    OutTimeExcds: ">time exceeded: %",
    OutParmProbs: ">wrong parameters: %",
    OutSrcQuenchs: ">source quench: %",
    OutRedirects: ">redirect: %",
    OutEchos: ">echo requests: %",
    OutEchoReps: ">echo replies: %",
    OutTimestamps: ">timestamp requests: %",
    OutTimestampReps: ">timestamp replies: %",
    OutAddrMasks: ">address mask requests: %",
    OutAddrMaskReps: ">address mask replies: %",
  },
  Tcp: {
    RtoAlgorithm: "",
    RtoMin: "",
    RtoMax: "",
    MaxConn: "",
    ActiveOpens: "!% active connection openings",
    PassiveOpens: "!% passive connection openings",
    AttemptFails: "!% failed connection attempts",
    EstabResets: "!% connection resets received",
    CurrEstab: "!% connections established",
    InSegs: "!% segments received",
    OutSegs: "!% segments sent out",
    RetransSegs: "!% segments retransmitted",
    InErrs: "!% bad segments received",
    OutRsts: "!% resets sent",
  },
  Udp: {
    InDatagrams: "!% packets received",
    NoPorts: "!% packets to unknown port received",
    InErrors: "!% packet receive errors",
    OutDatagrams: "!% packets sent",
    RcvbufErrors: "!% receive buffer errors",
    SndbufErrors: "!% send buffer errors",
  },
  TcpExt: {
    EmbryonicRsts: "% resets received for embryonic SYN_RECV sockets",
    TW: "% TCP sockets finished time wait in fast timer",
    DelayedACKs: "% delayed acks sent",
    ListenOverflows: "% times the listen queue of a socket overflowed",
    ListenDrops: "% SYNs to LISTEN sockets dropped",
    TCPHPHits: "!% packet headers predicted",
    TCPTimeouts: "% other TCP timeouts",
    TCPAbortOnTimeout: "% connections aborted due to timeout",
  },
};

const TITLE: Readonly<Record<string, string>> = { "<": "ICMP input histogram:", ">": "ICMP output histogram:" };

/** All the tables in words. */
export function statistics(tables: readonly MibTable[]): string {
  let text = "";
  let state = "";
  const indent = () => (state === "" ? 4 : 8);
  for (const { name, values } of tables) {
    text += `${name}:\n`;
    const words = WORDS[name];
    // In a table it has never heard of it keeps the indent of the one before.
    if (words !== undefined) state = "";
    for (const [column, value] of values) {
      const said = words?.[column];
      if (said === undefined) {
        if (value !== 0) text += `${" ".repeat(indent())}${column}: ${value}\n`;
        continue;
      }
      if (said === "") continue;
      const kind = said[0] === "<" || said[0] === ">" ? said[0] : "";
      const title = TITLE[kind];
      if (title !== undefined && kind !== state) text += `    ${title}\n`;
      state = kind;
      if (value === 0 && said[0] !== "!") continue;
      text += `${" ".repeat(indent())}${said.replace(/^[!<>]/, "").replace("%", `${value}`)}\n`;
    }
  }
  return text;
}
