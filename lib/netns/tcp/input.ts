// A segment of a connection that exists: is it acceptable, what does it acknowledge, what does it bring?
// Before you edit: RFC 9293 §3.10.7, net/ipv4/tcp_input.c (tcp_validate_incoming, tcp_ack, tcp_data_queue, tcp_fin,
// tcp_rcv_state_process), tcp_minisocks.c (tcp_timewait_state_process).
import { LEVEL } from "../../trace/step.ts";
import { MILLISECOND } from "../../trace/world.ts";
import { TCP_FLAG, type Tcp } from "../../wire/packet.ts";
import { atPort, type IpPacket } from "../socket/family.ts";
import { ackCheck, dataReceived, enterQuickAck } from "./ack.ts";
import { after, before, distance, OWED, plus } from "./block.ts";
import { destroy, fail } from "./close.ts";
import { push, resendLost, sendAck, sendBareAck, syncMss } from "./output.ts";
import { makeRoom, openWindow, truesize } from "./receive-buffer.ts";
import { sendReset } from "./reset.ts";
import type { TcpSocket } from "./tcp.ts";
import { endLater, measure, progress } from "./timer.ts";
import { probeAnswered } from "./window-probe.ts";

const { syn: SYN, rst: RST, ack: ACK, fin: FIN } = TCP_FLAG;

export function establishedInput(socket: TcpSocket, packet: IpPacket, tcp: Tcp, cause: number): void {
  const { flags, seq, data } = tcp;
  const end = plus(seq, data.length + (flags & FIN ? 1 : 0));
  if (!isAcceptable(socket, packet, tcp, end, cause)) return;
  if ((flags & ACK) === 0) return;
  if (tcp.options.timestamps !== undefined && !after(seq, socket.rcvWup)) socket.tsRecent = tcp.options.timestamps[0];
  acknowledge(socket, tcp, cause);
  if (!afterAck(socket, (flags & FIN) !== 0)) return;
  if (socket.orphan && after(plus(seq, data.length), socket.rcvNxt)) {
    const step = refuse(socket, packet, cause, "nobody reads this connection any more");
    sendReset(socket.ns, packet, tcp, step);
    return fail(socket, "ECONNRESET", step);
  }
  if (end !== seq) takeData(socket, tcp, end, cause);
  if (socket.state === "TIME-WAIT" || socket.state === "UNCONN") return;
  push(socket, cause);
  ackCheck(socket, cause);
}

/** tcp_validate_incoming: window, RST, SYN. */
function isAcceptable(socket: TcpSocket, packet: IpPacket, tcp: Tcp, end: number, cause: number): boolean {
  const { flags, seq } = tcp;
  const { rcvNxt } = socket;
  if (before(end, socket.rcvWup) || after(seq, plus(rcvNxt, openWindow(socket)))) {
    if ((flags & RST) !== 0) return false;
    const step = refuse(socket, packet, cause, `octet ${distance(rcvNxt, seq)} from here is outside the window`);
    if (isAckLoop(socket, end !== seq)) return false;
    enterQuickAck(socket);
    if (before(seq, rcvNxt) && end !== seq) socket.twice = [seq, before(rcvNxt, end) ? rcvNxt : end];
    sendAck(socket, step);
    return false;
  }
  if ((flags & RST) !== 0) {
    if (seq !== rcvNxt) sendAck(socket, refuse(socket, packet, cause, "a RST that is not exactly the next octet"));
    else {
      const step = socket.ns.step(LEVEL.path, cause, null, "socket", undefined, () => ({
        because: `${atPort(packet.src, tcp.srcPort)} resets the connection of ${socket.program}`,
        evidence: { kind: "socket", text: socket.text, command: "ss -tan" },
      }));
      fail(socket, socket.state === "CLOSE-WAIT" ? "EPIPE" : "ECONNRESET", step);
    }
    return false;
  }
  if ((flags & SYN) !== 0) {
    sendAck(socket, refuse(socket, packet, cause, "a SYN inside a connection"));
    return false;
  }
  return true;
}

/** tcp_oow_rate_limited: of answers to segments without data there are two a second (tcp_invalid_ratelimit). */
function isAckLoop(socket: TcpSocket, hasData: boolean): boolean {
  const { now } = socket.ns.cables;
  if (hasData) return false;
  if (now - socket.lastOutside < 500 * MILLISECOND) return true;
  socket.lastOutside = now;
  return false;
}

