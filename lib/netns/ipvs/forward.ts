// A client's packet goes to its real server: with another destination (NAT), to another MAC (direct routing), or in
// another packet (tunnel). The way is that of a packet made here; the TTL goes down in every mode.
// Before you edit: net/netfilter/ipvs/ip_vs_xmit.c (__ip_vs_get_out_rt, ip_vs_nat_xmit, ip_vs_dr_xmit, and those of IPv6).
import type { Conn } from "../../ipvs/connection.ts";
import { LEVEL } from "../../trace/step.ts";
import { ipLength } from "../../wire/bytes.ts";
import { withHopLimit, withTtl } from "../../wire/packet.ts";
import type { Verdict } from "../hooks.ts";
import { type AnySkb, isOf4 } from "../netfilter/tracking.ts";
import type { Netns } from "../netns.ts";
import { untrack, updateTracked } from "./conntrack.ts";
import { encapsulate, overheadOf } from "./encapsulate.ts";
import { endText, type IpPacket, withEnd } from "./segment.ts";
import { leaveBy, type ServerWay, tellSender, wayTo } from "./way.ts";
import { evidenceOf } from "./witness.ts";

/** The smallest MTU a tunnel may leave, by the family of its outer packet (IPV6_MIN_MTU). */
const LEAST_MTU = { 4: 68, 6: 1280 } as const;

/** What a packet becomes on its way to the server; an ICMP error is translated otherwise than the connection's own. */
export type Translate = (packet: IpPacket) => IpPacket;

/** The connection's own packets: to the server's address and port. */
export function toServer({ dest, serverPort }: Conn): Translate {
  return (packet) => withEnd(packet, "dst", dest.address, serverPort);
}

/** Sends the packet to the connection's server. "accept": the server is this machine itself, and the packet goes up. */
export function forward(ns: Netns, skb: AnySkb, conn: Conn, translate: Translate): Verdict {
  const { method, dest } = conn;
  const way = wayTo(ns, skb, dest.address);
  if (way === null) {
    const verdict = drop(ns, skb, `no route to the real server ${dest.address}`);
    tellSender(ns, skb, "host");
    return verdict;
  }
  skb.cause = way.cause;
  if (way.isLocal) return toLocalNode(ns, skb, conn, translate);
  if (skb.packet.src.isLoopback) return drop(ns, skb, "what comes from loopback does not leave this machine");
  if (!age(ns, skb) || !fits(ns, skb, conn, way)) return "drop";
  skb.isBalanced = true;
  if (method === "tunnel") encapsulate(ns, skb, conn, way);
  else {
    if (method === "masq") masquerade(ns, skb, conn, translate);
    else direct(ns, skb, conn, way);
    leaveBy(ns, skb, way);
  }
  return "stolen";
}

function drop(ns: Netns, skb: AnySkb, because: string): Verdict {
  skb.cause = ns.step(LEVEL.path, skb.cause, null, "drop", skb.packet, () => ({ because }));
  return "drop";
}

/** decrement_ttl: false where the packet has come too far. */
function age(ns: Netns, skb: AnySkb): boolean {
  const left = ttlOf(skb);
  if (left > 1) {
    if (isOf4(skb)) skb.packet = withTtl(skb.packet, left - 1);
    else skb.packet = withHopLimit(skb.packet, left - 1);
    return true;
  }
  if (isOf4(skb)) ns.mib.IpInHdrErrors++;
  else ns.ipv6.mib.Ip6InHdrErrors++;
  drop(ns, skb, `${ttlText(skb)} would become 0: the packet has gone through too many routers`);
  tellSender(ns, skb, "late");
  return false;
}

const ttlOf = (skb: AnySkb) => (isOf4(skb) ? skb.packet.ttl : skb.packet.hopLimit);
const ttlText = (skb: AnySkb) => `${isOf4(skb) ? "TTL" : "hop limit"} ${ttlOf(skb)}`;

/** The server is one of this machine's own addresses: nothing is sent. */
function toLocalNode(ns: Netns, skb: AnySkb, conn: Conn, translate: Translate): Verdict {
  const { dest, method } = conn;
  // Only translation may turn a packet for others into one for this machine.
  if (method !== "masq" && skb.dst?.type !== "local")
    return drop(ns, skb, `${dest.address} is this machine itself, and the packet is not for it`);
  if (method === "masq") {
    if (dest.address.isLoopback && skb.input !== null)
      return drop(ns, skb, `${dest.address} is loopback, and the packet came from outside`);
    masquerade(ns, skb, conn, translate);
  } else untrack(skb, conn);
  skb.isBalanced = true;
  skb.cause = ns.step(LEVEL.path, skb.cause, null, "ipvs", skb.packet, () => ({
    because: `${dest} is this machine itself: the packet goes up here`,
    evidence: evidenceOf(conn),
  }));
  return "accept";
}

/**
 * A packet that must not be cut has to fit, as has every one of IPv6; in a tunnel, one of IPv4 only while
 * net.ipv4.vs.pmtu_disc is 1.
 */
function fits(ns: Netns, skb: AnySkb, conn: Conn, way: ServerWay): boolean {
  const { packet } = skb;
  const isTunnel = conn.method === "tunnel";
  const mtu = way.mtu - (isTunnel ? overheadOf(conn) : 0);
  const least = LEAST_MTU[conn.dest.address.family];
  if (isTunnel && mtu < least) {
    drop(ns, skb, `the tunnel leaves ${mtu} octets, fewer than ${least}`);
    return false;
  }
  if (ipLength(packet) <= mtu) return true;
  if (packet.kind === "ipv4") {
    const isCut = isTunnel && ns.balancing!.ipvs.settings.pmtu_disc === 0;
    if (isCut || !packet.dontFragment || packet.body.kind === "icmp") return true;
  } else if (skb.longestFragment > 0 && skb.longestFragment <= mtu) return true;
  const { name } = way.device;
  const why = packet.kind === "ipv4" ? "DF forbids to cut them" : "no router cuts";
  skb.cause = ns.step(LEVEL.path, skb.cause, way.device, "drop", packet, () => ({
    because: `${ipLength(packet)} octets do not fit the ${mtu} that ${name} leaves${isTunnel ? " behind the tunnel's headers" : ""}, and ${why}`,
    evidence: { kind: "link", text: `${name} mtu ${way.device.mtu}`, command: `ip link show ${name}` },
  }));
  if (packet.body.kind !== "icmp6") tellSender(ns, skb, "big", mtu);
  return false;
}

function masquerade(ns: Netns, skb: AnySkb, conn: Conn, translate: Translate): void {
  const before = skb.packet;
  skb.packet = translate(before);
  skb.cause = ns.step(LEVEL.path, skb.cause, null, "nat", skb.packet, () => ({
    because: `masquerading: destination ${endText(before, "dst")} becomes ${endText(skb.packet, "dst")}, the source stays ${before.src}; ${ttlText(skb)}`,
    evidence: evidenceOf(conn),
  }));
  if (conn.isTracked) updateTracked(skb, conn, "request");
  else untrack(skb, conn);
}

function direct(ns: Netns, skb: AnySkb, conn: Conn, { device, nextHop }: ServerWay): void {
  const { packet } = skb;
  untrack(skb, conn);
  skb.cause = ns.step(LEVEL.path, skb.cause, device, "ipvs", packet, () => ({
    because: `direct routing: the packet stays to ${packet.dst} and goes to the MAC of ${nextHop} by ${device.name}; ${ttlText(skb)}`,
    evidence: evidenceOf(conn),
  }));
}
