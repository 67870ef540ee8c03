// An IPv6 packet came in: is it for this namespace, does it go on, or does it end here?
// Before you edit: net/ipv6/ip6_input.c (ip6_rcv_core, ip6_mc_input, ip6_protocol_deliver_rcu), ip6_output.c (ip6_forward),
// route.c (ip6_route_input, ip6_pkt_drop).
import type { Device } from "../../link/device.ts";
import { type Evidence, LEVEL } from "../../trace/step.ts";
import { ipv6Length } from "../../wire/bytes6.ts";
import { type Frame, ICMP6, ICMP6_CODE, type Ipv6Packet, protocolOf, withHopLimit } from "../../wire/packet.ts";
import { passHook } from "../hooks-run.ts";
import type { Netns } from "../netns.ts";
import { raw6Input } from "../socket/raw6.ts";
import { udpInput6 } from "../socket/udp6.ts";
import { tcpInput6 } from "../tcp/tcp6.ts";
import { decide6, type NoWay6 } from "./decide.ts";
import { isMember } from "./groups.ts";
import { icmp6Error, icmp6Input, rejected } from "./icmp.ts";
import type { Mib6 } from "./mib6.ts";
import { sendRedirect6 } from "./redirect.ts";
import { ip6Output } from "./send.ts";
import { type Arrival6, Skb6 } from "./skb6.ts";
import { LEAST_MTU } from "./state.ts";

/** A packet came in by a device (ipv6_rcv). */
export function ip6Receive(
  ns: Netns,
  device: Device,
  frame: Frame,
  packet: Ipv6Packet,
  forUs: boolean,
  cause: number,
): void {
  const { mib } = ns.ipv6;
  if (forUs) countReceived(mib, packet, ns.ipv6.runsOn(device));
  const refused = notTaken(ns, device, packet, forUs);
  if (refused !== null) {
    if (forUs && ns.ipv6.runsOn(device)) mib.Ip6InHdrErrors++;
    else if (forUs) mib.Ip6InDiscards++;
    ns.step(LEVEL.path, cause, device, "drop", packet, () => refused);
    return;
  }
  const skb = new Skb6(packet, cause, device, device, frame);
  skb.toOne = !frame.dst.isGroup && !packet.dst.isMulticast;
  if (ns.ipv6.carried !== null) recall(ns.ipv6.carried, skb);
  passHook(ns, ns.hooks6, "PREROUTING", skb, ip6Route);
}

/** Marks of congestion are looked at once IPv6 is known to run. */
function countReceived(mib: Mib6, packet: Ipv6Packet, runs = true): void {
  mib.Ip6InReceives++;
  mib.Ip6InOctets += ipv6Length(packet);
  if (!runs) return;
  const ecn = packet.trafficClass & 3;
  if (ecn === 0) mib.Ip6InNoECTPkts++;
  else if (ecn === 1) mib.Ip6InECT1Pkts++;
  else if (ecn === 2) mib.Ip6InECT0Pkts++;
  else mib.Ip6InCEPkts++;
}

/** What the packet had when a device of this namespace sent it; another device than loopback keeps only the mark. */
function recall(carried: WeakMap<Ipv6Packet, Skb6>, skb: Skb6): void {
  const sent = carried.get(skb.packet);
  if (sent === undefined) return;
  skb.mark = sent.mark;
  if (skb.device.kind !== "loopback") return;
  skb.ct = sent.ct;
  // Nobody asks a table again for what the loopback gives back.
  skb.dst = sent.dst;
  skb.iif = sent.dst!.owner;
}

/** dev_loopback_xmit: what is sent to a group that one is in comes in here too, as if by the device it leaves by, if that is up. */
export function loopBack6(ns: Netns, { packet, cause, device, mark, ct, dst }: Skb6): void {
  if (!device.up) return void device.stats.rxDropped++;
  const copy = new Skb6(packet, cause, device, device);
  copy.mark = mark;
  copy.ct = ct;
  copy.dst = dst;
  copy.toOne = false;
  countReceived(ns.ipv6.mib, packet);
  passHook(ns, ns.hooks6, "PREROUTING", copy, ip6Route);
}

