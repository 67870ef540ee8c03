// What tunnels have in common: the outer packet's way and header, congestion marks both ways, counters.
// Before you edit: net/ipv4/ip_tunnel_core.c (iptunnel_xmit), include/net/inet_ecn.h, ip_tunnels.h (iptunnel_xmit_stats), RFC 6040.
import type { Device } from "../../link/device.ts";
import { LEVEL } from "../../trace/step.ts";
import type { Ipv4 } from "../../wire/address.ts";
import { ipv4Length } from "../../wire/bytes.ts";
import { type Frame, ICMP, ICMP_CODE, type Ipv4Packet } from "../../wire/packet.ts";
import { passHook } from "../hooks-run.ts";
import { icmpError } from "../ipv4/icmp.ts";
import { type OutputRoute, routeOutput } from "../ipv4/output-route.ts";
import { ipOutput, takeId } from "../ipv4/send.ts";
import type { Netns } from "../netns.ts";
import { Skb } from "../skb.ts";

/** The way of an outer packet. */
export type OuterWay = Extract<OutputRoute, { readonly errno: null }>;

/** A counter of what went wrong on a device; none is kept until something does. */
export function count(device: Device, what: keyof NonNullable<Device["errors"]>): void {
  device.errors ??= { rx: 0, tx: 0, carrier: 0, collisions: 0 };
  device.errors[what]++;
}

/** Which way the outer packet goes, or null: then the packet inside ends here, and the device counts it. */
export function outerWay(
  under: Netns,
  device: Device,
  source: Ipv4 | null,
  destination: Ipv4,
  via: Device | null,
  inner: Frame | Ipv4Packet,
  cause: number,
): OuterWay | null {
  const ns = device.owner as Netns;
  const way = routeOutput(under, destination, source, via, cause, markOf(under, ns, inner));
  if (way.errno !== null) {
    count(device, "carrier");
    count(device, "tx");
    const isForeign = source !== null && under.deviceOfAddress(source) === undefined;
    ns.step(LEVEL.path, way.decision?.cause ?? cause, device, "drop", inner, () => ({
      because: isForeign
        ? `${source}, from which ${device.name} sends, is no address of ${under.name}`
        : `the other end ${destination} cannot be reached: ${way.decision?.because ?? way.errno}`,
    }));
    return null;
  }
  if (way.device !== device) return way;
  count(device, "collisions");
  count(device, "tx");
  ns.step(LEVEL.path, way.decision.cause, device, "drop", inner, () => ({
    because: `the way to the other end ${destination} leads into ${device.name} itself`,
    evidence: { kind: "link", text: `${device.index}: ${device.name}`, command: `ip -d link show ${device.name}` },
  }));
  return null;
}

/** What the header of the outer packet says. */
export interface Outer {
  readonly ttl: number;
  readonly tos: number;
  readonly dontFragment: boolean;
  readonly body: Ipv4Packet["body"];
}

export function outerPacket(under: Netns, way: OuterWay, destination: Ipv4, outer: Outer): Ipv4Packet {
  const { ttl, tos, dontFragment, body } = outer;
  return {
    kind: "ipv4",
    src: way.src,
    dst: destination,
    ttl: ttl === 0 ? under.sysctls.get("net.ipv4.ip_default_ttl") : ttl,
    id: takeId(under),
    tos,
    dontFragment: dontFragment && !isLocked(under, way, destination),
    moreFragments: false,
    fragmentOffset: 0,
    body,
  };
}

/** The mark of what is inside is the outer packet's too, unless they are in different namespaces (skb_scrub_packet). */
function markOf(under: Netns, ns: Netns, inner: Frame | Ipv4Packet): number {
  const packet = "payload" in inner ? inner.payload : inner;
  if (under !== ns || under.carried === null || packet.kind !== "ipv4") return 0;
  return under.carried.get(packet)?.mark ?? 0;
}

/** What came in a marked packet has its mark. */
export function keepMark(ns: Netns, device: Device, inner: Ipv4Packet, mark: number): void {
  if (mark === 0) return;
  const skb = new Skb(inner, -1, device);
  skb.mark = mark;
  ns.carried ??= new WeakMap();
  ns.carried.set(inner, skb);
}

