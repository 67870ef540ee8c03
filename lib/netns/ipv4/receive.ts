// What happens to an IPv4 packet that a device received. Read from top to bottom: this is the order of things.
// Before you edit: net/ipv4/ip_input.c, route.c (ip_route_input_slow, __mkroute_input), ip_forward.c.
import type { Device } from "../../link/device.ts";
import type { Told } from "../../trace/recorder.ts";
import { type Evidence, LEVEL } from "../../trace/step.ts";
import { ipv4Length } from "../../wire/bytes.ts";
import { type Frame, ICMP, ICMP_CODE, type Ipv4Packet, protocolOf, withTtl } from "../../wire/packet.ts";
import { passHook } from "../hooks-run.ts";
import type { Mib } from "../mib.ts";
import type { Netns } from "../netns.ts";
import { Skb } from "../skb.ts";
import { rawInput } from "../socket/raw.ts";
import { udpInput } from "../socket/udp-input.ts";
import { tcpInput } from "../tcp/tcp.ts";
import { ipipInput } from "../tunnel/ipip.ts";
import type { NoWay } from "./decide.ts";
import { icmpError, icmpInput } from "./icmp.ts";
import { NO_ROUTE_BURST } from "./icmp-limit.ts";
import { dropMartian, evidenceOf, routeInput } from "./input-route.ts";
import { forwardMtu } from "./path-mtu.ts";
import { sendRedirect } from "./redirect.ts";
import { ipOutput } from "./send.ts";

/** How a packet came here; errors are never sent about what was for everybody. */
export type Arrival = Pick<Skb, "device" | "toOne" | "toAll" | "mark" | "ct"> & {
  /** The datagram that a packet was taken out of: errors quote that one. */
  readonly outer?: Ipv4Packet;
};

/** ip_rcv: the packet enters the namespace. */
export function ipReceive(
  ns: Netns,
  device: Device,
  frame: Frame,
  packet: Ipv4Packet,
  forUs: boolean,
  cause: number,
): void {
  if (!forUs) {
    ns.step(LEVEL.path, cause, device, "drop", frame, () => ({
      because: `the frame is for ${frame.dst}, and ${device.name} is ${device.mac}: IP does not look at it`,
      evidence: { kind: "link", text: `link/ether ${device.mac}`, command: `ip link show ${device.name}` },
    }));
    return;
  }
  countReceived(ns.mib, packet);
  const skb = new Skb(packet, cause, device, device, frame);
  // What comes back from loopback was routed when it was sent; the kernel does not ask again.
  if (device.kind === "loopback") passHook(ns, ns.hooks, "PREROUTING", recall(ns, skb), loopedBack);
  else passHook(ns, ns.hooks, "PREROUTING", ns.carried === null ? skb : recall(ns, skb), ipRoute);
}

/** What ip_rcv counts. */
export function countReceived(mib: Mib, packet: Ipv4Packet): void {
  mib.IpInReceives++;
  mib.IpExtInOctets += ipv4Length(packet);
  const ecn = packet.tos & 3;
  if (ecn === 0) mib.IpExtInNoECTPkts++;
  else if (ecn === 1) mib.IpExtInECT1Pkts++;
  else if (ecn === 2) mib.IpExtInECT0Pkts++;
  else mib.IpExtInCEPkts++;
}

/** What the packet had when a device of this namespace sent it; another device than loopback keeps only the mark. */
function recall(ns: Netns, skb: Skb): Skb {
  const sent = ns.carried?.get(skb.packet);
  if (sent === undefined) return skb;
  skb.mark = sent.mark;
  if (skb.device.kind !== "loopback") return skb;
  skb.ct = sent.ct;
  skb.dst = sent.dst;
  return skb;
}

/**
 * From loopback. Packets for others that a route sent there are passed on by it again until their TTL ends; all others
 * are for us.
 */
function loopedBack(ns: Netns, skb: Skb): void {
  const { dst } = skb;
  if (dst?.type === "unicast") {
    skb.dst = { ...dst, detour: false };
    return forward(ns, skb);
  }
  const type = ns.tables.local.lookup(skb.packet.dst)?.type;
  skb.toOne = type === "local";
  skb.toAll = type === "broadcast" || skb.packet.dst.isMulticast || skb.packet.dst.bits === 0xffffffff;
  if (skb.toAll) countBroadcast(ns.mib, skb.packet);
  localDeliver(ns, skb);
}

/**
 * dev_loopback_xmit: what is sent to everybody comes in here too, as if by the device it leaves by; that must be up
 * (enqueue_to_backlog).
 */
export function loopBack(ns: Netns, { packet, cause, device, mark, ct }: Skb): void {
  if (!device.up) return void device.stats.rxDropped++;
  const copy = new Skb(packet, cause, device, device);
  copy.mark = mark;
  copy.ct = ct;
  copy.toOne = false;
  copy.toAll = true;
  countReceived(ns.mib, packet);
  countBroadcast(ns.mib, packet);
  passHook(ns, ns.hooks, "PREROUTING", copy, localDeliver);
}

