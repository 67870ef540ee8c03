// TCP sockets, as a program sees them, and the door by which segments come in; errors about them come by errors.ts.
// Before you edit: RFC 9293, net/ipv4/tcp.c, af_inet.c (inet_stream_connect, inet_listen), tcp_ipv4.c (tcp_v4_rcv,
// tcp_v4_connect). The rest is beside this: block.ts (what is kept), handshake.ts, input.ts, paws.ts, outside.ts, early.ts,
// ack.ts, output.ts, timer.ts, keepalive.ts, close.ts, time-wait.ts, bind.ts; and for losses acknowledge.ts, scoreboard.ts,
// rack.ts, recovery.ts, congestion.ts, retransmit.ts.
import type { Device } from "../../link/device.ts";
import { LEVEL } from "../../trace/step.ts";
import { type Ip, unmapped } from "../../wire/address.ts";
import { LOOPBACK6, UNSPECIFIED6 } from "../../wire/address6.ts";
import type { Tcp } from "../../wire/packet.ts";
import type { Errno } from "../errno.ts";
import { replyMark } from "../ipv4/icmp.ts";
import type { Arrival } from "../ipv4/receive.ts";
import { known6 } from "../ipv6/output-route.ts";
import type { Netns } from "../netns.ts";
import { atPort, endText, type IpPacket, isLocal, wayTo } from "../socket/family.ts";
import { afterRead } from "./ack.ts";
import { conflict, connection, hash, hashListener, listenerFor, lookup, portToBind, portToConnect } from "./bind.ts";
import { type Piece, TcpBlock } from "./block.ts";
import { close, destroy, disconnect, sendFin } from "./close.ts";
import { restartAfterIdle } from "./congestion.ts";
import { listenInput, mssOf, pathMssOf, sendSyn, synRecvInput, synSentInput } from "./handshake.ts";
import { establishedInput } from "./input.ts";
import { type KeepaliveOptions, setKeepalive } from "./keepalive.ts";
import { push, segmentText, sendBareAck } from "./output.ts";
import { adjustSpace } from "./receive-buffer.ts";
import { sendReset } from "./reset.ts";
import { behind } from "./sequence.ts";
import { noteInput } from "./time-wait.ts";

/** What `receive` gives: octets, or none when the other end has said all. */
export interface Received extends Omit<Piece, "truesize"> {
  readonly end: boolean;
}

const NO_DATA = new Uint8Array(0);

export class TcpSocket extends TcpBlock {
  /** The steps that made the connection, and that brought the other end's FIN. */
  openedBy = -1;
  finCause = -1;
  /** The program has read the end: the FIN no longer counts in its queue. */
  endRead = false;

  /** Takes a local address and port; port 0 lets the kernel choose. Null, or why not. */
  bind(wanted: Ip | null, port: number): Errno | null {
    const address = wanted === null ? null : unmapped(wanted);
    if (this.local.port !== 0 || this.state !== "UNCONN") return "EINVAL";
    if (address !== null && !isLocal(this.ns, address)) return "EADDRNOTAVAIL";
    const chosen = port === 0 ? portToBind(this, address) : port;
    if (chosen === null) return "EADDRINUSE";
    const other = conflict(this, { address, port: chosen });
    if (other !== undefined) return this.inUse(port, other);
    this.local = { address, port: chosen };
    // __inet6_bind: an address of IPv6 takes nothing of IPv4.
    if (address?.family === 6) this.v6only = true;
    this.isBound = true;
    hash(this);
    return null;
  }

  private inUse(port: number, other: TcpSocket): Errno {
    this.ns.step(LEVEL.path, -1, null, "socket", undefined, () => ({
      because: `${this.program} cannot have TCP port ${port}: ${other.program} has it`,
      evidence: { kind: "socket", text: other.text, command: "ss -tan" },
    }));
    return "EADDRINUSE";
  }

  /** Waits for connections; `backlog` and one more may wait for `accept`. */
  listen(backlog = 4096): Errno | null {
    if (this.state !== "UNCONN" && this.state !== "LISTEN") return "EINVAL";
    if (this.local.port === 0) {
      const failed = this.bind(null, 0);
      if (failed !== null) return failed;
    }
    const other = conflict(this, this.local);
    if (other !== undefined) return this.inUse(this.local.port, other);
    this.backlog = Math.min(backlog, 4096);
    if (this.state !== "LISTEN") hashListener(this);
    this.state = "LISTEN";
    return null;
  }

