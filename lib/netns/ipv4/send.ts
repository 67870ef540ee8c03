// What happens to an IPv4 packet that is made here or passed on: hooks, fragments, neighbour, device.
// Before you edit: net/ipv4/ip_output.c, net/netfilter.c (ip_route_me_harder).
import type { Device } from "../../link/device.ts";
import { transmit } from "../../link/forward.ts";
import type { Nfct } from "../../netfilter/conntrack/conn.ts";
import type { Told } from "../../trace/recorder.ts";
import { LEVEL } from "../../trace/step.ts";
import type { Ipv4 } from "../../wire/address.ts";
import { bodyLength, ipv4Length } from "../../wire/bytes.ts";
import { BROADCAST_MAC, Mac, ZERO_MAC } from "../../wire/mac.ts";
import type { Ipv4Packet } from "../../wire/packet.ts";
import type { Errno } from "../errno.ts";
import type { Verdict } from "../hooks.ts";
import { passHook } from "../hooks-run.ts";
import type { Mib } from "../mib.ts";
import type { Netns } from "../netns.ts";
import { Skb } from "../skb.ts";
import { ipipOutput } from "../tunnel/ipip.ts";
import { createNeighbour, tellOverflow } from "./arp.ts";
import { fragment } from "./fragment.ts";
import { inetOf } from "./inet.ts";
import { hasJoined } from "./input-route.ts";
import { outputWay, routeOutput } from "./output-route.ts";
import { forwardMtu } from "./path-mtu.ts";
import { loopBack } from "./receive.ts";

/** A packet to be made and sent. */
export interface Outgoing {
  /** Null: the kernel chooses by route. */
  readonly src: Ipv4 | null;
  readonly dst: Ipv4;
  readonly body: Ipv4Packet["body"];
  readonly ttl?: number | undefined;
  readonly tos?: number | undefined;
  readonly id?: number | undefined;
  /**
   * Path MTU discovery of the socket: "want" sets DF while the packet fits the device and cuts it otherwise,
   * "do" refuses what does not fit, "dont" never sets DF; "probe" sets it always and asks only the device's MTU.
   */
  readonly discovery?: "want" | "do" | "dont" | "probe" | undefined;
  readonly oif?: Device | null | undefined;
  /** The source to write where this namespace has no address at all. */
  readonly nobody?: Ipv4 | undefined;
  /** SO_BROADCAST: without it a broadcast address is refused. */
  readonly mayBroadcast?: boolean | undefined;
  /** A socket knows that its packets get through, so the neighbour needs no probe (MSG_CONFIRM). */
  readonly confirm?: boolean | undefined;
  /** SO_MARK, or the mark of the packet this one answers. */
  readonly mark?: number | undefined;
  /** Whether what is for a group comes back to this namespace, if it has joined it (IP_MULTICAST_LOOP). */
  readonly isLooped?: boolean | undefined;
  /** The packet that an ICMP error tells of. */
  readonly about?: Ipv4Packet | undefined;
  /** What an answer is to the connection of the packet it answers. */
  readonly ct?: Nfct | null | undefined;
}

/** What a send came to: null when it went on its way, else why the system call failed. */
export interface Sent {
  readonly errno: Errno | null;
  readonly packet?: Ipv4Packet;
  /** The MTU that was exceeded, with EMSGSIZE. */
  readonly mtu?: number;
}

