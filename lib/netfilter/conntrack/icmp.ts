// ICMP errors belong to the connection of the packet they quote.
// Before you edit: net/netfilter/nf_conntrack_proto_icmp.c (nf_conntrack_icmpv4_error, nf_conntrack_inet_error),
// nf_conntrack_proto_icmpv6.c (nf_conntrack_icmpv6_error), include/linux/icmp.h (icmp_is_err).
import type { Icmp, Icmp6 } from "../../wire/packet.ts";
import type { IpPacket } from "../skb.ts";
import { INFO, type Nfct, type Tracked, UNTRACKED, type Zone } from "./conn.ts";
import type { Conntrack } from "./conntrack.ts";
import { inverted, quotedTuple, REPLY } from "./tuple.ts";

const HIGHEST_TYPE = 18;
/** Destination unreachable, source quench, redirect, time exceeded, parameter problem. */
const ERRORS: ReadonlySet<number> = new Set([3, 4, 5, 11, 12]);

export function isIcmpError({ kind, type }: Icmp | Icmp6): boolean {
  return kind === "icmp" ? ERRORS.has(type) : type < 128;
}

/** What an error is to which connection; "invalid" when to none; null for a message that is no error. */
export function relatedTo(
  conntrack: Conntrack,
  { dst }: IpPacket,
  icmp: Icmp | Icmp6,
  zone: Zone,
): Tracked | Nfct | "invalid" | null {
  if (icmp.kind === "icmp" && icmp.type > HIGHEST_TYPE) return "invalid";
  if (icmp.kind === "icmp6") {
    // Neighbour discovery and listeners' reports are nobody's connection.
    if ((icmp.type >= 130 && icmp.type <= 137) || icmp.type === 143) return UNTRACKED;
    if (icmp.type >= 128) return null;
  } else if (!isIcmpError(icmp)) return null;
  const quoted = quotedTuple(dst.family, icmp.data);
  const wanted = quoted === null ? null : inverted(quoted);
  const found = wanted === null ? null : conntrack.find(wanted, zone);
  if (found === null) return "invalid";
  const { conn, direction } = found;
  // The error goes to who sent the packet, or it is none of this connection's.
  if (conn.tuple(direction).dst !== dst) return "invalid";
  return conn.as(direction === REPLY ? INFO.relatedReply : INFO.related);
}
