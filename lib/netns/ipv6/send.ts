// What happens to an IPv6 packet that is made here or passed on, once its way is known: fragments, neighbour, device.
// Before you edit: net/ipv6/ip6_output.c (ip6_finish_output2, ip6_fragment), ndisc.c (ndisc_constructor).
import { route6Text } from "../../ip/route6.ts";
import type { Device } from "../../link/device.ts";
import { transmit } from "../../link/forward.ts";
import type { Nfct } from "../../netfilter/conntrack/conn.ts";
import { LEVEL } from "../../trace/step.ts";
import { groupMac, type Ipv6, LOOPBACK6 } from "../../wire/address6.ts";
import { body6Length, ipv6Length } from "../../wire/bytes6.ts";
import { type Mac, ZERO_MAC } from "../../wire/mac.ts";
import { ICMP6, type Icmp6, type Ipv6Packet, PROTOCOL } from "../../wire/packet.ts";
import type { Errno } from "../errno.ts";
import type { Verdict } from "../hooks.ts";
import { passHook } from "../hooks-run.ts";
import type { Netns } from "../netns.ts";
import { decide6 } from "./decide.ts";
import { fragment6 } from "./fragment.ts";
import { isMember } from "./groups.ts";
import { icmp6Error, rejected } from "./icmp.ts";
import { neighbour6Of } from "./ndisc.ts";
import { mtu6Of, routeOutput6 } from "./output-route.ts";
import { loopBack6 } from "./receive.ts";
import { Skb6 } from "./skb6.ts";
import { LEAST_MTU } from "./state.ts";

/** A packet to be made and sent. */
export interface Outgoing6 {
  /** Null: the kernel chooses (RFC 6724). */
  readonly src: Ipv6 | null;
  /** `::` means oneself. */
  readonly dst: Ipv6;
  readonly body: Ipv6Packet["body"];
  readonly hopLimit?: number | undefined;
  readonly trafficClass?: number | undefined;
  /**
   * Path MTU discovery of the socket: "want" and "dont" cut what does not fit the path, "do" refuses it; "probe"
   * refuses what does not fit the device.
   */
  readonly discovery?: "want" | "do" | "dont" | "probe" | undefined;
  /** The device the packet leaves by: the scope of an address (`fe80::1%eth0`), or what the socket is bound to. */
  readonly oif?: Device | null | undefined;
  /** The device is only preferred: so the kernel answers by the device a question came in by. */
  readonly prefersOif?: boolean | undefined;
  /** A socket knows that its packets get through, so the neighbour needs no probe (MSG_CONFIRM). */
  readonly confirm?: boolean | undefined;
  /** SO_MARK, or the mark of the packet this one answers. */
  readonly mark?: number | undefined;
  /** The socket is connected, and keeps the way it found when it had no source yet (ip6_sk_dst_lookup_flow). */
  readonly keepsWay?: boolean | undefined;
  /** What an answer is to the connection of the packet it answers. */
  readonly ct?: Nfct | null | undefined;
}

/** What a send came to: null when it went on its way, else why the system call failed. */
export interface Sent6 {
  readonly errno: Errno | null;
  readonly packet?: Ipv6Packet;
  /** The MTU that was exceeded, with EMSGSIZE. */
  readonly mtu?: number;
}

/** Makes a packet and sends it. */
export function ip6Send(ns: Netns, outgoing: Outgoing6, cause: number): Sent6 {
  const { body, discovery = "want", oif = null, mark = 0 } = outgoing;
  const dst = outgoing.dst.isUnspecified ? LOOPBACK6 : outgoing.dst;
  const protocol = body.kind === "unknown" ? body.protocol : PROTOCOL[body.kind];
  const bound = outgoing.prefersOif !== true;
  const { keepsWay: isKept } = outgoing;
  const found = routeOutput6(ns, dst, outgoing.src, oif, cause, { protocol, bound, mark, isKept });
  if (found.errno === "ENETUNREACH") ns.ipv6.mib.Ip6OutNoRoutes++;
  if (found.errno !== null) return { errno: found.errno };
  const { way, src, device } = found;
  const mtu = discovery === "probe" ? device.mtu : mtu6Of(ns, way, dst);
  const length = body6Length(body);
  const isWhole = discovery === "do" || discovery === "probe";
  if (length > (isWhole ? mtu - 40 : 0xffff)) return { errno: "EMSGSIZE", mtu };
  const packet: Ipv6Packet = {
    kind: "ipv6",
    src,
    dst,
    hopLimit: outgoing.hopLimit ?? (dst.isMulticast ? 1 : ns.ipv6.of(device).conf.hop_limit),
    trafficClass: outgoing.trafficClass ?? 0,
    flowLabel: 0,
    body,
  };
  if (outgoing.confirm) ns.kernel.setPendingConfirm(body);
  const skb = new Skb6(packet, found.cause, device).route(way, device);
  skb.mark = mark;
  skb.ct = outgoing.ct ?? null;
  skb.mtu = mtu;
  if (body.kind === "icmp6") countSent(ns, body);
  const errno = ip6LocalOut(ns, skb) === "drop" ? "EPERM" : skb.errno;
  if (errno !== null) ns.ipv6.mib.Ip6OutDiscards++;
  return { errno, packet };
}

