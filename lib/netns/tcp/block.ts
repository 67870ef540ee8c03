// What the kernel keeps for each TCP socket (struct tcp_sock), and the arithmetic of sequence numbers.
// Before you edit: RFC 9293 §3.3, include/linux/tcp.h, include/net/tcp.h, include/net/inet_connection_sock.h.
import type { Device } from "../../link/device.ts";
import { type DueTimer, MILLISECOND, SECOND } from "../../trace/world.ts";
import type { Errno } from "../errno.ts";
import type { Known6 } from "../ipv6/output-route.ts";
import type { Netns } from "../netns.ts";
import { type Endpoint, endText, type Family, type Remote } from "../socket/family.ts";
import { Waitable } from "../wait.ts";
import type { TcpSocket } from "./tcp.ts";

/** As `ss` prints them; UNCONN is a socket that is not in any table. */
export type TcpState =
  | "UNCONN"
  | "LISTEN"
  | "SYN-SENT"
  | "SYN-RECV"
  | "ESTAB"
  | "FIN-WAIT-1"
  | "FIN-WAIT-2"
  | "CLOSE-WAIT"
  | "LAST-ACK"
  | "CLOSING"
  | "TIME-WAIT";

/** include/net/tcp.h: the constants that a capture shows. */
export const TCP = {
  rtoMin: 200 * MILLISECOND,
  rtoMax: 120 * SECOND,
  rtoInit: 1 * SECOND,
  delayedAck: 40 * MILLISECOND,
  /** The kernel's clock tick: CONFIG_HZ=250, as distributions build it. */
  tick: 4 * MILLISECOND,
  timeWait: 60 * SECOND,
  maxQuickAcks: 16,
  initialWindow: 10,
  defaultMss: 536,
  /** net.ipv4.tcp_reordering: so many later ones arrived, and what is missing counts as lost. */
  reordering: 3,
  maxReordering: 300,
  /** TCP_TIMEOUT_MIN. */
  timeoutMin: 2 * MILLISECOND,
  /** Options of every segment but a SYN: two NOPs and the timestamps. */
  timestampOctets: 12,
  /** tcp_syn_retries, tcp_syn_linear_timeouts, tcp_synack_retries, and the time tcp_retries2 = 15 makes of rtoMin. */
  synRetries: 6,
  synLinear: 4,
  synAckRetries: 5,
  retries2: 924.6 * SECOND,
  /** net.ipv4.tcp_rmem: what a socket begins with, and the most it gets. Half of it is for data at first. */
  rcvbuf: 131072,
  rcvbufMax: 6291456,
  scalingRatio: 128,
  /** What a packet takes of the buffer besides its octets (SKB_TRUESIZE). */
  overhead: 832,
  /** What net.ipv4.tcp_rmem's largest, 6291456, makes of it. */
  windowScale: 7,
} as const;

/** Bits of icsk_ack.pending: an ACK is owed, its timer runs, small segments with PSH came once, or twice. */
export const OWED = { scheduled: 1, timer: 2, pushed: 4, pushed2: 8, now: 16 } as const;

/**
 * What left in one piece and is not acknowledged (an skb of tcp_rtx_queue): one segment or several. `end` counts SYN
 * and FIN.
 */
export interface Sent {
  seq: number;
  end: number;
  data: Uint8Array;
  flags: number;
  /** Octets of data in each of its segments but the last, and how many segments it is. */
  size: number;
  count: number;
  /** When it was sent last. */
  sentAt: number;
  /** It was sent more than once (TCPCB_EVER_RETRANS). */
  retransmitted: boolean;
  /** TCPCB_SACKED_ACKED, _LOST, and _SACKED_RETRANS: it was sent again, and that is not lost again. */
  sacked: boolean;
  lost: boolean;
  resent: boolean;
}

/** enum tcp_ca_state; CWR only after a tail loss probe, for there is no ECN. */
export type CaState = "Open" | "Disorder" | "CWR" | "Recovery" | "Loss";

/** Octets that came in order, with the step that brought them. */
export interface Piece {
  readonly data: Uint8Array;
  readonly cause: number;
  /** Of the receive buffer, until all of it has been read. */
  readonly truesize: number;
}

export interface Early extends Piece {
  readonly seq: number;
  readonly fin: boolean;
}

