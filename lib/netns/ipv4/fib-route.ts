// Routes as the kernel takes them: each is looked at before it is believed. What is refused has the kernel's words.
// Before you edit: fib_semantics.c (fib_create_info, fib_check_nh_v4_gw, fib_nh_match), fib_trie.c (fib_table_insert,
// fib_table_delete).
import { SCOPE, type Scope } from "../../ip/address.ts";
import { isDead, type Nexthop, type Route, RouteTable, type RouteType, TABLE } from "../../ip/route.ts";
import { ruleMiss } from "../../ip/rule.ts";
import type { Device } from "../../link/device.ts";
import type { Ipv4, Prefix4 } from "../../wire/address.ts";
import type { Errno } from "../errno.ts";
import type { Netns } from "../netns.ts";
import { tellRoute } from "../rtnetlink.ts";
import { forgetMtus, isOwnAddress, type Refusal, refuse } from "./fib.ts";

/** A way as it is asked for: its device may be left to the kernel. */
export type AskedNexthop = Omit<Nexthop, "dev"> & { readonly dev: Device | null };

/** A route as it is asked for. */
export type AskedRoute = Omit<Route, "dev" | "nexthops"> & {
  readonly dev: Device | null;
  readonly nexthops?: readonly AskedNexthop[] | undefined;
};

/** `ip route add`: null, or why the kernel refused. */
export function addRoute(ns: Netns, tableId: number, route: AskedRoute): Errno | null {
  return tryRoute(ns, tableId, route, "add")?.errno ?? null;
}

export type RouteVerb = "add" | "append" | "prepend" | "replace" | "change";

const HOW = { add: "exclusive", append: "append", prepend: "prepend", replace: "replace", change: "replace" } as const;

/** `ip route add|append|prepend|replace|change`: null, or why the kernel refused, in its words. */
export function tryRoute(ns: Netns, tableId: number, route: AskedRoute, verb: RouteVerb): Refusal | null {
  // The table is made whether or not the route is taken (inet_rtm_newroute).
  let table = ns.tables.get(tableId);
  if (table === undefined) {
    table = new RouteTable(tableId);
    ns.tables.set(tableId, table);
  }
  const checked = checkRoute(ns, tableId, route);
  if ("errno" in checked) return checked;
  if (verb === "change" && !table.list().some((each) => sameKey(each, route))) return { errno: "ENOENT" };
  if (!table.add(checked, HOW[verb])) return { errno: "EEXIST" };
  // A route that replaces itself is no news.
  if (ns.listeners !== null && table.all.includes(checked)) tellRoute(ns, tableId, checked);
  if (checked.type === "local") ns.hasLocalRoutes = true;
  if (HOW[verb] === "replace") forgetMtus(ns);
  else if (ns.hasRedirects) ns.redirects.clear();
  return null;
}

function sameKey(a: Route, b: Pick<Route, "prefix" | "metric">): boolean {
  return a.prefix.length === b.prefix.length && a.prefix.address === b.prefix.address && a.metric === b.metric;
}

/** The usual route: one way, its device named, nothing special. Taken as it is, because pods come by the thousand. */
function isPlain(asked: AskedRoute): asked is AskedRoute & { readonly dev: Device } {
  const { type, dev, src, nexthops, mtu } = asked;
  const isSpecial = nexthops !== undefined || mtu !== undefined;
  return type === "unicast" && dev !== null && src === null && !isSpecial;
}

function checkPlain(ns: Netns, tableId: number, asked: AskedRoute & { readonly dev: Device }): Route | Refusal {
  const { via, dev, scope, onlink } = asked;
  const found = checkNexthop(ns, tableId, { via, dev, weight: 1, onlink }, scope);
  if ("errno" in found) return found;
  return found.dev === dev ? (asked as Route) : { ...(asked as Route), dev: found.dev };
}

