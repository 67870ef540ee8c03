// What rules ask of the routing tables: what an address is, whether a way leads back, how large packets may be.
// Before you edit: net/ipv4/fib_frontend.c (__inet_dev_addr_type), net/netfilter/xt_addrtype.c (match_lookup_rt6),
// net/ipv4/netfilter/ipt_rpfilter.c, net/ipv6/netfilter/ip6t_rpfilter.c, net/netfilter/xt_TCPMSS.c (tcpmss_reverse_mtu).
import { lookup } from "../../ip/rule.ts";
import type { Device } from "../../link/device.ts";
import type { AddressType, ReversePath } from "../../netfilter/net.ts";
import { NOT_RECORDED } from "../../trace/step.ts";
import type { Ip, Ipv4 } from "../../wire/address.ts";
import type { Ipv6 } from "../../wire/address6.ts";
import type { Ipv4Packet, Ipv6Packet } from "../../wire/packet.ts";
import { decide, type Way } from "../ipv4/decide.ts";
import { decide6, type NoWay6, type Way6 } from "../ipv6/decide.ts";
import { quietly } from "../ipv6/fib.ts";
import { mtu6Of } from "../ipv6/output-route.ts";
import type { Skb6 } from "../ipv6/skb6.ts";
import type { Netns } from "../netns.ts";
import { type AnySkb, isOf4 } from "./tracking.ts";

/** What the local table says of an address, for IPv6 what a route to it is; with a device, only by it. */
export function addressType(ns: Netns, address: Ip, device: Device | null): AddressType {
  return address.family === 4 ? addressType4(ns, address, device) : addressType6(ns, address, device);
}

function addressType4(ns: Netns, address: Ipv4, device: Device | null): AddressType {
  if (address.isZeroNet || address.bits === 0xffffffff) return "BROADCAST";
  if (address.isMulticast) return "MULTICAST";
  const route = ns.tables.local.lookup(address) ?? null;
  if (route === null || (device !== null && route.dev !== device)) return "UNICAST";
  return route.type.toUpperCase() as AddressType;
}

function addressType6(ns: Netns, address: Ipv6, device: Device | null): AddressType {
  if (address.isUnspecified) return "UNSPEC";
  if (device !== null && ns.ipv6.of(device).addresses.some(({ local }) => local === address)) return "LOCAL";
  const way = route6(ns, { dst: address, src: null, oif: device });
  if (way.type === "error") return "UNREACHABLE";
  if (way.type === "anycast") return "ANYCAST";
  if (way.type === "local") return device === null ? "LOCAL" : "UNICAST";
  return address.isMulticast ? "MULTICAST" : "UNICAST";
}

function route6(ns: Netns, question: Parameters<typeof decide6>[1]): Way6 | NoWay6 {
  return quietly(ns, () => decide6(ns, question, undefined, NOT_RECORDED));
}

/** -m rpfilter: whether an answer would leave by the device the packet came in by. */
export function hasReversePath(
  ns: Netns,
  packet: Ipv4Packet | Ipv6Packet,
  device: Device,
  mark: number,
  how: ReversePath,
) {
  if (device.kind === "loopback") return true;
  const flowMark = how.usesMark ? mark : 0;
  return packet.kind === "ipv4"
    ? leadsBack(ns, packet, device, flowMark, how)
    : leadsBack6(ns, packet, device, flowMark, how);
}

function leadsBack(ns: Netns, packet: Ipv4Packet, device: Device, mark: number, how: ReversePath): boolean {
  const { src, dst } = packet;
  const isToMany = dst.bits === 0xffffffff || dst.bits >>> 8 === 0xe00000;
  if (src.isZeroNet && isToMany) return true;
  const from = dst.isMulticast || dst.bits === 0xffffffff || dst.isZeroNet ? null : dst;
  const route = lookup(ns.rules, ns.tables, { dst: src, src: from, iif: "lo", oif: null, mark })?.route ?? null;
  if (route === null || (route.type !== "unicast" && !(route.type === "local" && how.acceptsLocal))) return false;
  const devices = route.nexthops?.map(({ dev }) => dev) ?? [route.dev];
  return how.isLoose || devices.includes(device);
}

function leadsBack6(ns: Netns, packet: Ipv6Packet, device: Device, mark: number, how: ReversePath): boolean {
  const { src, dst } = packet;
  if (src.isUnspecified) return true;
  const bound = src.isLinkLocal;
  const oif = bound || !how.isLoose ? device : null;
  const from = dst.isMulticast || dst.isUnspecified ? null : dst;
  const way = route6(ns, { dst: src, src: from, oif, bound, mark });
  if (way.type === "error" || way.type === "anycast") return false;
  if (way.type === "local") return how.acceptsLocal;
  return how.isLoose || way.owner === device;
}

/** The MTU of the packet's way, or of the way back to its sender where that is smaller. */
export function pathMtu(ns: Netns, skb: AnySkb): number {
  if (!isOf4(skb)) {
    const { packet, dst } = skb as Skb6;
    const back = route6(ns, { dst: packet.src, src: null });
    const there = dst === null ? Number.POSITIVE_INFINITY : mtu6Of(ns, dst as Way6, packet.dst);
    return Math.min(there, back.type === "error" ? Number.POSITIVE_INFINITY : mtu6Of(ns, back, packet.src));
  }
  const { packet, dst } = skb;
  const back = quietly(ns, () => decide(ns, packet.src, null, null, undefined, NOT_RECORDED));
  const there = dst === null ? Number.POSITIVE_INFINITY : mtu4Of(ns, dst, packet.dst);
  return Math.min(there, back.type === "error" ? Number.POSITIVE_INFINITY : mtu4Of(ns, back, packet.src));
}

/** ipv4_mtu; what is for this namespace goes by its loopback. */
function mtu4Of(ns: Netns, way: Way, destination: Ipv4): number {
  return way.type === "local" ? ns.devices.get("lo")!.mtu : ns.pathMtus.of(way, destination, ns.cables.now);
}
