// What happens to an IPv4 packet that a device received. Read from top to bottom: this is the order of things.
// Before you edit: net/ipv4/ip_input.c, route.c (ip_route_input_slow, __mkroute_input), ip_forward.c.
import { TABLE } from "../../ip/route.ts";
import type { Device } from "../../link/device.ts";
import { type Evidence, LEVEL } from "../../trace/step.ts";
import { ipv4Length } from "../../wire/bytes.ts";
import { type Frame, ICMP, ICMP_CODE, type Ipv4Packet, protocolOf, withTtl } from "../../wire/packet.ts";
import { runHook } from "../hooks-run.ts";
import type { Netns } from "../netns.ts";
import { udpInput } from "../socket/udp.ts";
import { tcpInput } from "../tcp/tcp.ts";
import { ipipInput } from "../tunnel/ipip.ts";
import type { NoWay, Way } from "./decide.ts";
import { icmpError, icmpInput } from "./icmp.ts";
import { NO_ROUTE_BURST } from "./icmp-limit.ts";
import { dropMartian, evidenceOf, routeInput } from "./input-route.ts";
import { sendRedirect } from "./redirect.ts";
import { ipOutput } from "./send.ts";

/** How a packet came here; errors are never sent about what was for everybody. */
export interface Arrival {
  readonly device: Device;
  /** To one, not to all: neither the frame nor the address was a broadcast or a multicast. */
  readonly toOne: boolean;
  /** The address itself is for everybody, whatever the frame was (RTCF_BROADCAST). */
  readonly toAll: boolean;
}

/**
 * Packets for others that a route sends by loopback: they come back with the route they have, and are passed on by it
 * again until their TTL ends.
 */
const looped = new WeakMap<Ipv4Packet, Way>();

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
  if (device.kind === "loopback") {
    const again = looped.get(packet);
    if (again !== undefined) return forward(ns, device, frame, passed.packet, { ...again, cause: passed.cause }, false);
    return localDeliver(ns, loopedBack(ns, device, passed.packet), passed.packet, passed.cause);
  }
  route(ns, device, frame, passed.packet, passed.cause);
}

/** How a packet that came back from loopback was meant: its route was chosen when it was sent. */
function loopedBack(ns: Netns, device: Device, { dst }: Ipv4Packet): Arrival {
  const toOne = ns.tables.get(TABLE.local)!.lookup(dst)?.type === "local";
  return { device, toOne, toAll: !toOne };
}

function route(ns: Netns, device: Device, frame: Frame, packet: Ipv4Packet, cause: number): void {
  const decision = routeInput(ns, device, packet.src, packet.dst, packet, cause);
  if (decision.type === "martian") return dropMartian(ns, device, packet, decision);
  if (decision.type === "everybody") return localDeliver(ns, { device, toOne: false, toAll: true }, packet, cause);
  if (decision.type === "error") return noRoute(ns, device, frame, packet, decision);
  if (decision.type === "unicast") return forward(ns, device, frame, packet, decision, decision.detour);
  const toAll = decision.type !== "local";
  localDeliver(ns, { device, toOne: !toAll && !frame.dst.isGroup, toAll }, packet, decision.cause);
}

function noRoute(ns: Netns, device: Device, frame: Frame, packet: Ipv4Packet, decision: NoWay): void {
  const forwards = ns.forwards(device);
  const step = ns.step(LEVEL.path, decision.cause, device, "drop", packet, () =>
    forwards
      ? { because: decision.because }
      : {
          because: `${packet.dst} is not an address of this namespace, and it does not forward`,
          evidence: forwardingOf(ns, device),
        },
  );
  if (!forwards || decision.errno === "EINVAL") return;
  if (!ns.icmpLimit.allow(packet.src, ns.cables.now, NO_ROUTE_BURST)) return;
  const code =
    decision.errno === "EACCES"
      ? ICMP_CODE.filtered
      : decision.errno === "EHOSTUNREACH"
        ? ICMP_CODE.host
        : ICMP_CODE.net;
  icmpError(ns, { device, toOne: !frame.dst.isGroup, toAll: false }, packet, ICMP.unreachable, code, 0, step);
}

/** What most people know as ip_forward, unless the device was told something else. */
function forwardingOf(ns: Netns, device: Device): Evidence {
  const all = ns.sysctls.conf.all.forwarding;
  if ((all !== 0) !== ns.forwards(device)) return evidenceOf(ns, device, "forwarding");
  return { kind: "sysctl", text: `net.ipv4.ip_forward = ${all}`, command: "sysctl net.ipv4.ip_forward" };
}

/** ip_forward: from one device to another, TTL lowered. */
function forward(ns: Netns, device: Device, frame: Frame, packet: Ipv4Packet, decision: Way, isDetour: boolean): void {
  if (device.kind !== "loopback" && !ns.forwards(device)) {
    ns.step(LEVEL.path, decision.cause, device, "drop", packet, () => ({
      because: `${packet.dst} is not an address of this namespace, and it does not forward`,
      evidence: forwardingOf(ns, device),
    }));
    return;
  }
  if (frame.dst.isGroup) {
    ns.step(LEVEL.path, decision.cause, device, "drop", packet, () => ({
      because: "a broadcast frame is not forwarded",
    }));
    return;
  }
  const arrival = { device, toOne: true, toAll: false };
  if (packet.ttl <= 1) {
    const step = ns.step(LEVEL.path, decision.cause, device, "drop", packet, () => ({
      because: `TTL ${packet.ttl} would become 0: the packet has gone through too many routers`,
    }));
    icmpError(ns, arrival, packet, ICMP.timeExceeded, 0, 0, step);
    return;
  }
  const { device: out, nextHop } = decision;
  const mtu = decision.mtu ?? out.mtu;
  if (packet.dontFragment && ipv4Length(packet) > mtu) {
    const said = decision.mtu === undefined ? `${out.name}` : `the route by ${out.name}`;
    const step = ns.step(LEVEL.path, decision.cause, device, "drop", packet, () => ({
      because: `${ipv4Length(packet)} octets do not fit the MTU ${mtu} of ${said}, and DF forbids to cut them`,
      evidence: { kind: "link", text: `${out.name} mtu ${mtu}`, command: `ip link show ${out.name}` },
    }));
    icmpError(ns, arrival, packet, ICMP.unreachable, ICMP_CODE.fragmentationNeeded, mtu, step);
    return;
  }
  const lowered = withTtl(packet, packet.ttl - 1);
  const step = ns.step(LEVEL.path, decision.cause, device, "forward", lowered, () => ({
    because: `from ${device.name} to ${out.name}: TTL ${packet.ttl} becomes ${lowered.ttl}`,
    evidence: forwardingOf(ns, device),
  }));
  if (isDetour) sendRedirect(ns, arrival, lowered, decision, step);
  const passed = runHook(ns, "FORWARD", lowered, device, out, step);
  if (passed === null) return;
  if (out.kind === "loopback") looped.set(passed.packet, decision);
  ipOutput(ns, passed.packet, out, nextHop, device, passed.cause, decision.mtu);
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
