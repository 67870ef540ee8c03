// An entry as people read it.
// Before you edit: libnetfilter_conntrack src/conntrack/snprintf_default.c; net/netfilter/nf_conntrack_standalone.c
// (ct_seq_show) for /proc/net/nf_conntrack.
import { SECOND } from "../../trace/world.ts";
import { PROTOCOL } from "../../wire/packet.ts";
import { type Conn, STATUS } from "./conn.ts";
import { SCTP_STATES } from "./sctp.ts";
import { TCP_STATES } from "./tcp-states.ts";
import type { Tuple } from "./tuple.ts";

/** Protocols that the tool has a name for. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [PROTOCOL.tcp, "tcp"],
  [PROTOCOL.udp, "udp"],
  [136, "udplite"],
  [PROTOCOL.icmp, "icmp"],
  [PROTOCOL.icmp6, "icmpv6"],
  [PROTOCOL.sctp, "sctp"],
  [47, "gre"],
  [33, "dccp"],
]);

export function protocolText(protocol: number): string {
  return `${(NAMES.get(protocol) ?? "unknown").padEnd(8)} ${protocol}`;
}

/** Which parts of an entry are printed. */
export interface EntryParts {
  /** The family before all (-o extended). */
  readonly family?: boolean;
  /** Of entries that are in the table; an event of the end has no time left. */
  readonly timeout?: boolean;
  /** A mark of 0 is said too. */
  readonly mark?: boolean;
  readonly use?: boolean;
}

const ALL: EntryParts = { timeout: true, mark: true, use: true };

/** `tcp      6 119 TIME_WAIT src=… dst=… sport=… dport=… src=… … [ASSURED] mark=0 use=1`. */
export function entryText(conn: Conn, now: number, parts: EntryParts = ALL): string {
  const { original, reply, counters, tcp, sctp, mark, zone } = conn;
  const words: string[] = [];
  if (parts.family) words.push(familyText(conn.family));
  words.push(protocolText(conn.protocol));
  if (parts.timeout) words.push(`${secondsLeft(conn, now)}`);
  if (tcp !== null) words.push(TCP_STATES[tcp.state]!);
  if (sctp !== null) words.push(SCTP_STATES[sctp.state]!);
  words.push(tupleText(original.tuple));
  if (zone.id !== 0 && zone.directions === 1) words.push(`zone-orig=${zone.id}`);
  if (counters !== null) words.push(`packets=${counters[0]} bytes=${counters[1]}`);
  if (!conn.has(STATUS.seenReply)) words.push("[UNREPLIED]");
  words.push(tupleText(reply.tuple));
  if (zone.id !== 0 && zone.directions === 2) words.push(`zone-reply=${zone.id}`);
  if (counters !== null) words.push(`packets=${counters[2]} bytes=${counters[3]}`);
  if (conn.has(STATUS.assured)) words.push("[ASSURED]");
  if (parts.mark || mark !== 0) words.push(`mark=${mark}`);
  if (zone.id !== 0 && zone.directions === 3) words.push(`zone=${zone.id}`);
  if (parts.use) words.push("use=1");
  return words.join(" ");
}

function familyText(family: 4 | 6): string {
  return `${`ipv${family}`.padEnd(8)} ${family === 4 ? 2 : 10}`;
}

/** Whole seconds until it ends. */
export function secondsLeft(conn: Conn, now: number): number {
  return Math.max(0, Math.floor((conn.timeout - (conn.isConfirmed ? now : 0)) / SECOND));
}

export function tupleText(tuple: Tuple): string {
  const { src, dst, from, to } = tuple;
  const ends = `src=${src} dst=${dst}`;
  if (tuple.isIcmp) return `${ends} type=${to >>> 8} code=${to & 255} id=${from}`;
  return tuple.hasPorts ? `${ends} sport=${from} dport=${to}` : ends;
}

/** The same as a line of /proc/net/nf_conntrack. */
export function procText(conn: Conn, now: number): string {
  const { original, reply, counters, tcp, sctp, mark, zone } = conn;
  const words = [familyText(conn.family), protocolText(conn.protocol), `${secondsLeft(conn, now)}`];
  if (tcp !== null) words.push(TCP_STATES[tcp.state]!);
  if (sctp !== null) words.push(SCTP_STATES[sctp.state]!);
  words.push(tupleText(original.tuple));
  if (counters !== null) words.push(`packets=${counters[0]} bytes=${counters[1]}`);
  if (!conn.has(STATUS.seenReply)) words.push("[UNREPLIED]");
  words.push(tupleText(reply.tuple));
  if (counters !== null) words.push(`packets=${counters[2]} bytes=${counters[3]}`);
  if (conn.has(STATUS.assured)) words.push("[ASSURED]");
  words.push(`mark=${mark}`, `zone=${zone.id}`, "use=2");
  return words.join(" ");
}
