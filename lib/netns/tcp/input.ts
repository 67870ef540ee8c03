// A segment of a connection that exists: is it acceptable, what does it acknowledge, what does it bring?
// Before you edit: RFC 9293 §3.10.7, net/ipv4/tcp_input.c (tcp_validate_incoming, tcp_data_queue, tcp_fin,
// tcp_rcv_state_process).
import { LEVEL } from "../../trace/step.ts";
import { TCP_FLAG, type Tcp } from "../../wire/packet.ts";
import { atPort, type IpPacket } from "../socket/family.ts";
import { ackCheck, dataReceived, enterQuickAck, measureMss } from "./ack.ts";
import { acknowledge } from "./acknowledge.ts";
import { after, before, distance, OWED, plus } from "./block.ts";
import { destroy, fail } from "./close.ts";
import { forgetRuns, keepEarly } from "./early.ts";
import { push, sendAck } from "./output.ts";
import { challenge, refuse, sendDuplicateAck } from "./outside.ts";
import { isFromThePast } from "./paws.ts";
import { growBuffer, makeRoom, openWindow, truesize } from "./receive-buffer.ts";
import { sendReset } from "./reset.ts";
import type { TcpSocket } from "./tcp.ts";
import { endLater } from "./timer.ts";

const { syn: SYN, rst: RST, ack: ACK, fin: FIN } = TCP_FLAG;

export function establishedInput(socket: TcpSocket, packet: IpPacket, tcp: Tcp, cause: number): void {
  const { flags, seq, data } = tcp;
  const end = plus(seq, data.length + (flags & FIN ? 1 : 0));
  if (isFromThePast(socket, packet, tcp, end, cause) || !isAcceptable(socket, packet, tcp, end, cause)) return;
  if ((flags & ACK) === 0) return;
  if (!acknowledge(socket, tcp, cause)) {
    const because = `it acknowledges octet ${distance(socket.sndUna, tcp.ack)} from the oldest that is under way`;
    return challenge(socket, refuse(socket, packet, cause, because));
  }
  if (socket.orphan && end !== seq && after(plus(seq, data.length), socket.rcvNxt)) {
    const step = refuse(socket, packet, cause, "nobody reads this connection any more");
    sendReset(socket.ns, packet, tcp, step);
    return fail(socket, "ECONNRESET", step);
  }
  if (!afterAck(socket, (flags & FIN) !== 0)) return;
  if (end !== seq) takeData(socket, tcp, end, cause);
  if (socket.state === "TIME-WAIT" || socket.state === "UNCONN") return;
  push(socket, cause);
  ackCheck(socket, cause);
}

/** tcp_validate_incoming: window, RST, SYN. */
function isAcceptable(socket: TcpSocket, packet: IpPacket, tcp: Tcp, end: number, cause: number): boolean {
  const { flags, seq } = tcp;
  const { rcvNxt } = socket;
  const isOutside = before(end, socket.rcvWup) || after(seq, plus(rcvNxt, openWindow(socket)));
  if ((flags & RST) !== 0) {
    if (isOutside && !isBehindFin(socket, seq)) return false;
    if (!isResetExpected(socket, seq))
      challenge(socket, refuse(socket, packet, cause, "a RST that is not exactly the next octet"));
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
    challenge(socket, refuse(socket, packet, cause, "a SYN inside a connection"));
    return false;
  }
  if (!isOutside) return true;
  const step = refuse(socket, packet, cause, `octet ${distance(rcvNxt, seq)} from here is outside the window`);
  sendDuplicateAck(socket, seq, end, step);
  return false;
}

/**
 * A RST is believed at the next octet, behind all that came too early, and where the other end's FIN was: who resets may
 * not have seen that something before it was lost, or count its FIN (RFC 5961 §3.2, tcp_reset_check).
 */
function isResetExpected(socket: TcpSocket, seq: number): boolean {
  const { rcvNxt, sacks } = socket;
  if (seq === rcvNxt || isBehindFin(socket, seq)) return true;
  const last = sacks.reduce((most, [, end]) => (after(end, most) ? end : most), rcvNxt);
  return seq === last;
}

const isBehindFin = ({ state, rcvNxt }: TcpSocket, seq: number): boolean =>
  plus(seq, 1) === rcvNxt && (state === "CLOSE-WAIT" || state === "LAST-ACK" || state === "CLOSING");

/** Our FIN was acknowledged? False when the connection is over with that, or only a note of it is left. */
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
  return socket.state !== "UNCONN" && socket.lastWindow === null;
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
  if (before(tcp.seq, socket.rcvNxt)) socket.twice = [tcp.seq, socket.rcvNxt];
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
    sendAck(socket, cause);
    timeWait(socket);
  }
}

function timeWait(socket: TcpSocket): void {
  socket.state = "TIME-WAIT";
  endLater(socket);
}
