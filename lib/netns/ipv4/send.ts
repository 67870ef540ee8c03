// What happens to an IPv4 packet that is made here or passed on: route, hooks, fragments, neighbour, device.
// Before you edit: net/ipv4/ip_output.c, route.c (ip_route_output_key_hash_rcu).
import { type Route, TABLE } from "../../ip/route.ts";
import type { Device } from "../../link/device.ts";
import { transmit } from "../../link/forward.ts";
import { LEVEL, NOT_RECORDED } from "../../trace/step.ts";
import { Ipv4, Prefix4 } from "../../wire/address.ts";
import { bodyLength, ipv4Length } from "../../wire/bytes.ts";
import { BROADCAST_MAC, Mac, ZERO_MAC } from "../../wire/mac.ts";
import type { Ipv4Packet } from "../../wire/packet.ts";
import type { Errno } from "../errno.ts";
import { runHook } from "../hooks-run.ts";
import type { Netns } from "../netns.ts";
import { ipipOutput } from "../tunnel/ipip.ts";
import { neighbourOf } from "./arp.ts";
import { decide, type NoWay, sourceFor, type Way } from "./decide.ts";
import { fragment } from "./fragment.ts";
import { localDeliver } from "./receive.ts";

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
}

/** What a send came to: null when it went on its way, else why the system call failed. */
export interface Sent {
  readonly errno: Errno | null;
  readonly packet?: Ipv4Packet;
  /** The MTU that was exceeded, with EMSGSIZE. */
  readonly mtu?: number;
}

/** A route for a packet made here, its source chosen. */
export type OutputRoute =
  | {
      readonly errno: null;
      readonly decision: Way;
      readonly src: Ipv4;
      readonly device: Device;
    }
  | { readonly errno: Errno; readonly decision: NoWay | null };

/** ip_route_output_flow: which way, from which address. */
export function routeOutput(
  ns: Netns,
  dst: Ipv4,
  src: Ipv4 | null,
  oif: Device | null,
  cause: number,
  packet?: Ipv4Packet,
): OutputRoute {
  if (src !== null && ns.deviceOfAddress(src) === undefined && !isOwnLoopback(ns, src))
    return { errno: "EINVAL", decision: null };
  const destination = dst.bits === 0 ? (src ?? Ipv4.of(0x7f000001)) : dst;
  // To everybody, from an address of ours: it leaves by that address's device, and no table is asked.
  const fixed = src !== null && (destination.bits === 0xffffffff || destination.isMulticast);
  const loopback = ns.devices.get("lo")!;
  // To 0.0.0.0 means to oneself, and no table is asked either, even if loopback is down.
  const decision =
    dst.bits === 0
      ? withoutTable(ns, "local", destination, loopback, cause)
      : fixed && oif === null
        ? withoutTable(ns, "broadcast", destination, ns.deviceOfAddress(src) ?? loopback, cause)
        : outputWay(ns, destination, src, oif, packet, cause);
  if (decision.type === "error") return { errno: decision.errno, decision };
  const device = decision.type === "local" ? loopback : decision.device;
  const from = src ?? sourceFor(ns, decision, destination) ?? Ipv4.of(0);
  // __mkroute_output: what comes from 127.0.0.0/8 stays at home, and 0.0.0.0/8 is nobody.
  const isFree = () => ns.sysctls.conf.of(device, "route_localnet") !== 0;
  if ((from.isLoopback && device !== loopback && !isFree()) || destination.isZeroNet)
    return { errno: "EINVAL", decision: null };
  if (decision.type === "unicast" && destination.bits === 0xffffffff)
    // Whatever route said which device: to everybody there is no gateway.
    return { errno: null, decision: { ...decision, type: "broadcast", nextHop: destination }, src: from, device };
  return { errno: null, decision, src: from, device };
}

