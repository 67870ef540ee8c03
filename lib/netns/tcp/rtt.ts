// How long is a round trip, and how long to wait for an answer?
// Before you edit: RFC 6298, net/ipv4/tcp_input.c (tcp_rtt_estimator, tcp_ack_update_rtt, tcp_rtt_tsopt_us).
import { MILLISECOND } from "../../trace/world.ts";
import { after, TCP } from "./block.ts";
import { tsClock } from "./output.ts";
import type { TcpSocket } from "./tcp.ts";

/** By the echoed timestamp: the only way to know it of what was sent twice. Null when that cannot be. */
export function sinceEcho({ ns, tsOffset }: TcpSocket, echo: number): number | null {
  const passed = (tsClock(ns, tsOffset) - echo) | 0;
  return passed < 0 ? null : Math.max(passed, 1) * MILLISECOND;
}

/** A round trip, in nanoseconds: the timeout is its mean and four times its deviation, which falls slowly. */
export function measure(socket: TcpSocket, rtt: number): void {
  const sample = Math.max(rtt, 1);
  socket.minRtt = Math.min(socket.minRtt, sample);
  if (socket.srtt === 0) {
    socket.srtt = sample;
    socket.mdev = 2 * sample;
    socket.rttvar = Math.max(socket.mdev, TCP.rtoMin);
    socket.mdevMax = socket.rttvar;
    socket.rttSeq = socket.sndNxt;
  } else {
    const error = sample - socket.srtt;
    socket.srtt += error / 8;
    let change = Math.abs(error) - socket.mdev / 4;
    // A round trip that is suddenly shorter is no reason to wait longer.
    if (error < 0 && change > 0) change /= 8;
    socket.mdev += change;
    if (socket.mdev > socket.mdevMax) {
      socket.mdevMax = socket.mdev;
      socket.rttvar = Math.max(socket.rttvar, socket.mdevMax);
    }
    if (after(socket.sndUna, socket.rttSeq)) {
      if (socket.mdevMax < socket.rttvar) socket.rttvar -= (socket.rttvar - socket.mdevMax) / 4;
      socket.rttSeq = socket.sndNxt;
      socket.mdevMax = TCP.rtoMin;
    }
  }
  socket.rto = Math.min(socket.srtt + socket.rttvar, TCP.rtoMax);
  socket.backoff = 0;
}
