// Segments leave: headers, windows, what may be sent now, acknowledgements, resets.
// Before you edit: net/ipv4/tcp_output.c (__tcp_transmit_skb, tcp_write_xmit, tcp_mss_split_point, tcp_send_fin,
// tcp_send_delayed_ack), tcp_ipv4.c (tcp_v4_send_ack).
import { LEVEL } from "../../trace/step.ts";
import { MILLISECOND } from "../../trace/world.ts";
import { TCP_FLAG, type Tcp, type TcpOptions } from "../../wire/packet.ts";
import { isKnown6 } from "../ipv6/output-route.ts";
import type { Netns } from "../netns.ts";
import { atPort, sendByIp } from "../socket/family.ts";
import { after, distance, OWED, plus, type Sent, TCP } from "./block.ts";
import { segmentsAtOnce, validateWindow } from "./congestion.ts";
import { selectWindow } from "./receive-buffer.ts";
import { inFlight } from "./scoreboard.ts";
import type { TcpSocket } from "./tcp.ts";
import { armDelayedAck, rearmTimeout, scheduleLossProbe } from "./timer.ts";
import { checkProbe } from "./window-probe.ts";

const NO_DATA = new Uint8Array(0);
const { fin: FIN, syn: SYN, rst: RST, psh: PSH, ack: ACK } = TCP_FLAG;

/** TSval is a clock of milliseconds that begins anywhere. */
export const tsAt = (time: number, offset: number): number => (Math.floor(time / MILLISECOND) + offset) >>> 0;
export const tsClock = (ns: Netns, offset: number): number => tsAt(ns.cables.now, offset);

function timestamps(socket: TcpSocket): TcpOptions {
  if (!socket.hasTimestamps) return {};
  return { timestamps: [tsClock(socket.ns, socket.tsOffset), socket.tsRecent] };
}

/** Options of a segment of a connection: timestamps, and what came twice or too early. */
function options(socket: TcpSocket): TcpOptions {
  const { twice, sacks, hasSack } = socket;
  if (!hasSack || (twice === null && sacks.length === 0)) return timestamps(socket);
  socket.twice = null;
  const blocks = twice === null ? sacks : [twice, ...sacks];
  return { ...timestamps(socket), sack: blocks.slice(0, mostBlocks(socket)) };
}

/** So many blocks of SACK have room beside the timestamps. */
const mostBlocks = ({ hasTimestamps }: TcpSocket): number => (hasTimestamps ? 3 : 4);

/** tcp_current_mss: what SACK tells takes room from data. */
export function currentMss(socket: TcpSocket): number {
  const { mss, twice, sacks, hasSack } = socket;
  const blocks = Math.min(sacks.length + (twice === null ? 0 : 1), mostBlocks(socket));
  return hasSack && blocks > 0 ? mss - 4 - 8 * blocks : mss;
}

/** Sends one segment of a connection. */
export function transmit(
  socket: TcpSocket,
  seq: number,
  flags: number,
  data: Uint8Array,
  cause: number,
  isRetransmission = false,
): void {
  const { ns, local, remote } = socket;
  const isSyn = (flags & SYN) !== 0;
  const isSynAck = isSyn && (flags & ACK) !== 0;
  const window = isSyn ? Math.min(socket.rcvWnd, 65535) : selectWindow(socket);
  const body: Tcp = {
    kind: "tcp",
    srcPort: local.port,
    dstPort: remote!.port,
    seq,
    ack: (flags & ACK) !== 0 ? socket.rcvNxt : 0,
    flags,
    window,
    options: isSyn ? synOptions(socket) : options(socket),
    data,
  };
  if ((flags & ACK) !== 0) ackSent(socket);
  if (data.length > 0) dataSent(socket);
  // A SYN-ACK counts each time it is made (tcp_make_synack), other segments when they are new (__tcp_transmit_skb).
  if (!isRetransmission || isSynAck) ns.mib.TcpOutSegs++;
  if (isRetransmission) ns.mib.TcpRetransSegs++;
  if (isRetransmission && isSyn) ns.mib.TcpExtTCPSynRetrans++;
  if ((flags & RST) !== 0) ns.mib.TcpOutRsts++;
  // ip_build_and_send_pkt: a packet as small as a SYN-ACK is never cut (IPV4_MIN_MTU), and has no identification.
  const id = isSynAck ? 0 : socket.ipId;
  const discovery = isSynAck ? "probe" : "want";
  if (!isSynAck) socket.ipId = (socket.ipId + 1) & 0xffff;
  const { confirm } = socket;
  socket.confirm = false;
  const step = ns.step(LEVEL.path, cause, null, "socket", undefined, () => ({
    because: `${socket.program} (${socket.state}) ${isRetransmission ? "sends again" : "sends"} ${segmentText(body)} to ${atPort(remote!.address, remote!.port)}`,
    evidence: { kind: "socket", text: socket.text, command: "ss -tan" },
  }));
  const { mark, device: oif } = socket;
  if (socket.known !== null && !isKnown6(ns, socket.known)) socket.known = null;
  const keepsWay = socket.known !== null;
  const sent = sendByIp(
    ns,
    { src: local.address, dst: remote!.address, body, id, confirm, mark, oif, keepsWay, discovery },
    step,
  );
  if (sent.errno === "ENETUNREACH") ns.mib.IpOutNoRoutes++;
}

