// A router tells a host of its link that the next hop is on the same link: an ICMPv6 redirect. There is no switch against
// it, as IPv4 has one.
// Before you edit: RFC 4861 §8.2, net/ipv6/ip6_output.c (ip6_forward), ndisc.c (ndisc_send_redirect,
// ndisc_fill_redirect_hdr_option), net/ipv4/inetpeer.c (inet_peer_xrlim_allow).
import { NOT_RECORDED } from "../../trace/step.ts";
import { ipv6Bytes } from "../../wire/bytes6.ts";
import type { Netns } from "../netns.ts";
import { quietly } from "./fib.ts";
import { neighbour6Of } from "./ndisc.ts";
import { routeOutput6 } from "./send.ts";
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
  const back = quietly(ns, () => routeOutput6(ns, src, from, device, NOT_RECORDED));
  if (back.errno !== null || back.way.via !== null || !icmpLimit.allow(src, now)) return;
  const neighbour = neighbour6Of(ns, device, target);
  const { mac } = neighbour;
  const octets = ipv6Bytes(packet);
  const room = LEAST_MTU - HEADERS - (neighbour.isValid ? MAC_OPTION : 0);
  const quoted = octets.slice(0, (Math.min(room, octets.length + QUOTE_OPTION) & ~7) - QUOTE_OPTION);
  const named = neighbour.isValid && mac !== null ? { targetMac: mac } : {};
  const message = { kind: "redirect", target, destination: dst, ...named, quoted } as const;
  const where = target === dst ? `${dst} is on ${src}'s own link` : `${target} on the same link is nearer to ${dst}`;
  // One's own packet that came back: one tells oneself.
  const inside = back.device.kind === "loopback" ? back.way : null;
  ndSend(ns, device, ndPacket(from, src, message), cause, `tell ${src}: ${where}`, inside);
}
