// Where a connection's numbers begin: its ends and a secret of the machine give a number, to which the clock adds. Who takes
// the same ports again begins behind what was sent before, so that a TIME-WAIT at the other end lets it in.
// Before you edit: RFC 6528, RFC 7323 §5.4, net/core/secure_seq.c (secure_tcp_seq_and_ts_off), net/ipv4/tcp_ipv4.c
// (tcp_twsk_unique), tcp_minisocks.c (tcp_timewait_state_process).
import type { Ip } from "../../wire/address.ts";
import { plus, type TcpBlock } from "./block.ts";

/** What one second adds is 15625000: the sequence numbers go once round in less than five minutes. */
const CLOCK = 64;
/** The way from the call to the clock takes some microseconds, mostly about so many. */
const LATENESS = 20_000;

/** Fills in the first sequence number and where the timestamps begin; the ends are known. */
export function beginNumbers(socket: TcpBlock): void {
  const { ns, local, remote } = socket;
  const ports = (local.port << 16) | remote!.port;
  const hash = mix(mix(mix(ns.kernel.secret, word(local.address!)), word(remote!.address)), ports);
  const late = ((ns.cables.random() + ns.cables.random()) * LATENESS) / 2;
  setFirst(socket, plus(hash, Math.floor((ns.cables.now + late) / CLOCK)));
  // With another value than 1 everybody sees the machine's own clock.
  socket.tsOffset = ns.sysctls.get("net.ipv4.tcp_timestamps") === 1 ? mix(hash, ports) : 0;
}

/** The first sequence number of one that takes the place of a connection in TIME-WAIT: no segment of that can fit. */
export const behind = (old: TcpBlock): number => plus(old.sndNxt, 65535 + 2);

export function setFirst(socket: TcpBlock, iss: number): void {
  socket.sndUna = iss;
  socket.sndNxt = iss;
  socket.sndSmall = iss;
}

const word = (address: Ip): number =>
  address.family === 4 ? address.bits : mix(mix(mix(address.w0, address.w1), address.w2), address.w3);

/** Each bit of both decides about half of those of the result (MurmurHash3's mixing). */
function mix(hash: number, word: number): number {
  let mixed = Math.imul(hash ^ word, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
