// IPv6 routes as the kernel takes them: each is looked at before it is believed. What is refused has the kernel's words.
// Before you edit: net/ipv6/route.c (ip6_route_info_create, fib6_nh_init, ip6_validate_gw, ip6_route_check_nh,
// ip6_route_multipath_add, ip6_route_del), ip6_fib.c (fib6_add_1, fib6_add_rt2node).
import { TABLE } from "../../ip/route.ts";
import {
  METRIC6,
  mayJoin,
  type Nexthop6,
  nexthops6Of,
  type Route6,
  type RouteType6,
  withNexthops,
} from "../../ip/route6.ts";
import type { Device } from "../../link/device.ts";
import type { Ipv6, Prefix6 } from "../../wire/address6.ts";
import { type Refusal, refuse } from "../ipv4/fib.ts";
import type { RouteVerb } from "../ipv4/fib-route.ts";
import type { Netns } from "../netns.ts";
import { decide6 } from "./decide.ts";

/** A way as it is asked for: its device may be left to the kernel. */
export type AskedNexthop6 = Omit<Nexthop6, "dev"> & { readonly dev: Device | null };

/** A route as it is asked for; metric 0 stands for the usual one. */
export type AskedRoute6 = Omit<Route6, "dev" | "nexthops"> & {
  readonly dev: Device | null;
  readonly nexthops?: readonly AskedNexthop6[] | undefined;
};

/** `ip -6 route add`: null, or why the kernel refused. */
export function addRoute6(ns: Netns, tableId: number, route: AskedRoute6): Refusal | null {
  return tryRoute6(ns, tableId, route, "add");
}

/** `ip -6 route add|append|prepend|replace|change`: null, or why the kernel refused, in its words. */
export function tryRoute6(ns: Netns, tableId: number, asked: AskedRoute6, verb: RouteVerb): Refusal | null {
  const ways: Nexthop6[] = [];
  for (const way of asked.nexthops ?? [wayOf(asked)]) {
    const found = checkWay(ns, tableId, asked, way);
    if ("errno" in found) return found;
    ways.push(found);
  }
  if (asked.src !== null && ns.ipv6.deviceOfAddress(asked.src) === null && !isTentative(ns, asked.src))
    return refuse("EINVAL", "Invalid source address");
  // One way twice is refused before the table is looked at (ip6_route_info_append).
  if (ways.some((way, i) => ways.findIndex((other) => isSameWay(way, other)) < i)) return { errno: "EEXIST" };
  const route = withNexthops(
    { ...asked, dev: ways[0]!.dev, nexthops: undefined, metric: asked.metric || METRIC6.usual },
    ways,
  )!;
  const known = ns.ipv6.tables.get(tableId);
  const same = known?.of(route.prefix).filter(({ metric }) => metric === route.metric) ?? [];
  if (verb === "change" && (known?.of(route.prefix) ?? []).length === 0)
    return refuse("ENOENT", "Can not replace route - no match found");
  const table = ns.ipv6.table(tableId);
  if (verb === "add" && same.length > 0) return { errno: "EEXIST" };
  if (verb === "replace" || verb === "change") {
    // A route by a gateway replaces one by a gateway, if there is one; else the first of its metric.
    const replaced = same.find((each) => mayJoin(each) === mayJoin(route)) ?? same[0];
    if (replaced === undefined) table.insert(route);
    else table.replace(replaced, route);
    return null;
  }
  if (same.some((each) => nexthops6Of(each).some((hop) => nexthops6Of(route).some((other) => isSameWay(hop, other)))))
    return { errno: "EEXIST" };
  const sibling = mayJoin(route) ? same.find(mayJoin) : undefined;
  if (sibling === undefined) table.insert(route);
  else table.replace(sibling, withNexthops(sibling, [...nexthops6Of(sibling), ...nexthops6Of(route)]));
  return null;
}

function isTentative(ns: Netns, address: Ipv6): boolean {
  return [...ns.ipv6.devices.values()].some((inet) => inet.addressOf(address) !== undefined);
}

function isSameWay(a: Nexthop6, b: Nexthop6): boolean {
  return a.via === b.via && a.dev === b.dev;
}

function wayOf({ via, dev, onlink }: AskedRoute6): AskedNexthop6 {
  return { via, dev, weight: 1, ...(onlink && { onlink }) };
}

function leadsNowhere(type: RouteType6): boolean {
  return type === "blackhole" || type === "unreachable" || type === "prohibit" || type === "throw";
}

