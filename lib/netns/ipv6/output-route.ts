// Which way a packet of IPv6 goes that is made here: route, source, and how long it may be.
// Before you edit: net/ipv6/ip6_output.c (ip6_dst_lookup_tail), route.c (ip6_route_output_flags, ip6_mtu).
import { needsScope } from "../../ip/address6.ts";
import type { Device } from "../../link/device.ts";
import { LEVEL, NOT_RECORDED } from "../../trace/step.ts";
import type { Ipv6 } from "../../wire/address6.ts";
import type { Errno } from "../errno.ts";
import type { Netns } from "../netns.ts";
import { decide6, type NoWay6, sourceFor6, type Way6 } from "./decide.ts";

/** A route for a packet made here, its source chosen. */
export type OutputRoute6 =
  | { readonly errno: null; readonly way: Way6; readonly src: Ipv6; readonly device: Device; readonly cause: number }
  | { readonly errno: Errno; readonly way: NoWay6 | null };

/**
 * `protocol` is the next header; `bound` false: the device is only preferred; `isKept`: it is a connected socket's way, which
 * was found when the source was not chosen yet.
 */
interface RouteOptions {
  readonly protocol?: number;
  readonly bound?: boolean;
  readonly mark?: number;
  readonly isKept?: boolean | undefined;
}

/** What ways are found by, as it was when a socket found its own. */
export interface Known6 {
  readonly rules: Netns["ipv6"]["rules"];
  readonly changes: number;
}

/**
 * A socket that is connected keeps its way until a rule or a route changes, or a router tells of a nearer or narrower one
 * (ip6_dst_check). The kernel does not look at routes that could not be meant; here any of them counts.
 */
export function known6({ ipv6: { rules, tables, redirects, pathMtus } }: Netns): Known6 {
  let changes = redirects.size + pathMtus.size;
  for (const table of tables.values()) changes += table.changes;
  return { rules, changes };
}

/** Whether a way that was found then is still kept. */
export function isKnown6(ns: Netns, then: Known6): boolean {
  const { rules, changes } = known6(ns);
  return then.rules === rules && then.changes === changes;
}

/** Which way, from which address (ip6_dst_lookup_flow). */
export function routeOutput6(
  ns: Netns,
  dst: Ipv6,
  src: Ipv6 | null,
  oif: Device | null,
  cause: number,
  { protocol = 0, bound = true, mark = 0, isKept = false }: RouteOptions = {},
): OutputRoute6 {
  const question = { dst, src: isKept ? null : src, oif, protocol, bound: bound && oif !== null, mark };
  let way = decide6(ns, question, undefined, cause);
  let from = src;
  let step = way.cause;
  if (from === null) {
    const chosen = sourceFor6(ns, way, dst);
    if (chosen === null) return { errno: "EADDRNOTAVAIL", way: null };
    from = chosen.src;
    step = chosen.cause;
  }
  // A first answer that was no way is not believed: with a source a rule may lead elsewhere, but by no other device.
  if (way.type === "error" && question.src === null)
    way = decide6(ns, { ...question, src: from, bound: oif !== null }, undefined, step);
  else if (way.cause !== step) way = { ...way, cause: step };
  if (way.type === "error") return { errno: way.errno, way };
  return { errno: null, way, src: from, device: way.device, cause: way.cause };
}

/** Which way a packet would go, asked without a trace, as `connect` asks it. */
export function peekRoute6(
  ns: Netns,
  dst: Ipv6,
  src: Ipv6 | null,
  oif: Device | null,
  options?: RouteOptions,
): OutputRoute6 {
  const { recorder } = ns.cables;
  const { level } = recorder;
  recorder.level = LEVEL.off;
  try {
    const found = routeOutput6(ns, dst, src, oif, NOT_RECORDED, options);
    if (found.errno === "ENETUNREACH") ns.ipv6.mib.Ip6OutNoRoutes++;
    return found;
  } finally {
    recorder.level = level;
  }
}

/** The MTU of a way: what a router said of it, what the route says, or the device's. */
export function mtu6Of(ns: Netns, way: Way6, dst: Ipv6): number {
  if (way.mtuLocked) return way.mtu!;
  return ns.ipv6.heard(dst, way.owner, way.nextHop)?.mtu ?? way.mtu ?? way.device.mtu;
}

/** Such a destination says nothing without a device. */
export function lacksScope(dst: Ipv6, oif: Device | null): boolean {
  return oif === null && needsScope(dst) && !dst.isLoopback;
}