/** The route with its devices found, or why it is none (fib_create_info). */
function checkRoute(ns: Netns, tableId: number, asked: AskedRoute): Route | Refusal {
  if (isPlain(asked)) return checkPlain(ns, tableId, asked);
  const { type, via, src, scope, dev, nexthops, onlink, ...rest } = asked;
  const isError = type === "blackhole" || type === "unreachable" || type === "prohibit" || type === "throw";
  if (SCOPE[scope] < LEAST_SCOPE[type]) return refuse("EINVAL", "Invalid scope");
  const mtu = rest.mtu === undefined ? {} : { mtu: Math.min(rest.mtu, LARGEST_MTU) };
  const route = { ...rest, ...mtu, type, src, scope };
  if (isError) {
    if (via !== null || dev !== null || nexthops !== undefined)
      return refuse("EINVAL", "Gateway, device and multipath can not be specified for this route type");
    return { ...route, via: null, dev: null };
  }
  const all = nexthops ?? [{ via, dev, weight: 1, ...(onlink && { onlink }) }];
  if (nexthops !== undefined && dev !== null && dev !== nexthops[0]?.dev)
    return refuse("EINVAL", "Nexthop device index does not match RTA_OIF");
  if (nexthops !== undefined && via !== null && via !== nexthops[0]?.via)
    return refuse("EINVAL", "Nexthop gateway does not match RTA_GATEWAY or RTA_VIA");
  if (scope === "host" && all.length > 1)
    return refuse("EINVAL", "Route with host scope can not have multiple nexthops");
  const checked: Nexthop[] = [];
  for (const hop of all) {
    const found = checkNexthop(ns, tableId, hop, scope);
    if ("errno" in found) return found;
    checked.push(found);
  }
  const isOwnLocal = type === "local" && route.prefix.address === src;
  if (src !== null && !isOwnLocal && !isOwnAddress(ns, src)) return refuse("EINVAL", "Invalid prefsrc address");
  const [first] = checked as [Nexthop, ...Nexthop[]];
  if (checked.length > 1) return { ...route, via: first.via, dev: first.dev, nexthops: checked };
  return { ...route, via: first.via, dev: first.dev, ...(first.onlink && { onlink: true }) };
}

/** fib_check_nh: the way with its device. */
function checkNexthop(ns: Netns, tableId: number, hop: AskedNexthop, scope: Scope): Nexthop | Refusal {
  const { via, dev, onlink = false } = hop;
  if (scope === "host" && via !== null) return refuse("EINVAL", "Route with host scope can not have a gateway");
  if (via === null && onlink && scope !== "host")
    return refuse("EINVAL", "Invalid flags for nexthop - PERVASIVE and ONLINK can not be set");
  let found = dev;
  if (via !== null && onlink) {
    if (SCOPE[scope] >= SCOPE.link) return refuse("EINVAL", "Nexthop has invalid scope");
    if (dev === null) return refuse("ENODEV", "Nexthop device required for onlink");
    if (!dev.up) return refuse("ENETDOWN", "Nexthop device is not up");
    if (ns.tables.local.lookup(via) !== null || via.isMulticast || via.bits === 0xffffffff)
      return refuse("EINVAL", "Nexthop has invalid gateway");
  } else if (via !== null) {
    const gateway = findGateway(ns, tableId, via, scope, dev);
    if ("errno" in gateway) return gateway;
    found = gateway.device;
  }
  if (found === null) return { errno: "ENODEV" };
  // What leads to a gateway is refused without a word (fib_check_nh_v4_gw).
  if (scope !== "host" && !found.up)
    return via !== null && !onlink ? { errno: "ENETDOWN" } : refuse("ENETDOWN", "Device for nexthop is not up");
  return { via, dev: found, weight: hop.weight, ...(onlink && { onlink }) };
}

/** No MTU of a route is larger than what IP can say with its headers (ip_metrics_convert). */
const LARGEST_MTU = 65535 - 15;

