// Segments that came too early wait until what is missing before them comes; SACK tells the other end of them.
// Before you edit: RFC 2018 §4, RFC 2883, net/ipv4/tcp_input.c (tcp_data_queue_ofo, tcp_sack_new_ofo_skb,
// tcp_sack_remove, tcp_ofo_queue).
import { after, before, type Early, plus } from "./block.ts";
import { growWindow } from "./receive-buffer.ts";
import type { TcpSocket } from "./tcp.ts";

/** TCP_NUM_SACKS. */
const RUNS = 4;

const endOf = ({ seq, data, fin }: Early): number => plus(seq, data.length + (fin ? 1 : 0));

/** Keeps a piece, unless all of it is here already. */
export function keepEarly(socket: TcpSocket, piece: Early): void {
  const { early } = socket;
  const end = endOf(piece);
  const known = early.find((other) => !before(piece.seq, other.seq) && !after(end, endOf(other)));
  if (known !== undefined) {
    socket.twice = [piece.seq, end];
    return;
  }
  // A piece that brings more than those it covers takes their place.
  for (let i = early.length - 1; i >= 0; i--) {
    const other = early[i]!;
    if (before(other.seq, piece.seq) || after(endOf(other), end)) continue;
    socket.rmem -= other.truesize;
    early.splice(i, 1);
  }
  const at = early.findIndex((other) => after(other.seq, piece.seq));
  early.splice(at === -1 ? early.length : at, 0, piece);
  noteRun(socket, piece.seq, end);
  // Before it takes its room; without SACK a window that grew would hide that the ACK says the same once more.
  if (socket.hasSack) growWindow(socket, piece.data.length, piece.truesize);
  socket.rmem += piece.truesize;
}

/** tcp_sack_new_ofo_skb: the run that grew comes first, with those that it now touches. */
function noteRun({ sacks }: TcpSocket, seq: number, end: number): void {
  const touches = sacks.findIndex(([begin, stop]) => !after(seq, stop) && !after(begin, end));
  if (touches === -1) {
    sacks.unshift([seq, end]);
    if (sacks.length > RUNS) sacks.pop();
    return;
  }
  let [begin, stop] = sacks.splice(touches, 1)[0]!;
  if (before(seq, begin)) begin = seq;
  if (after(end, stop)) stop = end;
  for (let i = sacks.length - 1; i >= 0; i--) {
    const [otherBegin, otherStop] = sacks[i]!;
    if (after(begin, otherStop) || after(otherBegin, stop)) continue;
    sacks.splice(i, 1);
    if (before(otherBegin, begin)) begin = otherBegin;
    if (after(otherStop, stop)) stop = otherStop;
  }
  sacks.unshift([begin, stop]);
}

/** tcp_sack_remove: what is in order by now is no longer told. */
export function forgetRuns({ sacks, early, rcvNxt }: TcpSocket): void {
  if (early.length === 0) sacks.length = 0;
  for (let i = sacks.length - 1; i >= 0; i--) if (!before(rcvNxt, sacks[i]![0])) sacks.splice(i, 1);
}
