// A router tells a host of its link that the next hop is on the same link: an ICMPv6 redirect. There is no switch against
// telling it, as IPv4 has one; a host may be told not to believe it.
// Before you edit: RFC 4861 §8, net/ipv6/ip6_output.c (ip6_forward), ndisc.c (ndisc_send_redirect, ndisc_redirect_rcv,
// ndisc_fill_redirect_hdr_option), route.c (rt6_do_redirect, ip6_redirect_nh_match), net/ipv4/inetpeer.c
// (inet_peer_xrlim_allow).
import type { Device } from "../../link/device.ts";
import { LEVEL, NOT_RECORDED } from "../../trace/step.ts";
import { ipv6Bytes } from "../../wire/bytes6.ts";
import type { NeighbourRedirect } from "../../wire/nd.ts";
import type { Ipv6Packet } from "../../wire/packet.ts";
import type { Netns } from "../netns.ts";
import { decide6 } from "./decide.ts";
import { quietly } from "./fib.ts";
import { neighbour6Of } from "./ndisc.ts";
import { routeOutput6 } from "./output-route.ts";
import type { Skb6 } from "./skb6.ts";
import { ndPacket, ndSend } from "./solicit.ts";
import { LEAST_MTU, linkLocalFrom } from "./state.ts";

/** What stands before the quoted packet: IPv6 header, the message with its two addresses. */
const HEADERS = 40 + 40;
const MAC_OPTION = 8;
const QUOTE_OPTION = 8;

/** `skb` is to leave by the device it came in by, and still as it came in. */
export function sendRedirect6(ns: Netns, { packet, device, dst: way, cause }: Skb6): void {
  const { src, dst } = packet;
  const target = way!.via ?? dst;
  const { icmpLimit } = ns.ipv6;
  const { now } = ns.cables;
  if (!icmpLimit.allow(dst, now)) return;
  const from = linkLocalFrom(ns.ipv6.of(device));
  // A host can only be told of routers by their link-local addresses.
  if (from === null || (target !== dst && !target.isLinkLocal)) return;
  const back = quietly(ns, () => routeOutput6(ns, src, from, device, NOT_RECORDED, { bound: false }));
  if (back.errno !== null || back.way.via !== null || !icmpLimit.allow(src, now)) return;
  const neighbour = neighbour6Of(ns, device, target);
  const { mac } = neighbour;
  const octets = ipv6Bytes(packet);
  const room = LEAST_MTU - HEADERS - (neighbour.isValid ? MAC_OPTION : 0);
  const quoted = octets.slice(0, (Math.min(room, octets.length + QUOTE_OPTION) & ~7) - QUOTE_OPTION);
  const named = neighbour.isValid && mac !== null ? { targetMac: mac } : {};
  const message = { kind: "redirect", target, destination: dst, ...named, quoted } as const;
  const where = target === dst ? `${dst} is on ${src}'s own link` : `${target} on the same link is nearer to ${dst}`;
  // The sender need not be of this link: a packet in a loop came from elsewhere, or from here.
  const elsewhere = back.device === device ? null : back.way;
  ndSend(ns, device, ndPacket(from, src, message), cause, `tell ${src}: ${where}`, elsewhere);
}

/** A redirect came in: believed by a host that sends to `destination` by the router which says so (rt6_do_redirect). */
export function redirectInput(
  ns: Netns,
  device: Device,
  { src }: Ipv6Packet,
  { target, destination, targetMac }: NeighbourRedirect,
  cause: number,
  drop: (because: string) => void,
): void {
  const { conf } = ns.ipv6.of(device);
  const isOnLink = target === destination;
  if (!src.isLinkLocal) return drop(`${src} is no address of a router on the link`);
  if (destination.isMulticast) return drop(`${destination} is a group`);
  if (!isOnLink && !target.isLinkLocal) return drop(`${target} is no address of a router on the link`);
  if (conf.forwarding !== 0) return drop("a router believes no redirects");
  if (conf.accept_redirects === 0) return drop(`net.ipv6.conf.${device.name}.accept_redirects is 0: not believed`);
  const question = { dst: destination, src: null, oif: device, bound: true };
  const way = quietly(ns, () => decide6(ns, question, undefined, NOT_RECORDED));
  if (way.type !== "unicast" || way.via !== src) return drop(`${src} is not the next hop to ${destination}`);
  ns.ipv6.of(device).neighbours.get(src)?.confirm();
  const neighbour = neighbour6Of(ns, device, target);
  const step = ns.step(LEVEL.path, cause, device, "route", undefined, () => ({
    because: isOnLink ? `${destination} is on the link itself, says ${src}` : `${target} is nearer, says ${src}`,
    evidence: {
      kind: "route",
      text: `${destination}${isOnLink ? "" : ` via ${target}`} dev ${device.name}`,
      command: `ip -6 route get ${destination}`,
    },
  }));
  if (targetMac !== undefined) neighbour.update(targetMac, false, true, `${src} named its MAC`, step, true);
  if (targetMac !== undefined || neighbour.isValid) neighbour.isRouter ||= !isOnLink;
  ns.ipv6.redirect(destination, way.route, target);
}