/** iptunnel_xmit: the outer packet goes as one made in the namespace below; the device counts what is inside. */
export function sendOuter(
  under: Netns,
  device: Device,
  way: OuterWay,
  packet: Ipv4Packet,
  inner: Frame | Ipv4Packet,
  inside: number,
  cause: number,
): void {
  const { stats } = device;
  const out = way.device;
  const skb = new Skb(packet, cause, out).route(way.decision, out);
  skb.mark = markOf(under, device.owner as Netns, inner);
  const { payload } = "payload" in inner ? inner : { payload: inner };
  if ("body" in payload) under.kernel.keepPendingConfirm(payload.body, packet.body);
  under.mib.IpOutRequests++;
  const verdict = passHook(under, under.hooks, "OUTPUT", skb, (ns, passed) => {
    const mtu = outerMtu(ns, way, packet.dst);
    if (packet.dontFragment && ipv4Length(passed.packet) > mtu) {
      stats.txDropped++;
      ns.mib.IpFragFails++;
      const step = ns.step(LEVEL.path, passed.cause, out, "drop", passed.packet, () => ({
        because: `${ipv4Length(packet)} octets do not fit the MTU ${mtu} of ${out.name}, and DF forbids to cut them`,
        evidence: { kind: "link", text: `${out.name} mtu ${out.mtu}`, command: `ip link show ${out.name}` },
      }));
      icmpError(ns, null, passed.packet, ICMP.unreachable, ICMP_CODE.fragmentationNeeded, mtu, step);
      return;
    }
    stats.txPackets++;
    stats.txBytes += inside;
    ipOutput(ns, passed);
  });
  if (verdict === "drop") stats.txDropped++;
}

/** The MTU of the outer packet's way. */
export function outerMtu(under: Netns, { device, decision }: OuterWay, destination: Ipv4): number {
  const { nextHop, mtu } = decision;
  return under.pathMtus.of({ device, nextHop, mtu }, destination, under.cables.now);
}

/** Whether what a router said of the way is not believed in full: then routers may cut (ip_mtu_locked). */
function isLocked(under: Netns, { device, decision }: OuterWay, destination: Ipv4): boolean {
  const { nextHop, mtuLocked } = decision;
  const heard = under.pathMtus.exception({ device, nextHop }, destination, under.cables.now);
  return heard?.locked ?? mtuLocked ?? false;
}

/** The TOS byte, or traffic class, of what is inside a frame, as far as it has one (ip_tunnel_get_dsfield). */
export function innerTos(inner: Frame["payload"]): number {
  return inner.kind === "ipv4" ? inner.tos : inner.kind === "ipv6" ? inner.trafficClass : 0;
}

/** What is inside a frame with another TOS byte. */
export function withTos(inner: Frame["payload"], tos: number): Frame["payload"] {
  if (inner.kind === "ipv6") return { ...inner, trafficClass: tos };
  return inner.kind === "ipv4" ? { ...inner, tos } : inner;
}

/** The TTL, or hop limit, of what is inside a frame, as far as it has one (ip_tunnel_get_ttl). */
export function innerTtl(inner: Frame["payload"]): number {
  return inner.kind === "ipv4" ? inner.ttl : inner.kind === "ipv6" ? inner.hopLimit : 0;
}

const ECN = { mask: 3, notCapable: 0, ect1: 1, ect0: 2, congested: 3 } as const;

/** The outer TOS: a packet that was marked inside travels as one that may be marked (INET_ECN_encapsulate). */
export function encapsulateEcn(tos: number, inner: number): number {
  const mark = inner & ECN.mask;
  return (tos & ~ECN.mask) | (mark === ECN.congested ? ECN.ect0 : mark);
}

/** The inner TOS after the outer one's mark was carried over, or null: marked on the way, though it must not be. */
export function decapsulateEcn(outer: number, inner: number): number | null {
  const mark = outer & ECN.mask;
  if ((inner & ECN.mask) === ECN.notCapable) return mark === ECN.congested ? null : inner;
  if (mark === ECN.congested) return inner | ECN.congested;
  // One mark may become the other; one of congestion stays (IP_ECN_set_ect1).
  return mark === ECN.ect1 && (inner & ECN.mask) === ECN.ect0 ? (inner & ~ECN.mask) | ECN.ect1 : inner;
}

/** A mark that is lost, in words. */
export const ECN_DROP = "the outer packet is marked for congestion, and the inner one does not know such marks";
