// How a connection begins: SYN, SYN-ACK, ACK, and the queue of a listener.
// Before you edit: RFC 9293 §3.5, net/ipv4/tcp_output.c (tcp_connect_init, tcp_select_initial_window), tcp_input.c
// (tcp_conn_request, tcp_rcv_synsent_state_process), tcp_minisocks.c (tcp_check_req), tcp_ipv4.c (tcp_v4_syn_recv_sock).
import { LEVEL } from "../../trace/step.ts";
import { TCP_FLAG, type Tcp } from "../../wire/packet.ts";
import { replyMark } from "../ipv4/icmp.ts";
import type { Netns } from "../netns.ts";
import { atPort, type Family, type IpPacket, wayTo } from "../socket/family.ts";
import { hash } from "./bind.ts";
import { after, distance, plus, TCP } from "./block.ts";
import { destroy, fail } from "./close.ts";
import { establishedInput } from "./input.ts";
import { keepAlive } from "./keepalive.ts";
import { sendAck, sendBareAck, sendNew, syncMss } from "./output.ts";
import { isAckLoop, refuse } from "./outside.ts";
import { isRejected, pastText, storeTime } from "./paws.ts";
import { initBufferSpace } from "./receive-buffer.ts";
import { sendReset } from "./reset.ts";
import { retransmit } from "./retransmit.ts";
import { measure, sinceEcho } from "./rtt.ts";
import { forget } from "./scoreboard.ts";
import { beginNumbers, setFirst } from "./sequence.ts";
import { type TcpArrival, TcpSocket } from "./tcp.ts";
import { endOf, isInWindow } from "./time-wait.ts";
import { resetTimeout, stopRetransmission } from "./timer.ts";

const { syn: SYN, rst: RST, ack: ACK, fin: FIN } = TCP_FLAG;
const NO_DATA = new Uint8Array(0);

/** ipv4_default_advmss, ip6_default_advmss: what a device's MTU leaves for data; an IP packet has at most 65535 octets. */
export const mssOf = (mtu: number, family: Family): number =>
  family === 4 ? Math.min(mtu, 65535) - 40 : Math.max(Math.min(mtu, 65575) - 60, 1220);

/** tcp_mtu_to_mss: what the MTU of a way leaves for data. */
export const pathMssOf = (mtu: number, family: Family): number => Math.min(mtu, 65535) - (family === 4 ? 40 : 60);

/** The MSS of who names none (TCP_MSS_DEFAULT, or what the smallest MTU of IPv6 leaves). */
const unsaidMss = (family: Family): number => (family === 4 ? TCP.defaultMss : 1220);

/** tcp_select_initial_window: as many full segments as half the buffer holds. */
function initialWindow(mss: number): number {
  const space = TCP.rcvbuf / 2;
  return Math.min(mss < space ? space - (space % mss) : space, 65535);
}

function initialRcvMss(socket: TcpSocket): void {
  const mss = socket.routeMss - (socket.hasTimestamps ? TCP.timestampOctets : 0);
  socket.owed.rcvMss = Math.max(Math.min(mss, socket.mss, socket.rcvWnd >> 1, TCP.defaultMss), 88);
  socket.owed.lastReceived = socket.ns.cables.now;
}

/** The first SYN. The socket has its addresses, ports and the route's MSS. `iss`: it takes the place of a TIME-WAIT. */
export function sendSyn(socket: TcpSocket, cause: number, iss: number | null): void {
  begin(socket, iss);
  // Of who told times before it is known that they take room (tcp_connect_init).
  const room = iss !== null && socket.hasTimestamps ? TCP.timestampOctets : 0;
  socket.rcvWnd = initialWindow(socket.routeMss - room);
  socket.rcvWscale = TCP.windowScale;
  socket.state = "SYN-SENT";
  socket.ns.mib.TcpActiveOpens++;
  sendNew(socket, SYN, NO_DATA, cause);
}

function begin(socket: TcpSocket, iss: number | null): void {
  const { ns } = socket;
  beginNumbers(socket);
  if (iss !== null) setFirst(socket, iss);
  socket.hasTimestamps = ns.sysctls.get("net.ipv4.tcp_timestamps") !== 0;
  socket.ipId = Math.floor(ns.cables.random() * 65536);
}

