// What does an ACK say of losses? The states Open, Disorder, CWR, Recovery and Loss, and who leads from one to another.
// Before you edit: RFC 6675, RFC 5682, net/ipv4/tcp_input.c (tcp_fastretrans_alert, tcp_process_loss,
// tcp_try_undo_recovery, tcp_process_tlp_ack, tcp_xmit_recovery).
import { LEVEL } from "../../trace/step.ts";
import { after, before, plus } from "./block.ts";
import { beginReduction, endReduction, enterRecovery, hasResent, undoReduction } from "./congestion.ts";
import { push } from "./output.ts";
import { rackMarkLost } from "./rack.ts";
import { resendLost } from "./retransmit.ts";
import { ACK_IS, type AckRound, checkReordering } from "./scoreboard.ts";
import type { TcpSocket } from "./tcp.ts";

/** What goes again behind this ACK: nothing, new data before what is lost, or what is lost. */
export type Again = "nothing" | "new" | "lost";

/** tcp_packet_delayed: the echoed timestamp is older than the first copy, or nothing was sent again. */
function isOnlyLate({ undo }: TcpSocket, { echo }: AckRound): boolean {
  return undo.stamp === null || (echo !== null && before(echo, undo.stamp));
}

/** tcp_may_undo. */
const mayUndo = (socket: TcpSocket, round: AckRound): boolean =>
  socket.undo.marker !== null && (socket.undo.copies === 0 || isOnlyLate(socket, round));

/** tcp_try_undo_recovery. */
function recovered(socket: TcpSocket, round: AckRound): void {
  if (mayUndo(socket, round)) undoReduction(socket, false);
  socket.caState = "Open";
}

/** tcp_try_to_open. */
function tryToOpen(socket: TcpSocket): void {
  if (!hasResent(socket)) socket.undo.stamp = null;
  if (socket.caState !== "CWR") keepOpen(socket);
}

/** tcp_try_keep_open. */
function keepOpen(socket: TcpSocket): void {
  const state = socket.sackedOut + socket.lostOut > 0 || hasResent(socket) ? "Disorder" : "Open";
  if (socket.caState === state) return;
  socket.caState = state;
  socket.highSeq = socket.sndNxt;
}

/** tcp_identify_packet_loss: a timer that waits for more is not set anew. */
function identifyLoss(socket: TcpSocket, round: AckRound): void {
  if (socket.sent.length === 0 || !socket.hasSack) return;
  const { retransOut } = socket;
  if (rackMarkLost(socket)) round.is &= ~ACK_IS.setTimer;
  if (retransOut > socket.retransOut) round.is |= ACK_IS.lostAgain;
}

/** tcp_fastretrans_alert: an ACK that is not as all others. */
export function alert(socket: TcpSocket, round: AckRound, isDuplicate: boolean): Again {
  if ((round.is & ACK_IS.reneging) !== 0 && (round.is & ACK_IS.advance) !== 0) return "nothing";
  const { undo } = socket;
  if (socket.caState === "Open") undo.stamp = null;
  else if (!before(socket.sndUna, socket.highSeq)) {
    if (socket.caState === "CWR" && socket.sndUna !== socket.highSeq) {
      endReduction(socket);
      socket.caState = "Open";
    } else if (socket.caState === "Recovery") {
      recovered(socket, round);
      endReduction(socket);
    }
  }
  switch (socket.caState) {
    case "Recovery":
      if ((round.is & ACK_IS.advance) !== 0 && undo.marker !== null && isOnlyLate(socket, round)) {
        checkReordering(socket, round.priorUna);
        if (socket.retransOut > 0) return "nothing";
        undoReduction(socket, true);
        tryToOpen(socket);
      }
      if (undoesByDuplicates(socket)) tryToOpen(socket);
      identifyLoss(socket, round);
      // What is undone, and lost all the same, is a recovery anew.
      if (isRecovering(socket)) return "lost";
      if (socket.lostOut === 0) return "nothing";
      break;
    case "Loss": {
      const again = processLoss(socket, round, isDuplicate);
      identifyLoss(socket, round);
      if (!isOpen(socket) && (round.is & ACK_IS.lostAgain) === 0) return again;
      if (socket.lostOut > 0) break;
      tryToOpen(socket);
      return again;
    }
    default:
      if (socket.caState !== "CWR") undoesByDuplicates(socket);
      identifyLoss(socket, round);
      if (!socket.hasSack && isDuplicate) addDuplicate(socket);
      if (socket.lostOut > 0) break;
      tryToOpen(socket);
      return "nothing";
  }
  round.cause = socket.ns.step(LEVEL.path, round.cause, null, "socket", undefined, () => ({
    because: `later segments have arrived: ${socket.lostOut === 1 ? "one" : socket.lostOut} before them must be lost`,
    evidence: { kind: "socket", text: socket.text, command: "ss -tan" },
  }));
  enterRecovery(socket);
  return "lost";
}

