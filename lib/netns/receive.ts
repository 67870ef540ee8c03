// What happens to an IPv4 packet that a device received. Read from top to bottom: this is the order of things.
// Before you edit: net/ipv4/ip_input.c, route.c (ip_route_input_slow, __mkroute_input), ip_forward.c.
import { TABLE } from "../ip/route.ts";
import type { Device } from "../link/device.ts";
import { LEVEL } from "../trace/step.ts";
import type { Ipv4 } from "../wire/address.ts";
import { ipv4Length } from "../wire/bytes.ts";
import { type Frame, ICMP, ICMP_CODE, type Ipv4Packet, protocolOf, withTtl } from "../wire/packet.ts";
import { decide, type NoWay, type Way } from "./decide.ts";
import { runHook } from "./hooks-run.ts";
import { icmpError, icmpInput, NO_ROUTE_BURST } from "./icmp.ts";
import type { Netns } from "./netns.ts";
import { ipOutput } from "./send.ts";
import { tcpInput } from "./tcp.ts";
import { ipipInput } from "./tunnel-ipip.ts";
import { udpInput } from "./udp.ts";

/** How a packet came here; errors are never sent about what was for everybody. */
export interface Arrival {
  readonly device: Device;
  /** To one, not to all: neither the frame nor the address was a broadcast or a multicast. */
  readonly toOne: boolean;
}

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
  const passed = runHook(ns, "PREROUTING", packet, device, null, cause);
  if (passed === null) return;
  // What comes back from loopback was routed when it was sent; the kernel does not ask again.
  if (device.kind === "loopback")
    return localDeliver(ns, { device, toOne: isToOne(ns, passed.packet) }, passed.packet, passed.cause);
  route(ns, device, frame, passed.packet, passed.cause);
}

/** Whether a packet that came back from loopback was for one address: its route was chosen when it was sent. */
function isToOne(ns: Netns, { dst }: Ipv4Packet): boolean {
  return ns.tables.get(TABLE.local)!.lookup(dst)?.type === "local";
}

function route(ns: Netns, device: Device, frame: Frame, packet: Ipv4Packet, cause: number): void {
  const martian = martianReason(ns, packet);
  if (martian !== null) {
    ns.step(LEVEL.path, cause, device, "drop", packet, () => ({ because: martian }));
    return;
  }
  if (isToAll(packet.src, packet.dst)) return localDeliver(ns, { device, toOne: false }, packet, cause);
  const decision = decide(ns, packet.dst, device, null, packet, cause);
  if (decision.type === "error") return noRoute(ns, device, frame, packet, decision);
  if (decision.type === "unicast") return forward(ns, device, frame, packet, decision);
  localDeliver(ns, { device, toOne: decision.type === "local" && !frame.dst.isGroup }, packet, decision.cause);
}

/** Addresses that cannot come from outside, or null. Linux calls such packets martians and drops them silently. */
function martianReason(ns: Netns, { src, dst }: Ipv4Packet): string | null {
  if (src.isMulticast || src.bits === 0xffffffff) return `martian source: nobody can send from ${src}`;
  if (!isToAll(src, dst)) {
    if (src.isZeroNet) return `martian source: ${src} is nobody's address`;
    if (dst.isZeroNet) return `martian destination: ${dst} is nobody's address`;
    if (dst.isLoopback) return `martian destination: ${dst} never travels on a cable`;
    if (src.isLoopback) return `martian source: ${src} never travels on a cable`;
  }
  if (ns.deviceOfAddress(src) !== undefined) return `martian source: ${src} is this namespace's own address`;
  return null;
}

/** 255.255.255.255, and the old way of saying it: from 0.0.0.0 to 0.0.0.0. */
function isToAll(src: Ipv4, dst: Ipv4): boolean {
  return dst.bits === 0xffffffff || (dst.bits === 0 && src.bits === 0);
}

function noRoute(ns: Netns, device: Device, frame: Frame, packet: Ipv4Packet, decision: NoWay): void {
  const step = ns.step(LEVEL.path, decision.cause, device, "drop", packet, () =>
    ns.forwarding
      ? { because: decision.because }
      : {
          because: `${packet.dst} is not an address of this namespace, and it does not forward`,
          evidence: forwardingOff,
        },
  );
  if (!ns.forwarding || decision.errno === "EINVAL") return;
  if (!ns.icmpLimit.allow(packet.src, ns.cables.now, NO_ROUTE_BURST)) return;
  const code =
    decision.errno === "EACCES"
      ? ICMP_CODE.filtered
      : decision.errno === "EHOSTUNREACH"
        ? ICMP_CODE.host
        : ICMP_CODE.net;
  icmpError(ns, { device, toOne: !frame.dst.isGroup }, packet, ICMP.unreachable, code, 0, step);
}

