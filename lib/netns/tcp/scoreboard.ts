// What of the segments under way has arrived early, is lost, was sent again? The marks, and how many have which.
// Before you edit: RFC 2018, RFC 2883, net/ipv4/tcp_input.c (tcp_sacktag_write_queue, tcp_sacktag_one,
// tcp_match_skb_to_sack, tcp_check_dsack, tcp_mark_skb_lost, tcp_check_sack_reordering), tcp_output.c (tcp_fragment).
import { TCP_FLAG } from "../../wire/packet.ts";
import { after, before, distance, plus, type Sent, TCP } from "./block.ts";
import { rackAdvance } from "./rack.ts";
import type { TcpSocket } from "./tcp.ts";

/** What an ACK was found to be while it is worked through (the FLAG_ constants of tcp_input.c). */
export const ACK_IS = {
  withData: 0x01,
  windowUpdate: 0x02,
  dataAcked: 0x04,
  resentAcked: 0x08,
  synAcked: 0x10,
  dataSacked: 0x20,
  lostAgain: 0x80,
  originalArrived: 0x200,
  advance: 0x400,
  duplicateSack: 0x800,
  setTimer: 0x1000,
  reneging: 0x2000,
  duplicateProbe: 0x20000,
} as const;

/** One ACK on its way through tcp_ack. */
export interface AckRound {
  is: number;
  readonly priorUna: number;
  /** The lowest that arrived though it had been overtaken. */
  overtaken: number;
  /** Segments that arrived by now, in whatever order. */
  delivered: number;
  /** When the first and the last of those were sent that SACK tells of. */
  firstSackedAt: number | null;
  lastSackedAt: number;
  /** TSecr. */
  readonly echo: number | null;
  /** The step that brought it; what goes again is caused by what was concluded. */
  cause: number;
}

/** tcp_packets_in_flight. */
export const inFlight = ({ packetsOut, sackedOut, lostOut, retransOut }: TcpSocket): number =>
  packetsOut - sackedOut - lostOut + retransOut;

/** Nothing is under way any more. */
export function forget(socket: TcpSocket): void {
  socket.sent.length = 0;
  socket.packetsOut = 0;
  socket.sackedOut = 0;
  socket.lostOut = 0;
  socket.retransOut = 0;
}

/** So many segments more, or fewer, have the marks of this piece. */
export function count(socket: TcpSocket, { sacked, lost, resent }: Sent, segments: number): void {
  socket.packetsOut += segments;
  if (sacked) socket.sackedOut += segments;
  if (lost) socket.lostOut += segments;
  if (resent) socket.retransOut += segments;
}

/** The piece is segments of so many octets now. */
export function resize(socket: TcpSocket, piece: Sent, size: number): void {
  const segments = Math.max(Math.ceil(piece.data.length / size), 1);
  if (segments !== piece.count) count(socket, piece, segments - piece.count);
  piece.size = size;
  piece.count = segments;
}

/** Cuts a piece in two behind `length` octets (tcp_fragment): what ended it ends the second. */
export function cut(socket: TcpSocket, at: number, length: number, size: number): void {
  const piece = socket.sent[at]!;
  const middle = plus(piece.seq, length);
  const rest: Sent = { ...piece, seq: middle, data: piece.data.subarray(length), count: 0 };
  piece.end = middle;
  piece.data = piece.data.subarray(0, length);
  piece.flags &= ~(TCP_FLAG.fin | TCP_FLAG.psh);
  socket.sent.splice(at + 1, 0, rest);
  resize(socket, piece, size);
  resize(socket, rest, size);
}

/** tcp_mark_skb_lost: what was sent again is lost again. */
export function markLost(socket: TcpSocket, piece: Sent): void {
  if (piece.sacked) return;
  if (!piece.lost) {
    piece.lost = true;
    socket.lostOut += piece.count;
  } else if (piece.resent) {
    piece.resent = false;
    socket.retransOut -= piece.count;
  }
}

/** tcp_highest_sack_seq: behind the last octet that SACK told of. */
export function highestSacked({ sackedOut, sndUna, sent }: TcpSocket): number {
  if (sackedOut === 0) return sndUna;
  return sent.findLast(({ sacked }) => sacked)?.end ?? sndUna;
}

/** The blocks of an ACK: what they say has arrived. */
export function tagSacked(
  socket: TcpSocket,
  blocks: readonly (readonly [number, number])[],
  ack: number,
  round: AckRound,
): void {
  const isTwice = tellsTwice(socket, blocks, ack, round);
  if (before(ack, plus(round.priorUna, -socket.maxWindow)) || socket.packetsOut === 0) return;
  blocks.forEach(([begin, end], i) => {
    const isOfTwice = isTwice && i === 0;
    if (isValid(socket, isOfTwice, begin, end) && after(end, round.priorUna)) tag(socket, begin, end, isOfTwice, round);
  });
  if (socket.caState !== "Loss" || socket.undo.marker !== null) checkReordering(socket, round.overtaken);
}