function synOptions(socket: TcpSocket): TcpOptions {
  return {
    mss: socket.routeMss,
    ...(socket.hasSack && { sackPermitted: true }),
    ...timestamps(socket),
    ...(socket.rcvWscale > 0 && { windowScale: socket.rcvWscale }),
  };
}

/** A segment in words: "SYN", "100 octets and FIN". */
export function segmentText({ flags, data }: Tcp): string {
  const names = [];
  if (data.length > 0) names.push(`${data.length} octets`);
  if (flags & SYN) names.push(flags & ACK ? "SYN-ACK" : "SYN");
  if (flags & FIN) names.push("FIN");
  if (flags & RST) names.push("RST");
  return names.length === 0 ? "an ACK" : names.join(" and ");
}

/** tcp_event_ack_sent: whatever carries an ACK pays the debt. */
function ackSent(socket: TcpSocket): void {
  const { owed } = socket;
  if (owed.quick > 0 && (owed.pending & OWED.scheduled) !== 0 && --owed.quick === 0) owed.ato = TCP.delayedAck;
  owed.pending = 0;
  socket.delayedAck?.cancel();
  socket.delayedAck = null;
}

/** tcp_event_data_sent: an answer soon after a question makes the connection a conversation ("pingpong"). */
function dataSent(socket: TcpSocket): void {
  const { owed, ns } = socket;
  const { now } = ns.cables;
  socket.lastSent = now;
  if (now - owed.lastReceived < owed.ato) owed.pingpong = true;
}

export function sendAck(socket: TcpSocket, cause: number): void {
  transmit(socket, socket.sndNxt, ACK, NO_DATA, cause);
}

/** tcp_send_delayed_ack: 40 ms, so that data can carry it; the next tick when no data ever came. */
export function sendDelayedAck(socket: TcpSocket, cause: number): void {
  const delay = socket.owed.ato === 0 ? TCP.tick : TCP.delayedAck;
  socket.owed.pending |= OWED.scheduled | OWED.timer;
  if (socket.delayedAck === null) armDelayedAck(socket, delay, cause);
}

/** Puts a piece that takes room in the sequence on its way: SYN, data, FIN. */
export function sendNew(
  socket: TcpSocket,
  flags: number,
  data: Uint8Array,
  cause: number,
  size = currentMss(socket),
): void {
  const { sndNxt: seq } = socket;
  const end = plus(seq, data.length + (flags & (SYN | FIN) ? 1 : 0));
  const segments = Math.max(Math.ceil(data.length / size), 1);
  const marks = { retransmitted: false, sacked: false, lost: false, resent: false };
  const piece: Sent = { seq, end, data, flags, size, count: segments, sentAt: socket.ns.cables.now, ...marks };
  const wasEmpty = socket.packetsOut === 0;
  socket.sent.push(piece);
  socket.packetsOut += segments;
  socket.sndNxt = end;
  transmitPiece(socket, piece, cause, false);
  if (wasEmpty || socket.pending === "probe") rearmTimeout(socket);
}

/** Its segments, one after the other; what ends the piece ends the last of them, and PSH if there are several. */
export function transmitPiece(socket: TcpSocket, piece: Sent, cause: number, isAgain: boolean): void {
  const { seq, data, flags, size } = piece;
  const first = flags & ~(FIN | PSH);
  let at = 0;
  for (; at + size < data.length; at += size)
    transmit(socket, plus(seq, at), first, data.subarray(at, at + size), cause, isAgain);
  if (at === 0) transmit(socket, seq, flags, data, cause, isAgain);
  else transmit(socket, plus(seq, at), flags | PSH, data.subarray(at), cause, isAgain);
}

/** tcp_write_xmit: sends what congestion window, receiver's window and Nagle's rule let go. */
export function push(socket: TcpSocket, cause: number): void {
  if (socket.state === "SYN-SENT" || socket.state === "SYN-RECV") return;
  const { packetsOut } = socket;
  const mss = currentMss(socket);
  for (;;) {
    const takes = mayTake(socket, mss);
    if (takes === 0) break;
    sendPiece(socket, takes, mss, cause);
  }
  // A FIN alone waits for the congestion window as data does (tcp_cwnd_test; older kernels were not strict).
  if (socket.finQueued && socket.unsentLength === 0 && inFlight(socket) < socket.cwnd) {
    socket.finQueued = false;
    sendNew(socket, FIN | ACK, NO_DATA, cause);
  }
  const sent = socket.packetsOut - packetsOut;
  const isFull = inFlight(socket) >= socket.cwnd;
  if (sent > 0 || isFull) validateWindow(socket, isFull);
  if (sent > 0) {
    if (socket.caState === "CWR" || socket.caState === "Recovery") socket.prr.out += sent;
    scheduleLossProbe(socket, false);
  }
  checkProbe(socket);
}