export abstract class TcpBlock extends Waitable {
  readonly ns: Netns;
  /** Name of the program that owns it, for `ss -p` and the trace. */
  readonly program: string;
  readonly family: Family;
  /** IPV6_V6ONLY. */
  v6only = false;
  /** The device that the addresses belong to when they are link-local; null: any. */
  device: Device | null = null;
  /** By what its way over IPv6 was found, when connect chose its source; null: it is asked for with each segment. */
  known: Known6 | null = null;
  state: TcpState = "UNCONN";
  local: Endpoint = { address: null, port: 0 };
  remote: Remote | null = null;
  /** The port was named by bind, not chosen for a connection. */
  isBound = false;
  /** It is in the tables of its namespace. */
  isHashed = false;
  /** SO_REUSEADDR and TCP_NODELAY. */
  reuseAddress = false;
  noDelay = false;
  /** SO_REUSEPORT: several may listen on one port, and share its connections. */
  reusePort = false;
  /** An error that came in and was not read yet (SO_ERROR); the soft one is told when the connection times out. */
  error: Errno | null = null;
  softError: Errno | null = null;
  /** SO_MARK. */
  mark = 0;
  /** Nobody holds the socket any more: the program closed it. */
  orphan = false;
  /** What the program, or the other end, said with shutdown. */
  sendClosed = false;
  receiveClosed = false;
  /** The other end's FIN came: there is nothing more to read, whatever else happens (SOCK_DONE). */
  heardAll = false;

  /** Of a listener: connections that wait for accept, and how many may. */
  readonly ready: TcpSocket[] = [];
  backlog = 0;
  listener: TcpSocket | null = null;
  /** The step that made the connection whole: the cause of what a program does because somebody has connected. */
  openCause = -1;

  sndUna = 0;
  /** How much was acknowledged (bytes_acked). */
  octetsAcked = 0;
  sndNxt = 0;
  sndWnd = 0;
  /** Segment that brought the last window (SND.WL1). */
  sndWl1 = 0;
  maxWindow = 0;
  sndWscale = 0;
  /** End of the last segment that was smaller than the MSS (Minshall's form of Nagle's rule). */
  sndSmall = 0;
  /** Octets of data in a full segment. */
  mss: number = TCP.defaultMss;
  /** MSS of the route and the one the other end told, before options. */
  routeMss = 0;
  /** What a router on the way leaves for data, if one said so. */
  pathMss = Number.POSITIVE_INFINITY;
  peerMss: number = TCP.defaultMss;
  cwnd: number = TCP.initialWindow;
  cwndCount = 0;
  ssthresh = Number.POSITIVE_INFINITY;
  /** The retransmission queue, and how many of its segments there are, arrived early, are lost, were sent again. */
  readonly sent: Sent[] = [];
  packetsOut = 0;
  sackedOut = 0;
  lostOut = 0;
  retransOut = 0;
  /** How the kernel sees the way (icsk_ca_state), and up to where what it knows of a loss reaches (high_seq). */
  caState: CaState = "Open";
  highSeq = 0;
  /**
   * The window was full when it was used last, or how much of it was (tcp_cwnd_validate); the most that was under way
   * while it was not full, and since when that is counted (snd_cwnd_used, snd_cwnd_stamp).
   */
  readonly usage = { isFull: false, most: 0, until: 0, used: 0, since: 0 };
  /** When data left last, or the connection was made (lsndtime). */
  lastSent = 0;
  /** Proportional rate reduction: what arrived and what was sent since it began, and the window before. */
  readonly prr = { delivered: 0, out: 0, priorCwnd: 0 };
  /** Should the loss prove to be none: where it began, how many copies are under way, what was before. */
  readonly undo: { marker: number | null; copies: number; ssthresh: number | null; stamp: number | null } = {
    marker: null,
    copies: 0,
    ssthresh: null,
    stamp: null,
  };
  /** The timeout may be none of a loss: new data tells (F-RTO). */
  frto = false;
  /** RACK: when the segment was sent that arrived and was sent last, its end, its round trip; `moved`: look again. */
  readonly rack = { sentAt: 0, end: 0, rtt: 0, moved: false };
  /** How many segments were sent again, and how many the other end says came twice; without SACK: duplicate ACKs. */
  resends = 0;
  duplicates = 0;
  /** Segments were seen to overtake others: how far, and that they did. */
  reordering: number = TCP.reordering;
  reorderingSeen = false;
  readonly unsent: Uint8Array[] = [];
  unsentLength = 0;
  finQueued = false;

