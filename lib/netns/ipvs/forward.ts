// A client's packet goes to its real server: with another destination (NAT), to another MAC (direct routing), or in
// another packet (tunnel). The way is that of a packet made here; the TTL goes down in every mode.
// Before you edit: net/netfilter/ipvs/ip_vs_xmit.c (__ip_vs_get_out_rt, ip_vs_nat_xmit, ip_vs_dr_xmit, ip_vs_tunnel_xmit).
import type { Conn } from "../../ipvs/connection.ts";
import { LEVEL } from "../../trace/step.ts";
import type { Ipv4 } from "../../wire/address.ts";
import { ipv4Length } from "../../wire/bytes.ts";
import { FOU_OVERHEAD, GUE_OVERHEAD, gueBytes } from "../../wire/gue.ts";
import { ZERO_MAC } from "../../wire/mac.ts";
import { ICMP, ICMP_CODE, type Ipv4Packet, withTtl } from "../../wire/packet.ts";
import { sourcePort } from "../../wire/source-port.ts";
import type { Verdict } from "../hooks.ts";
import { passHook } from "../hooks-run.ts";
import { icmpError } from "../ipv4/icmp.ts";
import { routeOutput } from "../ipv4/output-route.ts";
import { ipLocalOut, ipOutput, takeId } from "../ipv4/send.ts";
import type { Netns } from "../netns.ts";
import type { Skb } from "../skb.ts";
import { EPHEMERAL } from "../socket/socket.ts";
import { encapsulateEcn, type OuterWay, outerMtu } from "../tunnel/tunnel.ts";
import { confirmTracked, untrack, updateTracked } from "./conntrack.ts";
import { endText, withEnd } from "./segment.ts";
import { evidenceOf } from "./witness.ts";

/** The smallest MTU a tunnel may leave. */
const LEAST_MTU = 68;

/** What a packet becomes on its way to the server; an ICMP error is translated otherwise than the connection's own. */
export type Translate = (packet: Ipv4Packet) => Ipv4Packet;

/** The connection's own packets: to the server's address and port. */
export function toServer({ dest, serverPort }: Conn): Translate {
  return (packet) => withEnd(packet, "dst", dest.address as Ipv4, serverPort);
}

/** Sends the packet to the connection's server. "accept": the server is this machine itself, and the packet goes up. */
export function forward(ns: Netns, skb: Skb, conn: Conn, translate: Translate): Verdict {
  const { method, dest } = conn;
  const way = routeOutput(ns, dest.address as Ipv4, null, null, skb.cause);
  if (way.errno !== null) return unreachable(ns, skb, conn, way.decision?.cause ?? skb.cause);
  skb.cause = way.decision.cause;
  if (way.decision.type === "local") return toLocalNode(ns, skb, conn, translate);
  if (skb.packet.src.isLoopback) return drop(ns, skb, "what comes from loopback does not leave this machine");
  if (skb.packet.ttl <= 1) {
    ns.mib.IpInHdrErrors++;
    const verdict = drop(ns, skb, `TTL ${skb.packet.ttl} would become 0: the packet has gone through too many routers`);
    icmpError(ns, skb, skb.packet, ICMP.timeExceeded, 0, 0, skb.cause);
    return verdict;
  }
  if (!fits(ns, skb, conn, way)) return "drop";
  skb.packet = withTtl(skb.packet, skb.packet.ttl - 1);
  skb.isBalanced = true;
  if (method === "tunnel") encapsulate(ns, skb, conn, way);
  else {
    if (method === "masq") masquerade(ns, skb, conn, translate);
    else direct(ns, skb, conn, way);
    skb.route(way.decision, way.device);
    passHook(ns, ns.hooks, "OUTPUT", skb, ipOutput);
  }
  return "stolen";
}

function drop(ns: Netns, skb: Skb, because: string): Verdict {
  skb.cause = ns.step(LEVEL.path, skb.cause, null, "drop", skb.packet, () => ({ because }));
  return "drop";
}

function unreachable(ns: Netns, skb: Skb, { dest }: Conn, cause: number): Verdict {
  skb.cause = cause;
  const verdict = drop(ns, skb, `no route to the real server ${dest.address}`);
  icmpError(ns, skb, skb.packet, ICMP.unreachable, ICMP_CODE.host, 0, skb.cause);
  return verdict;
}

