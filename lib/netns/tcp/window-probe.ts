// The other end has no room, and nothing is under way that it could acknowledge: is it asked again and again whether it
// has room now, or its word that it has could be lost and both would wait for ever.
// Before you edit: RFC 9293 §3.8.6.1, net/ipv4/tcp_timer.c (tcp_probe_timer), tcp_output.c (tcp_send_probe0,
// tcp_write_wakeup), tcp_input.c (tcp_ack_probe).
import { LEVEL } from "../../trace/step.ts";
import { distance, plus, TCP } from "./block.ts";
import { fail } from "./close.ts";
import { sendPart, sendProbe } from "./output.ts";
import type { TcpSocket } from "./tcp.ts";

const NO_CAUSE = -1;

/** tcp_probe0_when. */
function when({ rto, probe }: TcpSocket): number {
  return Math.min(Math.max(rto, TCP.rtoMin) * 2 ** Math.min(probe.backoff, 10), TCP.rtoMax);
}

/** Behind everything that may go now: something waits for the window, and no timer runs that would wake it. */
export function checkProbe(socket: TcpSocket): void {
  const { probe } = socket;
  if (socket.packetsOut > 0 || socket.unsentLength === 0) return stopProbe(socket);
  probe.timer ??= socket.ns.cables.later(when(socket), () => ask(socket));
}

export function stopProbe({ probe }: TcpSocket): void {
  probe.timer?.cancel();
  probe.timer = null;
  probe.backoff = 0;
}

/** An ACK came while nothing was under way (tcp_ack_probe): the other end lives, and the wait begins anew. */
export function probeAnswered(socket: TcpSocket): void {
  const { probe } = socket;
  if (probe.timer === null) return;
  const room = distance(socket.sndNxt, plus(socket.sndUna, socket.sndWnd));
  if (room >= Math.min(socket.unsentLength, socket.mss)) return stopProbe(socket);
  probe.timer.cancel();
  probe.timer = socket.ns.cables.later(when(socket), () => ask(socket));
}

function ask(socket: TcpSocket): void {
  const { probe, ns } = socket;
  probe.timer = null;
  if (socket.packetsOut > 0 || socket.unsentLength === 0) return;
  const step = ns.step(LEVEL.path, NO_CAUSE, null, "socket", undefined, () => ({
    because: `${socket.remote!.address} has no room for ${Math.min(socket.unsentLength, socket.mss)} octets: is there room now?`,
    evidence: { kind: "socket", text: socket.text, command: "ss -tan" },
  }));
  // tcp_orphan_retries is 8, tcp_retries2 is 15.
  if (probe.asked >= (socket.orphan ? 8 : 15)) return fail(socket, socket.softError ?? "ETIMEDOUT", step);
  const room = distance(socket.sndNxt, plus(socket.sndUna, socket.sndWnd));
  if (room > 0) return sendPart(socket, room, step);
  probe.asked++;
  probe.backoff++;
  sendProbe(socket, step);
  probe.timer = ns.cables.later(when(socket), () => ask(socket));
}
