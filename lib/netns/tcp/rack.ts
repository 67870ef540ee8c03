// Which segments are lost? Those that were sent before another that arrived, and do not come for a while.
// Before you edit: RFC 8985, net/ipv4/tcp_recovery.c. That the while grows with each D-SACK is not modelled.
import { after, type Sent, TCP } from "./block.ts";
import { enterRecovery, reduce } from "./congestion.ts";
import { resendLost } from "./retransmit.ts";
import { inFlight, markLost } from "./scoreboard.ts";
import type { TcpSocket } from "./tcp.ts";
import { rearmTimeout, setTimer } from "./timer.ts";

/** tcp_skb_sent_after: of two pieces sent in one go the later octets were sent later. */
const sentAfter = (at: number, end: number, otherAt: number, otherEnd: number): boolean =>
  at > otherAt || (at === otherAt && after(end, otherEnd));

/** tcp_rack_advance: a piece arrived. */
export function rackAdvance(socket: TcpSocket, { sentAt, end, retransmitted }: Sent): void {
  const { rack, ns, minRtt } = socket;
  const rtt = ns.cables.now - sentAt;
  // So soon it was not the copy that arrived.
  if (retransmitted && rtt < minRtt) return;
  rack.moved = true;
  rack.rtt = rtt;
  if (!sentAfter(sentAt, end, rack.sentAt, rack.end)) return;
  rack.sentAt = sentAt;
  rack.end = end;
}

/** tcp_rack_reo_wnd: how long a segment may be overtaken before it counts as lost. */
function patience({ reorderingSeen, caState, sackedOut, reordering, minRtt, srtt }: TcpSocket): number {
  if (!reorderingSeen && (caState === "Recovery" || caState === "Loss" || sackedOut >= reordering)) return 0;
  return Math.min(minRtt / 4, srtt);
}

/** How long until the piece counts as lost (tcp_rack_skb_timeout). */
export const remaining = ({ rack, ns }: TcpSocket, { sentAt }: Sent, wait: number): number =>
  rack.rtt + wait - (ns.cables.now - sentAt);

/** tcp_rack_detect_loss: marks what is lost; nanoseconds until the last of the others is, or 0. */
function detectLoss(socket: TcpSocket): number {
  const { rack, sent } = socket;
  const wait = patience(socket);
  let longest = 0;
  for (const piece of sent) {
    if (piece.sacked || (piece.lost && !piece.resent)) continue;
    if (!sentAfter(rack.sentAt, rack.end, piece.sentAt, piece.end)) continue;
    const left = remaining(socket, piece, wait);
    if (left <= 0) markLost(socket, piece);
    else longest = Math.max(longest, left);
  }
  return longest;
}

/** tcp_rack_mark_lost. True: a timer waits for the rest. */
export function rackMarkLost(socket: TcpSocket): boolean {
  if (!socket.rack.moved) return false;
  socket.rack.moved = false;
  const left = detectLoss(socket);
  if (left > 0) setTimer(socket, "reorder", left + TCP.timeoutMin);
  return left > 0;
}

/** tcp_rack_reo_timeout: it did not come. */
export function reorderTimeout(socket: TcpSocket, cause: number): void {
  const before = inFlight(socket);
  const lostBefore = socket.lostOut;
  detectLoss(socket);
  if (inFlight(socket) !== before) {
    if (socket.caState !== "Recovery") {
      enterRecovery(socket);
      reduce(socket, 1, socket.lostOut - lostBefore, false);
    }
    resendLost(socket, cause);
  }
  if (socket.pending !== "retransmit") rearmTimeout(socket);
}
