// What does a segment acknowledge, how wide is the window, how long was the round trip, and what may follow?
// Before you edit: net/ipv4/tcp_input.c (tcp_ack, tcp_clean_rtx_queue, tcp_ack_update_window, tcp_ack_update_rtt).
import type { Tcp } from "../../wire/packet.ts";
import { after, before, distance, plus } from "./block.ts";
import { controlWindow } from "./congestion.ts";
import { syncMss, tsAt } from "./output.ts";
import { replaceTime } from "./paws.ts";
import { rackAdvance } from "./rack.ts";
import { alert, probeAcknowledged, sendAgain } from "./recovery.ts";
import { trimHead } from "./retransmit.ts";
import { measure, sinceEcho } from "./rtt.ts";
import { ACK_IS, type AckRound, checkReordering, count, highestSacked, tagSacked } from "./scoreboard.ts";
import type { TcpSocket } from "./tcp.ts";
import { setLossTimer } from "./timer.ts";
import { probeAnswered } from "./window-probe.ts";

const NOT_DUPLICATE = ACK_IS.withData | ACK_IS.windowUpdate | ACK_IS.dataAcked | ACK_IS.synAcked;

/**
 * tcp_ack. False when it acknowledges what was never sent, or what is longer ago than the largest window: somebody guesses,
 * and nothing of the segment counts (RFC 5961 §5; Linux 6.1 ignores the former).
 */
export function acknowledge(socket: TcpSocket, tcp: Tcp, cause: number): boolean {
  const { ack } = tcp;
  const { packetsOut, sndUna: priorUna, lostOut } = socket;
  const oldest = plus(priorUna, -Math.min(socket.maxWindow, socket.octetsAcked));
  if (after(ack, socket.sndNxt) || before(ack, oldest)) return false;
  const round: AckRound = {
    is: tcp.data.length > 0 || (tcp.flags & 3) !== 0 ? ACK_IS.withData : 0,
    priorUna,
    overtaken: socket.sndNxt,
    delivered: 0,
    firstSackedAt: null,
    lastSackedAt: 0,
    echo: tcp.options.timestamps?.[1] ?? null,
    cause,
  };
  const blocks = socket.hasSack ? tcp.options.sack : undefined;
  if (before(ack, priorUna)) {
    if (blocks === undefined) return true;
    tagSacked(socket, blocks, ack, round);
    sendAgain(socket, alert(socket, round, false), round.cause);
    return true;
  }
  const priorHigh = socket.hasSack ? highestSacked(socket) : priorUna;
  if (after(ack, priorUna)) {
    round.is |= ACK_IS.advance;
    socket.retransmits = 0;
  }
  replaceTime(socket, tcp);
  updateWindow(socket, tcp, round);
  if (blocks !== undefined) tagSacked(socket, blocks, ack, round);
  socket.softError = null;
  socket.probe.asked = 0;
  socket.lastHeard = socket.ns.cables.now;
  if (packetsOut === 0) {
    if ((round.is & ACK_IS.duplicateSack) !== 0) alert(socket, round, false);
    probeAnswered(socket);
    if (socket.probedUntil !== null) probeAcknowledged(socket, ack, round.is);
    return true;
  }
  clean(socket, round, priorHigh);
  if (socket.probedUntil !== null) probeAcknowledged(socket, ack, round.is);
  let again: ReturnType<typeof alert> = "nothing";
  const isDubious =
    (round.is & NOT_DUPLICATE) === 0 ||
    (round.is & (ACK_IS.dataSacked | ACK_IS.duplicateSack)) !== 0 ||
    socket.caState !== "Open";
  if (isDubious) {
    const isDuplicate = (round.is & (ACK_IS.advance | NOT_DUPLICATE | ACK_IS.duplicateSack)) === 0;
    again = alert(socket, round, isDuplicate);
  }
  if ((round.is & ACK_IS.setTimer) !== 0) setLossTimer(socket);
  const progresses = (round.is & (ACK_IS.dataAcked | ACK_IS.synAcked | ACK_IS.dataSacked)) !== 0;
  if (progresses || (round.is & NOT_DUPLICATE) === 0) socket.confirm = true;
  // With much reordering any arrival opens the window (tcp_may_raise_cwnd).
  const raises = socket.reordering > 3 ? progresses : (round.is & ACK_IS.dataAcked) !== 0;
  const advances = (round.is & ACK_IS.advance) !== 0;
  controlWindow(socket, round.delivered, Math.max(socket.lostOut - lostOut, 0), { advances, raises });
  sendAgain(socket, again, round.cause);
  return true;
}