function refuse(socket: TcpSocket, packet: IpPacket, cause: number, because: string): number {
  return socket.ns.step(LEVEL.path, cause, null, "drop", packet, () => ({
    because,
    evidence: { kind: "socket", text: socket.text, command: "ss -tan" },
  }));
}

/** tcp_ack: what the other end has, its window, the round trip, and what may follow. */
function acknowledge(socket: TcpSocket, tcp: Tcp, cause: number): void {
  const { ack, seq } = tcp;
  if (before(ack, socket.sndUna) || after(ack, socket.sndNxt)) return;
  const isNew = after(ack, socket.sndUna);
  const window = tcp.window * 2 ** socket.sndWscale;
  const sameWindow = window === socket.sndWnd;
  // tcp_may_update_window
  if (isNew || after(seq, socket.sndWl1) || (seq === socket.sndWl1 && window > socket.sndWnd)) {
    socket.sndWl1 = seq;
    socket.sndWnd = window;
    if (window > socket.maxWindow) {
      socket.maxWindow = window;
      syncMss(socket);
    }
  }
  if (socket.sent.length === 0) probeAnswered(socket);
  if (isNew) return acknowledged(socket, ack, cause);
  if (sameWindow && tcp.data.length === 0 && socket.sent.length > 0) duplicateAck(socket, cause);
}

function acknowledged(socket: TcpSocket, ack: number, cause: number): void {
  const { sent } = socket;
  const inFlight = sent.length;
  socket.sndUna = ack;
  socket.confirm = true;
  socket.duplicates = 0;
  let count = 0;
  while (count < sent.length && !after(sent[count]!.end, ack)) count++;
  const done = sent.splice(0, count);
  const last = done.at(-1);
  if (last !== undefined && !done.some((segment) => segment.retransmitted))
    measure(socket, Math.max(socket.ns.cables.now - last.sentAt, 1));
  // tcp_reno_cong_avoid: a window grows only if it was used.
  if (socket.cwnd < socket.ssthresh) {
    if (socket.cwnd < 2 * inFlight) socket.cwnd = Math.min(socket.cwnd + count, Math.max(socket.ssthresh, socket.cwnd));
  } else if (inFlight >= socket.cwnd) {
    socket.cwndCount += count;
    if (socket.cwndCount >= socket.cwnd) {
      socket.cwndCount -= socket.cwnd;
      socket.cwnd++;
    }
  }
  progress(socket, cause);
}

/** Three say that the first segment under way was lost (RFC 5681 §3.2). */
function duplicateAck(socket: TcpSocket, cause: number): void {
  if (++socket.duplicates !== 3 || socket.sent[0]!.retransmitted) return;
  socket.ssthresh = Math.max(socket.cwnd >> 1, 2);
  socket.cwnd = socket.ssthresh;
  socket.sent[0]!.lost = true;
  const step = socket.ns.step(LEVEL.path, cause, null, "socket", undefined, () => ({
    because: "three duplicate ACKs: the first segment under way was lost",
  }));
  socket.cwnd += socket.sent.length;
  resendLost(socket, step);
  socket.cwnd = socket.ssthresh;
}

/** Our FIN was acknowledged? False when the connection is over with that. */
function afterAck(socket: TcpSocket, isFin: boolean): boolean {
  const isDone = socket.sent.length === 0 && socket.unsentLength === 0 && !socket.finQueued;
  if (!isDone) return true;
  if (socket.state === "FIN-WAIT-1") {
    socket.state = "FIN-WAIT-2";
    // With a FIN in the same segment the kernel keeps the socket, or the FIN would be lost.
    if (socket.orphan && !isFin) endLater(socket);
    socket.wake();
  } else if (socket.state === "CLOSING") timeWait(socket);
  else if (socket.state === "LAST-ACK") destroy(socket);
  return socket.state !== "UNCONN" && socket.state !== "TIME-WAIT";
}