  /**
   * Begins a connection. Null: it is under way; the socket wakes when `state` is ESTAB or when `takeError` says why not.
   */
  connect(wanted: Ip, port: number, cause = -1): Errno | null {
    if (this.state !== "UNCONN") return "EISCONN";
    const { ns } = this;
    const address = wanted === UNSPECIFIED6 ? LOOPBACK6 : unmapped(wanted);
    if (address.isMulticast || (address.family === 4 && this.v6only)) return "ENETUNREACH";
    const way = wayTo(ns, address, this.local.address, this.device, this.mark);
    if (way.errno === "ENETUNREACH") ns.mib.IpOutNoRoutes++;
    if (way.errno !== null) return way.errno;
    if (way.toAll) return "ENETUNREACH";
    this.known = address.family === 6 && this.local.address === null ? known6(ns) : null;
    const target = address.family === 4 && address.bits === 0 ? way.src : address;
    const remote = { address: target, port };
    let iss: number | null = null;
    if (this.local.port === 0) {
      const chosen = portToConnect(this, way.src, remote);
      if (chosen === null) return "EADDRNOTAVAIL";
      this.local = { address: way.src, port: chosen };
    } else {
      this.local = { address: way.src, port: this.local.port };
      const other = connection(ns, this.local, target, port);
      // Of one that is over the kernel knows enough to begin behind it, if both ends told times.
      if (other !== undefined && !(other.lastWindow !== null && other.hasTimestamps)) return "EADDRNOTAVAIL";
      if (other !== undefined) {
        iss = behind(other);
        this.tsRecent = other.tsRecent;
        this.tsRecentAt = other.tsRecentAt;
        destroy(other);
      }
    }
    this.remote = remote;
    this.routeMss = mssOf(way.mtu, target.family);
    this.pathMss = pathMssOf(way.mtu, target.family);
    hash(this);
    const step = ns.step(LEVEL.path, cause, null, "socket", undefined, () => ({
      because: `${this.program} connects from ${atPort(way.src, this.local.port)} to ${atPort(target, port)} by TCP`,
    }));
    sendSyn(this, step, iss);
    return null;
  }

  /** The connection that waits longest, or null. */
  accept(): TcpSocket | null {
    const child = this.ready.shift() ?? null;
    if (child !== null) child.listener = null;
    return child;
  }

  /** Hands octets to the kernel, which sends them as the windows allow. Null, or why not; the buffer is never full. */
  send(data: Uint8Array, cause = -1): Errno | null {
    if (this.error !== null) return this.takeError();
    if (this.sendClosed) return "EPIPE";
    if (this.state !== "ESTAB" && this.state !== "CLOSE-WAIT")
      return this.state === "SYN-SENT" || this.state === "SYN-RECV" ? "EAGAIN" : "EPIPE";
    if (data.length === 0) return null;
    const step = this.ns.step(LEVEL.path, cause, null, "socket", undefined, () => ({
      because: `${this.program} writes ${data.length} octets for ${endText(this.remote!, this.family)}`,
      evidence: { kind: "socket", text: this.text, command: "ss -tan" },
    }));
    restartAfterIdle(this);
    this.unsent.push(data);
    this.unsentLength += data.length;
    push(this, step);
    return null;
  }

  /** Octets that came, at most `limit`; `end` when the other end has said all; null when there is nothing yet. */
  receive(limit = Number.POSITIVE_INFINITY): Received | null {
    const first = this.received[0];
    if (first === undefined) {
      if (!this.heardAll && (!this.receiveClosed || this.error !== null)) return null;
      this.endRead = true;
      this.rmem = 0;
      return { data: NO_DATA, cause: this.finCause, end: true };
    }
    const pieces: Uint8Array[] = [];
    let length = 0;
    let { cause } = first;
    while (this.received.length > 0 && length < limit) {
      const piece = this.received[0]!;
      const part = piece.data.subarray(0, limit - length);
      pieces.push(part);
      length += part.length;
      cause = piece.cause;
      this.unread -= part.length;
      if (part.length === piece.data.length) {
        this.received.shift();
        this.rmem -= piece.truesize;
      } else this.received[0] = { ...piece, data: piece.data.subarray(part.length) };
      adjustSpace(this, part.length);
    }
    afterRead(this, cause);
    return { data: pieces.length === 1 ? pieces[0]! : join(pieces, length), cause, end: false };
  }

