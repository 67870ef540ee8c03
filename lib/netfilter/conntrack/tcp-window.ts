// Whether a segment is in the window, as far as somebody in the middle can tell.
// Before you edit: net/netfilter/nf_conntrack_proto_tcp.c (tcp_in_window, tcp_init_sender, tcp_options, tcp_sack), Guido van
// Rooij, "Real Stateful TCP Packet Filtering in IP Filter".
import { TCP_FLAG, type Tcp } from "../../wire/packet.ts";
import { SEGMENT, TCP } from "./tcp-states.ts";
import { type Direction, ORIGINAL, REPLY } from "./tuple.ts";

/** IP_CT_TCP_FLAG_*, and two that only the last segment has (IP_CT_EXP_CHALLENGE_ACK, IP_CT_TCP_SIMULTANEOUS_OPEN). */
export const PEER = {
  windowScale: 1,
  sackPermitted: 2,
  closeInit: 4,
  beLiberal: 8,
  unacknowledged: 16,
  maxAckSet: 32,
  challengeAck: 64,
  simultaneousOpen: 128,
} as const;

/** What is known of one end. Numbers of 32 bits, unsigned. */
export class Peer {
  /** The highest number sent, and the highest it may send. */
  end = 0;
  maxEnd = 0;
  maxWindow = 0;
  maxAck = 0;
  scale = 0;
  flags = 0;

  forget(): void {
    this.end = 0;
    this.maxEnd = 0;
    this.maxWindow = 0;
    this.maxAck = 0;
    this.scale = 0;
    this.flags &= PEER.beLiberal;
  }

  /** Options of a segment that opens; without any option what is known stays. */
  readOptions({ options }: Tcp): void {
    const { windowScale, sackPermitted, mss, timestamps, sack } = options;
    const isEmpty = windowScale === undefined && !sackPermitted && mss === undefined && timestamps === undefined;
    if (isEmpty && sack === undefined) return;
    this.scale = 0;
    this.flags &= PEER.beLiberal;
    if (sackPermitted) this.flags |= PEER.sackPermitted;
    if (windowScale === undefined) return;
    this.scale = Math.min(windowScale, 14);
    this.flags |= PEER.windowScale;
  }
}

export class TcpState {
  state: number = TCP.none;
  readonly peers: readonly [Peer, Peer] = [new Peer(), new Peer()];
  /** The last segment that mattered. */
  lastDirection: Direction = ORIGINAL;
  lastSegment: number = SEGMENT.none;
  lastSeq = 0;
  lastAck = 0;
  lastEnd = 0;
  lastWindow = 0;
  lastScale = 0;
  lastFlags = 0;
  retransmissions = 0;
}

/** Serial numbers compare around the end (RFC 1982). */
export function before(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}
export function after(a: number, b: number): boolean {
  return ((b - a) | 0) < 0;
}

/** The number behind the last octet of a segment; SYN and FIN count as one each. */
export function segmentEnd({ seq, data, flags }: Tcp): number {
  const syn = (flags & TCP_FLAG.syn) === 0 ? 0 : 1;
  const fin = (flags & TCP_FLAG.fin) === 0 ? 0 : 1;
  return (seq + data.length + syn + fin) >>> 0;
}

function initSender(sender: Peer, receiver: Peer, tcp: Tcp, end: number, direction: Direction): void {
  sender.end = end;
  sender.maxEnd = end;
  sender.maxWindow = Math.max(tcp.window, 1);
  sender.readOptions(tcp);
  // RFC 7323: both must offer it, or nobody scales.
  if (direction === REPLY && (sender.flags & receiver.flags & PEER.windowScale) === 0) {
    sender.scale = 0;
    receiver.scale = 0;
  }
}

const LEAST_ACK_WINDOW = 66000;

/** The segment is in the window; it is not, and is let through all the same; it is not, and that is no slip. */
export type InWindow = "accept" | "ignore" | "invalid";