/** ip6_rcv_finish: to whom? */
export function ip6Route(ns: Netns, skb: Skb6): void {
  const { device, packet, mark } = skb;
  const { src, dst } = packet;
  if (skb.dst === null) {
    const question = { dst, src, iif: device, protocol: protocolOf(packet), mark };
    const way = decide6(ns, question, packet, skb.cause);
    skb.cause = way.cause;
    if (way.type === "error") return noRoute(ns, skb, way);
    skb.dst = way;
  }
  const { type } = skb.dst;
  if (skb.dst.rejects) {
    ns.ipv6.mib.Ip6InNoRoutes++;
    return rejected(ns, skb);
  }
  if (type === "unicast") return forward(ns, skb);
  if (type === "multicast") {
    ns.ipv6.mib.Ip6InMcastPkts++;
    ns.ipv6.mib.Ip6InMcastOctets += ipv6Length(packet);
  }
  if (type !== "multicast" || isMember(ns, device, dst)) return localDeliver6(ns, skb);
  ns.step(LEVEL.path, skb.cause, device, "drop", packet, () => ({
    because: `${device.name} is not in the group ${dst}`,
  }));
}

interface Refused {
  readonly because: string;
  readonly evidence?: Evidence;
}

/** Why a packet is not even looked up (ip6_rcv_core), or null. */
function notTaken(ns: Netns, device: Device, { src, dst }: Ipv6Packet, forUs: boolean): Refused | null {
  if (!forUs) return { because: "the frame is for another MAC: IPv6 does not look at it" };
  if (!ns.ipv6.runsOn(device)) {
    if (device.mtu < LEAST_MTU)
      return { because: `IPv6 needs an MTU of ${LEAST_MTU}, and ${device.name} has ${device.mtu}` };
    const name = `net.ipv6.conf.${device.name}.disable_ipv6`;
    return {
      because: `IPv6 is switched off on ${device.name}`,
      evidence: { kind: "sysctl", text: `${name} = 1`, command: `sysctl ${name}` },
    };
  }
  const isInside = device.kind === "loopback";
  if ((src.isLoopback || dst.isLoopback) && !isInside) return { because: "::1 never travels on a cable" };
  if (dst.isMulticast && (dst.w0 & 0xf0000) === 0) return { because: `${dst} is a group of no scope at all` };
  if (dst.isInterfaceLocalMulticast && !isInside)
    return { because: `${dst} is a group of one machine and never travels on a cable` };
  return src.isMulticast ? { because: `nobody can send from the group ${src}` } : null;
}

function noRoute(ns: Netns, skb: Skb6, { because, errno }: NoWay6): void {
  const { device, packet, cause } = skb;
  const step = ns.step(LEVEL.path, cause, device, "drop", packet, () => ({ because }));
  if (errno === "EINVAL") return;
  ns.ipv6.mib.Ip6InNoRoutes++;
  const code = errno === "EACCES" ? ICMP6_CODE.prohibited : ICMP6_CODE.noRoute;
  icmp6Error(ns, skb, packet, ICMP6.unreachable, code, 0, step);
}

/** What is counted of a packet that is not passed on. */
type Ending = "Ip6InAddrErrors" | "Ip6InDiscards" | "Ip6InHdrErrors" | "Ip6InTooBigErrors";

/** ip6_forward: from one device to another, hop limit lowered. */
function forward(ns: Netns, skb: Skb6): void {
  const { device, packet, cause } = skb;
  const way = skb.dst!;
  const { src } = packet;
  const { mib } = ns.ipv6;
  const evidence = forwarding(ns);
  const end = (counter: Ending, because: string, said?: Evidence) => {
    mib[counter]++;
    return ns.step(LEVEL.path, cause, device, "drop", packet, () => ({ because, ...(said && { evidence: said }) }));
  };
  if (ns.ipv6.all.forwarding === 0) {
    const because = `${packet.dst} is not an address of this namespace, and it does not forward`;
    return void end("Ip6InAddrErrors", because, evidence);
  }
  if (!skb.toOne) return void end("Ip6InDiscards", "a frame for a group is not forwarded");
  if (packet.hopLimit <= 1) {
    const because = `hop limit ${packet.hopLimit} would become 0: the packet has gone through too many routers`;
    const step = end("Ip6InHdrErrors", because);
    return icmp6Error(ns, skb, packet, ICMP6.timeExceeded, 0, 0, step);
  }
  const { device: out } = way;
  if (out === skb.iif) sendRedirect6(ns, skb);
  else {
    if (src.isUnspecified || src.isLoopback)
      return void end("Ip6InAddrErrors", `nobody can be answered who sends from ${src}`);
    if (src.isLinkLocal) {
      const step = end("Ip6InAddrErrors", `${src} means something else on the link of ${out.name}`);
      return icmp6Error(ns, skb, packet, ICMP6.unreachable, ICMP6_CODE.beyondScope, 0, step);
    }
  }
  mib.Ip6OutForwDatagrams++;
  const mtu = Math.max(way.mtuLocked ? way.mtu! : out.mtu, LEAST_MTU);
  // What was joined here is cut again as it came.
  const length = skb.longestFragment > 0 ? skb.longestFragment : ipv6Length(packet);
  if (length > mtu) {
    const because = `${length} octets do not fit the MTU ${mtu} of ${out.name}, and no router cuts`;
    const text = `${out.name} mtu ${out.mtu}`;
    mib.Ip6FragFails++;
    const step = end("Ip6InTooBigErrors", because, { kind: "link", text, command: `ip link show ${out.name}` });
    skb.device = out;
    return icmp6Error(ns, skb, packet, ICMP6.packetTooBig, 0, mtu, step);
  }
  const lowered = withHopLimit(packet, packet.hopLimit - 1);
  skb.packet = lowered;
  skb.cause = ns.step(LEVEL.path, cause, device, "forward", lowered, () => ({
    because: `from ${device.name} to ${out.name}: hop limit ${packet.hopLimit} becomes ${lowered.hopLimit}`,
    evidence,
  }));
  skb.device = out;
  skb.isForwarded = true;
  passHook(ns, ns.hooks6, "FORWARD", skb, ip6Output);
}