/** A way with its device found, or why it is none (fib6_nh_init). */
function checkWay(
  ns: Netns,
  tableId: number,
  { type, prefix }: AskedRoute6,
  { via, dev, weight, onlink }: AskedNexthop6,
): Nexthop6 | Refusal {
  const loopback = ns.devices.get("lo")!;
  // What leads nowhere, or is a network of the loopback itself, leads by the loopback.
  if (
    leadsNowhere(type) ||
    (dev?.kind === "loopback" && type !== "local" && !prefix.address.isLoopback && via === null)
  ) {
    if (!loopback.up) return refuse("ENETDOWN", "Nexthop device is not up");
    return { via: null, dev: loopback, weight };
  }
  let found = dev;
  if (via !== null) {
    const gateway = checkGateway(ns, tableId, via, dev, onlink === true);
    if ("errno" in gateway) return gateway;
    found = gateway.dev;
  }
  if (found === null) return { errno: "ENODEV" };
  if (!ns.ipv6.runsOn(found)) return refuse("EACCES", "IPv6 is disabled on nexthop device");
  if (!found.up) return refuse("ENETDOWN", "Nexthop device is not up");
  return { via, dev: found, weight, ...(onlink && { onlink }) };
}

/**
 * A gateway must be another's address, on a link (ip6_validate_gw). The route's own table is asked first, then all by the
 * rules (ip6_route_check_nh).
 */
function checkGateway(
  ns: Netns,
  tableId: number,
  via: Ipv6,
  dev: Device | null,
  onlink: boolean,
): { dev: Device } | Refusal {
  if (via.isMulticast || via.isUnspecified || via.isLoopback) return refuse("EINVAL", "Invalid gateway address");
  if (ns.ipv6.deviceOfAddress(via, via.isLinkLocal ? dev : null) !== null)
    return refuse("EINVAL", "Gateway can not be a local address");
  if (via.isLinkLocal) {
    // It is on every link, so the device must be said.
    return dev === null ? refuse("EINVAL", "Egress device not specified") : { dev };
  }
  if (onlink) {
    if (dev === null) return refuse("ENODEV", "Nexthop device required for onlink");
    return dev.up ? { dev } : refuse("ENETDOWN", "Nexthop device is not up");
  }
  const selection = { oif: dev?.index ?? 0, strict: dev !== null, isSilent: null };
  const own = ns.ipv6.tables.get(tableId)?.lookup(via, selection) ?? null;
  if (own !== null && own.via === null && !leadsNowhere(own.type)) return { dev: own.dev as Device };
  const way = quietly(ns, () => decide6(ns, { dst: via, src: null, oif: dev, bound: dev !== null }, undefined, -1));
  if (way.type === "error" || way.via !== null || way.device.kind === "loopback") return { errno: "EHOSTUNREACH" };
  return { dev: way.device };
}

/** A question is no packet: it leaves no steps in the trace. */
export function quietly<Result>(ns: Netns, ask: () => Result): Result {
  const { recorder } = ns.cables;
  const { level } = recorder;
  recorder.level = 0;
  try {
    return ask();
  } finally {
    recorder.level = level;
  }
}

/** What `ip -6 route del` names: fields that are not given match every route. */
export interface RoutePattern6 {
  readonly prefix: Prefix6;
  readonly type?: RouteType6 | undefined;
  readonly via?: Ipv6 | undefined;
  readonly dev?: Device | undefined;
  readonly metric?: number | undefined;
  readonly protocol?: Route6["protocol"] | undefined;
  readonly nexthops?: readonly AskedNexthop6[] | undefined;
}

/** `ip -6 route del`: the first route that matches goes; of several ways only the one that is named. */
export function deleteRoute6(ns: Netns, tableId: number, pattern: RoutePattern6): Refusal | null {
  const table = ns.ipv6.tables.get(tableId);
  if (table === undefined) return refuse("ESRCH", "FIB table does not exist");
  const { via, dev, metric, protocol } = pattern;
  for (const asked of pattern.nexthops ?? [{ via: via ?? null, dev: dev ?? null }]) {
    const isAsked = (hop: Nexthop6) =>
      (asked.via === null || asked.via === hop.via) && (asked.dev === null || asked.dev === hop.dev);
    const found = table
      .of(pattern.prefix)
      .find(
        (route) =>
          (metric === undefined || metric === 0 || metric === route.metric) &&
          (protocol === undefined || protocol === route.protocol) &&
          nexthops6Of(route).some(isAsked),
      );
    if (found === undefined) return { errno: "ESRCH" };
    const isWhole = asked.via === null && pattern.nexthops === undefined;
    const gone = nexthops6Of(found).find(isAsked);
    table.replace(
      found,
      isWhole
        ? null
        : withNexthops(
            found,
            nexthops6Of(found).filter((hop) => hop !== gone),
          ),
    );
  }
  return null;
}

/** The table a route goes into that names none. */
export function usualTable(type: RouteType6): number {
  return type === "local" || type === "anycast" || type === "multicast" ? TABLE.local : TABLE.main;
}
