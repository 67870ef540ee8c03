// What happens to an IPv6 packet that is made here or passed on: route, source, fragments, neighbour, device.
// Before you edit: net/ipv6/ip6_output.c (ip6_dst_lookup_tail, ip6_finish_output2, ip6_fragment), route.c
// (ip6_route_output_flags, ip6_mtu), ndisc.c (ndisc_constructor).
import { needsScope } from "../../ip/address6.ts";
import type { Device } from "../../link/device.ts";
import { transmit } from "../../link/forward.ts";
import { LEVEL, NOT_RECORDED } from "../../trace/step.ts";
import { groupMac, type Ipv6, LOOPBACK6 } from "../../wire/address6.ts";
import { body6Length, ipv6Length } from "../../wire/bytes6.ts";
import { type Mac, ZERO_MAC } from "../../wire/mac.ts";
import { type Ipv6Packet, PROTOCOL } from "../../wire/packet.ts";
import type { Errno } from "../errno.ts";
import type { Netns } from "../netns.ts";
import { decide6, type NoWay6, sourceFor6, type Way6 } from "./decide.ts";
import { fragment6 } from "./fragment.ts";
import { isMember } from "./groups.ts";
import { neighbour6Of } from "./ndisc.ts";
import { ip6Receive } from "./receive.ts";
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
}

/** What a send came to: null when it went on its way, else why the system call failed. */
export interface Sent6 {
  readonly errno: Errno | null;
  readonly packet?: Ipv6Packet;
  /** The MTU that was exceeded, with EMSGSIZE. */
  readonly mtu?: number;
}

/** A route for a packet made here, its source chosen. */
export type OutputRoute6 =
  | { readonly errno: null; readonly way: Way6; readonly src: Ipv6; readonly device: Device; readonly cause: number }
  | { readonly errno: Errno; readonly way: NoWay6 | null };

/** Which way, from which address (ip6_dst_lookup_flow). `bound` false: the device is only preferred. */
export function routeOutput6(
  ns: Netns,
  dst: Ipv6,
  src: Ipv6 | null,
  oif: Device | null,
  cause: number,
  { protocol = 0, bound = true, packet }: { protocol?: number; bound?: boolean; packet?: Ipv6Packet } = {},
): OutputRoute6 {
  const question = { dst, src, oif, protocol, bound: bound && oif !== null };
  let way = decide6(ns, question, packet, cause);
  let from = src;
  if (from === null) {
    const chosen = sourceFor6(ns, way, dst);
    if (chosen === null) return { errno: "EADDRNOTAVAIL", way: null };
    from = chosen.src;
    // A first answer that was no way is not believed: with a source a rule may lead elsewhere.
    if (way.type === "error") way = decide6(ns, { ...question, src: from }, packet, chosen.cause);
    else way = { ...way, cause: chosen.cause };
  }
  if (way.type === "error") return { errno: way.errno, way };
  return { errno: null, way, src: from, device: way.device, cause: way.cause };
}

/** Which way a packet would go, asked without a trace, as `connect` asks it. */
export function peekRoute6(ns: Netns, dst: Ipv6, src: Ipv6 | null, oif: Device | null, protocol = 0): OutputRoute6 {
  const { recorder } = ns.cables;
  const { level } = recorder;
  recorder.level = LEVEL.off;
  try {
    return routeOutput6(ns, dst, src, oif, NOT_RECORDED, { protocol });
  } finally {
    recorder.level = level;
  }
}

/** The MTU of a way: what a router said of it, what the route says, or the device's. */
export function mtu6Of(ns: Netns, way: Way6, dst: Ipv6): number {
  if (way.mtuLocked) return way.mtu!;
  return ns.ipv6.heard(dst, way.owner, way.nextHop)?.mtu ?? way.mtu ?? way.device.mtu;
}

