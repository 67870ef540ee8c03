// The TCP tracker: a segment changes the state of its connection, or is invalid.
// Before you edit: net/netfilter/nf_conntrack_proto_tcp.c (nf_conntrack_tcp_packet, tcp_new, nf_tcp_handle_invalid).
import { TCP_FLAG, type Tcp } from "../../wire/packet.ts";
import { type Conn, directionOf, EVENT, type Info, STATUS } from "./conn.ts";
import type { Settings } from "./settings.ts";
import { areValid, SEGMENT, segmentOf, TCP, TRANSITIONS } from "./tcp-states.ts";
import { before, inWindow, PEER, Peer, segmentEnd, TcpState } from "./tcp-window.ts";
import { type Direction, ORIGINAL, REPLY } from "./tuple.ts";

/**
 * What a tracker says: it is of the connection, it is not valid, or the connection is over and the packet begins
 * another. A number: the timeout it has from now on, in seconds.
 */
export type Tracking = number | "unchanged" | "invalid" | "repeat" | "kill";

/** A connection is found by a segment that is not its first: how long it lives then, and whether it is one at all. */
export function trackTcp(conn: Conn, info: Info, tcp: Tcp, settings: Settings, left: () => number): Tracking {
  if (!areValid(tcp.flags)) return "invalid";
  if (!conn.isConfirmed && !begin(conn, tcp, settings)) return "invalid";
  const state = conn.tcp!;
  const direction = directionOf(info);
  const segment = segmentOf(tcp.flags);
  let old = state.state;
  let next: number = TRANSITIONS[direction * 60 + segment * 10 + old]!;
  let isInWindow = false;
  switch (next) {
    case TCP.max:
      return "invalid";
    case TCP.synSent:
      if (old < TCP.timeWait) break;
      if (wasClosed(state, direction)) return "repeat";
      next = TCP.ignore;
      break;
    case TCP.timeWait:
      // Not the answer to the last FIN: the peer challenges a SYN out of nowhere (RFC 5961).
      if (
        old === TCP.lastAck &&
        segment === SEGMENT.ack &&
        state.lastDirection !== direction &&
        state.lastSegment === SEGMENT.syn &&
        (state.lastFlags & PEER.challengeAck) !== 0
      ) {
        state.lastFlags &= ~PEER.challengeAck;
        return "unchanged";
      }
      break;
    case TCP.synSent2:
      state.lastFlags |= PEER.simultaneousOpen;
      break;
    case TCP.synRecv:
      if (direction === REPLY && segment === SEGMENT.ack && (state.lastFlags & PEER.simultaneousOpen) !== 0)
        next = TCP.established;
      break;
    case TCP.close: {
      if (segment !== SEGMENT.rst) break;
      const reset = judgeReset(conn, state, direction, tcp, settings);
      if (reset === "invalid") return "invalid";
      if (reset === "challenged") next = old;
      isInWindow = reset === "in window" || (reset !== "checked" && answersIgnored(conn, state, direction, tcp, old));
      break;
    }
  }
  if (next === TCP.ignore) {
    if (!resumes(state, direction, segment, tcp)) {
      remember(state, direction, segment, tcp, old);
      return "unchanged";
    }
    old = TCP.synSent;
    next = TCP.synRecv;
  }
  if (!isInWindow) {
    const how = inWindow(state, direction, segment, tcp, settings.beLiberal !== 0);
    if (how === "ignore") return "unchanged";
    if (how === "invalid") return outOfWindow(conn, state, direction, segment, settings, left);
  }
  return advance(conn, state, direction, segment, tcp, old, next, settings);
}