/** tcp_ack_update_window. */
function updateWindow(socket: TcpSocket, { ack, seq, window: field }: Tcp, round: AckRound): void {
  const window = field * 2 ** socket.sndWscale;
  const isNew = after(ack, socket.sndUna);
  if (isNew || after(seq, socket.sndWl1) || (seq === socket.sndWl1 && (window > socket.sndWnd || window === 0))) {
    round.is |= ACK_IS.windowUpdate;
    socket.sndWl1 = seq;
    socket.sndWnd = window;
    if (window > socket.maxWindow) {
      socket.maxWindow = window;
      syncMss(socket);
    }
  }
  socket.octetsAcked += distance(socket.sndUna, ack);
  socket.sndUna = ack;
}

/** tcp_clean_rtx_queue: what is acknowledged leaves the queue, and tells of the round trip. */
function clean(socket: TcpSocket, round: AckRound, priorHigh: number): void {
  const { sent, sndUna, sackedOut, highSeq } = socket;
  const { now } = socket.ns.cables;
  let lowest = socket.sndNxt;
  let first: number | null = null;
  let done = 0;
  for (const piece of sent) {
    const isWhole = !after(piece.end, sndUna);
    if (!isWhole && (piece.count === 1 || !after(sndUna, piece.seq))) break;
    const { seq, end } = piece;
    const segments = isWhole ? piece.count : acknowledgedOf(socket, piece);
    if (segments === 0) break;
    if (piece.retransmitted) round.is |= ACK_IS.resentAcked;
    else if (!piece.sacked) {
      first ??= piece.sentAt;
      if (before(seq, lowest)) lowest = seq;
      if (!after(end, highSeq)) round.is |= ACK_IS.originalArrived;
    }
    if (!piece.sacked) {
      round.delivered += segments;
      if (socket.hasSack && !isSpurious(socket, piece, round)) rackAdvance(socket, piece);
    }
    round.is |= ACK_IS.dataAcked;
    if (!isWhole) break;
    count(socket, piece, -segments);
    done++;
  }
  sent.splice(0, done);
  if (sent[0]?.sacked === true) round.is |= ACK_IS.reneging;
  const isClear = first !== null && (round.is & ACK_IS.resentAcked) === 0;
  const sackRtt = round.firstSackedAt === null ? null : now - round.firstSackedAt;
  let rtt = isClear ? now - first! : sackRtt;
  if (rtt === null && round.echo !== null && (round.is & ACK_IS.dataAcked) !== 0) rtt = sinceEcho(socket, round.echo);
  if (rtt !== null) measure(socket, rtt);
  if ((round.is & ACK_IS.dataAcked) !== 0) {
    round.is |= ACK_IS.setTimer;
    if (socket.hasSack && before(lowest, priorHigh)) checkReordering(socket, lowest);
    if (!socket.hasSack) socket.duplicates = 0;
  } else if (sackRtt !== null && sent[0] !== undefined && sackRtt > now - sent[0].sentAt) round.is |= ACK_IS.setTimer;
  if (sackedOut > 0 && sent.length === 0) socket.sackedOut = 0;
}

/** tcp_tso_acked: some segments of the piece, but not all. */
function acknowledgedOf(socket: TcpSocket, piece: TcpSocket["sent"][number]): number {
  const all = piece.count;
  trimHead(socket, piece);
  return all - piece.count;
}

/** tcp_skb_spurious_retrans: the echoed timestamp is older than the copy. */
function isSpurious({ tsOffset }: TcpSocket, piece: TcpSocket["sent"][number], { echo }: AckRound): boolean {
  return piece.retransmitted && echo !== null && before(echo, tsAt(piece.sentAt, tsOffset));
}