/** A device that was asked for by name is taken also where no route says so: the address is thought to be on its link. */
export function outputWay(
  ns: Netns,
  destination: Ipv4,
  src: Ipv4 | null,
  oif: Device | null,
  packet: Ipv4Packet | undefined,
  cause: number,
  mark = 0,
): Way | NoWay {
  const way = decide(ns, destination, null, oif, packet, cause, src, mark);
  if (way.type !== "error" || oif === null) return way;
  if (!oif.up) return { ...way, errno: "ENETUNREACH" };
  const route: Route = { ...HOST_ROUTE, prefix: new Prefix4(destination, 32), dev: oif };
  const step = ns.step(LEVEL.path, way.cause, oif, "route", packet, () => ({
    because: `${way.because}, but ${oif.name} was asked for: ${destination} is taken to be on its link`,
  }));
  const { main } = TABLE;
  return {
    type: "unicast",
    route,
    table: main,
    device: oif,
    nextHop: destination,
    via: null,
    detour: false,
    cause: step,
  };
}

const HOST_ROUTE = { type: "unicast", via: null, src: null, metric: 0, protocol: "kernel", scope: "link" } as const;

/** Which way a packet would go, asked without a trace, as `connect` on a socket that never sends asks it. */
export function peekRoute(ns: Netns, dst: Ipv4, src: Ipv4 | null, oif: Device | null): OutputRoute {
  const { recorder } = ns.cables;
  const { level } = recorder;
  recorder.level = LEVEL.off;
  try {
    return routeOutput(ns, dst, src, oif, NOT_RECORDED);
  } finally {
    recorder.level = level;
  }
}

function isOwnLoopback(ns: Netns, address: Ipv4): boolean {
  return address.isLoopback && ns.devices.get("lo")!.up;
}

/** Makes a packet and sends it. */
export function ipSend(ns: Netns, outgoing: Outgoing, cause: number): Sent {
  const { dst, body, discovery = "want" } = outgoing;
  const way = routeOutput(ns, dst, outgoing.src, outgoing.oif ?? null, cause, undefined);
  if (way.errno !== null) return { errno: way.errno };
  const { decision, device } = way;
  const src = way.src.bits === 0 && outgoing.nobody !== undefined ? outgoing.nobody : way.src;
  if (decision.type === "broadcast" && outgoing.mayBroadcast !== true) return { errno: "EACCES" };
  const isProbe = discovery === "probe";
  const heard = ns.pathMtus.exception({ device, nextHop: decision.nextHop }, dst, ns.cables.now);
  const mtu = isProbe ? device.mtu : (heard?.mtu ?? decision.mtu ?? device.mtu);
  const isLocked = heard?.locked ?? decision.mtuLocked ?? false;
  const fits = 20 + bodyLength(body) <= mtu;
  if (!fits && (discovery === "do" || isProbe)) return { errno: "EMSGSIZE", mtu };
  const dontFragment = discovery === "do" || isProbe || (discovery === "want" && fits && !isLocked);
  const packet: Ipv4Packet = {
    kind: "ipv4",
    src,
    dst: dst.bits === 0 ? src : dst,
    ttl: outgoing.ttl ?? ns.sysctls.get("net.ipv4.ip_default_ttl"),
    // Only of a packet that nobody may cut it is sure that it needs no identification (ip_select_ident, ignore_df).
    id: outgoing.id ?? (discovery === "do" || isProbe ? 0 : takeId(ns)),
    tos: outgoing.tos ?? 0,
    dontFragment,
    moreFragments: false,
    fragmentOffset: 0,
    body,
  };
  const passed = runHook(ns, "OUTPUT", packet, null, device, decision.cause);
  if (passed === null) return { errno: "EPERM" };
  if (outgoing.confirm) ns.inet.get(device)?.neighbours.get(decision.nextHop)?.confirm();
  // What loopback gives back is for us already (__mkroute_output).
  if (decision.type === "broadcast" && device.kind !== "loopback")
    localDeliver(ns, { device, toOne: false, toAll: true }, passed.packet, passed.cause);
  ipOutput(ns, passed.packet, device, decision.nextHop, null, passed.cause, decision.mtu);
  return { errno: null, packet };
}

export function takeId(ns: Netns): number {
  ns.nextId = (ns.nextId % 0xffff) + 1;
  return ns.nextId;
}

