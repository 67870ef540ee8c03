// What is left of a connection that is over: a note without a socket, which answers for it for a minute. In TIME-WAIT both
// ends have said all; in FIN-WAIT-2 the program has gone, and the other end may still say FIN.
// Before you edit: RFC 9293 §3.10.7.4, RFC 1122 §4.2.2.13, net/ipv4/tcp_minisocks.c (tcp_timewait_state_process,
// tcp_in_window), tcp_ipv4.c (do_time_wait).
import { TCP_FLAG, type Tcp } from "../../wire/packet.ts";
import type { IpPacket } from "../socket/family.ts";
import { after, before, plus } from "./block.ts";
import { destroy } from "./close.ts";
import { sendBareAck } from "./output.ts";
import { isAckLoop, refuse } from "./outside.ts";
import { isRejected, pastText, storeTime } from "./paws.ts";
import { sendReset } from "./reset.ts";
import type { TcpSocket } from "./tcp.ts";
import { endLater } from "./timer.ts";

const { syn: SYN, rst: RST, ack: ACK, fin: FIN } = TCP_FLAG;

/** Where a segment ends, SYN and FIN counted. */
export const endOf = ({ seq, flags, data }: Tcp): number =>
  plus(seq, data.length + (flags & FIN ? 1 : 0) + (flags & SYN ? 1 : 0));

/** tcp_in_window: something of it lies in the window, or it stands at one of its ends. */
export function isInWindow(seq: number, end: number, from: number, to: number): boolean {
  return seq === from || (after(end, from) && before(seq, to)) || (seq === to && seq === end);
}

/**
 * A segment for a note. True when it is a SYN that begins a new connection: it is behind all that was sent before, or was
 * sent later.
 */
export function noteInput(socket: TcpSocket, packet: IpPacket, tcp: Tcp, cause: number): boolean {
  if (socket.state === "FIN-WAIT-2") {
    halfClosedInput(socket, packet, tcp, cause);
    return false;
  }
  const { flags, seq } = tcp;
  const { rcvNxt } = socket;
  const end = endOf(tcp);
  const stamp = socket.hasTimestamps ? tcp.options.timestamps?.[0] : undefined;
  const isPast = isRejected(socket, tcp);
  if (!isPast && seq === rcvNxt && (seq === end || (flags & RST) !== 0)) {
    if ((flags & RST) !== 0) destroy(socket);
    else endLater(socket);
    if (stamp !== undefined) storeTime(socket, stamp);
    return false;
  }
  if ((flags & (SYN | RST | ACK)) === SYN && !isPast)
    if (after(seq, rcvNxt) || (stamp !== undefined && after(stamp, socket.tsRecent))) return true;
  if ((flags & RST) !== 0) return false;
  if (isPast || (flags & ACK) !== 0) endLater(socket);
  answerOutside(socket, packet, tcp, cause, isPast);
  return false;
}

/** FIN-WAIT-2: a FIN is awaited, and nobody is there who could read data. */
function halfClosedInput(socket: TcpSocket, packet: IpPacket, tcp: Tcp, cause: number): void {
  const { flags, seq } = tcp;
  const { rcvNxt, lastWindow } = socket;
  const end = endOf(tcp);
  const isPast = isRejected(socket, tcp);
  if (isPast || !isInWindow(seq, end, rcvNxt, plus(rcvNxt, lastWindow!)))
    return answerOutside(socket, packet, tcp, cause, isPast);
  if ((flags & RST) !== 0) return destroy(socket);
  const isNewSyn = (flags & SYN) !== 0 && !before(seq, rcvNxt);
  if (!isNewSyn && ((flags & ACK) === 0 || !after(end, rcvNxt) || end === seq)) return;
  if (isNewSyn || (flags & FIN) === 0 || end !== plus(rcvNxt, 1)) {
    const because = isNewSyn ? "a SYN inside a connection" : "nobody reads this connection any more";
    sendReset(socket.ns, packet, tcp, refuse(socket, packet, cause, because), socket.mark, socket.device);
    return destroy(socket);
  }
  socket.state = "TIME-WAIT";
  socket.rcvNxt = end;
  const stamp = tcp.options.timestamps?.[0];
  if (stamp !== undefined) storeTime(socket, stamp);
  endLater(socket);
  sendBareAck(socket, cause);
}

/** tcp_timewait_check_oow_rate_limit. */
function answerOutside(socket: TcpSocket, packet: IpPacket, tcp: Tcp, cause: number, isPast: boolean): void {
  const step = isPast ? refuse(socket, packet, cause, pastText(socket, tcp)) : cause;
  if (!isAckLoop(socket, endOf(tcp) !== tcp.seq && (tcp.flags & SYN) === 0)) sendBareAck(socket, step);
}