/** The server is one of this machine's own addresses: nothing is sent. */
function toLocalNode(ns: Netns, skb: Skb, conn: Conn, translate: Translate): Verdict {
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

/** Octets that a tunnel's outer headers take. */
function overheadOf({ dest }: Conn): number {
  return 20 + (dest.tunnel === "gue" ? GUE_OVERHEAD : 0);
}

/** A packet that must not be cut has to fit; through a tunnel only while net.ipv4.vs.pmtu_disc is 1. */
function fits(ns: Netns, skb: Skb, conn: Conn, way: OuterWay): boolean {
  const { packet } = skb;
  const isTunnel = conn.method === "tunnel";
  const mtu = outerMtu(ns, way, conn.dest.address as Ipv4) - (isTunnel ? overheadOf(conn) : 0);
  if (isTunnel && mtu < LEAST_MTU) {
    drop(ns, skb, `the tunnel leaves ${mtu} octets, fewer than ${LEAST_MTU}`);
    return false;
  }
  if (isTunnel && ns.balancing!.ipvs.settings.pmtu_disc === 0) return true;
  if (!packet.dontFragment || ipv4Length(packet) <= mtu || packet.body.kind === "icmp") return true;
  const { name } = way.device;
  skb.cause = ns.step(LEVEL.path, skb.cause, way.device, "drop", packet, () => ({
    because: `${ipv4Length(packet)} octets do not fit the ${mtu} that ${name} leaves${isTunnel ? " behind the tunnel's headers" : ""}, and DF forbids to cut them`,
    evidence: { kind: "link", text: `${name} mtu ${way.device.mtu}`, command: `ip link show ${name}` },
  }));
  icmpError(ns, skb, packet, ICMP.unreachable, ICMP_CODE.fragmentationNeeded, mtu, skb.cause);
  return false;
}

function masquerade(ns: Netns, skb: Skb, conn: Conn, translate: Translate): void {
  const before = skb.packet;
  skb.packet = translate(before);
  skb.cause = ns.step(LEVEL.path, skb.cause, null, "nat", skb.packet, () => ({
    because: `masquerading: destination ${endText(before, "dst")} becomes ${endText(skb.packet, "dst")}, the source stays ${before.src}; TTL ${before.ttl}`,
    evidence: evidenceOf(conn),
  }));
  if (conn.isTracked) updateTracked(skb, conn, "request");
  else untrack(skb, conn);
}

function direct(ns: Netns, skb: Skb, conn: Conn, { device, decision }: OuterWay): void {
  const { packet } = skb;
  untrack(skb, conn);
  skb.cause = ns.step(LEVEL.path, skb.cause, device, "ipvs", packet, () => ({
    because: `direct routing: the packet stays to ${packet.dst} and goes to the MAC of ${decision.nextHop} by ${device.name}; TTL ${packet.ttl}`,
    evidence: evidenceOf(conn),
  }));
}

/** The outer packet is one made here: from this machine, its TTL that of what is inside. */
function encapsulate(ns: Netns, skb: Skb, conn: Conn, way: OuterWay): void {
  const inner = skb.packet;
  const { dest } = conn;
  const dontFragment = inner.dontFragment && ns.balancing!.ipvs.settings.pmtu_disc !== 0;
  if (conn.isTracked && confirmTracked(ns, skb) === "drop") return;
  skb.ct = null;
  skb.packet = {
    kind: "ipv4",
    src: way.src,
    dst: dest.address as Ipv4,
    ttl: inner.ttl,
    // What must not be cut needs no identification (ip_select_ident).
    id: dontFragment ? 0 : takeId(ns),
    tos: encapsulateEcn(inner.tos, inner.tos),
    dontFragment,
    moreFragments: false,
    fragmentOffset: 0,
    body: wrapped(conn, inner),
  };
  const layers =
    dest.tunnel === "gue"
      ? `UDP to port ${dest.tunnelPort} in octets 20 to ${20 + FOU_OVERHEAD - 1}, GUE behind it, `
      : "";
  skb.cause = ns.step(LEVEL.path, skb.cause, way.device, "encapsulate", skb.packet, () => ({
    because: `tunnel: the packet goes in one from ${way.src} to ${dest.address}: outer IPv4 header in octets 0 to 19, ${layers}the packet from octet ${overheadOf(conn)}`,
    evidence: evidenceOf(conn),
  }));
  skb.route(way.decision, way.device);
  ipLocalOut(ns, skb);
}

function wrapped({ dest }: Conn, packet: Ipv4Packet): Ipv4Packet["body"] {
  if (dest.tunnel === "ipip") return { kind: "ipip", packet };
  return {
    kind: "udp",
    srcPort: sourcePort(EPHEMERAL, { dst: ZERO_MAC, src: ZERO_MAC, payload: packet }),
    dstPort: dest.tunnelPort,
    ...(!dest.tunnelChecksum && { unchecked: true as const }),
    data: gueBytes(packet),
  };
}