/** The next octets as one piece. PSH ends what was written. */
function sendPiece(socket: TcpSocket, octets: number, mss: number, cause: number): void {
  const reachesEnd = octets === socket.unsentLength;
  const isFin = reachesEnd && socket.finQueued;
  const data = take(socket, octets);
  if (octets % mss !== 0) socket.sndSmall = plus(socket.sndNxt, octets);
  if (isFin) socket.finQueued = false;
  sendNew(socket, ACK | (reachesEnd ? PSH : 0) | (isFin ? FIN : 0), data, cause, mss);
}

/** tcp_write_xmit for a tail loss probe: a piece, however full the congestion window is. */
export function pushProbe(socket: TcpSocket, cause: number): void {
  const { unsentLength, cwnd } = socket;
  const mss = currentMss(socket);
  const room = distance(socket.sndNxt, plus(socket.sndUna, socket.sndWnd));
  if (unsentLength === 0 || room < Math.min(unsentLength, mss)) return;
  const quota = Math.max(Math.min(cwnd >> 1, cwnd - inFlight(socket), segmentsAtOnce(socket, mss)), 1);
  sendPiece(socket, Math.min(unsentLength, room, quota * mss), mss, cause);
}

/** tcp_write_wakeup: as much as there is room for, though it is no full segment. */
export function sendPart(socket: TcpSocket, room: number, cause: number): void {
  sendNew(socket, ACK | PSH, take(socket, Math.min(room, socket.mss, socket.unsentLength)), cause);
  push(socket, cause);
}

/** tcp_xmit_probe_skb: an octet that the other end has already, so that it must answer. */
export function sendProbe(socket: TcpSocket, cause: number): void {
  transmit(socket, plus(socket.sndUna, -1), ACK, NO_DATA, cause);
}

/** How many octets may go as one piece (tcp_cwnd_test, tcp_snd_wnd_test, tcp_mss_split_point, tcp_nagle_test). */
function mayTake(socket: TcpSocket, mss: number): number {
  const { unsentLength, cwnd } = socket;
  if (unsentLength === 0) return 0;
  const quota = Math.min(Math.max(cwnd >> 1, 1), cwnd - inFlight(socket), segmentsAtOnce(socket, mss));
  if (quota <= 0) return 0;
  const room = distance(socket.sndNxt, plus(socket.sndUna, socket.sndWnd));
  if (room < Math.min(unsentLength, mss)) return 0;
  const needed = Math.min(unsentLength, room);
  if (quota * mss <= needed) return quota * mss;
  const partial = needed % mss;
  if (partial !== 0 && waitsForMore(socket)) return needed - partial;
  return needed;
}

/** Nagle's rule in Minshall's form: a small segment waits while another small one is not acknowledged. */
function waitsForMore({ noDelay, finQueued, sent, sndSmall, sndUna, sndNxt }: TcpSocket): boolean {
  return !noDelay && !finQueued && sent.length > 0 && after(sndSmall, sndUna) && !after(sndSmall, sndNxt);
}

function take(socket: TcpSocket, length: number): Uint8Array {
  const { unsent } = socket;
  socket.unsentLength -= length;
  const first = unsent[0]!;
  if (first.length >= length) {
    if (first.length === length) unsent.shift();
    else unsent[0] = first.subarray(length);
    return first.subarray(0, length);
  }
  const out = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const piece = unsent[0]!;
    const part = piece.subarray(0, length - at);
    out.set(part, at);
    at += part.length;
    if (part.length === piece.length) unsent.shift();
    else unsent[0] = piece.subarray(part.length);
  }
  return out;
}

/** tcp_sync_mss: the route's MTU, what the other end said, half its window, and the room of the timestamps. */
export function syncMss(socket: TcpSocket): void {
  const { maxWindow } = socket;
  const room = socket.hasTimestamps ? TCP.timestampOctets : 0;
  const mss = Math.min(socket.routeMss, socket.pathMss, socket.peerMss) - room;
  socket.mss = maxWindow > TCP.defaultMss ? Math.min(mss, Math.max(maxWindow >> 1, 48)) : mss;
}

/** tcp_send_active_reset: the program closed without reading, or wants no farewell. */
export function sendActiveReset(socket: TcpSocket, cause: number): void {
  transmit(socket, socket.sndNxt, RST | ACK, NO_DATA, cause);
}

/** tcp_v4_send_ack: what is left of a connection, or not one yet, acknowledges without a socket. */
export function sendBareAck(socket: TcpSocket, cause: number): void {
  const { ns, local, remote } = socket;
  const body: Tcp = {
    kind: "tcp",
    srcPort: local.port,
    dstPort: remote!.port,
    seq: socket.sndNxt,
    ack: socket.rcvNxt,
    flags: ACK,
    window: Math.min(Math.floor((socket.lastWindow ?? socket.rcvWnd) / 2 ** socket.rcvWscale), 65535),
    options: timestamps(socket),
    data: NO_DATA,
  };
  ns.mib.TcpOutSegs++;
  const { mark, device: oif } = socket;
  sendByIp(ns, { src: local.address, dst: remote!.address, body, id: 0, mark, oif }, cause);
}