/** Makes a packet and sends it. */
export function ipSend(ns: Netns, outgoing: Outgoing, cause: number): Sent {
  const { dst, body, discovery = "want", mark = 0 } = outgoing;
  const way = routeOutput(ns, dst, outgoing.src, outgoing.oif ?? null, cause, mark, outgoing.about);
  if (way.errno !== null) return { errno: way.errno };
  const { decision, device } = way;
  const src = way.src.bits === 0 && outgoing.nobody !== undefined ? outgoing.nobody : way.src;
  if (decision.type === "broadcast" && outgoing.mayBroadcast !== true) return { errno: "EACCES" };
  const isProbe = discovery === "probe";
  const heard = ns.pathMtus.exception({ device, nextHop: decision.nextHop }, dst, ns.cables.now);
  const mtu = Math.min(isProbe ? device.mtu : (heard?.mtu ?? decision.mtu ?? device.mtu), 0xffff);
  const isLocked = heard?.locked ?? decision.mtuLocked ?? false;
  const length = 20 + bodyLength(body);
  const fits = length <= mtu;
  if (!fits && (discovery === "do" || isProbe || length > 0xffff)) {
    const whose = isProbe || mtu === device.mtu ? `of ${device.name}` : `of the way to ${dst}`;
    ns.step(LEVEL.path, decision.cause, device, "socket", undefined, () => ({
      because:
        length > 0xffff
          ? `the kernel says Message too long: a packet of IPv4 holds no ${length} octets`
          : `the kernel says Message too long: ${length} octets do not fit the MTU ${mtu} ${whose}, and nobody may cut them`,
    }));
    return { errno: "EMSGSIZE", mtu };
  }
  const dontFragment = discovery === "do" || isProbe || (discovery === "want" && fits && !isLocked);
  const packet: Ipv4Packet = {
    kind: "ipv4",
    src,
    dst: dst.bits === 0 ? src : dst,
    // IP_MULTICAST_TTL: a group stays on its link unless somebody says more.
    ttl: outgoing.ttl ?? (decision.type === "multicast" ? 1 : ns.sysctls.get("net.ipv4.ip_default_ttl")),
    // Only of a packet that nobody may cut it is sure that it needs no identification (ip_select_ident, ignore_df).
    id: outgoing.id ?? (discovery === "do" || isProbe ? 0 : takeId(ns)),
    tos: outgoing.tos ?? 0,
    dontFragment,
    moreFragments: false,
    fragmentOffset: 0,
    body,
  };
  if (outgoing.confirm) ns.kernel.setPendingConfirm(body);
  const skb = new Skb(packet, decision.cause, device).route(decision, device);
  skb.mark = mark;
  skb.ct = outgoing.ct ?? null;
  skb.isLooped = outgoing.isLooped ?? true;
  const isDropped = ipLocalOut(ns, skb) === "drop";
  if (skb.errno !== null) ns.mib.IpOutDiscards++;
  return { errno: isDropped ? "EPERM" : skb.errno, packet };
}

/** ip_local_out: a packet that is made here and has its way. */
export function ipLocalOut(ns: Netns, skb: Skb): Verdict {
  ns.mib.IpOutRequests++;
  if (skb.packet.body.kind === "icmp") countIcmp(ns.mib, skb.packet.body.type);
  return passHook(ns, ns.hooks, "OUTPUT", skb, dstOutput);
}

/** icmp_out_count: who made the message does not matter. */
function countIcmp(mib: Mib, type: number): void {
  mib.IcmpOutMsgs++;
  mib.icmpOut[type] = (mib.icmpOut[type] ?? 0) + 1;
}

/** dst_output: what is for everybody is for us too, and both copies pass POSTROUTING (ip_mc_output). */
function dstOutput(ns: Netns, skb: Skb): void {
  const { packet, device, dst, cause, mark, ct } = skb;
  // What loopback gives back is for us already (__mkroute_output).
  const isForUs =
    dst!.type === "broadcast" || (dst!.type === "multicast" && skb.isLooped && hasJoined(device, packet.dst));
  if (isForUs && device.kind !== "loopback") {
    const copy = new Skb(packet, cause, device).route(dst!, device);
    copy.mark = mark;
    copy.ct = ct;
    passHook(ns, ns.hooks, "POSTROUTING", copy, loopBack);
  }
  ipOutput(ns, skb);
}

/**
 * ip_route_me_harder: a hook function at OUTPUT changed what the way depends on (an address, the TOS, the mark), so the
 * tables are asked again. False: there is no way now, and the packet ends.
 */
export function routeMeHarder(ns: Netns, skb: Skb): boolean {
  const { packet, mark } = skb;
  const way = outputWay(ns, packet.dst, packet.src, null, packet, skb.cause, mark);
  skb.cause = way.cause;
  if (way.type === "error") {
    ns.step(LEVEL.path, way.cause, null, "drop", packet, () => ({ because: `routed again: ${way.because}` }));
    return false;
  }
  skb.route(way, way.type === "local" ? ns.devices.get("lo")! : way.device);
  return true;
}

export function takeId(ns: Netns): number {
  ns.nextId = (ns.nextId % 0xffff) + 1;
  return ns.nextId;
}

/** ip_output: the way is known. POSTROUTING, then cut to the MTU, then the next hop's MAC. */
export function ipOutput(ns: Netns, skb: Skb): void {
  if (passHook(ns, ns.hooks, "POSTROUTING", skb, finishOutput) === "drop") skb.errno = "EPERM";
}