/** fib_props: a route of this type cannot reach farther than this. */
const LEAST_SCOPE: Readonly<Record<RouteType, number>> = {
  unicast: SCOPE.global,
  local: SCOPE.host,
  broadcast: SCOPE.link,
  blackhole: SCOPE.global,
  unreachable: SCOPE.global,
  prohibit: SCOPE.global,
  throw: SCOPE.global,
};

/**
 * The device a gateway is on; it must be on a link itself, or be this namespace's own (fib_check_nh_v4_gw). The route's
 * own table is asked first, then all by the rules.
 */
function findGateway(
  ns: Netns,
  tableId: number,
  via: Ipv4,
  scope: Scope,
  dev: Device | null,
): { device: Device } | Refusal {
  const least = Math.max(SCOPE[scope] + 1, SCOPE.link);
  const oif = dev?.index ?? null;
  const flow = { dst: via, src: null, iif: "lo", oif: dev, mark: 0 };
  const isEnd = (route: Route | null) => route !== null && (route.type === "unicast" || route.type === "local");
  const inOwn = tableId === TABLE.main ? null : (ns.tables.get(tableId)?.lookupNear(via, oif, least) ?? null);
  let found = isEnd(inOwn) || inOwn?.type === "broadcast" ? inOwn : null;
  for (const rule of found === null ? ns.rules : []) {
    if (ruleMiss(rule, flow) !== null) continue;
    if (rule.action !== "lookup") break;
    found = ns.tables.get(rule.table)?.lookupNear(via, oif, least) ?? null;
    if (found?.type === "throw") found = null;
    if (found !== null) break;
  }
  if (found === null) return refuse("ENETUNREACH", "Nexthop has invalid gateway");
  if (!isEnd(found)) return refuse("EINVAL", "Nexthop has invalid gateway");
  const hop = found.nexthops?.find((way) => !isDead(way) && (oif === null || way.dev.index === oif)) ?? found;
  return { device: hop.dev as Device };
}

/** What `ip route del` names: fields that are not given match every route. */
export interface RoutePattern {
  readonly prefix: Prefix4;
  readonly type?: RouteType | undefined;
  readonly via?: Ipv4 | undefined;
  readonly dev?: Device | undefined;
  readonly src?: Ipv4 | undefined;
  readonly metric?: number | undefined;
  readonly protocol?: Route["protocol"] | undefined;
  readonly scope?: Scope | undefined;
  readonly mtu?: number | undefined;
  readonly nexthops?: readonly AskedNexthop[] | undefined;
}

/** `ip route del`: the first route that matches goes. */
export function deleteRoute(ns: Netns, tableId: number, pattern: RoutePattern): Refusal | null {
  const table = ns.tables.get(tableId);
  if (table === undefined) return refuse("ESRCH", "FIB table does not exist");
  const keys = ["type", "via", "dev", "src", "protocol", "scope", "mtu"] as const;
  const { prefix, metric = 0 } = pattern;
  const found = table
    .list()
    .find(
      (route) =>
        route.prefix.length === prefix.length &&
        route.prefix.address === prefix.address &&
        (metric === 0 || route.metric === metric) &&
        keys.every((key) => pattern[key] === undefined || pattern[key] === route[key]) &&
        hasNexthops(route, pattern),
    );
  if (found === undefined) return { errno: "ESRCH" };
  table.remove(found);
  tellRoute(ns, tableId, found, true);
  forgetMtus(ns);
  return null;
}

/** One way after the other: what is not said fits, and further ways of the pattern are not looked at (fib_nh_match). */
function hasNexthops(route: Route, { nexthops, via, dev }: RoutePattern): boolean {
  if (nexthops === undefined || via !== undefined || dev !== undefined) return true;
  const own = route.nexthops ?? [{ via: route.via, dev: route.dev }];
  return own.every((hop, i) => {
    const wanted = nexthops[i];
    if (wanted === undefined) return false;
    return (wanted.dev === null || wanted.dev === hop.dev) && (wanted.via === null || wanted.via === hop.via);
  });
}
