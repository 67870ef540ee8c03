// What goes out again: what is lost, as far as the window lets it; what was too long, cut anew; a probe for the tail.
// Before you edit: RFC 8985 §7, net/ipv4/tcp_output.c (__tcp_retransmit_skb, tcp_retrans_try_collapse,
// tcp_xmit_retransmit_queue, tcp_send_loss_probe), tcp_input.c (tcp_simple_retransmit).
import { LEVEL } from "../../trace/step.ts";
import { Ipv4 } from "../../wire/address.ts";
import { TCP_FLAG } from "../../wire/packet.ts";
import { peekRoute } from "../ipv4/output-route.ts";
import { after, before, distance, plus, type Sent } from "./block.ts";
import { enterLossOfSize } from "./congestion.ts";
import { isRequest } from "./errors.ts";
import { currentMss, pushProbe, transmitPiece, tsClock } from "./output.ts";
import { count, cut, inFlight, markLost, resize } from "./scoreboard.ts";
import type { TcpSocket } from "./tcp.ts";
import { rearmTimeout, resetTimeout } from "./timer.ts";

/** __tcp_retransmit_skb: at most so many segments of the piece. False: not now. */
function retransmitPiece(socket: TcpSocket, at: number, segments: number, cause: number): boolean {
  const { sent, sndUna } = socket;
  const mss = currentMss(socket);
  const piece = sent[at]!;
  if (stillWaits(socket, piece)) return false;
  if (before(piece.seq, sndUna)) trimHead(socket, piece);
  let room = distance(piece.seq, plus(sndUna, socket.sndWnd));
  // Into a window that was taken back only the first goes, to ask.
  if (room <= 0 && piece.seq !== sndUna) return false;
  if (room <= 0) room = mss;
  let length = mss * segments;
  if (length > room) length = Math.floor(room / mss) * mss || room;
  if (piece.data.length > length) cut(socket, at, length, mss);
  else {
    resize(socket, piece, mss);
    if (piece.data.length < Math.min(room, mss)) collapse(socket, at, Math.min(room, mss));
  }
  piece.retransmitted = true;
  piece.sentAt = socket.ns.cables.now;
  socket.resends += piece.count;
  transmitPiece(socket, piece, cause, true);
  return true;
}

/** What is acknowledged of a piece does not go again (tcp_trim_head). */
export function trimHead(socket: TcpSocket, piece: Sent): void {
  piece.data = piece.data.subarray(distance(piece.seq, socket.sndUna));
  piece.seq = socket.sndUna;
  if (piece.count > 1) resize(socket, piece, piece.size);
}

/** tcp_retrans_try_collapse: small pieces that follow go along in the same segment. */
function collapse(socket: TcpSocket, at: number, space: number): void {
  const { sent, sndUna, sndWnd } = socket;
  const piece = sent[at]!;
  if ((piece.flags & TCP_FLAG.syn) !== 0 || piece.sacked) return;
  for (let next = sent[at + 1]; next !== undefined; next = sent[at + 1]) {
    if (next.count > 1 || next.sacked || piece.data.length + next.data.length > space) return;
    if (after(next.end, plus(sndUna, sndWnd))) return;
    const data = new Uint8Array(piece.data.length + next.data.length);
    data.set(piece.data);
    data.set(next.data, piece.data.length);
    piece.data = data;
    piece.end = next.end;
    piece.flags |= next.flags;
    piece.retransmitted ||= next.retransmitted;
    count(socket, next, -next.count);
    sent.splice(at + 1, 1);
  }
}

/** tcp_retransmit_skb: the same, and it is noted that a copy is under way. */
export function retransmit(socket: TcpSocket, at: number, segments: number, cause: number): boolean {
  const { undo } = socket;
  const isSent = retransmitPiece(socket, at, segments, cause);
  const piece = socket.sent[at]!;
  if (isSent && !piece.resent) {
    piece.resent = true;
    socket.retransOut += piece.count;
  }
  undo.stamp ??= tsClock(socket.ns, socket.tsOffset);
  undo.copies = Math.max(undo.copies, 0) + piece.count;
  return isSent;
}

/** tcp_xmit_retransmit_queue: what is lost, as far as the congestion window goes. */
export function resendLost(socket: TcpSocket, cause: number): void {
  const { sent } = socket;
  let isFirst = false;
  for (let at = 0; at < sent.length; at++) {
    const room = socket.cwnd - inFlight(socket);
    if (room <= 0 || socket.retransOut >= socket.lostOut) break;
    const piece = sent[at]!;
    if (!piece.lost || piece.sacked || piece.resent) continue;
    if (!retransmit(socket, at, room, cause)) break;
    if (socket.caState === "CWR" || socket.caState === "Recovery") socket.prr.out += piece.count;
    if (at === 0 && socket.pending !== "reorder") isFirst = true;
  }
  if (isFirst) resetTimeout(socket);
}

/** tcp_simple_retransmit: the way takes less than was thought, so what was longer did not get through. */
export function resendTooLong(socket: TcpSocket, cause: number): void {
  const mss = currentMss(socket);
  for (const piece of socket.sent)
    if ((piece.count === 1 ? piece.data.length : piece.size) > mss) markLost(socket, piece);
  if (socket.lostOut === 0) return;
  enterLossOfSize(socket);
  resendLost(socket, cause);
}

/** tcp_send_loss_probe: new data if there is room, else the last segment again. */
export function sendLossProbe(socket: TcpSocket): void {
  const { ns, sent } = socket;
  const last = sent.at(-1);
  if (socket.probedUntil === null && last !== undefined) {
    const step = ns.step(LEVEL.path, -1, null, "socket", undefined, () => ({
      because: `${socket.remote!.address} has not acknowledged the last segment: a probe finds out whether it was lost`,
      evidence: { kind: "socket", text: socket.text, command: "ss -tan" },
    }));
    const before = socket.sndNxt;
    pushProbe(socket, step);
    socket.probedNew = socket.sndNxt !== before;
    let isSent = socket.probedNew;
    if (!isSent && !stillWaits(socket, last)) {
      const mss = currentMss(socket);
      const rest = (last.count - 1) * mss;
      if (rest > 0 && last.data.length > rest) cut(socket, sent.length - 1, rest, mss);
      isSent = retransmitPiece(socket, sent.length - 1, 1, step);
    }
    if (isSent) {
      socket.probedUntil = socket.sndNxt;
      ns.mib.TcpExtTCPLossProbes++;
      socket.pending = null;
    }
  }
  rearmTimeout(socket);
}

/**
 * Whether the piece has not even left, because ARP has no answer yet: it is not sent twice (skb_still_in_host_queue). A
 * listener's SYN-ACK is made anew each time (tcp_rtx_synack).
 */
function stillWaits(socket: TcpSocket, { seq }: Sent): boolean {
  const { ns, local, remote } = socket;
  const { address } = remote!;
  if (!(address instanceof Ipv4) || isRequest(socket)) return false;
  const way = peekRoute(ns, address, local.address as Ipv4 | null, null);
  if (way.errno !== null) return false;
  const neighbour = ns.inet.get(way.device)?.neighbours.get(way.decision.nextHop);
  return (
    neighbour?.hasWaiting(({ body }) => body.kind === "tcp" && body.seq === seq && body.srcPort === local.port) === true
  );
}