function finishOutput(ns: Netns, skb: Skb): void {
  const { packet, device, cause } = skb;
  const { nextHop, mtu: routeMtu, mtuLocked } = skb.dst!;
  const isOwn = skb.input === null;
  const hop = { device, nextHop, mtu: routeMtu, mtuLocked };
  const wayMtu = isOwn ? ns.pathMtus.of(hop, packet.dst, ns.cables.now) : forwardMtu(ns, hop, packet.dst);
  const { longestFragment } = skb;
  const mtu = longestFragment > 0 ? Math.min(wayMtu, longestFragment) : wayMtu;
  // What must not be cut was measured when it was made.
  if (ipv4Length(packet) <= mtu || (packet.dontFragment && isOwn)) {
    if (!toNeighbour(ns, skb, packet, cause)) refused(skb);
    return;
  }
  const pieces = fragment(packet, mtu);
  const step = ns.step(LEVEL.path, cause, device, "send", packet, () => ({
    because: `${ipv4Length(packet)} octets do not fit the MTU ${mtu}: cut into ${pieces.length} fragments`,
  }));
  // A piece the device does not take is the last that is tried (ip_do_fragment).
  for (const piece of pieces) {
    if (!toNeighbour(ns, skb, piece, step)) {
      ns.mib.IpFragFails++;
      refused(skb);
      return;
    }
    ns.mib.IpFragCreates++;
  }
  ns.mib.IpFragOKs++;
}

/** A queue that drops all says nothing; what a device itself refuses is an error (NET_XMIT_CN, NET_XMIT_DROP). */
function refused(skb: Skb): void {
  if (skb.device.running) skb.errno = "ENOBUFS";
}

/** The packet of an skb, or a piece of it, to the next hop. False: nobody took it. */
function toNeighbour(ns: Netns, skb: Skb, packet: Ipv4Packet, cause: number): boolean {
  const { device } = skb;
  const { nextHop, type, route } = skb.dst!;
  const { mib } = ns;
  const length = ipv4Length(packet);
  mib.IpOutTransmits++;
  mib.IpExtOutOctets += length;
  if (type === "broadcast") {
    mib.IpExtOutBcastPkts++;
    mib.IpExtOutBcastOctets += length;
  }
  const isLooped = device.kind === "loopback" && (skb.ct !== null || skb.input !== null);
  if (skb.mark !== 0 || isLooped || (device.ipip !== null && skb.ct !== null)) carry(ns, packet, skb);
  if (device.ipip !== null) return ipipOutput(ns, device, packet, nextHop, cause);
  if (device.kind === "loopback" || device.isBare) {
    return transmit(ns.cables, device, { dst: ZERO_MAC, src: ZERO_MAC, payload: packet }, cause);
  }
  if (nextHop.isMulticast) {
    const group = Mac.of(0x01005e000000 + (nextHop.bits & 0x7fffff));
    return transmit(ns.cables, device, { dst: group, src: device.mac, payload: packet }, cause);
  }
  // NOARP: the kernel puts the device's own address there (arp_constructor).
  if (device.isNoArp) return transmit(ns.cables, device, { dst: device.mac, src: device.mac, payload: packet }, cause);
  // Whether an address is a broadcast address is asked when its entry is made (arp_constructor).
  const known = inetOf(device).neighbours.get(nextHop);
  if (known === undefined && isBroadcast(ns, device, nextHop)) {
    return transmit(ns.cables, device, { dst: BROADCAST_MAC, src: device.mac, payload: packet }, cause);
  }
  const neighbour = known ?? createNeighbour(ns, device, nextHop);
  if (neighbour === null) {
    ns.step(LEVEL.path, cause, device, "drop", packet, () => tellOverflow(ns, nextHop));
    return false;
  }
  if (ns.kernel.pendingConfirm?.has(packet.body)) neighbour.confirm();
  // Should nobody answer for the address, the error is the connection's.
  if (skb.ct !== null && !neighbour.isValid) carry(ns, packet, skb);
  if (!neighbour.use(packet, cause, route)) return true;
  return sendTo(ns, device, neighbour.mac!, packet, cause, nextHop, neighbour.state!);
}

/** What is known of the packet, for when it comes in again here, or comes back with an error. */
function carry(ns: Netns, packet: Ipv4Packet, skb: Skb): void {
  ns.carried ??= new WeakMap();
  ns.carried.set(packet, skb);
}

/** The frame to a neighbour whose MAC is known. */
export function sendTo(
  ns: Netns,
  device: Device,
  mac: Mac,
  packet: Ipv4Packet,
  cause: number,
  nextHop: Ipv4,
  state: string,
): boolean {
  const frame = { dst: mac, src: device.mac, payload: packet };
  const step = ns.note(LEVEL.path, cause, device, "neighbour", frame, tellMac, nextHop, device.name, mac, state);
  return transmit(ns.cables, device, frame, step);
}

function tellMac(address: Ipv4, device: string, mac: Mac, state: string): Told {
  const text = `${address} dev ${device} lladdr ${mac} ${state}`;
  return { because: `${address} has the MAC ${mac}`, evidence: { kind: "neighbour", text, command: "ip neigh" } };
}

function isBroadcast(ns: Netns, device: Device, address: Ipv4): boolean {
  if (address.bits === 0xffffffff) return true;
  const route = ns.tables.local.lookup(address);
  return route?.type === "broadcast" && route.dev === device;
}
