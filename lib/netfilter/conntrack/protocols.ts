// What a packet does to its connection, by protocol.
// Before you edit: net/netfilter/nf_conntrack_core.c (nf_conntrack_handle_packet, nf_ct_acct_update),
// nf_conntrack_proto_udp.c, nf_conntrack_proto_icmp.c, nf_conntrack_proto_icmpv6.c, nf_conntrack_proto_generic.c.
import { SECOND } from "../../trace/world.ts";
import { ipLength } from "../../wire/bytes.ts";
import { PROTOCOL } from "../../wire/packet.ts";
import type { IpPacket } from "../skb.ts";
import { type Conn, directionOf, EVENT, type Info, STATUS } from "./conn.ts";
import type { Conntrack } from "./conntrack.ts";
import { trackSctp } from "./sctp.ts";
import { type Tracking, trackTcp } from "./tcp.ts";

/** Two first packets of one connection may meet: the second joins it (allow_clash). */
export function bearsClash(protocol: number): boolean {
  return !NO_CLASH.has(protocol);
}
const NO_CLASH: ReadonlySet<number> = new Set([PROTOCOL.tcp, PROTOCOL.sctp, PROTOCOL.icmp, PROTOCOL.icmp6]);

/** Messages that can begin an exchange; other ICMP that is no error belongs to nothing. */
const QUESTIONS = new Set([8, 13, 15, 17]);
const QUESTIONS6 = new Set([128, 139]);

export function trackPacket(conntrack: Conntrack, conn: Conn, info: Info, packet: IpPacket): Tracking {
  const said = trackProtocol(conntrack, conn, info, packet);
  if (conn.counters !== null && said !== "invalid" && said !== "repeat" && said !== "unchanged")
    account(conn.counters, info, packet);
  return said;
}

function account(counters: Float64Array, info: Info, packet: IpPacket): void {
  const at = directionOf(info) * 2;
  counters[at]! += 1;
  counters[at + 1]! += ipLength(packet);
}

function trackProtocol(conntrack: Conntrack, conn: Conn, info: Info, packet: IpPacket): Tracking {
  const { settings, now } = conntrack;
  const { body } = packet;
  switch (conn.protocol) {
    case PROTOCOL.tcp:
      // Octets that are no TCP header.
      if (body.kind !== "tcp") return "invalid";
      return trackTcp(conn, info, body, settings, () => (conn.timeout - now) / SECOND);
    case PROTOCOL.udp:
      return body.kind === "udp" ? trackUdp(conn, conntrack) : "invalid";
    case PROTOCOL.icmp:
      return QUESTIONS.has(conn.original.tuple.to >>> 8) ? settings.icmp : "invalid";
    case PROTOCOL.icmp6:
      return QUESTIONS6.has(conn.original.tuple.to >>> 8) ? settings.icmp6 : "invalid";
    case PROTOCOL.sctp:
      return body.kind === "unknown" ? trackSctp(conn, info, body.data, settings) : "invalid";
    default:
      return settings.generic;
  }
}

/** Answered and still alive after two seconds: a stream. */
function trackUdp(conn: Conn, { settings, now }: Conntrack): Tracking {
  if (!conn.isConfirmed) conn.streamFrom = now + 2 * SECOND;
  if (!conn.has(STATUS.seenReply) || now <= conn.streamFrom) return settings.udp;
  if (!conn.has(STATUS.natClash) && !conn.has(STATUS.assured)) {
    conn.status |= STATUS.assured;
    conn.events |= EVENT.assured;
  }
  return settings.udpStream;
}