const isRecovering = ({ caState }: TcpSocket): boolean => caState === "Recovery";
const isOpen = ({ caState }: TcpSocket): boolean => caState === "Open";

/** Without SACK three duplicate ACKs say that the first segment was lost (RFC 5681 §3.2). */
function addDuplicate(socket: TcpSocket): void {
  const [head] = socket.sent;
  if (head === undefined || ++socket.duplicates !== 3 || head.retransmitted) return;
  head.lost = true;
  socket.lostOut += head.count;
}

/** tcp_try_undo_dsack: every copy came besides its original. */
function undoesByDuplicates(socket: TcpSocket): boolean {
  if (socket.undo.marker === null || socket.undo.copies !== 0) return false;
  undoReduction(socket, false);
  return true;
}

/** tcp_process_loss: after a timeout. New data first tells whether anything was lost (F-RTO). */
function processLoss(socket: TcpSocket, round: AckRound, isDuplicate: boolean): Again {
  const isDone = !before(socket.sndUna, socket.highSeq);
  const advances = (round.is & ACK_IS.advance) !== 0;
  if (advances && mayUndo(socket, round)) {
    undoLoss(socket);
    return "nothing";
  }
  if (socket.frto) {
    if ((round.is & ACK_IS.originalArrived) !== 0) {
      undoLoss(socket);
      return "nothing";
    }
    if (after(socket.sndNxt, socket.highSeq)) {
      if ((round.is & ACK_IS.dataSacked) !== 0 || isDuplicate) socket.frto = false;
    } else if (advances && !isDone) {
      socket.highSeq = socket.sndNxt;
      if (socket.unsentLength > 0 && after(plus(socket.sndUna, socket.sndWnd), socket.sndNxt)) return "new";
      socket.frto = false;
    }
  }
  if (isDone) {
    recovered(socket, round);
    return "nothing";
  }
  return "lost";
}

/** tcp_try_undo_loss. */
function undoLoss(socket: TcpSocket): void {
  undoReduction(socket, true);
  socket.retransmits = 0;
  socket.caState = "Open";
}

/** tcp_process_tlp_ack: was the last segment lost, for which a probe went out? */
export function probeAcknowledged(socket: TcpSocket, ack: number, is: number): void {
  if (before(ack, socket.probedUntil!)) return;
  const isPureDuplicate =
    (is & (ACK_IS.advance | ACK_IS.withData | ACK_IS.windowUpdate | ACK_IS.dataAcked | ACK_IS.dataSacked)) === 0;
  if (socket.probedNew || (is & ACK_IS.duplicateProbe) !== 0) socket.probedUntil = null;
  else if (after(ack, socket.probedUntil!)) {
    beginReduction(socket);
    socket.caState = "CWR";
    endReduction(socket);
    keepOpen(socket);
  } else if (isPureDuplicate) socket.probedUntil = null;
}

/** tcp_xmit_recovery. */
export function sendAgain(socket: TcpSocket, again: Again, cause: number): void {
  if (again === "nothing") return;
  if (again === "new") {
    push(socket, cause);
    if (after(socket.sndNxt, socket.highSeq)) return;
    socket.frto = false;
  }
  resendLost(socket, cause);
}
