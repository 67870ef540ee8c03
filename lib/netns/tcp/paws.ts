// Protection against wrapped sequence numbers: the other end's clock does not go backwards, so a segment that is older than
// the last one here is of the past, though its number may fit.
// Before you edit: RFC 7323 §5, include/net/tcp.h (tcp_paws_check, tcp_paws_reject), net/ipv4/tcp_input.c
// (tcp_disordered_ack_check, tcp_tsval_replay and tcp_validate_incoming of Linux 6.14 and later).
import { MILLISECOND, SECOND } from "../../trace/world.ts";
import { TCP_FLAG, type Tcp } from "../../wire/packet.ts";
import type { IpPacket } from "../socket/family.ts";
import { after, before, distance } from "./block.ts";
import { challenge, refuse, sendDuplicateAck } from "./outside.ts";
import type { TcpSocket } from "./tcp.ts";

const { syn: SYN, rst: RST, ack: ACK } = TCP_FLAG;

/** TCP_PAWS_WINDOW: of one tick of the clock the order is not looked at. */
const TICK = 1;
/** TCP_PAWS_24DAYS: after so long the clock may have gone round. */
const ROUND = 24 * 24 * 3600 * SECOND;
/** TCP_PAWS_MSL: so long a RST with an old timestamp may be a wanderer; later its sender has begun anew. */
const LIFETIME = 60 * SECOND;
/** A clock may tick 1200 times a second. */
const FASTEST = 1.2;

/** tcp_paws_check: older by more ticks than `patience`. */
export function isOlder({ tsRecent, tsRecentAt, ns }: TcpSocket, stamp: number, patience: number): boolean {
  return tsRecent !== 0 && distance(stamp, tsRecent) > patience && ns.cables.now - tsRecentAt < ROUND;
}

/** tcp_store_ts_recent. */
export function storeTime(socket: TcpSocket, stamp: number): void {
  socket.tsRecent = stamp;
  socket.tsRecentAt = socket.ns.cables.now;
}

/** tcp_replace_ts_recent: what is echoed is the time of the segment that the last ACK was for. */
export function replaceTime(socket: TcpSocket, { seq, options }: Tcp): void {
  const stamp = options.timestamps?.[0];
  if (stamp !== undefined && !after(seq, socket.rcvWup) && !isOlder(socket, stamp, 0)) storeTime(socket, stamp);
}

/** tcp_paws_reject: for who has no full socket yet, or no more. */
export function isRejected(socket: TcpSocket, { flags, options }: Tcp): boolean {
  const stamp = socket.hasTimestamps ? options.timestamps?.[0] : undefined;
  if (stamp === undefined || !isOlder(socket, stamp, 0)) return false;
  return (flags & RST) === 0 || socket.ns.cables.now - socket.tsRecentAt < LIFETIME;
}

export const pastText = ({ tsRecent }: TcpSocket, { options }: Tcp): string =>
  `its timestamp ${options.timestamps?.[0]} is older than ${tsRecent}, the last one here: it is of the past (PAWS)`;

/**
 * The first check of a connection's segment. A RST is believed all the same, and so is an ACK that says nothing new, for
 * it may have been overtaken. Of those that are not read an ACK of old is not answered either.
 */
export function isFromThePast(socket: TcpSocket, packet: IpPacket, tcp: Tcp, end: number, cause: number): boolean {
  const { flags, seq } = tcp;
  const stamp = socket.hasTimestamps ? tcp.options.timestamps?.[0] : undefined;
  if (stamp === undefined || !isOlder(socket, stamp, TICK)) return false;
  const isBare = (flags & ACK) !== 0 && seq === end;
  if ((isBare && isOvertaken(socket, tcp, stamp)) || (flags & RST) !== 0) return false;
  const step = refuse(socket, packet, cause, pastText(socket, tcp));
  if ((flags & SYN) !== 0) challenge(socket, step);
  else if (!(isBare && before(seq, socket.rcvNxt))) sendDuplicateAck(socket, seq, end, step);
  return true;
}

/** tcp_disordered_ack: it repeats the last one, and may have been on the way for as long as a retransmission takes. */
function isOvertaken(socket: TcpSocket, { seq, ack, window }: Tcp, stamp: number): boolean {
  const { sndUna, sndWl1, sndWnd, sndWscale, rcvNxt, rto, tsRecent } = socket;
  if (seq !== rcvNxt || ack !== sndUna) return false;
  const octets = window * 2 ** sndWscale;
  const isUpdate = after(seq, sndWl1) || (seq === sndWl1 && (octets > sndWnd || octets === 0));
  return !isUpdate && distance(stamp, tsRecent) <= (rto / MILLISECOND) * FASTEST;
}