/** A segment for a listener (tcp_conn_request). `iss`: the connection takes the place of one in TIME-WAIT. */
export function listenInput(
  listener: TcpSocket,
  { mark, iif }: TcpArrival,
  packet: IpPacket,
  tcp: Tcp,
  cause: number,
  iss: number | null = null,
): void {
  const { ns } = listener;
  const { flags } = tcp;
  const drop = (because: string) =>
    ns.step(LEVEL.path, cause, null, "drop", packet, () => ({
      because,
      evidence: { kind: "socket", text: listener.text, command: "ss -ltn" },
    }));
  if ((flags & RST) !== 0) return void drop("a RST says nothing to a listener");
  if ((flags & ACK) !== 0) {
    sendReset(
      ns,
      packet,
      tcp,
      drop(`${listener.program} listens, and knows no connection with ${atPort(packet.src, tcp.srcPort)}`),
      replyMark(ns, mark, packet.dst.family),
      iif ?? null,
    );
    return;
  }
  if ((flags & SYN) === 0 || (flags & FIN) !== 0) return void drop("a listener takes only a SYN");
  if (listener.ready.length > listener.backlog) {
    overflow(ns);
    drop(
      `${listener.ready.length} connections wait to be accepted, and the backlog is ${listener.backlog}: the SYN is ignored`,
    );
    return;
  }
  // inet_request_mark: with tcp_fwmark_accept a connection keeps the mark of the SYN.
  const accepts = listener.mark === 0 && ns.sysctls.get("net.ipv4.tcp_fwmark_accept") !== 0;
  const own = accepts ? mark : listener.mark;
  const { src, dst } = packet;
  const scope = src.family === 6 && src.isLinkLocal ? (iif ?? null) : null;
  const way = wayTo(ns, src, dst, scope, own);
  if (way.errno !== null) {
    // inet_csk_route_req
    if (src.family === 4) ns.mib.IpOutNoRoutes++;
    return void drop(`there is no way back to ${packet.src}`);
  }
  const child = new TcpSocket(ns, listener.program, listener.family);
  child.v6only = listener.v6only;
  child.device = scope;
  child.listener = listener;
  child.mark = own;
  child.local = { address: dst, port: tcp.dstPort };
  child.remote = { address: src, port: tcp.srcPort };
  child.isBound = true;
  child.reuseAddress = listener.reuseAddress;
  child.reusePort = listener.reusePort;
  child.noDelay = listener.noDelay;
  Object.assign(child.keepalive, listener.keepalive);
  child.routeMss = mssOf(way.mtu, src.family);
  child.pathMss = pathMssOf(way.mtu, src.family);
  begin(child, iss);
  takeSyn(child, tcp);
  child.rcvWnd = initialWindow(child.routeMss - (child.hasTimestamps ? TCP.timestampOctets : 0));
  child.state = "SYN-RECV";
  hash(child);
  sendNew(child, SYN | ACK, NO_DATA, cause);
}

function overflow({ mib }: Netns): void {
  mib.TcpExtListenOverflows++;
  mib.TcpExtListenDrops++;
}

/** What the other end's SYN says about it. */
function takeSyn(socket: TcpSocket, { seq, options, window }: Tcp): void {
  socket.rcvNxt = plus(seq, 1);
  socket.rcvWup = socket.rcvNxt;
  socket.peerMss = options.mss ?? unsaidMss(socket.remote!.address.family);
  socket.hasTimestamps &&= options.timestamps !== undefined;
  socket.hasSack = options.sackPermitted === true;
  storeTime(socket, options.timestamps?.[0] ?? 0);
  socket.rcvWscale = options.windowScale === undefined ? 0 : TCP.windowScale;
  socket.sndWscale = Math.min(options.windowScale ?? 0, 14);
  socket.sndWnd = window;
  socket.maxWindow = window;
  socket.sndWl1 = seq;
  syncMss(socket);
}

