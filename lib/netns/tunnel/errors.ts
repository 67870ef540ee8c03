// What the network below says of the packets of IPIP tunnels, and how who sent what is inside comes to hear of it.
// Before you edit: net/ipv4/ipip.c (ipip_err), ip_tunnel.c (ip_tunnel_xmit, err_count), route.c (ipv4_link_failure),
// tunnel4.c (tunnel4_err), icmp.c (icmp_ndo_send), fou_core.c (gue_err), RFC 2003 §4.
import type { Device } from "../../link/device.ts";
import { findTunnel } from "../../link/ipip.ts";
import { directionOf, STATUS } from "../../netfilter/conntrack/conn.ts";
import { LEVEL } from "../../trace/step.ts";
import { SECOND } from "../../trace/world.ts";
import { gueOf } from "../../wire/gue.ts";
import { ICMP, ICMP_CODE, type Icmp, type Ipv4Packet, PROTOCOL, protocolOf } from "../../wire/packet.ts";
import { icmpError } from "../ipv4/icmp.ts";
import type { Netns } from "../netns.ts";

/** An error of the network below is told within this time, or never (IPTUNNEL_ERR_TIMEO). */
const KEPT = 30 * SECOND;

/** The tunnel that sent what an error quotes, bare or in a datagram. */
export function tunnelOf(ns: Netns, quoted: Ipv4Packet): Device | undefined {
  if (!ns.speaksIpip || carriedProtocol(ns, quoted) !== PROTOCOL.ipip) return undefined;
  return findTunnel(ns.tunnels, quoted.dst, quoted.src);
}

function carriedProtocol(ns: Netns, quoted: Ipv4Packet): number | null {
  const { body } = quoted;
  if (body.kind !== "udp") return protocolOf(quoted);
  if (ns.sockets.udp.get(body.srcPort)?.some(({ encap }) => encap === null)) return null;
  // What has no header of its own begins as one of variant 1 does.
  const carried = gueOf(body.data);
  return typeof carried === "string" ? null : carried.protocol;
}

/**
 * An error about a packet of the tunnel: it quotes too little of what is inside to be passed on, so the tunnel remembers
 * that there was one. True if somebody will be told.
 */
export function tunnelError(ns: Netns, { ipip }: Device, { type, code }: Icmp): boolean {
  const { remote, ttl, failures } = ipip!;
  if (type === ICMP.unreachable) {
    if (code === ICMP_CODE.fragmentationNeeded || code === ICMP_CODE.sourceRouteFailed) return false;
    // A TTL that ran out is that of the packet inside if the tunnel has none of its own.
  } else if (type !== ICMP.timeExceeded || code !== 0 || ttl === 0) return false;
  if (remote === null) return false;
  const { now } = ns.cables;
  failures.count = now < failures.last + KEPT ? failures.count + 1 : 1;
  failures.last = now;
  return true;
}

/**
 * The packet with the source it had before NAT: who is told of it is who sent it (icmp_ndo_send). What is known of the
 * packet is known of this one, too.
 */
export function asSent(ns: Netns, packet: Ipv4Packet): Ipv4Packet {
  const skb = ns.carried?.get(packet);
  if (skb?.ct?.kind !== "tracked") return packet;
  const { conn, info } = skb.ct;
  const { src } = conn.tuple(directionOf(info));
  if (!conn.has(STATUS.srcNat | STATUS.dstNat) || src === packet.src || src.family !== 4) return packet;
  const sent = { ...packet, src };
  ns.carried!.set(sent, skb);
  return sent;
}

/** A packet goes by the tunnel: for each error of late the sender of one is told that the host cannot be reached. */
export function tellFailure(ns: Netns, device: Device, packet: Ipv4Packet, cause: number): void {
  const { failures, remote } = device.ipip!;
  if (failures.count === 0) return;
  if (ns.cables.now >= failures.last + KEPT) {
    failures.count = 0;
    return;
  }
  failures.count--;
  const step = ns.step(LEVEL.path, cause, device, "icmp error", packet, () => ({
    because: `a packet of ${device.name} to ${remote} was lost on the way, said the network below not long ago: ${packet.src} is told, and this packet goes all the same`,
  }));
  icmpError(ns, null, packet, ICMP.unreachable, ICMP_CODE.host, 0, step);
}