/** Makes a packet and sends it. */
export function ip6Send(ns: Netns, outgoing: Outgoing6, cause: number): Sent6 {
  const { body, discovery = "want", oif = null } = outgoing;
  const dst = outgoing.dst.isUnspecified ? LOOPBACK6 : outgoing.dst;
  const protocol = body.kind === "unknown" ? body.protocol : PROTOCOL[body.kind];
  const bound = outgoing.prefersOif !== true;
  const found = routeOutput6(ns, dst, outgoing.src, oif, cause, { protocol, bound });
  if (found.errno !== null) return { errno: found.errno };
  const { way, src, device } = found;
  const mtu = discovery === "probe" ? device.mtu : mtu6Of(ns, way, dst);
  if (40 + body6Length(body) > mtu && (discovery === "do" || discovery === "probe")) return { errno: "EMSGSIZE", mtu };
  const packet: Ipv6Packet = {
    kind: "ipv6",
    src,
    dst,
    hopLimit: outgoing.hopLimit ?? (dst.isMulticast ? 1 : ns.ipv6.of(device).conf.hop_limit),
    trafficClass: outgoing.trafficClass ?? 0,
    flowLabel: 0,
    body,
  };
  if (outgoing.confirm) ns.ipv6.of(way.owner).neighbours.get(way.nextHop)?.confirm();
  ip6Output(ns, packet, way, null, found.cause, mtu);
  return { errno: null, packet };
}

/** Packets that the loopback gives back keep their way: nobody asks a table for them again (skb_dst). */
const looped = new WeakMap<Ipv6Packet, Way6>();

/** The way of a packet that was sent to oneself. */
export function loopedWay(packet: Ipv6Packet): Way6 | undefined {
  return looped.get(packet);
}

/** ip6_output: the way is known. What is made here and too long is cut; then the next hop's MAC. */
export function ip6Output(
  ns: Netns,
  packet: Ipv6Packet,
  way: Way6,
  inDevice: Device | null,
  cause: number,
  mtu = way.device.mtu,
): void {
  const { device } = way;
  if (!ns.ipv6.runsOn(device)) {
    ns.step(LEVEL.path, cause, device, "drop", packet, () => ({
      because: `IPv6 is switched off on ${device.name}`,
      evidence: {
        kind: "sysctl",
        text: `net.ipv6.conf.${device.name}.disable_ipv6 = 1`,
        command: `sysctl net.ipv6.conf.${device.name}.disable_ipv6`,
      },
    }));
    return;
  }
  const length = ipv6Length(packet);
  if (length <= mtu || inDevice !== null) return void toNeighbour(ns, packet, way, cause);
  const pieces = fragment6(packet, Math.max(mtu, LEAST_MTU), Math.floor(ns.cables.random() * 2 ** 32));
  const step = ns.step(LEVEL.path, cause, device, "send", packet, () => ({
    because: `${length} octets do not fit the MTU ${mtu}: cut into ${pieces.length} fragments, for no router will`,
  }));
  for (const piece of pieces) if (!toNeighbour(ns, piece, way, step)) return;
}

function toNeighbour(ns: Netns, packet: Ipv6Packet, way: Way6, cause: number): boolean {
  const { device, nextHop } = way;
  const { dst } = packet;
  if (device.kind === "loopback") {
    looped.set(packet, way);
    return transmit(ns.cables, device, { dst: ZERO_MAC, src: ZERO_MAC, payload: packet }, cause);
  }
  if (dst.isMulticast) return toGroup(ns, packet, way, cause);
  // NOARP: the kernel puts the device's own address there (ndisc_constructor).
  if (device.isNoArp) return transmit(ns.cables, device, { dst: device.mac, src: device.mac, payload: packet }, cause);
  const neighbour = neighbour6Of(ns, device, nextHop);
  if (!neighbour.use(packet, cause)) return true;
  return sendTo6(ns, device, neighbour.mac!, packet, cause, nextHop, neighbour.state!);
}

/** To a group: also to oneself if one is in it, and beyond this machine only if the group reaches beyond it. */
function toGroup(ns: Netns, packet: Ipv6Packet, { device }: Way6, cause: number): boolean {
  const { dst } = packet;
  const frame = { dst: groupMac(dst), src: device.mac, payload: packet };
  if (isMember(ns, device, dst)) {
    const step = ns.step(LEVEL.full, cause, device, "send", packet, () => ({
      because: `${device.name} is in the group ${dst} itself: a copy comes back`,
    }));
    ns.cables.later(0, () => ip6Receive(ns, device, frame, packet, true, step, true));
  }
  if (dst.isInterfaceLocalMulticast) return true;
  return transmit(ns.cables, device, frame, cause);
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

/** Such a destination says nothing without a device. */
export function lacksScope(dst: Ipv6, oif: Device | null): boolean {
  return oif === null && needsScope(dst) && !dst.isLoopback;
}
