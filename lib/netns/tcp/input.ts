// A segment of a connection that exists: is it acceptable, what does it acknowledge, what does it bring?
// Before you edit: RFC 9293 §3.10.7, net/ipv4/tcp_input.c (tcp_validate_incoming, tcp_data_queue, tcp_fin,
// tcp_rcv_state_process), tcp_minisocks.c (tcp_timewait_state_process), RFC 7323 §5 (PAWS).
import { LEVEL } from "../../trace/step.ts";
import { MILLISECOND } from "../../trace/world.ts";
import { TCP_FLAG, type Tcp } from "../../wire/packet.ts";
import { atPort, type IpPacket } from "../socket/family.ts";
import { ackCheck, dataReceived, enterQuickAck, measureMss } from "./ack.ts";
import { acknowledge } from "./acknowledge.ts";
import { after, before, distance, OWED, plus } from "./block.ts";
import { destroy, fail } from "./close.ts";
import { forgetRuns, keepEarly } from "./early.ts";
import { push, sendAck, sendBareAck } from "./output.ts";
import { growBuffer, makeRoom, openWindow, truesize } from "./receive-buffer.ts";
import { sendReset } from "./reset.ts";
import type { TcpSocket } from "./tcp.ts";
import { endLater } from "./timer.ts";

const { syn: SYN, rst: RST, ack: ACK, fin: FIN } = TCP_FLAG;

export function establishedInput(socket: TcpSocket, packet: IpPacket, tcp: Tcp, cause: number): void {
  const { flags, seq, data } = tcp;
  const end = plus(seq, data.length + (flags & FIN ? 1 : 0));
  if (isFromThePast(socket, packet, tcp, end, cause)) return;
  if (!isAcceptable(socket, packet, tcp, end, cause)) return;
  if ((flags & ACK) === 0) return;
  const stamp = tcp.options.timestamps?.[0];
  if (stamp !== undefined && !after(seq, socket.rcvWup) && !isOld(socket, stamp)) socket.tsRecent = stamp;
  acknowledge(socket, tcp, cause);
  if (!afterAck(socket, (flags & FIN) !== 0)) return;
  if (socket.orphan && end !== seq && after(plus(seq, data.length), socket.rcvNxt)) {
    const step = refuse(socket, packet, cause, "nobody reads this connection any more");
    sendReset(socket.ns, packet, tcp, step);
    return fail(socket, "ECONNRESET", step);
  }
  if (end !== seq) takeData(socket, tcp, end, cause);
  if (socket.state === "TIME-WAIT" || socket.state === "UNCONN") return;
  push(socket, cause);
  ackCheck(socket, cause);
}

/** tcp_paws_check: the other end's clock does not go backwards. */
const isOld = ({ tsRecent }: TcpSocket, stamp: number): boolean => tsRecent !== 0 && before(stamp, tsRecent);

/**
 * PAWS (tcp_paws_discard): a segment that was sent before the last one here is of the past, though its number may fit, and
 * so is not read; a RST and an ACK that says nothing new are let through.
 */
function isFromThePast(socket: TcpSocket, packet: IpPacket, tcp: Tcp, end: number, cause: number): boolean {
  const { flags, seq, ack } = tcp;
  const stamp = socket.hasTimestamps ? tcp.options.timestamps?.[0] : undefined;
  if (stamp === undefined || !isOld(socket, stamp)) return false;
  const window = tcp.window * 2 ** socket.sndWscale;
  const isRepeated = end === seq && seq === socket.rcvNxt && ack === socket.sndUna && window === socket.sndWnd;
  if (isRepeated && distance(stamp, socket.tsRecent) <= socket.rto / MILLISECOND) return false;
  if ((flags & RST) !== 0) return false;
  const step = refuse(socket, packet, cause, pastText(socket, stamp));
  if (!isAckLoop(socket, end !== seq)) sendDuplicateAck(socket, seq, end, step);
  return true;
}

const pastText = ({ tsRecent }: TcpSocket, stamp: number): string =>
  `its timestamp ${stamp} is older than ${tsRecent}, the last one here: it is of the past (PAWS)`;

/** tcp_send_dupack: what comes again is told to have come twice. */
function sendDuplicateAck(socket: TcpSocket, seq: number, end: number, cause: number): void {
  const { rcvNxt } = socket;
  if (end !== seq && before(seq, rcvNxt)) {
    enterQuickAck(socket);
    socket.twice = [seq, before(rcvNxt, end) ? rcvNxt : end];
  }
  sendAck(socket, cause);
}

