// The states of a TCP connection as the director sees it. With tunnels and direct routing it sees only the client.
// Before you edit: net/netfilter/ipvs/ip_vs_proto_tcp.c (tcp_states, tcp_states_dos, tcp_timeouts,
// tcp_state_active_table).
import type { Tcp } from "../wire/packet.ts";
import { TCP_FLAG } from "../wire/packet.ts";

export const TCP_STATE = {
  none: 0,
  established: 1,
  synSent: 2,
  synRecv: 3,
  finWait: 4,
  timeWait: 5,
  close: 6,
  closeWait: 7,
  lastAck: 8,
  listen: 9,
  synAck: 10,
} as const;

export const TCP_STATE_NAMES = [
  "NONE",
  "ESTABLISHED",
  "SYN_SENT",
  "SYN_RECV",
  "FIN_WAIT",
  "TIME_WAIT",
  "CLOSE",
  "CLOSE_WAIT",
  "LAST_ACK",
  "LISTEN",
  "SYNACK",
] as const;

/** Seconds, by state. */
export const TCP_TIMEOUTS: readonly number[] = [2, 900, 120, 60, 120, 120, 10, 60, 30, 120, 120];

/** Whether a connection in the state counts as active. */
export function isActive(state: number): boolean {
  return (
    state === TCP_STATE.established ||
    state === TCP_STATE.synSent ||
    state === TCP_STATE.synRecv ||
    state === TCP_STATE.synAck
  );
}

/** Which packets a table is for: the client's, the server's, the client's where the server's are not seen. */
export const DIRECTION = { input: 0, output: 1, inputOnly: 2 } as const;
export type Direction = (typeof DIRECTION)[keyof typeof DIRECTION];

const CODES = ["NO", "ES", "SS", "SR", "FW", "TW", "CL", "CW", "LA", "LI", "SA"];

/** Columns are the states before, in the order of CODES; rows are SYN, FIN, ACK, RST. */
const TABLES = tables([
  [
    "SR ES ES SR SR SR SR SR SR SR SR",
    "CL CW SS TW TW TW CL CW LA LI TW",
    "ES ES SS ES FW TW CL CW CL LI ES",
    "CL CL CL SR CL CL CL CL LA LI SR",
  ],
  [
    "SS ES SS SR SS SS SS SS SS LI SR",
    "TW FW SS TW FW TW CL TW LA LI TW",
    "ES ES SS ES FW TW CL CW LA ES ES",
    "CL CL SS CL CL TW CL CL CL CL CL",
  ],
  [
    "SR ES ES SR SR SR SR SR SR SR SR",
    "CL FW SS TW FW TW CL CW LA LI TW",
    "ES ES SS ES FW TW CL CW CL LI ES",
    "CL CL CL SR CL CL CL CL LA LI CL",
  ],
]);

/** The stricter ones of secure_tcp: an answered SYN waits for data or for the end of a handshake that was seen. */
const STRICT_TABLES = tables([
  [
    "SR ES ES SR SR SR SR SR SR SR SA",
    "CL CW SS TW TW TW CL CW LA LI SA",
    "ES ES SS SR FW TW CL CW CL LI SA",
    "CL CL CL SR CL CL CL CL LA LI CL",
  ],
  [
    "SS ES SS SA SS SS SS SS SS LI SA",
    "TW FW SS TW FW TW CL TW LA LI TW",
    "ES ES SS ES FW TW CL CW LA ES ES",
    "CL CL SS CL CL TW CL CL CL CL CL",
  ],
  [
    "SA ES ES SR SA SA SA SA SA SA SA",
    "CL FW SS TW FW TW CL CW LA LI TW",
    "ES ES SS ES FW TW CL CW CL LI ES",
    "CL CL CL SR CL CL CL CL LA LI CL",
  ],
]);

function tables(written: readonly (readonly string[])[]): readonly (readonly (readonly number[])[])[] {
  return written.map((rows) => rows.map((row) => row.split(" ").map((code) => CODES.indexOf(code))));
}

/** The state that follows; a segment without any of the four flags closes. */
export function nextTcpState(
  state: number,
  direction: Direction,
  { flags }: Pick<Tcp, "flags">,
  isStrict: boolean,
): number {
  const row =
    (flags & TCP_FLAG.rst) !== 0
      ? 3
      : (flags & TCP_FLAG.syn) !== 0
        ? 0
        : (flags & TCP_FLAG.fin) !== 0
          ? 1
          : (flags & TCP_FLAG.ack) !== 0
            ? 2
            : -1;
  return row === -1 ? TCP_STATE.close : (isStrict ? STRICT_TABLES : TABLES)[direction]![row]![state]!;
}
