// What TCP does when nothing comes: delayed ACK, tail loss probe, retransmission with backoff, giving up, TIME-WAIT.
// Before you edit: RFC 6298, net/ipv4/tcp_timer.c (tcp_retransmit_timer, tcp_write_timeout, tcp_delack_timer_handler),
// tcp_output.c (tcp_schedule_loss_probe), tcp_minisocks.c (tcp_time_wait).
import { LEVEL } from "../../trace/step.ts";
import { OWED, TCP } from "./block.ts";
import { destroy, fail } from "./close.ts";
import { enterLoss } from "./congestion.ts";
import { stopKeepalive } from "./keepalive.ts";
import { sendAck } from "./output.ts";
import { reorderTimeout } from "./rack.ts";
import { openWindow } from "./receive-buffer.ts";
import { retransmit, sendLossProbe } from "./retransmit.ts";
import type { TcpSocket } from "./tcp.ts";

const NO_CAUSE = -1;

export function armDelayedAck(socket: TcpSocket, delay: number, cause: number): void {
  const { ns, owed } = socket;
  socket.delayedAck = ns.cables.later(delay, () => {
    socket.delayedAck = null;
    if ((owed.pending & OWED.scheduled) === 0) return;
    // Nothing carried the ACK in time: no conversation after all.
    if (owed.pingpong) {
      owed.pingpong = false;
      owed.ato = TCP.delayedAck;
    } else owed.ato = Math.min(owed.ato * 2, socket.rto);
    ns.mib.TcpExtDelayedACKs++;
    const step = ns.step(LEVEL.full, cause, null, "socket", undefined, () => ({
      because: `no data carried the ACK for ${delay / 1e6} ms: it goes alone`,
    }));
    sendAck(socket, step);
  });
}

/** The timer of what is under way, for one of its three purposes; it goes by ticks. */
export function setTimer(socket: TcpSocket, purpose: "retransmit" | "probe" | "reorder", delay: number): void {
  stopRetransmission(socket);
  socket.pending = purpose;
  socket.retransmission = socket.ns.cables.later(Math.ceil(delay / TCP.tick) * TCP.tick, () => expire(socket, purpose));
}

/** tcp_write_timer_handler. */
function expire(socket: TcpSocket, purpose: "retransmit" | "probe" | "reorder"): void {
  socket.retransmission = null;
  // A probe or a patience that ran out still counts as the timer that is set until another is.
  if (purpose === "probe") sendLossProbe(socket);
  else if (purpose === "reorder") reorderTimeout(socket, NO_CAUSE);
  else {
    socket.pending = null;
    timeout(socket);
  }
}

/** tcp_rearm_rto: after a probe or a wait the rest of the timeout, else all of it. */
export function rearmTimeout(socket: TcpSocket): void {
  if (socket.packetsOut === 0) return stopRetransmission(socket);
  const isRest = socket.pending === "probe" || socket.pending === "reorder";
  setTimer(socket, "retransmit", isRest ? Math.max(restOfTimeout(socket), TCP.tick) : timeoutOf(socket));
}

/** The timeout from now on. */
export function resetTimeout(socket: TcpSocket): void {
  setTimer(socket, "retransmit", timeoutOf(socket));
}

/** tcp_rto_delta_us. */
const restOfTimeout = (socket: TcpSocket): number => socket.sent[0]!.sentAt + timeoutOf(socket) - socket.ns.cables.now;

/** tcp_schedule_loss_probe: behind each burst; how long to wait depends on how many segments are under way. */
export function scheduleLossProbe(socket: TcpSocket, advances: boolean): boolean {
  const { caState, srtt, packetsOut, state } = socket;
  if (packetsOut === 0 || !socket.hasSack || (caState !== "Open" && caState !== "CWR")) return false;
  if (state === "SYN-SENT" || state === "SYN-RECV") return false;
  let wait = srtt === 0 ? TCP.rtoInit : 2 * srtt + (packetsOut === 1 ? TCP.rtoMin : TCP.timeoutMin);
  const rest = advances ? timeoutOf(socket) : restOfTimeout(socket);
  if (rest > 0) wait = Math.min(wait, rest);
  setTimer(socket, "probe", wait);
  return true;
}

/** tcp_set_xmit_timer. */
export function setLossTimer(socket: TcpSocket): void {
  if (!scheduleLossProbe(socket, true)) rearmTimeout(socket);
}

/** The linear SYN timeouts of Linux 6.5 come before the exponential ones. */
function timeoutOf(socket: TcpSocket): number {
  const linear = socket.state === "SYN-SENT" ? TCP.synLinear : 0;
  return Math.min(socket.rto * 2 ** Math.max(0, socket.backoff - linear), TCP.rtoMax);
}

export function stopRetransmission(socket: TcpSocket): void {
  socket.retransmission?.cancel();
  socket.retransmission = null;
  socket.pending = null;
}

function timeout(socket: TcpSocket): void {
  const { ns, sent } = socket;
  socket.retransmission = null;
  const head = sent[0];
  if (head === undefined) return;
  if (socket.retransmits === 0) socket.firstSent = head.sentAt;
  // The retransmission of a SYN-ACK is no timeout of a socket.
  if (socket.state !== "SYN-RECV") ns.mib.TcpExtTCPTimeouts++;
  if (isOver(socket)) {
    const step = ns.step(LEVEL.path, NO_CAUSE, null, "socket", undefined, () => ({
      because: `${socket.program} gives up: ${socket.remote!.address} has not answered ${socket.retransmits} retransmissions`,
      evidence: { kind: "socket", text: socket.text, command: "ss -tan" },
    }));
    if (socket.state !== "SYN-RECV") ns.mib.TcpExtTCPAbortOnTimeout++;
    fail(socket, socket.softError ?? "ETIMEDOUT", step);
    return;
  }
  const step = ns.step(LEVEL.path, NO_CAUSE, null, "socket", undefined, () => ({
    because: `no answer from ${socket.remote!.address} for ${timeoutOf(socket) / 1e9} s: send again`,
    evidence: { kind: "socket", text: socket.text, command: "ss -tan" },
  }));
  if (socket.state !== "SYN-RECV") enterLoss(socket);
  socket.retransmits++;
  retransmit(socket, 0, 1, step);
  socket.backoff++;
  resetTimeout(socket);
}

function isOver(socket: TcpSocket): boolean {
  if (socket.state === "SYN-SENT") return socket.retransmits >= TCP.synRetries + TCP.synLinear;
  if (socket.state === "SYN-RECV") return socket.retransmits >= TCP.synAckRetries;
  // tcp_orphan_retries is 8 where nothing is known: about 100 s.
  if (socket.orphan && socket.retransmits >= 8) return true;
  return socket.retransmits > 0 && socket.ns.cables.now - socket.firstSent >= TCP.retries2;
}

/** TIME-WAIT, or FIN-WAIT-2 of a socket that nobody holds: gone after a minute. It keeps no lab busy. */
export function endLater(socket: TcpSocket): void {
  stopRetransmission(socket);
  if (socket.lastWindow === null) {
    socket.ns.mib.TcpExtTW++;
    socket.lastWindow = openWindow(socket);
    socket.lastOutside = Number.NEGATIVE_INFINITY;
  }
  stopKeepalive(socket);
  socket.delayedAck?.cancel();
  socket.delayedAck = null;
  socket.ending?.cancel();
  socket.ending = socket.ns.cables.later(TCP.timeWait, () => destroy(socket), true);
}
