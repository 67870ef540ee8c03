// How much may be under way? Reno's window, how it shrinks when something is lost, and how that is undone.
// Before you edit: RFC 5681, RFC 6937, net/ipv4/tcp_cong.c (tcp_reno_cong_avoid), tcp_input.c (tcp_cwnd_reduction,
// tcp_enter_recovery, tcp_enter_loss, tcp_undo_cwnd_reduction, tcp_update_pacing_rate), tcp_output.c (tcp_cwnd_validate,
// tcp_cwnd_application_limited, tcp_cwnd_restart, tcp_tso_autosize), net/core/sock.c (sk_trim_gso_size).
import { SECOND } from "../../trace/world.ts";
import { before, TCP } from "./block.ts";
import { remaining } from "./rack.ts";
import { inFlight, markLost } from "./scoreboard.ts";
import type { TcpSocket } from "./tcp.ts";

/** sk_gso_max_size and gso_max_segs of a device: GSO_LEGACY_MAX_SIZE without MAX_TCP_HEADER; GSO_MAX_SEGS. */
const [MOST_OCTETS, MOST_AT_ONCE] = [65_536 - 321, 65_535];
/** net.ipv4.tcp_pacing_ss_ratio, tcp_pacing_ca_ratio. */
const [SLOW_START_RATIO, AVOIDANCE_RATIO] = [2, 1.2];
/** 2^tcp_tso_rtt_log microseconds: each of them halves what a short way adds. */
const NEAR = 512_000;

const reduces = ({ caState }: TcpSocket): boolean => caState === "CWR" || caState === "Recovery";

/** tcp_current_ssthresh. */
const currentSsthresh = (socket: TcpSocket): number =>
  reduces(socket) ? socket.ssthresh : Math.max(socket.ssthresh, (socket.cwnd >> 1) + (socket.cwnd >> 2));

/** tcp_cong_control: behind each ACK, for so many segments that arrived. */
export function controlWindow(
  socket: TcpSocket,
  delivered: number,
  lost: number,
  ack: { readonly advances: boolean; readonly raises: boolean },
): void {
  if (reduces(socket)) reduce(socket, delivered, lost, ack.advances);
  else if (ack.raises) avoid(socket, delivered);
}

/** tcp_is_cwnd_limited. */
const isLimited = ({ cwnd, ssthresh, usage }: TcpSocket): boolean =>
  usage.isFull || (cwnd < ssthresh && cwnd < 2 * usage.most);

/** tcp_reno_cong_avoid: a window grows only if it was used. */
function avoid(socket: TcpSocket, delivered: number): void {
  if (!isLimited(socket)) return;
  const { cwnd, ssthresh } = socket;
  let acked = delivered;
  if (cwnd < ssthresh) {
    socket.cwnd = Math.min(cwnd + acked, ssthresh);
    acked -= socket.cwnd - cwnd;
    if (acked === 0) return;
  }
  // tcp_cong_avoid_ai
  if (socket.cwndCount >= socket.cwnd) {
    socket.cwndCount = 0;
    socket.cwnd++;
  }
  socket.cwndCount += acked;
  if (socket.cwndCount < socket.cwnd) return;
  const more = Math.floor(socket.cwndCount / socket.cwnd);
  socket.cwndCount -= more * socket.cwnd;
  socket.cwnd += more;
}

/** tcp_cwnd_validate: behind what was sent. */
export function validateWindow(socket: TcpSocket, isFull: boolean): void {
  const { usage, packetsOut } = socket;
  if (!before(socket.sndUna, usage.until) || isFull || (!usage.isFull && packetsOut > usage.most)) {
    usage.isFull = isFull;
    usage.most = packetsOut;
    usage.until = socket.sndNxt;
  }
  if (isLimited(socket)) return useAnew(socket);
  usage.used = Math.max(usage.used, packetsOut);
  if (socket.ns.cables.now - usage.since >= socket.rto) shrinkToUsed(socket);
}

/** What is under way is counted from now on. */
function useAnew({ usage, ns }: TcpSocket): void {
  usage.used = 0;
  usage.since = ns.cables.now;
}

/** tcp_cwnd_application_limited: a window that the program did not fill for a whole timeout gives half of the rest back. */
function shrinkToUsed(socket: TcpSocket): void {
  const { usage, cwnd } = socket;
  if (socket.caState === "Open" && !socket.orphan) {
    const used = Math.max(usage.used, TCP.initialWindow);
    if (used < cwnd) {
      socket.ssthresh = currentSsthresh(socket);
      socket.cwnd = (cwnd + used) >> 1;
    }
    usage.used = 0;
  }
  usage.since = socket.ns.cables.now;
}

/** tcp_slow_start_after_idle_check: what was known of the way is old after a silence. */
export function restartAfterIdle(socket: TcpSocket): void {
  const silence = socket.ns.cables.now - socket.lastSent;
  if (socket.packetsOut > 0 || silence <= socket.rto) return;
  socket.ssthresh = currentSsthresh(socket);
  const least = Math.min(TCP.initialWindow, socket.cwnd);
  for (let left = silence - socket.rto; left > 0 && socket.cwnd > least; left -= socket.rto) socket.cwnd >>= 1;
  socket.cwnd = Math.max(socket.cwnd, least);
  useAnew(socket);
}

/** tcp_init_cwnd_reduction. */
export function beginReduction(socket: TcpSocket): void {
  socket.highSeq = socket.sndNxt;
  socket.probedUntil = null;
  socket.cwndCount = 0;
  Object.assign(socket.prr, { delivered: 0, out: 0, priorCwnd: socket.cwnd });
  socket.ssthresh = Math.max(socket.cwnd >> 1, 2);
}