/** The way of a packet for which no table is asked: to everybody on one device, or to oneself. */
function withoutTable(ns: Netns, type: "broadcast" | "local", destination: Ipv4, device: Device, cause: number): Way {
  const { addresses } = ns.inet.get(device)!;
  const route: Route = {
    type,
    prefix: new Prefix4(destination, 32),
    via: null,
    dev: device,
    src: type === "local" ? destination : (addresses[0]?.local ?? null),
    metric: 0,
    protocol: "kernel",
    scope: "link",
  };
  return { type, route, table: TABLE.local, device, nextHop: destination, via: null, detour: false, cause };
}

/** ip_output: the way is known. POSTROUTING, then cut to the MTU, then the next hop's MAC. */
export function ipOutput(
  ns: Netns,
  packet: Ipv4Packet,
  device: Device,
  nextHop: Ipv4,
  inDevice: Device | null,
  cause: number,
  routeMtu?: number,
): void {
  const passed = runHook(ns, "POSTROUTING", packet, inDevice, device, cause);
  if (passed === null) return;
  // A router cuts to its route's or its device's MTU; what it heard of the way beyond holds for its own packets
  // (ip_forward_use_pmtu 0).
  const hop = { device, nextHop, mtu: routeMtu };
  const mtu = inDevice === null ? ns.pathMtus.of(hop, passed.packet.dst, ns.cables.now) : (routeMtu ?? device.mtu);
  // What must not be cut was measured when it was made.
  if (ipv4Length(passed.packet) <= mtu || (passed.packet.dontFragment && inDevice === null)) {
    toNeighbour(ns, passed.packet, device, nextHop, passed.cause);
    return;
  }
  const pieces = fragment(passed.packet, mtu);
  const step = ns.step(LEVEL.path, passed.cause, device, "send", passed.packet, () => ({
    because: `${ipv4Length(passed.packet)} octets do not fit the MTU ${mtu}: cut into ${pieces.length} fragments`,
  }));
  // A piece the device does not take is the last that is tried (ip_do_fragment).
  for (const piece of pieces) if (!toNeighbour(ns, piece, device, nextHop, step)) return;
}

function toNeighbour(ns: Netns, packet: Ipv4Packet, device: Device, nextHop: Ipv4, cause: number): boolean {
  if (device.ipip !== null) return ipipOutput(ns, device, packet, nextHop, cause);
  if (device.kind === "loopback") {
    return transmit(ns.cables, device, { dst: ZERO_MAC, src: ZERO_MAC, payload: packet }, cause);
  }
  if (nextHop.isMulticast) {
    const group = Mac.of(0x01005e000000 + (nextHop.bits & 0x7fffff));
    return transmit(ns.cables, device, { dst: group, src: device.mac, payload: packet }, cause);
  }
  // NOARP: the kernel puts the device's own address there (arp_constructor).
  if (device.isNoArp) return transmit(ns.cables, device, { dst: device.mac, src: device.mac, payload: packet }, cause);
  if (isBroadcast(ns, device, nextHop)) {
    return transmit(ns.cables, device, { dst: BROADCAST_MAC, src: device.mac, payload: packet }, cause);
  }
  const neighbour = neighbourOf(ns, device, nextHop);
  if (!neighbour.use(packet, cause)) return true;
  return sendTo(ns, device, neighbour.mac!, packet, cause, nextHop, neighbour.state!);
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
  const step = ns.step(LEVEL.path, cause, device, "neighbour", frame, () => ({
    because: `${nextHop} has the MAC ${mac}`,
    evidence: { kind: "neighbour", text: `${nextHop} dev ${device.name} lladdr ${mac} ${state}`, command: "ip neigh" },
  }));
  return transmit(ns.cables, device, frame, step);
}

function isBroadcast(ns: Netns, device: Device, address: Ipv4): boolean {
  if (address.bits === 0xffffffff) return true;
  const route = ns.tables.get(255)!.lookup(address);
  return route?.type === "broadcast" && route.dev === device;
}