function forwarding(ns: Netns): Evidence {
  const name = "net.ipv6.conf.all.forwarding";
  return { kind: "sysctl", text: `${name} = ${ns.ipv6.all.forwarding}`, command: `sysctl ${name}` };
}

/** ip6_input: the packet is for this namespace. */
function localDeliver6(ns: Netns, skb: Skb6): void {
  passHook(ns, ns.hooks6, "INPUT", skb, toProtocol);
}

/** ip6_input_finish: who speaks the packet's protocol? Fragments wait here for each other, behind the hook (ipv6_frag_rcv). */
function toProtocol(ns: Netns, skb: Skb6): void {
  const { device, packet, cause } = skb;
  let whole = packet;
  let step = cause;
  const { mib } = ns.ipv6;
  if (packet.fragment !== undefined) {
    mib.Ip6ReasmReqds++;
    const joined = ns.ipv6.reassembly.add(packet, (pieces) => reassemblyExpired6(ns, skb, pieces, cause));
    if (typeof joined === "string") {
      if (joined !== "waits") mib.Ip6ReasmFails++;
      ns.step(LEVEL.full, cause, device, joined === "waits" ? "receive" : "drop", packet, () => ({
        because:
          joined === "waits"
            ? `a fragment from octet ${packet.fragment!.offset} on: it waits for the rest, 60 s at most`
            : "fragments that overlap are an attack: all of the packet is thrown away (RFC 5722)",
      }));
      return;
    }
    mib.Ip6ReasmOKs++;
    whole = joined;
    step = ns.step(LEVEL.path, cause, device, "receive", whole, () => ({ because: "the last fragment came in" }));
  }
  const { body } = whole;
  if (body.kind === "icmp6" || body.kind === "udp" || body.kind === "tcp") mib.Ip6InDelivers++;
  else mib.Ip6InUnknownProtos++;
  if (body.kind === "icmp6") return icmp6Input(ns, skb, whole, body, step, whole !== packet || skb.longestFragment > 0);
  if (body.kind === "udp") return udpInput6(ns, skb, whole, body, step);
  if (ns.sockets.raw6.length > 0) raw6Input(ns, skb, whole, undefined, step);
  if (body.kind === "tcp") return tcpInput6(ns, skb, whole, body, step);
  const dropped = ns.step(LEVEL.path, step, device, "drop", whole, () => ({
    because: `nothing here speaks the protocol ${protocolOf(whole)}`,
  }));
  // The error points at the octet that names the protocol (ICMPV6_UNK_NEXTHDR).
  icmp6Error(ns, skb, whole, ICMP6.parameterProblem, 1, 6, dropped);
}

/** ip6frag_expire_frag_queue: only who sent the first fragment can be told, for it says whose packet it was. */
export function reassemblyExpired6(ns: Netns, arrival: Arrival6, pieces: readonly Ipv6Packet[], cause: number): void {
  const first = pieces[0]!;
  ns.ipv6.mib.Ip6ReasmFails++;
  ns.ipv6.mib.Ip6ReasmTimeout++;
  const step = ns.step(LEVEL.path, cause, arrival.device, "drop", first, () => ({
    because: `${pieces.length} of its fragments came, the rest did not in 60 s`,
    evidence: { kind: "sysctl", text: "net.ipv6.ip6frag_time = 60", command: "sysctl net.ipv6.ip6frag_time" },
  }));
  if (first.fragment!.offset === 0) icmp6Error(ns, arrival, first, ICMP6.timeExceeded, 1, 0, step);
}
