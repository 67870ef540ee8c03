// The states of a TCP connection as somebody in the middle sees them, and what a segment makes of each.
// Before you edit: net/netfilter/nf_conntrack_proto_tcp.c (tcp_conntracks, get_conntrack_index, tcp_valid_flags),
// include/uapi/linux/netfilter/nf_conntrack_tcp.h.
import { TCP_FLAG } from "../../wire/packet.ts";

/** Behind `max` are no states: what is wrong, what is let through without a look, and two more timeouts. */
export const TCP = {
  none: 0,
  synSent: 1,
  synRecv: 2,
  established: 3,
  finWait: 4,
  closeWait: 5,
  lastAck: 6,
  timeWait: 7,
  close: 8,
  synSent2: 9,
  max: 10,
  ignore: 11,
  retrans: 12,
  unack: 13,
} as const;

export const TCP_STATES = [
  "NONE",
  "SYN_SENT",
  "SYN_RECV",
  "ESTABLISHED",
  "FIN_WAIT",
  "CLOSE_WAIT",
  "LAST_ACK",
  "TIME_WAIT",
  "CLOSE",
  "SYN_SENT2",
] as const;

/** Which kind of segment, by its flags. */
export const SEGMENT = { syn: 0, synAck: 1, fin: 2, ack: 3, rst: 4, none: 5 } as const;

export function segmentOf(flags: number): number {
  if ((flags & TCP_FLAG.rst) !== 0) return SEGMENT.rst;
  if ((flags & TCP_FLAG.syn) !== 0) return (flags & TCP_FLAG.ack) !== 0 ? SEGMENT.synAck : SEGMENT.syn;
  if ((flags & TCP_FLAG.fin) !== 0) return SEGMENT.fin;
  return (flags & TCP_FLAG.ack) !== 0 ? SEGMENT.ack : SEGMENT.none;
}

/** The same letters as in the kernel's table; what stands before them is the state as a number. */
const LETTERS: Readonly<Record<string, number>> = {
  NO: TCP.none,
  SS: TCP.synSent,
  SR: TCP.synRecv,
  ES: TCP.established,
  FW: TCP.finWait,
  CW: TCP.closeWait,
  LA: TCP.lastAck,
  TW: TCP.timeWait,
  CL: TCP.close,
  S2: TCP.synSent2,
  IV: TCP.max,
  IG: TCP.ignore,
};

/** By direction * 60 + kind of segment * 10 + state: from NONE, SYN_SENT, … to SYN_SENT2. */
export const TRANSITIONS: Uint8Array = Uint8Array.from(
  `
  SS SS IG IG IG IG IG SS SS S2
  IV IV SR IV IV IV IV IV IV SR
  IV IV FW FW LA LA LA TW CL IV
  ES IV ES ES CW CW TW TW CL IV
  IV CL CL CL CL CL CL CL CL CL
  IV IV IV IV IV IV IV IV IV IV

  IV S2 IV IV IV IV IV SS IV S2
  IV SR IG IG IG IG IG IG IG SR
  IV IV FW FW LA LA LA TW CL IV
  IV IG SR ES CW CW TW TW CL IG
  IV CL CL CL CL CL CL CL CL CL
  IV IV IV IV IV IV IV IV IV IV
  `
    .trim()
    .split(/\s+/)
    .map((letters) => LETTERS[letters]!),
);

const { syn, ack, fin, rst, urg } = TCP_FLAG;
const VALID = new Set([syn, syn | urg, syn | ack, rst, rst | ack, fin | ack, fin | ack | urg, ack, ack | urg]);
const VALID_FLAGS = Uint8Array.from({ length: 64 }, (_, flags) => (VALID.has(flags) ? 1 : 0));

/** Whether the flags can stand together; push and those of congestion always can. */
export function areValid(flags: number): boolean {
  return VALID_FLAGS[flags & (syn | ack | fin | rst | urg)] === 1;
}