/** ip_rcv_finish: to whom? */
export function ipRoute(ns: Netns, skb: Skb): void {
  const { device, packet, frame, mark } = skb;
  const decision = routeInput(ns, device, packet.src, packet.dst, packet, skb.cause, mark);
  if (decision.type === "martian") {
    if (decision.by === "rp_filter") ns.mib.TcpExtIPReversePathFilter++;
    return dropMartian(ns, skb, decision);
  }
  if (decision.type === "error") return noRoute(ns, skb, decision);
  skb.cause = decision.cause;
  skb.toAll = decision.type === "everybody" || decision.type === "broadcast";
  skb.toOne = !skb.toAll && !frame!.dst.isGroup;
  if (decision.type !== "everybody") skb.dst = decision;
  if (skb.toAll) countBroadcast(ns.mib, packet);
  if (decision.type === "unicast") forward(ns, skb);
  else localDeliver(ns, skb);
}

function countBroadcast(mib: Mib, packet: Ipv4Packet): void {
  mib.IpExtInBcastPkts++;
  mib.IpExtInBcastOctets += ipv4Length(packet);
}

function noRoute(ns: Netns, skb: Skb, decision: NoWay): void {
  const { device, packet } = skb;
  const forwards = ns.forwards(device);
  const step = ns.step(LEVEL.path, decision.cause, device, "drop", packet, () =>
    forwards
      ? { because: decision.because }
      : {
          because: `${packet.dst} is not an address of this namespace, and it does not forward`,
          evidence: forwardingOf(ns, device),
        },
  );
  // A group that nobody here joined is no error: the packet is for others on the link.
  if (packet.dst.isMulticast) return;
  // ip_error: who does not forward calls every such packet one with a wrong address.
  if (!forwards) ns.mib.IpInAddrErrors++;
  else if (decision.errno === "ENETUNREACH") ns.mib.IpExtInNoRoutes++;
  if (!forwards || decision.errno === "EINVAL") return;
  if (!ns.icmpLimit.allow(packet.src, ns.cables.now, NO_ROUTE_BURST)) return;
  const code =
    decision.errno === "EACCES"
      ? ICMP_CODE.filtered
      : decision.errno === "EHOSTUNREACH"
        ? ICMP_CODE.host
        : ICMP_CODE.net;
  skb.toOne = !skb.frame!.dst.isGroup;
  icmpError(ns, skb, packet, ICMP.unreachable, code, 0, step);
}

/** What most people know as ip_forward, unless the device was told something else. */
function forwardingOf(ns: Netns, device: Device): Evidence {
  const all = ns.sysctls.conf.all.forwarding;
  return (all !== 0) === ns.forwards(device) ? IP_FORWARD[all]! : evidenceOf(ns, device, "forwarding");
}

const IP_FORWARD = [0, 1].map((value): Evidence => {
  return { kind: "sysctl", text: `net.ipv4.ip_forward = ${value}`, command: "sysctl net.ipv4.ip_forward" };
});

/** ip_forward: from one device to another, TTL lowered. */
function forward(ns: Netns, skb: Skb): void {
  const { device, packet, cause } = skb;
  const decision = skb.dst!;
  if (device.kind !== "loopback" && !ns.forwards(device)) {
    ns.mib.IpInAddrErrors++;
    ns.step(LEVEL.path, cause, device, "drop", packet, () => ({
      because: `${packet.dst} is not an address of this namespace, and it does not forward`,
      evidence: forwardingOf(ns, device),
    }));
    return;
  }
  if (skb.frame!.dst.isGroup) {
    ns.step(LEVEL.path, cause, device, "drop", packet, () => ({
      because: "a broadcast frame is not forwarded",
    }));
    return;
  }
  if (packet.ttl <= 1) {
    ns.mib.IpInHdrErrors++;
    const step = ns.step(LEVEL.path, cause, device, "drop", packet, () => ({
      because: `TTL ${packet.ttl} would become 0: the packet has gone through too many routers`,
    }));
    icmpError(ns, skb, packet, ICMP.timeExceeded, 0, 0, step);
    return;
  }
  ns.mib.IpForwDatagrams++;
  const { device: out } = decision;
  const mtu = forwardMtu(ns, decision, packet.dst);
  if (packet.dontFragment && ipv4Length(packet) > mtu) {
    ns.mib.IpFragFails++;
    const own = decision.mtu ?? out.mtu;
    const said =
      mtu !== own ? `the way to ${packet.dst}` : decision.mtu === undefined ? out.name : `the route by ${out.name}`;
    const step = ns.step(LEVEL.path, cause, device, "drop", packet, () => ({
      because: `${ipv4Length(packet)} octets do not fit the MTU ${mtu} of ${said}, and DF forbids to cut them`,
      evidence: { kind: "link", text: `${out.name} mtu ${mtu}`, command: `ip link show ${out.name}` },
    }));
    icmpError(ns, skb, packet, ICMP.unreachable, ICMP_CODE.fragmentationNeeded, mtu, step);
    return;
  }
  const lowered = withTtl(packet, packet.ttl - 1);
  skb.packet = lowered;
  const why = forwardingOf(ns, device);
  skb.cause = ns.note(
    LEVEL.path,
    cause,
    device,
    "forward",
    lowered,
    tellForward,
    device.name,
    out.name,
    packet.ttl,
    why,
  );
  if (decision.detour) sendRedirect(ns, skb, lowered, decision, skb.cause);
  skb.device = out;
  passHook(ns, ns.hooks, "FORWARD", skb, ipOutput);
}