const forwardingOff = {
  kind: "sysctl",
  text: "net.ipv4.ip_forward = 0",
  command: "sysctl net.ipv4.ip_forward",
} as const;

/** ip_forward: from one device to another, TTL lowered. */
function forward(ns: Netns, device: Device, frame: Frame, packet: Ipv4Packet, decision: Way): void {
  if (!ns.forwarding) {
    ns.step(LEVEL.path, decision.cause, device, "drop", packet, () => ({
      because: `${packet.dst} is not an address of this namespace, and it does not forward`,
      evidence: forwardingOff,
    }));
    return;
  }
  if (frame.dst.isGroup) {
    ns.step(LEVEL.path, decision.cause, device, "drop", packet, () => ({
      because: "a broadcast frame is not forwarded",
    }));
    return;
  }
  const arrival = { device, toOne: true };
  if (packet.ttl <= 1) {
    const step = ns.step(LEVEL.path, decision.cause, device, "drop", packet, () => ({
      because: `TTL ${packet.ttl} would become 0: the packet has gone through too many routers`,
    }));
    icmpError(ns, arrival, packet, ICMP.timeExceeded, 0, 0, step);
    return;
  }
  const { device: out, nextHop } = decision;
  if (packet.dontFragment && ipv4Length(packet) > out.mtu) {
    const step = ns.step(LEVEL.path, decision.cause, device, "drop", packet, () => ({
      because: `${ipv4Length(packet)} octets do not fit the MTU ${out.mtu} of ${out.name}, and DF forbids to cut them`,
      evidence: { kind: "link", text: `${out.name} mtu ${out.mtu}`, command: `ip link show ${out.name}` },
    }));
    icmpError(ns, arrival, packet, ICMP.unreachable, ICMP_CODE.fragmentationNeeded, out.mtu, step);
    return;
  }
  const lowered = withTtl(packet, packet.ttl - 1);
  const step = ns.step(LEVEL.path, decision.cause, device, "forward", lowered, () => ({
    because: `from ${device.name} to ${out.name}: TTL ${packet.ttl} becomes ${lowered.ttl}`,
    evidence: { kind: "sysctl", text: "net.ipv4.ip_forward = 1", command: "sysctl net.ipv4.ip_forward" },
  }));
  const passed = runHook(ns, "FORWARD", lowered, device, out, step);
  if (passed !== null) ipOutput(ns, passed.packet, out, nextHop, device, passed.cause);
}

/** ip_expire: fragments are missing. Only who sent the first one can be told, for it says whose packet it was. */
function reassemblyExpired(ns: Netns, arrival: Arrival, pieces: readonly Ipv4Packet[], cause: number): void {
  const first = pieces[0]!;
  const step = ns.step(LEVEL.path, cause, arrival.device, "drop", first, () => ({
    because: `${pieces.length} of its fragments came, the rest did not in 30 s`,
    evidence: { kind: "sysctl", text: "net.ipv4.ipfrag_time = 30", command: "sysctl net.ipv4.ipfrag_time" },
  }));
  if (first.fragmentOffset === 0) icmpError(ns, arrival, first, ICMP.timeExceeded, 1, 0, step);
}

/** ip_local_deliver: the packet is for this namespace. Fragments wait here for each other. */
export function localDeliver(ns: Netns, arrival: Arrival, packet: Ipv4Packet, cause: number): void {
  let whole = packet;
  let step = cause;
  if (packet.moreFragments || packet.fragmentOffset > 0) {
    const joined = ns.reassembly.add(packet, (pieces) => reassemblyExpired(ns, arrival, pieces, cause));
    if (joined === null) {
      ns.step(LEVEL.full, cause, arrival.device, "receive", packet, () => ({
        because: `a fragment from octet ${packet.fragmentOffset} on: it waits for the rest, 30 s at most`,
      }));
      return;
    }
    whole = joined;
    step = ns.step(LEVEL.path, cause, arrival.device, "receive", whole, () => ({
      because: "the last fragment came in",
    }));
  }
  const passed = runHook(ns, "INPUT", whole, arrival.device, null, step);
  if (passed === null) return;
  const { body } = passed.packet;
  if (body.kind === "icmp") icmpInput(ns, arrival, passed.packet, body, passed.cause);
  else if (body.kind === "udp") udpInput(ns, arrival, passed.packet, body, passed.cause);
  else if (body.kind === "tcp") tcpInput(ns, arrival, passed.packet, body, passed.cause);
  else if (body.kind === "ipip" && ns.speaksIpip) ipipInput(ns, arrival, passed.packet, body, passed.cause);
  else {
    const dropped = ns.step(LEVEL.path, passed.cause, arrival.device, "drop", passed.packet, () => ({
      because: `nothing here speaks IP protocol ${protocolOf(passed.packet)}`,
    }));
    icmpError(ns, arrival, passed.packet, ICMP.unreachable, ICMP_CODE.protocol, 0, dropped);
  }
}
