// Nothing was said for long: is the other end still there? A segment that it has had already makes it answer, and when
// none of several does, the connection is over (SO_KEEPALIVE).
// Before you edit: RFC 9293 §3.8.4, net/ipv4/tcp_timer.c (tcp_keepalive_timer, tcp_set_keepalive), tcp.c
// (tcp_sock_set_keepidle_locked), include/net/tcp.h (keepalive_time_when, keepalive_time_elapsed).
import { LEVEL } from "../../trace/step.ts";
import { SECOND } from "../../trace/world.ts";
import type { Errno } from "../errno.ts";
import { TCP } from "./block.ts";
import { fail } from "./close.ts";
import { sendActiveReset, sendProbe } from "./output.ts";
import type { TcpSocket } from "./tcp.ts";

const NO_CAUSE = -1;
/** MAX_TCP_KEEPIDLE, which is MAX_TCP_KEEPINTVL too, and MAX_TCP_KEEPCNT. */
const MOST = { seconds: 32767, count: 127 };

export interface KeepaliveOptions {
  readonly idle?: number;
  readonly interval?: number;
  readonly count?: number;
}

/** The socket options of SO_KEEPALIVE, in the order in which programs set them. */
export function setKeepalive(socket: TcpSocket, isOn: boolean, options: KeepaliveOptions): Errno | null {
  const { keepalive, state } = socket;
  const { idle = 1, interval = 1, count = 1 } = options;
  if (Math.min(idle, interval, count) < 1 || Math.max(idle, interval) > MOST.seconds || count > MOST.count)
    return "EINVAL";
  const wasOn = keepalive.isOn;
  Object.assign(keepalive, options, { isOn });
  if (state === "UNCONN" || state === "LISTEN" || state === "TIME-WAIT") return null;
  if (!isOn) stopKeepalive(socket);
  else if (options.idle !== undefined) arm(socket, Math.max(idleTime(socket) - silence(socket), 0));
  else if (!wasOn) arm(socket, idleTime(socket));
  return null;
}

/** The connection is made. */
export function keepAlive(socket: TcpSocket): void {
  if (socket.keepalive.isOn) arm(socket, idleTime(socket));
}

export function stopKeepalive({ keepalive }: TcpSocket): void {
  keepalive.timer?.cancel();
  keepalive.timer = null;
}

const idleTime = ({ ns, keepalive }: TcpSocket): number =>
  (keepalive.idle || ns.sysctls.get("net.ipv4.tcp_keepalive_time")) * SECOND;

/** How long nothing has come from the other end. */
const silence = ({ ns, lastHeard, owed }: TcpSocket): number => ns.cables.now - Math.max(lastHeard, owed.lastReceived);

/** A connection that is only kept alive keeps no lab busy; a question without an answer does. */
function arm(socket: TcpSocket, delay: number): void {
  stopKeepalive(socket);
  const isIdle = socket.probe.asked === 0;
  socket.keepalive.timer = socket.ns.cables.later(Math.max(delay, TCP.tick), () => expire(socket), isIdle);
}

function expire(socket: TcpSocket): void {
  const { ns, keepalive, probe, remote } = socket;
  keepalive.timer = null;
  if (socket.state === "SYN-SENT") return;
  const idle = idleTime(socket);
  // What is under way has timers of its own.
  if (socket.packetsOut > 0 || socket.unsentLength > 0 || socket.finQueued) return arm(socket, idle);
  const silent = silence(socket);
  if (silent < idle) return arm(socket, idle - silent);
  if (probe.asked >= (keepalive.count || ns.sysctls.get("net.ipv4.tcp_keepalive_probes"))) {
    const step = ns.step(LEVEL.path, NO_CAUSE, null, "socket", undefined, () => ({
      because: `${socket.program} gives up: ${remote!.address} has answered none of ${probe.asked} keepalive probes`,
      evidence: { kind: "socket", text: socket.text, command: "ss -tano" },
    }));
    sendActiveReset(socket, step);
    ns.mib.TcpExtTCPAbortOnTimeout++;
    return fail(socket, socket.softError ?? "ETIMEDOUT", step);
  }
  const step = ns.step(LEVEL.path, NO_CAUSE, null, "socket", undefined, () => ({
    because: `${remote!.address} has said nothing for ${silent / SECOND} s: a keepalive probe asks whether it is still there`,
    evidence: { kind: "socket", text: socket.text, command: "ss -tano" },
  }));
  probe.asked++;
  ns.mib.TcpExtTCPKeepAlive++;
  sendProbe(socket, step);
  arm(socket, (keepalive.interval || ns.sysctls.get("net.ipv4.tcp_keepalive_intvl")) * SECOND);
}