/** Looks at a segment, and learns from it. `liberal`: everything is in the window (nf_conntrack_tcp_be_liberal). */
export function inWindow(state: TcpState, direction: Direction, segment: number, tcp: Tcp, liberal: boolean): InWindow {
  const sender = state.peers[direction];
  const receiver = state.peers[direction === ORIGINAL ? REPLY : ORIGINAL];
  const { flags } = tcp;
  const isSyn = (flags & TCP_FLAG.syn) !== 0;
  const hasAck = (flags & TCP_FLAG.ack) !== 0;
  const isRst = (flags & TCP_FLAG.rst) !== 0;
  let { seq, ack, window } = tcp;
  let end = segmentEnd(tcp);
  let sack = ack;
  if ((receiver.flags & PEER.sackPermitted) !== 0)
    for (const [, right] of tcp.options.sack ?? []) if (after(right, sack)) sack = right;
  if (sender.maxWindow === 0) {
    if (isSyn) {
      initSender(sender, receiver, tcp, end, direction);
      if (!hasAck) return "accept";
    } else {
      // The middle of a connection whose beginning nobody saw.
      const scaled = shifted(window, sender.scale);
      sender.end = end;
      sender.maxWindow = Math.max(scaled, 1);
      sender.maxEnd = (end + sender.maxWindow) >>> 0;
      if (receiver.maxWindow === 0) {
        receiver.end = sack;
        receiver.maxEnd = sack;
      } else if (sack === (receiver.end + 1) >>> 0) receiver.end = sack;
    }
  } else if (isSyn && after(end, sender.end) && (state.state === TCP.synSent || state.state === TCP.synRecv)) {
    initSender(sender, receiver, tcp, end, direction);
    if (direction === REPLY && !hasAck) return "accept";
  }
  // Without an acknowledgement, or with the zero that broken stacks put beside RST, it is thought to be right.
  if (!hasAck || (isRst && ack === 0)) {
    ack = receiver.end;
    sack = ack;
  }
  // RST that answers a SYN.
  if (isRst && seq === 0 && state.state === TCP.synSent) {
    seq = sender.end;
    end = seq;
  }
  const ackWindow = Math.max(sender.maxWindow, LEAST_ACK_WINDOW);
  const outside = (how: InWindow): InWindow => (liberal || (sender.flags & PEER.beLiberal) !== 0 ? "accept" : how);
  if (!before(seq, sender.maxEnd + 1)) {
    const overshot = (end - sender.maxEnd + 1) >>> 0;
    const isIn = receiver.maxWindow !== 0 && after(end, sender.end - receiver.maxWindow - 1);
    const acks = after(sack, receiver.end - ackWindow - 1) && before(sack, receiver.end + 1);
    if (!isIn || !acks || overshot > receiver.maxWindow) return outside("invalid");
    // More than the receiver allowed: if it is acknowledged all the same, that must be known.
    sender.end = end;
    sender.flags |= PEER.unacknowledged;
    return outside("ignore");
  }
  if (!before(sack, receiver.end + 1)) return outside("invalid");
  if (receiver.maxWindow !== 0 && !after(end, sender.end - receiver.maxWindow - 1)) return outside("ignore");
  if (!after(sack, receiver.end - ackWindow - 1)) return outside("ignore");
  if (!isSyn) window = shifted(window, sender.scale);
  const wanted = (window + (sack - ack)) >>> 0;
  if (sender.maxWindow < wanted) sender.maxWindow = wanted;
  if (after(end, sender.end)) {
    sender.end = end;
    sender.flags |= PEER.unacknowledged;
  }
  if (hasAck) {
    if ((sender.flags & PEER.maxAckSet) === 0 || after(ack, sender.maxAck)) sender.maxAck = ack;
    sender.flags |= PEER.maxAckSet;
  }
  if (receiver.maxWindow !== 0 && after(end, sender.maxEnd))
    receiver.maxWindow = (receiver.maxWindow + ((end - sender.maxEnd) >>> 0)) >>> 0;
  if (after(sack + window, receiver.maxEnd - 1)) receiver.maxEnd = (sack + window + (window === 0 ? 1 : 0)) >>> 0;
  if (ack === receiver.end) receiver.flags &= ~PEER.unacknowledged;
  if (segment === SEGMENT.ack) countRetransmission(state, direction, seq, ack, end, tcp.window);
  return "accept";
}

function shifted(window: number, scale: number): number {
  return (window << scale) >>> 0;
}

function countRetransmission(
  state: TcpState,
  direction: Direction,
  seq: number,
  ack: number,
  end: number,
  window: number,
): void {
  if (
    state.lastDirection === direction &&
    state.lastSeq === seq &&
    state.lastAck === ack &&
    state.lastEnd === end &&
    state.lastWindow === window
  ) {
    state.retransmissions++;
    return;
  }
  state.lastDirection = direction;
  state.lastSeq = seq;
  state.lastAck = ack;
  state.lastEnd = end;
  state.lastWindow = window;
  state.retransmissions = 0;
}
