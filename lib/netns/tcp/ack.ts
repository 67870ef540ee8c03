// When is an ACK sent? At once in the beginning and for full segments, later in a conversation.
// Before you edit: RFC 1122 §4.2.3.2, net/ipv4/tcp_input.c (tcp_event_data_recv, tcp_measure_rcv_mss,
// __tcp_ack_snd_check, tcp_incr_quickack), tcp.c (__tcp_cleanup_rbuf).
import { TCP_FLAG } from "../../wire/packet.ts";
import { distance, OWED, TCP } from "./block.ts";
import { sendAck, sendDelayedAck } from "./output.ts";
import { growWindow, measureReceiveRtt, offeredWindow, openWindow, rescale } from "./receive-buffer.ts";
import type { TcpSocket } from "./tcp.ts";

/** The smallest segment that says something about the other end's MSS: 536 and a header. */
const TELLING = 536 + 20;
const TELLING_WITHOUT_PUSH = 88 + 20;
const HEADER = 32;

/** Data came in order: what does its size and its time say about when to acknowledge? */
export function dataReceived(socket: TcpSocket, length: number, flags: number, echoed: number | null): void {
  const { owed, ns } = socket;
  owed.pending |= OWED.scheduled;
  measureMss(socket, length, flags);
  measureReceiveRtt(socket, length, echoed);
  const { now } = ns.cables;
  const gap = now - owed.lastReceived;
  if (owed.ato === 0) {
    quickAcks(socket);
    owed.ato = TCP.delayedAck;
  } else if (gap <= TCP.delayedAck / 2) owed.ato = owed.ato / 2 + TCP.delayedAck / 2;
  else if (gap < owed.ato) owed.ato = Math.min(owed.ato / 2 + gap, socket.rto);
  else if (gap > socket.rto) quickAcks(socket);
  owed.lastReceived = now;
  if (length >= 128) growWindow(socket, length, length);
}

function quickAcks({ owed, rcvWnd }: TcpSocket): void {
  const wanted = Math.min(Math.floor(rcvWnd / (2 * owed.rcvMss)) || 2, TCP.maxQuickAcks);
  if (wanted > owed.quick) owed.quick = wanted;
}

/** tcp_enter_quickack_mode: something was wrong, so the next ones are acknowledged at once. */
export function enterQuickAck(socket: TcpSocket): void {
  quickAcks(socket);
  socket.owed.pingpong = false;
  socket.owed.ato = TCP.delayedAck;
}

/** tcp_measure_rcv_mss: how large the segments are that come in, in order or too early. */
export function measureMss(socket: TcpSocket, length: number, flags: number): void {
  const { owed, routeMss, hasTimestamps } = socket;
  const last = owed.lastSize;
  owed.lastSize = 0;
  const isPushed = (flags & TCP_FLAG.psh) !== 0;
  if (length >= owed.rcvMss) {
    if (length !== owed.rcvMss) rescale(socket, length);
    owed.rcvMss = Math.min(length, routeMss - (hasTimestamps ? TCP.timestampOctets : 0));
    if (isPushed) owed.pending |= OWED.pushed;
    return;
  }
  const withHeader = length + HEADER;
  if (withHeader >= TELLING || (withHeader >= TELLING_WITHOUT_PUSH && !isPushed)) {
    owed.lastSize = length;
    if (length === last) {
      owed.rcvMss = length;
      return;
    }
  }
  if ((owed.pending & OWED.pushed) !== 0) owed.pending |= OWED.pushed2;
  owed.pending |= OWED.pushed;
}

/** Behind every segment that came: acknowledge now, later, or not at all. */
export function ackCheck(socket: TcpSocket, cause: number): void {
  const { owed } = socket;
  if ((owed.pending & OWED.scheduled) === 0) return;
  const isFull = distance(socket.rcvWup, socket.rcvNxt) > owed.rcvMss;
  if (
    (isFull && (socket.unread === 0 || offeredWindow(socket) >= socket.rcvWnd)) ||
    (owed.quick > 0 && !owed.pingpong) ||
    (owed.pending & OWED.now) !== 0 ||
    socket.early.length > 0
  )
    sendAck(socket, cause);
  else sendDelayedAck(socket, cause);
}

/** The program has read: perhaps that is the moment to acknowledge, or to say that the window is open again. */
export function afterRead(socket: TcpSocket, cause: number): void {
  const { owed } = socket;
  if (socket.state === "UNCONN") return;
  if ((owed.pending & OWED.scheduled) !== 0) {
    const isFull = distance(socket.rcvWup, socket.rcvNxt) > owed.rcvMss;
    const wasPushed = (owed.pending & OWED.pushed2) !== 0 || ((owed.pending & OWED.pushed) !== 0 && !owed.pingpong);
    if (isFull || (wasPushed && socket.unread === 0)) return sendAck(socket, cause);
  }
  if (socket.receiveClosed) return;
  const open = openWindow(socket);
  if (2 * open > socket.windowClamp) return;
  const offered = offeredWindow(socket);
  if (offered > 0 && offered >= 2 * open) sendAck(socket, cause);
}
