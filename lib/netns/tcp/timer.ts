// What TCP does when nothing comes: delayed ACK, tail loss probe, retransmission with backoff, giving up, TIME-WAIT.
// Before you edit: RFC 6298, net/ipv4/tcp_timer.c (tcp_retransmit_timer, tcp_write_timeout, tcp_delack_timer_handler),
// tcp_output.c (tcp_schedule_loss_probe), tcp_minisocks.c (tcp_time_wait).
import { LEVEL } from "../../trace/step.ts";
import { after, OWED, TCP } from "./block.ts";
import { destroy, fail } from "./close.ts";
import { resend, resendLost, sendAck } from "./output.ts";
import { openWindow } from "./receive-buffer.ts";
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

/** Sets the timer for what is not acknowledged; `afresh` when there was nothing before (tcp_rearm_rto). */
export function armRetransmission(socket: TcpSocket, afresh: boolean): void {
  if (!afresh && socket.retransmission !== null) return;
  stopRetransmission(socket);
  if (socket.sent.length === 0) return;
  if (mayProbe(socket)) {
    const delay =
      socket.srtt === 0
        ? TCP.rtoInit
        : Math.min(2 * socket.srtt + (socket.sent.length === 1 ? TCP.rtoMin : 2 * TCP.tick), socket.rto);
    socket.retransmission = socket.ns.cables.later(delay, () => probe(socket));
  } else socket.retransmission = socket.ns.cables.later(timeoutOf(socket), () => timeout(socket));
}

/** tcp_schedule_loss_probe: behind each burst, for how long to wait depends on how many segments are under way. */
export function armLossProbe(socket: TcpSocket): void {
  if (mayProbe(socket)) armRetransmission(socket, true);
}

/** The linear SYN timeouts of Linux 6.5 come before the exponential ones. */
function timeoutOf(socket: TcpSocket): number {
  const linear = socket.state === "SYN-SENT" ? TCP.synLinear : 0;
  return Math.min(socket.rto * 2 ** Math.max(0, socket.backoff - linear), TCP.rtoMax);
}

export function stopRetransmission(socket: TcpSocket): void {
  socket.retransmission?.cancel();
  socket.retransmission = null;
}

function mayProbe(socket: TcpSocket): boolean {
  const { state } = socket;
  if (state === "SYN-SENT" || state === "SYN-RECV" || !socket.hasSack) return false;
  return socket.retransmits === 0 && socket.probedUntil === null && !socket.sent.some((segment) => segment.lost);
}

/** tcp_send_loss_probe: new data if there is room, else the last segment again. */
function probe(socket: TcpSocket): void {
  const { ns, sent } = socket;
  socket.retransmission = null;
  const last = sent.at(-1);
  if (last === undefined) return;
  const step = ns.step(LEVEL.path, NO_CAUSE, null, "socket", undefined, () => ({
    because: `${socket.remote!.address} has not acknowledged the last segment: a probe finds out whether it was lost`,
    evidence: { kind: "socket", text: socket.text, command: "ss -tan" },
  }));
  socket.probedUntil = last.end;
  ns.mib.TcpExtTCPLossProbes++;
  resend(socket, last, step);
  armRetransmission(socket, true);
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
  if (socket.state !== "SYN-SENT" && socket.state !== "SYN-RECV") enterLoss(socket);
  socket.backoff++;
  socket.retransmits++;
  if (socket.state === "SYN-SENT" || socket.state === "SYN-RECV") resend(socket, head, step);
  else resendLost(socket, step);
  armRetransmission(socket, true);
}

function isOver(socket: TcpSocket): boolean {
  if (socket.state === "SYN-SENT") return socket.retransmits >= TCP.synRetries + TCP.synLinear;
  if (socket.state === "SYN-RECV") return socket.retransmits >= TCP.synAckRetries;
  // tcp_orphan_retries is 8 where nothing is known: about 100 s.
  if (socket.orphan && socket.retransmits >= 8) return true;
  return socket.retransmits > 0 && socket.ns.cables.now - socket.firstSent >= TCP.retries2;
}

/** tcp_enter_loss: everything under way counts as lost, and the window opens anew from one segment. */
function enterLoss(socket: TcpSocket): void {
  if (socket.retransmits === 0) socket.ssthresh = Math.max(Math.min(socket.cwnd, socket.sent.length) >> 1, 2);
  socket.cwnd = 1;
  socket.cwndCount = 0;
  for (const segment of socket.sent) segment.lost = true;
}

/** What an acknowledgement of new data does to timers and lost segments. */
export function progress(socket: TcpSocket, cause: number): void {
  socket.backoff = 0;
  socket.retransmits = 0;
  if (socket.probedUntil !== null && !after(socket.probedUntil, socket.sndUna)) socket.probedUntil = null;
  stopRetransmission(socket);
  if (socket.sent.length === 0) return;
  if (socket.sent.some((segment) => segment.lost)) resendLost(socket, cause);
  armRetransmission(socket, true);
}

/** A round trip of a segment that was sent once (tcp_rtt_estimator). */
export function measure(socket: TcpSocket, rtt: number): void {
  if (socket.srtt === 0) {
    socket.srtt = rtt;
    socket.rttvar = rtt / 2;
  } else {
    socket.rttvar += (Math.abs(socket.srtt - rtt) - socket.rttvar) / 4;
    socket.srtt += (rtt - socket.srtt) / 8;
  }
  socket.rto = Math.min(socket.srtt + Math.max(4 * socket.rttvar, TCP.rtoMin), TCP.rtoMax);
}

/** TIME-WAIT, or FIN-WAIT-2 of a socket that nobody holds: gone after a minute. It keeps no lab busy. */
export function endLater(socket: TcpSocket): void {
  stopRetransmission(socket);
  if (socket.lastWindow === null) socket.ns.mib.TcpExtTW++;
  socket.lastWindow ??= openWindow(socket);
  socket.delayedAck?.cancel();
  socket.delayedAck = null;
  socket.ending?.cancel();
  socket.ending = socket.ns.cables.later(TCP.timeWait, () => destroy(socket), true);
}
