// How a connection ends: FIN, reset, error, or the program that goes away.
// Before you edit: RFC 9293 §3.6, net/ipv4/tcp.c (__tcp_close, tcp_shutdown, tcp_done, inet_csk_listen_stop),
// tcp_input.c (tcp_reset, tcp_fin).
import type { Errno } from "../errno.ts";
import { unhash } from "./bind.ts";
import { stopKeepalive } from "./keepalive.ts";
import { push, sendActiveReset } from "./output.ts";
import { forget } from "./scoreboard.ts";
import type { TcpSocket } from "./tcp.ts";
import { endLater } from "./timer.ts";
import { stopProbe } from "./window-probe.ts";

/** Out of every table; no timer runs, nothing is queued. */
export function destroy(socket: TcpSocket): void {
  if (socket.state === "ESTAB" || socket.state === "CLOSE-WAIT") socket.ns.mib.TcpEstabResets++;
  socket.retransmission?.cancel();
  socket.delayedAck?.cancel();
  socket.ending?.cancel();
  stopProbe(socket);
  stopKeepalive(socket);
  socket.retransmission = null;
  socket.delayedAck = null;
  socket.ending = null;
  forget(socket);
  socket.unsent.length = 0;
  socket.unsentLength = 0;
  socket.early.length = 0;
  unhash(socket);
  socket.state = "UNCONN";
  const { listener } = socket;
  if (listener !== null) {
    const at = listener.ready.indexOf(socket);
    // A connection that was reset while it waited stays in the queue: accept gets it, and reads the error.
    if (at === -1) socket.listener = null;
  }
}

/** The connection is over, and whoever holds the socket learns why. */
export function fail(socket: TcpSocket, errno: Errno, _cause: number): void {
  // A request that a listener keeps is no socket yet.
  if (socket.state === "SYN-SENT" || (socket.state === "SYN-RECV" && socket.listener === null))
    socket.ns.mib.TcpAttemptFails++;
  socket.error = errno;
  socket.receiveClosed = true;
  socket.sendClosed = true;
  destroy(socket);
  socket.wake();
}

/** The program gives up a connection that is not there yet, and keeps the socket (tcp_disconnect). */
export function disconnect(socket: TcpSocket): void {
  socket.error = "ECONNRESET";
  destroy(socket);
  socket.wake();
}

/** Says FIN, behind what is still to be sent. */
export function sendFin(socket: TcpSocket, cause: number): void {
  if (socket.state === "ESTAB" || socket.state === "SYN-RECV") socket.state = "FIN-WAIT-1";
  else if (socket.state === "CLOSE-WAIT") socket.state = "LAST-ACK";
  else return;
  socket.sendClosed = true;
  socket.finQueued = true;
  push(socket, cause);
}

/** close: unread data makes it a reset, else FIN. `abort` is SO_LINGER with no time. */
export function close(socket: TcpSocket, cause: number, abort: boolean): void {
  socket.orphan = true;
  if (socket.state === "LISTEN") return closeListener(socket, cause);
  const { state, unread } = socket;
  socket.received.length = 0;
  socket.rmem = 0;
  socket.unread = 0;
  socket.receiveClosed = true;
  if (state === "UNCONN") return destroy(socket);
  if (state === "SYN-SENT") return destroy(socket);
  const isOpen = state === "ESTAB" || state === "CLOSE-WAIT" || state === "SYN-RECV";
  if ((unread > 0 || abort) && state !== "TIME-WAIT" && (isOpen || state === "FIN-WAIT-1" || state === "FIN-WAIT-2")) {
    sendActiveReset(socket, cause);
    return destroy(socket);
  }
  if (isOpen) sendFin(socket, cause);
  else if (state === "FIN-WAIT-2") endLater(socket);
}

/** Connections that nobody accepted are reset. */
function closeListener(listener: TcpSocket, cause: number): void {
  for (const child of [...listener.ready]) {
    if (child.state !== "UNCONN") sendActiveReset(child, cause);
    child.listener = null;
    destroy(child);
  }
  listener.ready.length = 0;
  for (const child of [...(listener.ns.sockets.tcp.get(listener.local.port) ?? [])])
    if (child.listener === listener && child.state === "SYN-RECV") destroy(child);
  destroy(listener);
}