/** What a socket sends is counted before it leaves (ip6_finish_skb), what the kernel tells its link when it left. */
export function countSent({ ipv6: { mib } }: Netns, { type }: Icmp6): void {
  mib.Icmp6OutMsgs++;
  mib.icmpOut[type] = (mib.icmpOut[type] ?? 0) + 1;
}

/** ip6_local_out: a packet that is made here and has its way. */
export function ip6LocalOut(ns: Netns, skb: Skb6): Verdict {
  ns.ipv6.mib.Ip6OutRequests++;
  return passHook(ns, ns.hooks6, "OUTPUT", skb, ip6Output);
}

/**
 * ip6_route_me_harder: a hook function at OUTPUT changed what the way depends on (an address, the mark), so the tables
 * are asked again. False: there is no way now, and the packet ends.
 */
export function routeMeHarder6(ns: Netns, skb: Skb6): boolean {
  const { packet, mark } = skb;
  const { dst, src } = packet;
  // An address of a link means nothing on another.
  const oif = dst.isMulticast || dst.isLinkLocal ? skb.dst!.device : null;
  const way = decide6(ns, { dst, src, oif, bound: oif !== null, mark }, packet, skb.cause);
  skb.cause = way.cause;
  if (way.type === "error") {
    ns.step(LEVEL.path, way.cause, null, "drop", packet, () => ({ because: `routed again: ${way.because}` }));
    return false;
  }
  skb.mtu = mtu6Of(ns, way, dst);
  skb.route(way, way.device);
  return true;
}

/** ip6_output: the way is known. POSTROUTING, what is made here and too long is cut, then the next hop's MAC. */
export function ip6Output(ns: Netns, skb: Skb6): void {
  const { device, packet } = skb;
  if (skb.dst!.rejects) {
    ns.ipv6.mib.Ip6OutNoRoutes++;
    return rejected(ns, skb);
  }
  if (ns.ipv6.runsOn(device)) {
    if (passHook(ns, ns.hooks6, "POSTROUTING", skb, finishOutput) === "drop") skb.errno = "EPERM";
    return;
  }
  ns.ipv6.mib.Ip6OutDiscards++;
  ns.step(LEVEL.path, skb.cause, device, "drop", packet, () => ({
    because: `IPv6 is switched off on ${device.name}`,
    evidence: {
      kind: "sysctl",
      text: `net.ipv6.conf.${device.name}.disable_ipv6 = 1`,
      command: `sysctl net.ipv6.conf.${device.name}.disable_ipv6`,
    },
  }));
}

function finishOutput(ns: Netns, skb: Skb6): void {
  const { packet, device, longestFragment } = skb;
  const length = ipv6Length(packet);
  const limit = skb.isForwarded ? mtu6Of(ns, skb.dst!, packet.dst) : skb.mtu;
  if (skb.isForwarded && (longestFragment > 0 ? longestFragment : length) > limit) return tooBig(ns, skb, limit);
  // What came in pieces leaves in such again (frag_max_size).
  const mtu = longestFragment > 0 ? longestFragment : limit;
  if (length <= mtu) {
    if (!toNeighbour(ns, skb, packet, skb.cause)) refused(skb);
    return;
  }
  const room = longestFragment > 0 ? mtu : Math.max(mtu, LEAST_MTU);
  const pieces = fragment6(packet, room, Math.floor(ns.cables.random() * 2 ** 32));
  const step = ns.step(LEVEL.path, skb.cause, device, "send", packet, () => ({
    because: `${length} octets do not fit the MTU ${mtu}: cut into ${pieces.length} fragments, for no router will`,
  }));
  const { mib } = ns.ipv6;
  for (const piece of pieces) {
    if (!toNeighbour(ns, skb, piece, step)) {
      mib.Ip6FragFails++;
      refused(skb);
      return;
    }
    mib.Ip6FragCreates++;
  }
  mib.Ip6FragOKs++;
}