/** tcp_cwnd_reduction: as many leave as arrive, in proportion to the new window. */
export function reduce(socket: TcpSocket, delivered: number, lost: number, advances: boolean): void {
  const { prr, ssthresh } = socket;
  if (delivered <= 0) return;
  const flight = inFlight(socket);
  const room = ssthresh - flight;
  prr.delivered += delivered;
  let more: number;
  if (room < 0) more = Math.ceil((ssthresh * prr.delivered) / prr.priorCwnd) - prr.out;
  else more = Math.min(room, Math.max(prr.delivered - prr.out, delivered) + (advances && lost === 0 ? 1 : 0));
  socket.cwnd = flight + Math.max(more, prr.out === 0 ? 1 : 0);
}

/** tcp_end_cwnd_reduction. */
export function endReduction(socket: TcpSocket): void {
  if (socket.ssthresh < Number.POSITIVE_INFINITY && (socket.caState === "CWR" || socket.undo.marker !== null)) {
    socket.cwnd = socket.ssthresh;
    socket.usage.since = socket.ns.cables.now;
  }
}

/** tcp_init_undo. */
function beginUndo(socket: TcpSocket): void {
  const { undo, retransOut, probedUntil, probedNew } = socket;
  undo.marker = socket.sndUna;
  // None under way is not the same as none left.
  undo.copies = retransOut + (probedUntil !== null && !probedNew ? 1 : 0) || -1;
}

/** tcp_any_retrans_done. */
export const hasResent = ({ retransOut, sent }: TcpSocket): boolean =>
  retransOut > 0 || sent[0]?.retransmitted === true;

/** tcp_enter_recovery. */
export function enterRecovery(socket: TcpSocket): void {
  const { undo } = socket;
  if (!hasResent(socket)) undo.stamp = null;
  undo.ssthresh = null;
  beginUndo(socket);
  if (!reduces(socket)) {
    undo.ssthresh = currentSsthresh(socket);
    beginReduction(socket);
  }
  socket.caState = "Recovery";
}

/** tcp_enter_loss: the timer ran out, and all that is not young counts as lost. */
export function enterLoss(socket: TcpSocket): void {
  const { caState, sent, undo, prr } = socket;
  const isNew = caState !== "Recovery" && caState !== "Loss";
  const hasReneged = sent[0]?.sacked === true;
  if (hasReneged) socket.sackedOut = 0;
  for (const [i, piece] of sent.entries()) {
    if (hasReneged) piece.sacked = false;
    else if (i > 0 && remaining(socket, piece, 0) > 0) continue;
    markLost(socket, piece);
  }
  if (
    caState === "Open" ||
    caState === "Disorder" ||
    !before(socket.sndUna, socket.highSeq) ||
    (caState === "Loss" && socket.retransmits === 0)
  ) {
    undo.ssthresh = currentSsthresh(socket);
    prr.priorCwnd = socket.cwnd;
    socket.ssthresh = Math.max(socket.cwnd >> 1, 2);
    beginUndo(socket);
  }
  socket.cwnd = inFlight(socket) + 1;
  socket.cwndCount = 0;
  socket.usage.since = socket.ns.cables.now;
  if ((caState === "Open" || caState === "Disorder") && socket.sackedOut >= TCP.reordering)
    socket.reordering = Math.min(socket.reordering, TCP.reordering);
  socket.caState = "Loss";
  socket.highSeq = socket.sndNxt;
  socket.probedUntil = null;
  socket.frto = isNew || socket.retransmits > 0;
}

/** tcp_non_congestion_loss_retransmit: nothing is full, so the window stays. */
export function enterLossOfSize(socket: TcpSocket): void {
  if (socket.caState === "Loss") return;
  socket.highSeq = socket.sndNxt;
  socket.ssthresh = currentSsthresh(socket);
  socket.undo.ssthresh = null;
  socket.undo.marker = null;
  socket.caState = "Loss";
}

/** tcp_undo_cwnd_reduction: nothing was lost. */
export function undoReduction(socket: TcpSocket, unmarks: boolean): void {
  const { undo } = socket;
  if (unmarks) {
    for (const piece of socket.sent) piece.lost = false;
    socket.lostOut = 0;
  }
  if (undo.ssthresh !== null) {
    socket.cwnd = Math.max(socket.cwnd, socket.prr.priorCwnd);
    socket.ssthresh = Math.max(socket.ssthresh, undo.ssthresh);
  }
  socket.usage.since = socket.ns.cables.now;
  undo.marker = null;
  socket.rack.moved = true;
}

/** tcp_tso_autosize: as many segments as go in a millisecond (tcp_update_pacing_rate), and more where the way is short. */
export function segmentsAtOnce({ srtt, minRtt, cwnd, ssthresh, packetsOut }: TcpSocket, mss: number): number {
  if (srtt === 0) return MOST_AT_ONCE;
  const ratio = cwnd < ssthresh / 2 ? SLOW_START_RATIO : AVOIDANCE_RATIO;
  const paced = (((mss * ratio * Math.max(cwnd, packetsOut)) / srtt) * SECOND) / 1024;
  const octets = Math.min(paced + MOST_OCTETS / 2 ** Math.floor(minRtt / NEAR), MOST_OCTETS);
  return Math.max(Math.floor(octets / mss), 2);
}