  rcvNxt = 0;
  rcvWup = 0;
  rcvWnd = 0;
  rcvWscale = 0;
  /** The receive buffer, what of it is taken, and how much of 256 parts of it is for data (receive-buffer.ts). */
  rcvbuf: number = TCP.rcvbuf;
  rmem = 0;
  scalingRatio: number = TCP.scalingRatio;
  /** The window never opens further than to the one, and not yet to the other. */
  windowClamp = 0;
  rcvSsthresh = 0;
  /** Octets the program has read since then, and how many of a round trip the buffer was made for (rcvq_space). */
  read = { octets: 0, since: 0 };
  readSpace = 0;
  /** Nanoseconds of a round trip, as the receiver sees it; 0: not known. What it is measured by. */
  rcvRtt = 0;
  windowRtt: { readonly end: number; readonly since: number } | null = null;
  lastEchoed: number | null = null;
  readonly received: Piece[] = [];
  unread = 0;
  /** Everything before it has been read by the program. */
  readonly early: Early[] = [];
  /** Runs of them, the one that grew last first. */
  readonly sacks: (readonly [number, number])[] = [];

  /** Timestamps: whether both ends agreed, what is added to the clock, what to echo and when it came. */
  hasTimestamps = true;
  hasSack = true;
  tsOffset = 0;
  tsRecent = 0;
  tsRecentAt = 0;
  /** Identification of the next packet. */
  ipId = 0;
  /** The window that was open when the connection became a note (time-wait.ts). */
  lastWindow: number | null = null;
  /** When a segment outside the window was answered last. */
  lastOutside = Number.NEGATIVE_INFINITY;
  /** Octets that came twice, told with the next ACK (RFC 2883). */
  twice: readonly [number, number] | null = null;
  /** An ACK proved that the neighbour gets our packets: told to it with the next packet. */
  confirm = false;

  /** The delayed-ACK engine (icsk_ack). */
  readonly owed = { pending: 0, pingpong: false, quick: 0, ato: 0, lastReceived: 0, rcvMss: 0, lastSize: 0 };

  srtt = 0;
  /** Mean deviation, four times; the largest since `rttSeq`; what of it is in the timeout. */
  mdev = 0;
  mdevMax = 0;
  rttvar = 0;
  rttSeq = 0;
  minRtt = Number.POSITIVE_INFINITY;
  rto: number = TCP.rtoInit;
  backoff = 0;
  retransmits = 0;
  /** When the segment was sent first that is being retransmitted. */
  firstSent = 0;
  /** What the timer is set for (icsk_pending). */
  pending: "retransmit" | "probe" | "reorder" | null = null;
  /** A tail loss probe went out for what ends here; whether it was new data. */
  probedUntil: number | null = null;
  probedNew = false;

  /** Asking for a window (window-probe.ts): its timer, how often it was in vain; questions since the last ACK. */
  readonly probe: { timer: DueTimer | null; backoff: number; asked: number } = { timer: null, backoff: 0, asked: 0 };

  /**
   * SO_KEEPALIVE, TCP_KEEPIDLE and TCP_KEEPINTVL in seconds, TCP_KEEPCNT (0: what the sysctls say), and the timer
   * (keepalive.ts).
   */
  readonly keepalive = { isOn: false, idle: 0, interval: 0, count: 0, timer: null as DueTimer | null };
  /** When the other end acknowledged last (rcv_tstamp). */
  lastHeard = 0;

  retransmission: DueTimer | null = null;
  delayedAck: DueTimer | null = null;
  ending: DueTimer | null = null;

  constructor(ns: Netns, program: string, family: Family = 4) {
    super();
    this.ns = ns;
    this.program = program;
    this.family = family;
    if (family === 6 && ns.sysctls.get("net.ipv6.bindv6only") === 1) this.v6only = true;
  }

  /** "ESTAB 10.0.0.1:8080 10.0.0.2:40000", the line of `ss -tan` without its queues. */
  get text(): string {
    const { state, local, remote, family } = this;
    const other = remote === null ? `${family === 6 ? "[::]" : "0.0.0.0"}:*` : endText(remote, family);
    return `${state} ${endText(local, family)} ${other}`;
  }
}

/** Sequence numbers are 32 bit and go round: `a` comes before `b` when the way forward is the shorter one. */
export const before = (a: number, b: number): boolean => ((a - b) | 0) < 0;
export const after = (a: number, b: number): boolean => ((a - b) | 0) > 0;
export const plus = (a: number, octets: number): number => (a + octets) >>> 0;
/** Octets from `a` on to `b`. */
export const distance = (a: number, b: number): number => (b - a) | 0;