/** tcp_new: a first segment, or one of a connection that began before anybody looked. */
function begin(conn: Conn, tcp: Tcp, { loose }: Settings): boolean {
  const state = TRANSITIONS[segmentOf(tcp.flags) * 10 + TCP.none]!;
  if (state >= TCP.max) return false;
  if (state !== TCP.synSent && loose === 0) return false;
  conn.tcp = new TcpState();
  const [sender, receiver] = conn.tcp.peers;
  sender.end = segmentEnd(tcp);
  sender.maxWindow = Math.max(tcp.window, 1);
  if (state === TCP.synSent) {
    sender.maxEnd = sender.end;
    sender.readOptions(tcp);
  } else {
    sender.maxEnd = (sender.end + sender.maxWindow) >>> 0;
    sender.flags = PEER.sackPermitted | PEER.beLiberal;
    receiver.flags = sender.flags;
  }
  return true;
}

/** A SYN after the end: the connection is gone, and this opens the next. */
function wasClosed({ peers, lastDirection, lastSegment }: TcpState, direction: Direction): boolean {
  return (
    ((peers[0].flags | peers[1].flags) & PEER.closeInit) !== 0 ||
    (lastDirection === direction && lastSegment === SEGMENT.rst)
  );
}

/** A SYN+ACK answers a SYN that was let through without a look: both ends know better, and the state follows them. */
function resumes(state: TcpState, direction: Direction, segment: number, { ack }: Tcp): boolean {
  const { lastDirection } = state;
  if (segment !== SEGMENT.synAck || state.lastSegment !== SEGMENT.syn || lastDirection === direction) return false;
  if (ack !== state.lastEnd) return false;
  const opener = state.peers[lastDirection];
  opener.end = state.lastEnd;
  opener.maxEnd = state.lastEnd;
  opener.maxWindow = Math.max(state.lastWindow, 1);
  opener.scale = state.lastScale;
  state.lastFlags &= ~PEER.challengeAck;
  opener.flags = state.lastFlags;
  state.peers[direction].forget();
  return true;
}

/** What was let through without a look is noted, for it may turn out to be right. */
function remember(state: TcpState, direction: Direction, segment: number, tcp: Tcp, old: number): void {
  state.lastSegment = segment;
  state.lastDirection = direction;
  state.lastSeq = tcp.seq;
  state.lastEnd = segmentEnd(tcp);
  state.lastWindow = tcp.window;
  if (segment === SEGMENT.syn && direction === ORIGINAL) {
    const seen = new Peer();
    seen.readOptions(tcp);
    state.lastFlags = seen.flags & (PEER.windowScale | PEER.sackPermitted);
    state.lastScale = seen.scale;
    if (old === TCP.lastAck) state.lastFlags |= PEER.challengeAck;
  }
  if (old === TCP.synSent && segment === SEGMENT.ack && direction === REPLY) state.lastAck = tcp.ack;
}

/**
 * Whether a reset can be believed: it is invalid, it is checked against the window, it changes nothing for it may be
 * challenged, it is in the window for sure, or nothing speaks against it yet.
 */
function judgeReset(
  conn: Conn,
  state: TcpState,
  direction: Direction,
  { seq }: Tcp,
  { ignoreInvalidRst }: Settings,
): "invalid" | "checked" | "challenged" | "in window" | "open" {
  const old = state.state;
  if (old >= TCP.finWait && old <= TCP.close) return "in window";
  const other = state.peers[direction === ORIGINAL ? REPLY : ORIGINAL];
  if ((other.flags & PEER.maxAckSet) === 0 || state.lastSegment === SEGMENT.syn) return "open";
  const isEstablished = old === TCP.established && conn.has(STATUS.assured);
  if (seq === 0 && !isEstablished) return "checked";
  if (before(seq, other.maxAck) && ignoreInvalidRst === 0) return "invalid";
  if (!isEstablished || seq === other.maxAck) return "checked";
  if (state.lastSegment === SEGMENT.ack && state.lastDirection === direction && seq === state.lastEnd) return "checked";
  return "challenged";
}

