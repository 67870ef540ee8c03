// IPVS and connection tracking: what it forwards is not tracked, unless net.ipv4.vs.conntrack is 1.
// Before you edit: net/netfilter/ipvs/ip_vs_nfct.c, include/net/ip_vs.h (ip_vs_notrack).
import { ANY_PROTOCOL, type Conn } from "../../ipvs/connection.ts";
import { directionOf, UNTRACKED } from "../../netfilter/conntrack/conn.ts";
import { Tuple } from "../../netfilter/conntrack/tuple.ts";
import type { Ip } from "../../wire/address.ts";
import type { Verdict } from "../hooks.ts";
import type { AnySkb } from "../netfilter/tracking.ts";
import type { Netns } from "../netns.ts";

/** ip_vs_notrack. */
export function untrack(skb: AnySkb, { isTracked }: Conn): void {
  if (!isTracked && skb.ct !== null) skb.ct = UNTRACKED;
}

/** ip_vs_update_conntrack: a new entry learns who will answer. */
export function updateTracked(skb: AnySkb, conn: Conn, seen: "request" | "answer"): void {
  const { ct } = skb;
  if (ct?.kind !== "tracked" || ct.conn.isConfirmed || directionOf(ct.info) !== 0) return;
  const { src, dst, protocol, from, to } = ct.conn.reply.tuple;
  ct.conn.reply.tuple =
    seen === "request"
      ? new Tuple(conn.dest.address, dst, protocol, conn.serverPort, to)
      : new Tuple(src, conn.virtual as Ip, protocol, from, conn.virtualPort);
}

/** Before a tunnel's headers hide the packet (ip_vs_confirm_conntrack). */
export function confirmTracked(ns: Netns, skb: AnySkb): Verdict {
  return ns.tracking.conntrack.confirm(skb);
}

/** The connection ended, and its entry with it (ip_vs_conn_drop_conntrack). */
export function dropTracked(ns: Netns, { protocol, client, clientPort, virtual, virtualPort }: Conn): void {
  if (!ns.hasTracking || protocol === ANY_PROTOCOL || typeof virtual === "number") return;
  const { conntrack } = ns.tracking;
  const entry = conntrack.find(new Tuple(client, virtual, protocol, clientPort, virtualPort));
  if (entry !== null) conntrack.kill(entry.conn);
}