/** tcp_validate_incoming: window, RST, SYN. */
function isAcceptable(socket: TcpSocket, packet: IpPacket, tcp: Tcp, end: number, cause: number): boolean {
  const { flags, seq } = tcp;
  const { rcvNxt } = socket;
  if (before(end, socket.rcvWup) || after(seq, plus(rcvNxt, openWindow(socket)))) {
    if ((flags & RST) !== 0) return false;
    const step = refuse(socket, packet, cause, `octet ${distance(rcvNxt, seq)} from here is outside the window`);
    if (!isAckLoop(socket, end !== seq)) sendDuplicateAck(socket, seq, end, step);
    return false;
  }
  if ((flags & RST) !== 0) {
    if (!isResetExpected(socket, seq))
      sendAck(socket, refuse(socket, packet, cause, "a RST that is not exactly the next octet"));
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

/**
 * A RST is believed at the next octet, behind all that came too early, and where the other end's FIN was: who resets may
 * not have seen that something before it was lost, or count its FIN (RFC 5961 §3.2, tcp_reset_check).
 */
function isResetExpected({ state, rcvNxt, sacks }: TcpSocket, seq: number): boolean {
  if (seq === rcvNxt) return true;
  if (state === "CLOSE-WAIT" || state === "LAST-ACK" || state === "CLOSING") return plus(seq, 1) === rcvNxt;
  const last = sacks.reduce((most, [, end]) => (after(end, most) ? end : most), rcvNxt);
  return seq === last;
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
    if (tcp.seq !== end) socket.twice = [tcp.seq, end];
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
    measureMss(socket, tcp.data.length, tcp.flags);
    keepEarly(socket, { seq: tcp.seq, data: tcp.data, fin: isFin, cause, truesize: truesize(tcp.data.length) });
    // Not while nobody has accepted it, nor when nobody holds it any more.
    if (socket.listener === null && !socket.orphan) growBuffer(socket, socket.readSpace);
    socket.owed.pending |= OWED.scheduled | OWED.now;
    return;
  }
  const data = tcp.data.subarray(distance(tcp.seq, socket.rcvNxt));
  if (data.length > 0) {
    append(socket, data, cause);
    dataReceived(socket, data.length, tcp.flags, tcp.options.timestamps?.[1] ?? null);
  }
  if (isFin) {
    // A FIN alone is a packet in the queue, too.
    if (tcp.data.length === 0) socket.rmem += truesize(0);
    finReceived(socket, cause);
  }
  while (socket.early.length > 0 && !after(socket.early[0]!.seq, socket.rcvNxt)) {
    const next = socket.early.shift()!;
    const known = distance(next.seq, socket.rcvNxt);
    socket.rmem -= next.truesize;
    if (known < next.data.length) append(socket, next.data.subarray(known), next.cause);
    else if (next.data.length > 0) socket.twice = [next.seq, plus(next.seq, next.data.length)];
    if (next.fin) finReceived(socket, next.cause);
    // The hole is filled: that is told at once.
    if (socket.early.length === 0) socket.owed.pending |= OWED.now;
  }
  if (socket.sacks.length > 0) forgetRuns(socket);
  socket.wake();
}

function append(socket: TcpSocket, data: Uint8Array, cause: number): void {
  makeRoom(socket);
  socket.rcvNxt = plus(socket.rcvNxt, data.length);
  const piece = { data, cause, truesize: truesize(data.length) };
  socket.received.push(piece);
  socket.rmem += piece.truesize;
  socket.unread += data.length;
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

/**
 * A segment for a connection in TIME-WAIT. True when it is a SYN that begins a new one: it is behind all that was sent
 * before, or was sent later.
 */
export function timeWaitInput(socket: TcpSocket, packet: IpPacket, tcp: Tcp, cause: number): boolean {
  const { flags, seq, data } = tcp;
  const { rcvNxt } = socket;
  const isEmpty = data.length === 0 && (flags & (FIN | SYN)) === 0;
  const stamp = socket.hasTimestamps ? tcp.options.timestamps?.[0] : undefined;
  const isPast = stamp !== undefined && isOld(socket, stamp);
  if (!isPast && seq === rcvNxt && (isEmpty || (flags & RST) !== 0)) {
    if ((flags & RST) !== 0) destroy(socket);
    else endLater(socket);
    socket.tsRecent = stamp ?? socket.tsRecent;
    return false;
  }
  if ((flags & (SYN | RST | ACK)) === SYN && !isPast)
    if (after(seq, rcvNxt) || (stamp !== undefined && after(stamp, socket.tsRecent))) return true;
  if ((flags & RST) !== 0) return false;
  const step = isPast ? refuse(socket, packet, cause, pastText(socket, stamp)) : cause;
  if (isPast || (flags & ACK) !== 0) endLater(socket);
  if (!isAckLoop(socket, !isEmpty && (flags & SYN) === 0)) sendBareAck(socket, step);
  return false;
}
