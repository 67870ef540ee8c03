// What routers on the way say of the packets it takes.
// Before you edit: RFC 8201 §4, net/ipv6/route.c (ip6_update_pmtu, __ip6_rt_update_pmtu).
import { LEVEL } from "../../trace/step.ts";
import { SECOND } from "../../trace/world.ts";
import type { Ipv6 } from "../../wire/address6.ts";
import { ICMP6, type Icmp6, type Ipv6Packet, PROTOCOL } from "../../wire/packet.ts";
import type { Netns } from "../netns.ts";
import type { Way6 } from "./decide.ts";
import { routeOutput6 } from "./output-route.ts";
import { LEAST_MTU } from "./state.ts";

/**
 * Takes what a Packet Too Big says of the way of `quoted`; other errors say nothing of it. Only who sent the packet believes
 * the message, so the protocols call this when they have found the sender; of ICMPv6 the kernel itself may be it.
 * Remembered for net.ipv6.route.mtu_expires seconds.
 */
export function learnMtu6(ns: Netns, { src, dst, body }: Ipv6Packet, icmp: Icmp6, cause: number): void {
  const mtu = icmp.rest;
  if (icmp.type !== ICMP6.packetTooBig) return;
  const protocol = body.kind === "unknown" ? body.protocol : PROTOCOL[body.kind];
  const found = routeOutput6(ns, dst, src, null, cause, { protocol });
  if (found.errno !== null) return;
  learnPathMtu6(ns, found.way, dst, mtu, cause);
}

/** Believes that the way to `dst` is narrower than was known, unless its route has an MTU that is locked. */
export function learnPathMtu6(ns: Netns, way: Way6, dst: Ipv6, mtu: number, cause: number): void {
  if (mtu < LEAST_MTU) return;
  const { ipv6, cables } = ns;
  const known = ipv6.heard(dst, way.owner, way.nextHop)?.mtu ?? way.mtu ?? way.device.mtu;
  if (way.mtuLocked || mtu >= known) return;
  const seconds = ns.sysctls.get("net.ipv6.route.mtu_expires");
  ipv6.pathMtus.set(dst, { device: way.owner, nextHop: way.nextHop, mtu, until: cables.now + seconds * SECOND });
  ns.step(LEVEL.path, cause, way.device, "route", undefined, () => ({
    because: `the way to ${dst} takes packets of ${mtu} octets; remembered for ${seconds} s`,
    evidence: {
      kind: "route",
      text: `${dst} dev ${way.device.name} expires ${seconds}sec mtu ${mtu}`,
      command: `ip -6 route get ${dst}`,
    },
  }));
}