/** A reset that answers something that was let through without a look. */
function answersIgnored(conn: Conn, state: TcpState, direction: Direction, { ack, seq }: Tcp, old: number): boolean {
  const { lastSegment, lastDirection } = state;
  const toSyn = conn.has(STATUS.seenReply) && lastSegment === SEGMENT.syn && lastDirection !== direction;
  const toAck = !conn.has(STATUS.assured) && lastSegment === SEGMENT.ack;
  if ((toSyn || toAck) && ack === state.lastEnd) return true;
  return old === TCP.synSent && lastSegment === SEGMENT.ack && lastDirection === REPLY && seq === state.lastAck;
}

/** FIN or RST of both sides out of the window: state and truth differ, and the entry shall not live for days. */
function outOfWindow(
  conn: Conn,
  state: TcpState,
  direction: Direction,
  segment: number,
  { tcp }: Settings,
  left: () => number,
): Tracking {
  const isEnd = (kind: number) => kind === SEGMENT.fin || kind === SEGMENT.rst;
  if (!conn.has(STATUS.assured) || conn.has(STATUS.fixedTimeout) || !isEnd(segment)) return "invalid";
  if (state.lastDirection !== direction && isEnd(state.lastSegment)) {
    const expires = left();
    if (expires >= 120 && expires > tcp[TCP.unack]!) conn.timeout -= (expires - tcp[TCP.unack]!) * 1e9;
  } else {
    state.lastSegment = segment;
    state.lastDirection = direction;
  }
  return "invalid";
}

/** The segment is in the window: the new state, and how long the entry lives with it. */
function advance(
  conn: Conn,
  state: TcpState,
  direction: Direction,
  segment: number,
  tcp: Tcp,
  old: number,
  next: number,
  settings: Settings,
): Tracking {
  state.lastSegment = segment;
  state.lastDirection = direction;
  state.state = next;
  if (old !== next) {
    if (next === TCP.finWait) state.peers[direction].flags |= PEER.closeInit;
    conn.events |= EVENT.protoinfo;
  }
  let timeout = timeoutOf(state, segment, next, settings);
  if (!conn.has(STATUS.seenReply)) {
    // Refused, and nothing more will come.
    if ((tcp.flags & TCP_FLAG.rst) !== 0) return "kill";
    if (segment === SEGMENT.syn && old === TCP.synSent) return "unchanged";
    if (next === TCP.established) timeout = Math.min(timeout, settings.tcp[TCP.unack]!);
  } else if (
    !conn.has(STATUS.assured) &&
    (old === TCP.synRecv || old === TCP.established) &&
    next === TCP.established
  ) {
    conn.status |= STATUS.assured;
    conn.events |= EVENT.assured;
  }
  return timeout;
}

function timeoutOf(state: TcpState, segment: number, next: number, { tcp, maxRetrans }: Settings): number {
  const own = tcp[next]!;
  if (state.retransmissions >= maxRetrans && own > tcp[TCP.retrans]!) return tcp[TCP.retrans]!;
  if (segment === SEGMENT.rst) return tcp[TCP.close]!;
  const isOpen = ((state.peers[0].flags | state.peers[1].flags) & PEER.unacknowledged) !== 0;
  if (isOpen && own > tcp[TCP.unack]!) return tcp[TCP.unack]!;
  if (state.lastWindow === 0 && own > tcp[TCP.retrans]!) return tcp[TCP.retrans]!;
  return own;
}

/** -j REJECT --reject-with tcp-reset closes what it resets (nf_conntrack_tcp_set_closing). */
export function setClosing(conn: Conn, settings: Settings, now: number): void {
  const { tcp } = conn;
  if (tcp === null || !conn.isConfirmed) return;
  const old = tcp.state;
  tcp.state = TCP.close;
  if (old === TCP.close || conn.has(STATUS.fixedTimeout)) return;
  conn.timeout = now + settings.tcp[TCP.close]! * 1e9;
  conn.events |= EVENT.protoinfo;
}