/** tcp_data_queue: in order, too early, or known already. */
function takeData(socket: TcpSocket, tcp: Tcp, end: number, cause: number): void {
  const isFin = (tcp.flags & FIN) !== 0;
  if (!after(end, socket.rcvNxt)) {
    enterQuickAck(socket);
    socket.owed.pending |= OWED.scheduled;
    if (tcp.data.length > 0) socket.twice = [tcp.seq, end];
    return;
  }
  // An octet that asks whether there is room: there is none.
  if (tcp.data.length > 0 && tcp.seq === socket.rcvNxt && openWindow(socket) === 0) {
    enterQuickAck(socket);
    socket.owed.pending |= OWED.scheduled;
    return;
  }
  // Behind a FIN there is nothing (RFC 9293 §3.10.7.4: "this should not occur").
  if (socket.state !== "ESTAB" && socket.state !== "FIN-WAIT-1" && socket.state !== "FIN-WAIT-2") return;
  if (after(tcp.seq, socket.rcvNxt)) {
    const at = socket.early.findIndex((other) => after(other.seq, tcp.seq));
    const piece = { seq: tcp.seq, data: tcp.data, fin: isFin, cause, truesize: truesize(tcp.data.length) };
    socket.rmem += piece.truesize;
    socket.early.splice(at === -1 ? socket.early.length : at, 0, piece);
    socket.owed.pending |= OWED.scheduled | OWED.now;
    return;
  }
  append(socket, tcp.data.subarray(distance(tcp.seq, socket.rcvNxt)), tcp, cause);
  if (isFin) {
    // A FIN alone is a packet in the queue, too.
    if (tcp.data.length === 0) socket.rmem += truesize(0);
    finReceived(socket, cause);
  }
  while (socket.early.length > 0 && !after(socket.early[0]!.seq, socket.rcvNxt)) {
    const next = socket.early.shift()!;
    const known = distance(next.seq, socket.rcvNxt);
    socket.rmem -= next.truesize;
    if (known < next.data.length) append(socket, next.data.subarray(known), tcp, next.cause);
    if (next.fin) finReceived(socket, next.cause);
    socket.owed.pending |= OWED.now;
  }
  socket.wake();
}

function append(socket: TcpSocket, data: Uint8Array, { flags, options }: Tcp, cause: number): void {
  if (data.length === 0) return;
  makeRoom(socket);
  socket.rcvNxt = plus(socket.rcvNxt, data.length);
  const piece = { data, cause, truesize: truesize(data.length) };
  socket.received.push(piece);
  socket.rmem += piece.truesize;
  socket.unread += data.length;
  dataReceived(socket, data.length, flags, options.timestamps?.[1] ?? null);
}

/** tcp_fin: the other end has nothing more to say. */
function finReceived(socket: TcpSocket, cause: number): void {
  socket.rcvNxt = plus(socket.rcvNxt, 1);
  socket.receiveClosed = true;
  socket.heardAll = true;
  socket.owed.pending |= OWED.scheduled;
  socket.finCause = cause;
  if (socket.state === "ESTAB") {
    socket.state = "CLOSE-WAIT";
    socket.owed.pingpong = true;
  } else if (socket.state === "FIN-WAIT-1") {
    sendAck(socket, cause);
    socket.state = "CLOSING";
  } else if (socket.state === "FIN-WAIT-2") {
    // An orphan in FIN-WAIT-2 is only a note in the kernel's table, and answers as such.
    if (socket.lastWindow !== null) sendBareAck(socket, cause);
    else sendAck(socket, cause);
    timeWait(socket);
  }
}

function timeWait(socket: TcpSocket): void {
  socket.state = "TIME-WAIT";
  endLater(socket);
}

/** A segment for a connection in TIME-WAIT. True when it is a SYN that may begin a new one. */
export function timeWaitInput(socket: TcpSocket, tcp: Tcp, cause: number): boolean {
  const { flags, seq } = tcp;
  if ((flags & RST) !== 0) {
    if (seq === socket.rcvNxt) destroy(socket);
    return false;
  }
  if ((flags & SYN) !== 0 && (flags & ACK) === 0) {
    const value = tcp.options.timestamps?.[0];
    if (after(seq, socket.rcvNxt) || (value !== undefined && after(value, socket.tsRecent))) {
      destroy(socket);
      return true;
    }
  }
  if ((flags & FIN) !== 0) endLater(socket);
  if ((flags & ACK) !== 0 && seq === socket.rcvNxt && tcp.data.length === 0 && (flags & (FIN | SYN)) === 0)
    return false;
  sendBareAck(socket, cause);
  return false;
}
