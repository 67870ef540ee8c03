// Which way a packet goes that is made here, and from which address. The same function answers a socket, an error that
// the kernel sends, and the outer packet of a tunnel.
// Before you edit: net/ipv4/route.c (ip_route_output_key_hash_rcu, __mkroute_output).
import { type Route, TABLE } from "../../ip/route.ts";
import type { Device } from "../../link/device.ts";
import { LEVEL, NOT_RECORDED } from "../../trace/step.ts";
import { Ipv4, Prefix4 } from "../../wire/address.ts";
import type { Ipv4Packet } from "../../wire/packet.ts";
import type { Errno } from "../errno.ts";
import type { Netns } from "../netns.ts";
import { decide, type NoWay, sourceFor, type Way } from "./decide.ts";

/** A route for a packet made here, its source chosen. */
export type OutputRoute =
  | {
      readonly errno: null;
      readonly decision: Way;
      readonly src: Ipv4;
      readonly device: Device;
    }
  | { readonly errno: Errno; readonly decision: NoWay | null };

/** ip_route_output_flow: which way, from which address. `about` is the packet that an ICMP error tells of. */
export function routeOutput(
  ns: Netns,
  dst: Ipv4,
  wanted: Ipv4 | null,
  oif: Device | null,
  cause: number,
  mark = 0,
  about?: Ipv4Packet,
): OutputRoute {
  // Who has no address is bound to 0.0.0.0, which names none.
  const src = wanted?.bits === 0 ? null : wanted;
  if (src !== null && ns.deviceOfAddress(src) === undefined && !isLocalRoute(ns, src))
    return { errno: isNobodys(src) ? "EINVAL" : "ENETUNREACH", decision: null };
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
        : outputWay(ns, destination, src, oif, undefined, cause, mark, about);
  if (decision.type === "error") return { errno: decision.errno, decision };
  const device = decision.type === "local" ? loopback : decision.device;
  const from = src ?? sourceFor(ns, decision, destination) ?? Ipv4.of(0);
  // __mkroute_output: what comes from 127.0.0.0/8 stays at home, and 0.0.0.0/8 is nobody.
  const isFree = () => ns.sysctls.conf.of(device, "route_localnet") !== 0;
  if ((from.isLoopback && device !== loopback && !isFree()) || destination.isZeroNet)
    return { errno: "EINVAL", decision: null };
  if (destination.isMulticast && decision.type !== "local") {
    // A default route says by which device, but a group has no gateway.
    const nextHop = decision.route.prefix.length < 4 ? destination : decision.nextHop;
    return { errno: null, decision: { ...decision, type: "multicast", nextHop }, src: from, device };
  }
  if (decision.type === "unicast" && destination.bits === 0xffffffff)
    // Whatever route said which device: to everybody there is no gateway.
    return { errno: null, decision: { ...decision, type: "broadcast", nextHop: destination }, src: from, device };
  return { errno: null, decision, src: from, device };
}

/**
 * ip_route_connect: what was left open is chosen by a first answer, and the tables are asked once more with it: a rule may
 * lead elsewhere then, and 127.0.0.1, which stands for oneself, be nobody's while loopback is down.
 */
export function routeConnect(
  ns: Netns,
  dst: Ipv4,
  src: Ipv4 | null,
  oif: Device | null,
  cause: number,
  mark = 0,
): OutputRoute {
  const first = routeOutput(ns, dst, src, oif, cause, mark);
  if (first.errno !== null || (src !== null && dst.bits !== 0)) return first;
  return peekRoute(ns, dst.bits === 0 ? first.src : dst, first.src, oif, mark);
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
  about?: Ipv4Packet,
): Way | NoWay {
  if (oif !== null && !oif.up)
    return { type: "error", errno: "ENETUNREACH", because: `${oif.name}, which was asked for, is down`, cause };
  const way = decide(ns, destination, null, oif, packet, cause, src, mark, about);
  if (way.type !== "error" || oif === null) return way;
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
export function peekRoute(ns: Netns, dst: Ipv4, src: Ipv4 | null, oif: Device | null, mark = 0): OutputRoute {
  const { recorder } = ns.cables;
  const { level } = recorder;
  recorder.level = LEVEL.off;
  try {
    return routeOutput(ns, dst, src, oif, NOT_RECORDED, mark);
  } finally {
    recorder.level = level;
  }
}

/** An address that no device has, and a route of table local makes ours: all of 127.0.0.0/8 (__ip_dev_find). */
function isLocalRoute(ns: Netns, address: Ipv4): boolean {
  return ns.tables.local.lookup(address)?.type === "local";
}

/** No host has such an address; of others it is only that this one has them not, or not any more. */
function isNobodys(src: Ipv4): boolean {
  return src.isMulticast || src.isZeroNet || src.bits === 0xffffffff;
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