  /** Says that no more octets come from here (SHUT_WR): FIN. */
  shutdown(cause = -1): Errno | null {
    // Of a connection in TIME-WAIT the kernel keeps a note; the socket is closed.
    if (this.remote === null || this.state === "UNCONN" || this.state === "TIME-WAIT") return "ENOTCONN";
    if (this.state === "SYN-SENT") disconnect(this);
    else sendFin(this, cause);
    return null;
  }

  /** Gives the socket back. What was sent still arrives; what was not read makes the farewell a RST. */
  close(cause = -1): void {
    close(this, cause, false);
  }

  /** Gives the socket back with a RST (SO_LINGER, no time). */
  abort(cause = -1): void {
    close(this, cause, true);
  }

  /**
   * SO_KEEPALIVE, and where named TCP_KEEPIDLE and TCP_KEEPINTVL (seconds) and TCP_KEEPCNT; connections of a listener
   * inherit them. Null, or EINVAL for a number that is out of range.
   */
  setKeepalive(isOn: boolean, options: KeepaliveOptions = {}): Errno | null {
    return setKeepalive(this, isOn, options);
  }

  /** The pending error, which is then gone. */
  takeError(): Errno | null {
    const { error } = this;
    this.error = null;
    return error;
  }
}

function join(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const out = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

/** How a segment came in. */
export interface TcpArrival extends Pick<Arrival, "device" | "toOne" | "mark"> {
  /** The device that gives link-local addresses their meaning. */
  readonly iif?: Device;
}

/** A segment for this namespace (tcp_v4_rcv, tcp_v6_rcv). */
export function tcpInput(ns: Netns, arrival: TcpArrival, packet: IpPacket, tcp: Tcp, cause: number): void {
  if (!arrival.toOne) {
    ns.step(LEVEL.path, cause, arrival.device, "drop", packet, () => ({
      because: "TCP knows no broadcast and no multicast",
    }));
    return;
  }
  ns.mib.TcpInSegs++;
  const socket = lookup(ns, packet, tcp);
  if (socket === undefined) {
    const step = ns.step(LEVEL.path, cause, arrival.device, "drop", packet, () => ({
      because: `no program has a connection with ${atPort(packet.src, tcp.srcPort)}, and none listens on TCP port ${tcp.dstPort}`,
      evidence: { kind: "socket", text: `no socket with local port ${tcp.dstPort}`, command: "ss -tan" },
    }));
    return sendReset(ns, packet, tcp, step, replyMark(ns, arrival.mark, packet.dst.family), arrival.iif ?? null);
  }
  const step = deliver(socket, arrival, packet, tcp, cause);
  if (socket.lastWindow !== null) {
    if (!noteInput(socket, packet, tcp, step)) return;
    const listener = listenerFor(ns, packet.dst, tcp.dstPort);
    if (listener === undefined) return sendBareAck(socket, step);
    const iss = behind(socket);
    destroy(socket);
    return listenInput(listener, arrival, packet, tcp, deliver(listener, arrival, packet, tcp, step), iss);
  }
  switch (socket.state) {
    case "LISTEN":
      return listenInput(socket, arrival, packet, tcp, step);
    case "SYN-SENT":
      return synSentInput(socket, packet, tcp, step);
    case "SYN-RECV":
      return synRecvInput(socket, packet, tcp, step);
    default:
      return establishedInput(socket, packet, tcp, step);
  }
}

function deliver(socket: TcpSocket, { device }: TcpArrival, packet: IpPacket, tcp: Tcp, cause: number): number {
  return socket.ns.step(LEVEL.path, cause, device, "deliver", packet, () => ({
    because: `${socket.program} (${socket.state}) gets ${segmentText(tcp)} from ${atPort(packet.src, tcp.srcPort)}`,
    evidence: { kind: "socket", text: socket.text, command: socket.state === "LISTEN" ? "ss -ltn" : "ss -tan" },
  }));
}
