// The states of an SCTP association as the director sees it: those of the real server, by the first chunk of a packet.
// Before you edit: net/netfilter/ipvs/ip_vs_proto_sctp.c (sctp_states, sctp_timeouts, sctp_events, set_sctp_state).
import type { Direction } from "./tcp-states.ts";

const HEADER = 12;
const CHUNK_HEADER = 4;

export const CHUNK = { init: 1, abort: 6, cookieEcho: 10, cookieAck: 11 } as const;

export const SCTP_STATE = {
  none: 0,
  init1: 1,
  init: 2,
  established: 8,
  shutdownSent: 9,
  shutdownReceived: 10,
  shutdownAckSent: 11,
  closed: 13,
} as const;

export const SCTP_STATE_NAMES = [
  "NONE",
  "INIT1",
  "INIT",
  "C-SENT",
  "C-REPLIED",
  "C-WAIT",
  "COOKIE",
  "C-ECHOED",
  "ESTABLISHED",
  "S-SENT",
  "S-RECEIVED",
  "S-ACK-SENT",
  "REJECTED",
  "CLOSED",
] as const;

/** Seconds, by state: short where an INIT was lost or rejected, else the longest time between two tries. */
export const SCTP_TIMEOUTS: readonly number[] = [2, 4, 61, 61, 61, 61, 61, 61, 900, 61, 61, 61, 4, 61];

/** Rows of the tables, by the type of chunk; what is not named here is as DATA. */
const ROWS: ReadonlyMap<number, number> = new Map([
  [CHUNK.init, 1],
  [2, 2], // INIT ACK
  [CHUNK.cookieEcho, 3],
  [CHUNK.cookieAck, 4],
  [7, 5], // SHUTDOWN
  [8, 6], // SHUTDOWN ACK
  [14, 7], // SHUTDOWN COMPLETE
  [9, 8], // ERROR
  [CHUNK.abort, 9],
]);

const CODES = ["NO", "I1", "IN", "CS", "CR", "CW", "CO", "CE", "ES", "SS", "SR", "SA", "RJ", "CL"];

/** Columns are the states before, in the order of CODES. */
const TABLES = [
  [
    "ES I1 IN CS CR CW CO CE ES SS SR SA RJ CL",
    "I1 IN IN CS CR CW CO CE ES SS SR SA IN IN",
    "CW CW CW CS CR CO CO CE ES SS SR SA RJ CL",
    "CR IN IN CR CR CW CO CE ES SS SR SA RJ CL",
    "ES I1 IN CS CR CW CO ES ES SS SR SA RJ CL",
    "SR I1 IN CS CR CW CO CE SR SS SR SA RJ CL",
    "CL IN IN CS CR CW CO CE ES CL SR CL RJ CL",
    "CL CL CL CS CR CW CO CE ES SS SR CL RJ CL",
    "CL I1 IN CS CR CW CO CL ES SS SR SA RJ CL",
    "CL CL CL CL CL RJ CL CL CL CL CL CL CL CL",
  ],
  [
    "ES I1 IN CS CR CW CO CE ES SS SR SA RJ CL",
    "CW CW CW CW CW CW CW CW ES CW CW CW CW CW",
    "CS CS CS CS CR CW CO CE ES SS SR SA RJ CL",
    "CE CE CE CE CE CE CE CE ES SS SR SA RJ CL",
    "ES ES ES ES ES ES ES ES ES SS SR SA RJ CL",
    "SS SS SS SS SS SS SS SS SS SS SR SA RJ CL",
    "SA SA SA SA SA CW CO CE ES SA SA SA RJ CL",
    "CL I1 IN CS CR CW CO CE ES SS SR SA RJ CL",
    "CL CL CL CL CL CW CO CE ES SS SR SA RJ CL",
    "CL RJ CL CL CL CL CL CL CL CL CL CL CL CL",
  ],
  [
    "ES I1 IN CS CR ES CO CE ES SS SR SA RJ CL",
    "I1 IN IN IN IN IN CO CE ES SS SR SA IN IN",
    "CE CE CE CE CE CE CO CE ES SS SR SA RJ CL",
    "ES ES ES ES ES ES CO CE ES SS SR SA RJ CL",
    "ES I1 IN ES ES CW ES ES ES SS SR SA RJ CL",
    "SR I1 IN CS CR CW CO CE SR SS SR SA RJ CL",
    "CL IN IN CS CR CW CO CE CL CL SR CL RJ CL",
    "CL CL CL CL CL CW CO CE ES SS CL CL RJ CL",
    "CL I1 IN CS CR CW CO CE ES SS SR SA RJ CL",
    "CL CL CL CL CL RJ CL CL CL CL CL CL CL CL",
  ],
].map((rows) => rows.map((row) => row.split(" ").map((code) => CODES.indexOf(code))));

/** The type of a packet's first chunk, from its octets behind the IP header; null: it has none. */
export function firstChunk(octets: Uint8Array): number | null {
  return octets.length < HEADER + CHUNK_HEADER ? null : octets[HEADER]!;
}

/** The chunk that counts: an ABORT behind a cookie, else the first. Null: there is none. */
export function decidingChunk(octets: Uint8Array): number | null {
  const first = firstChunk(octets);
  if (first !== CHUNK.cookieEcho && first !== CHUNK.cookieAck) return first;
  const length = (octets[HEADER + 2]! << 8) | octets[HEADER + 3]!;
  const second = HEADER + ((length + 3) & ~3);
  const isAborted = length >= CHUNK_HEADER && octets.length >= second + CHUNK_HEADER && octets[second] === CHUNK.abort;
  return isAborted ? CHUNK.abort : first;
}

export function nextSctpState(state: number, direction: Direction, chunk: number): number {
  return TABLES[direction]![ROWS.get(chunk) ?? 0]![state]!;
}