/** Whether the first block is of octets that came twice (RFC 2883), and what that proves. */
function tellsTwice(
  socket: TcpSocket,
  blocks: readonly (readonly [number, number])[],
  ack: number,
  round: AckRound,
): boolean {
  const [begin, end] = blocks[0]!;
  const other = blocks[1];
  if (!before(begin, ack)) {
    if (other === undefined || after(end, other[1]) || before(begin, other[0])) return false;
  }
  const length = distance(begin, end);
  if (length <= 0 || length > socket.maxWindow) return false;
  const segments = Math.ceil(length / socket.mss);
  const isProbe = segments === 1 && socket.probedUntil === end;
  socket.duplicates += segments;
  // Somebody else sent them twice.
  if (socket.duplicates > socket.resends) return false;
  round.is |= ACK_IS.duplicateSack | (isProbe ? ACK_IS.duplicateProbe : 0);
  round.delivered += segments;
  const { undo } = socket;
  if (undo.marker !== null && undo.copies > 0 && !after(end, round.priorUna) && after(end, undo.marker))
    undo.copies = Math.max(0, undo.copies - segments);
  return true;
}

/** tcp_is_sackblock_valid. */
function isValid({ sndNxt, sndUna, undo, maxWindow }: TcpSocket, isTwice: boolean, begin: number, end: number) {
  if (after(end, sndNxt) || !before(begin, end) || !before(begin, sndNxt)) return false;
  if (after(begin, sndUna)) return true;
  if (!isTwice || undo.marker === null || after(end, sndUna)) return false;
  if (!before(begin, undo.marker)) return true;
  return after(end, undo.marker) && !before(begin, plus(end, -maxWindow));
}

/** tcp_sacktag_walk: pieces that lie in the block only with some of their segments are cut. */
function tag(socket: TcpSocket, begin: number, end: number, isTwice: boolean, round: AckRound): void {
  const { sent } = socket;
  for (let at = 0; at < sent.length; at++) {
    const piece = sent[at]!;
    if (!before(piece.seq, end)) return;
    const beginsIn = !after(begin, piece.seq);
    if (beginsIn && !before(end, piece.end)) {
      tagOne(socket, piece, isTwice, round);
      continue;
    }
    if (piece.count === 1 || !after(piece.end, begin)) continue;
    const { size } = piece;
    const octets = beginsIn ? distance(piece.seq, end) : Math.max(distance(piece.seq, begin), size);
    if (octets < size) return;
    const length = (beginsIn ? Math.floor(octets / size) : Math.ceil(octets / size)) * size;
    if (length >= piece.data.length) continue;
    cut(socket, at, length, size);
    if (beginsIn) tagOne(socket, piece, isTwice, round);
  }
}

function tagOne(socket: TcpSocket, piece: Sent, isTwice: boolean, round: AckRound): void {
  const { undo } = socket;
  if (isTwice && piece.retransmitted) {
    if (undo.marker !== null && undo.copies > 0 && after(piece.end, undo.marker))
      undo.copies = Math.max(0, undo.copies - piece.count);
    if (piece.sacked && before(piece.seq, round.overtaken)) round.overtaken = piece.seq;
  }
  if (!after(piece.end, socket.sndUna)) return;
  if (!piece.sacked) {
    rackAdvance(socket, piece);
    if (!piece.retransmitted) {
      if (before(piece.seq, highestSacked(socket)) && before(piece.seq, round.overtaken)) round.overtaken = piece.seq;
      if (!after(piece.end, socket.highSeq)) round.is |= ACK_IS.originalArrived;
      round.firstSackedAt ??= piece.sentAt;
      round.lastSackedAt = piece.sentAt;
    }
    if (piece.lost) {
      if (piece.resent) socket.retransOut -= piece.count;
      piece.resent = false;
      piece.lost = false;
      socket.lostOut -= piece.count;
    }
    piece.sacked = true;
    socket.sackedOut += piece.count;
    round.is |= ACK_IS.dataSacked;
    round.delivered += piece.count;
  }
  if (isTwice && piece.resent) {
    piece.resent = false;
    socket.retransOut -= piece.count;
  }
}

/** tcp_check_sack_reordering: something arrived that later ones had overtaken, and that was never sent again. */
export function checkReordering(socket: TcpSocket, low: number): void {
  const high = highestSacked(socket);
  if (!before(low, high)) return;
  const segments = Math.ceil(distance(low, high) / socket.mss);
  if (segments > socket.reordering) socket.reordering = Math.min(segments, TCP.maxReordering);
  socket.reorderingSeen = true;
}