function tellForward(from: string, to: string, ttl: number, evidence: Evidence): Told {
  return { because: `from ${from} to ${to}: TTL ${ttl} becomes ${ttl - 1}`, evidence };
}

/** ip_expire: fragments are missing. Only who sent the first one can be told, for it says whose packet it was. */
export function reassemblyExpired(ns: Netns, arrival: Arrival, pieces: readonly Ipv4Packet[], cause: number): void {
  const step = countExpired(ns, arrival.device, pieces, cause);
  const first = pieces[0]!;
  if (first.fragmentOffset === 0) icmpError(ns, arrival, first, ICMP.timeExceeded, 1, 0, step);
}

/** Nobody is told; the step that says so. */
export function countExpired(ns: Netns, device: Device, pieces: readonly Ipv4Packet[], cause: number): number {
  ns.mib.IpReasmFails++;
  ns.mib.IpReasmTimeout++;
  return ns.step(LEVEL.path, cause, device, "drop", pieces[0]!, () => ({
    because: `${pieces.length} of its fragments came, the rest did not in 30 s`,
    evidence: { kind: "sysctl", text: "net.ipv4.ipfrag_time = 30", command: "sysctl net.ipv4.ipfrag_time" },
  }));
}

/** ip_local_deliver: the packet is for this namespace. Fragments wait here for each other. */
function localDeliver(ns: Netns, skb: Skb): void {
  const { packet, cause, device } = skb;
  if (packet.moreFragments || packet.fragmentOffset > 0) {
    ns.mib.IpReasmReqds++;
    const joined = ns.reassembly.add(packet, (pieces) => reassemblyExpired(ns, skb, pieces, cause));
    if (joined === null) {
      ns.step(LEVEL.full, cause, device, "receive", packet, () => ({
        because: `a fragment from octet ${packet.fragmentOffset} on: it waits for the rest, 30 s at most`,
      }));
      return;
    }
    ns.mib.IpReasmOKs++;
    skb.packet = joined;
    skb.cause = ns.step(LEVEL.path, cause, device, "receive", joined, () => ({
      because: "the last fragment came in",
    }));
  }
  passHook(ns, ns.hooks, "INPUT", skb, toProtocol);
}

/** ip_protocol_deliver_rcu: who speaks the packet's protocol? */
function toProtocol(ns: Netns, skb: Skb): void {
  deliver(ns, skb, skb.packet, skb.cause);
}

/** Once more, for what is inside a datagram: who takes one away says which protocol follows. It counts as one. */
export function resubmit(ns: Netns, arrival: Arrival, packet: Ipv4Packet, cause: number): void {
  ns.mib.IpInDelivers--;
  deliver(ns, arrival, packet, cause);
}

function deliver(ns: Netns, arrival: Arrival, packet: Ipv4Packet, cause: number): void {
  const { body } = packet;
  const isHeard = ns.sockets.raw.length > 0 && rawInput(ns, arrival, packet, cause);
  if (body.kind !== "unknown" && (body.kind !== "ipip" || ns.speaksIpip)) ns.mib.IpInDelivers++;
  if (body.kind === "icmp") icmpInput(ns, arrival, packet, body, cause);
  else if (body.kind === "udp") udpInput(ns, arrival, packet, body, cause);
  else if (body.kind === "tcp") tcpInput(ns, arrival, packet, body, cause);
  else if (body.kind === "ipip" && ns.speaksIpip) ipipInput(ns, arrival, packet, body, cause);
  else if (isHeard) ns.mib.IpInDelivers++;
  else {
    ns.mib.IpInUnknownProtos++;
    const dropped = ns.step(LEVEL.path, cause, arrival.device, "drop", packet, () => ({
      because: `nothing here speaks IP protocol ${protocolOf(packet)}`,
    }));
    icmpError(ns, arrival, packet, ICMP.unreachable, ICMP_CODE.protocol, 0, dropped);
  }
}