/** A segment for a connection that a listener began, and whose ACK is awaited (tcp_check_req). */
export function synRecvInput(child: TcpSocket, packet: IpPacket, tcp: Tcp, cause: number): void {
  const { ns, listener, rcvNxt } = child;
  const { flags, seq } = tcp;
  const isPast = isRejected(child, tcp);
  if ((flags & (SYN | ACK | RST)) === SYN && plus(seq, 1) === rcvNxt && !isPast) return sendSynAckAgain(child, cause);
  if ((flags & (ACK | RST)) === ACK && tcp.ack !== child.sndNxt) return sendReset(ns, packet, tcp, cause);
  if (isPast || !isInWindow(seq, endOf(tcp), rcvNxt, plus(rcvNxt, child.rcvWnd))) {
    const why = isPast ? pastText(child, tcp) : `octet ${distance(rcvNxt, seq)} from here is outside the window`;
    const step = refuse(child, packet, cause, why);
    if ((flags & RST) === 0 && !isAckLoop(child, endOf(tcp) !== seq && (flags & SYN) === 0)) sendBareAck(child, step);
    return;
  }
  if ((flags & RST) !== 0 && seq !== rcvNxt)
    return sendBareAck(child, refuse(child, packet, cause, "a RST that is not exactly the next octet"));
  // Of a SYN that comes with the ACK only the rest counts.
  const isSyn = (flags & SYN) !== 0 && plus(seq, 1) !== rcvNxt;
  if ((flags & RST) !== 0 || isSyn) {
    if (isSyn) sendReset(ns, packet, tcp, refuse(child, packet, cause, "a SYN inside a connection"));
    if (listener === null) return fail(child, "ECONNREFUSED", cause);
    ns.mib.TcpAttemptFails++;
    ns.mib.TcpExtEmbryonicRsts++;
    return destroy(child);
  }
  if ((flags & ACK) === 0) return;
  if (listener !== null && listener.ready.length > listener.backlog) {
    overflow(ns);
    ns.step(LEVEL.path, cause, null, "drop", packet, () => ({
      because: `${listener.ready.length} connections wait to be accepted, and the backlog is ${listener.backlog}: the ACK is ignored`,
      evidence: { kind: "socket", text: listener.text, command: "ss -ltn" },
    }));
    return;
  }
  established(child, tcp);
  // Its SYN-ACK got through, so the neighbour needs no probe.
  child.confirm = true;
  child.openCause = ns.step(LEVEL.path, cause, null, "socket", undefined, () => ({
    because: `${atPort(packet.src, tcp.srcPort)} and ${child.program} are connected`,
    evidence: { kind: "socket", text: child.text, command: "ss -tan" },
  }));
  if (listener !== null) {
    ns.mib.TcpPassiveOpens++;
    listener.ready.push(child);
    listener.wake();
  } else child.wake();
  establishedInput(child, packet, tcp, cause);
}

/** The SYN came again, so its answer was lost; the timer begins anew (inet_rtx_syn_ack). */
function sendSynAckAgain(child: TcpSocket, cause: number): void {
  if (isAckLoop(child, false)) return;
  retransmit(child, 0, 1, cause);
  resetTimeout(child);
}

function established(socket: TcpSocket, tcp: Tcp): void {
  const isSyn = (tcp.flags & SYN) !== 0;
  const first = socket.sent[0]!;
  const echo = tcp.options.timestamps?.[1];
  if (!first.retransmitted) measure(socket, socket.ns.cables.now - first.sentAt);
  else measure(socket, (echo === undefined ? null : sinceEcho(socket, echo)) ?? TCP.rtoInit);
  forget(socket);
  socket.caState = "Open";
  socket.undo.stamp = null;
  // tcp_init_transfer: more than one SYN was lost.
  socket.cwnd = isSyn && socket.resends > 1 ? 1 : TCP.initialWindow;
  socket.sndUna = tcp.ack;
  // The SYN counts, a SYN-ACK does not.
  socket.octetsAcked = isSyn ? 1 : 0;
  socket.lastSent = socket.usage.since = socket.ns.cables.now;
  socket.backoff = 0;
  socket.retransmits = 0;
  stopRetransmission(socket);
  socket.sndWnd = isSyn ? tcp.window : tcp.window * 2 ** socket.sndWscale;
  socket.maxWindow = Math.max(socket.maxWindow, socket.sndWnd);
  socket.sndWl1 = tcp.seq;
  syncMss(socket);
  initBufferSpace(socket);
  initialRcvMss(socket);
  socket.state = "ESTAB";
  keepAlive(socket);
}

/** An answer to our SYN (tcp_rcv_synsent_state_process). */
export function synSentInput(socket: TcpSocket, packet: IpPacket, tcp: Tcp, cause: number): void {
  const { ns } = socket;
  const { flags } = tcp;
  if ((flags & ACK) !== 0 && (after(tcp.ack, socket.sndNxt) || !after(tcp.ack, socket.sndUna)))
    return sendReset(ns, packet, tcp, cause);
  if ((flags & RST) !== 0) {
    if ((flags & ACK) === 0) return;
    const step = ns.step(LEVEL.path, cause, null, "socket", undefined, () => ({
      because: `${packet.src} has no program that listens on TCP port ${tcp.srcPort}: ${socket.program} is refused`,
    }));
    return fail(socket, "ECONNREFUSED", step);
  }
  if ((flags & SYN) === 0) return;
  takeSyn(socket, tcp);
  if ((flags & ACK) === 0) {
    // Both ends began at once (RFC 9293 figure 8).
    socket.state = "SYN-RECV";
    socket.rcvWnd = initialWindow(socket.mss);
    socket.sent[0]!.flags = SYN | ACK;
    return void retransmit(socket, 0, 1, cause);
  }
  established(socket, tcp);
  const step = ns.step(LEVEL.path, cause, null, "socket", undefined, () => ({
    because: `${socket.program} is connected to ${atPort(packet.src, tcp.srcPort)}`,
    evidence: { kind: "socket", text: socket.text, command: "ss -tan" },
  }));
  socket.confirm = true;
  sendAck(socket, step);
  socket.openedBy = step;
  socket.wake();
}