/** What is passed on was measured by its device; the MTU of its way counts as well (ip6_fragment, fail_toobig). */
function tooBig(ns: Netns, skb: Skb6, mtu: number): void {
  const { packet, dst } = skb;
  ns.ipv6.mib.Ip6FragFails++;
  const step = ns.step(LEVEL.path, skb.cause, skb.device, "drop", packet, () => ({
    because: `${ipv6Length(packet)} octets do not fit the MTU ${mtu} of the way to ${packet.dst}, and no router cuts`,
    evidence: { kind: "route", text: route6Text(dst!.route), command: `ip -6 route get ${packet.dst}` },
  }));
  icmp6Error(ns, skb, packet, ICMP6.packetTooBig, 0, mtu, step);
}

/** A queue that drops all says nothing; what a device itself refuses is an error (NET_XMIT_CN, NET_XMIT_DROP). */
function refused(skb: Skb6): void {
  skb.isRefused = true;
  if (skb.device.running) skb.errno = "ENOBUFS";
}

/** The packet of an skb, or a piece of it, to the next hop. False: nobody took it. */
function toNeighbour(ns: Netns, skb: Skb6, packet: Ipv6Packet, cause: number): boolean {
  const { device } = skb;
  const { mib } = ns.ipv6;
  const length = ipv6Length(packet);
  if (packet.dst.isMulticast) {
    mib.Ip6OutMcastPkts++;
    mib.Ip6OutMcastOctets += length;
  }
  if (!packet.dst.isInterfaceLocalMulticast || device.kind === "loopback") {
    mib.Ip6OutTransmits++;
    mib.Ip6OutOctets += length;
  }
  if (skb.mark !== 0 || skb.ct !== null || device.kind === "loopback") {
    ns.ipv6.carried ??= new WeakMap();
    ns.ipv6.carried.set(packet, skb);
  }
  if (device.kind === "loopback")
    return transmit(ns.cables, device, { dst: ZERO_MAC, src: ZERO_MAC, payload: packet }, cause);
  if (packet.dst.isMulticast) return toGroup(ns, skb, packet, cause);
  // NOARP: the kernel puts the device's own address there (ndisc_constructor).
  if (device.isNoArp) return transmit(ns.cables, device, { dst: device.mac, src: device.mac, payload: packet }, cause);
  const { nextHop } = skb.dst!;
  const neighbour = neighbour6Of(ns, device, nextHop);
  if (ns.kernel.pendingConfirm?.has(packet.body)) neighbour.confirm();
  if (!neighbour.use(packet, cause, skb)) return true;
  return sendTo6(ns, device, neighbour.mac!, packet, cause, nextHop, neighbour.state!);
}

/** To a group: also to oneself if one is in it, and beyond this machine only if the group reaches beyond it. */
function toGroup(ns: Netns, skb: Skb6, packet: Ipv6Packet, cause: number): boolean {
  const { device, mark, ct } = skb;
  const { dst } = packet;
  // The sockets of neighbour discovery do not hear themselves (ndisc_net_init).
  if (!isDiscovery(packet) && isMember(ns, device, dst)) {
    const step = ns.step(LEVEL.full, cause, device, "send", packet, () => ({
      because: `${device.name} is in the group ${dst} itself: a copy comes back`,
    }));
    const copy = new Skb6(packet, step, device).route(skb.dst!, device);
    copy.mark = mark;
    copy.ct = ct;
    passHook(ns, ns.hooks6, "POSTROUTING", copy, () => ns.cables.later(0, () => loopBack6(ns, copy)));
  }
  if (dst.isInterfaceLocalMulticast) return true;
  return transmit(ns.cables, device, { dst: groupMac(dst), src: device.mac, payload: packet }, cause);
}

function isDiscovery({ body }: Ipv6Packet): boolean {
  return body.kind === "icmp6" && body.type >= ICMP6.routerSolicitation && body.type <= ICMP6.redirect;
}

/** The frame to a neighbour whose MAC is known. */
export function sendTo6(
  ns: Netns,
  device: Device,
  mac: Mac,
  packet: Ipv6Packet,
  cause: number,
  nextHop: Ipv6,
  state: string,
): boolean {
  const frame = { dst: mac, src: device.mac, payload: packet };
  const step = ns.step(LEVEL.path, cause, device, "neighbour", frame, () => ({
    because: `${nextHop} has the MAC ${mac}`,
    evidence: {
      kind: "neighbour",
      text: `${nextHop} dev ${device.name} lladdr ${mac} ${state}`,
      command: "ip -6 neigh",
    },
  }));
  return transmit(ns.cables, device, frame, step);
}
