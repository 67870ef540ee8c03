// Addresses and routes as the kernel takes them: an address brings its routes and takes them away, a route is looked
// at before it is believed. What is refused has the kernel's words.
// Before you edit: net/ipv4/fib_frontend.c (fib_add_ifaddr, fib_del_ifaddr), devinet.c (__inet_insert_ifa, inet_rtm_deladdr),
// fib_semantics.c (fib_create_info, fib_check_nh_v4_gw), fib_trie.c (fib_table_insert, fib_table_delete).
import { type InterfaceAddress, insertAddress, isSecondary, networkOf, SCOPE, type Scope } from "../ip/address.ts";
import { type Route, RouteTable, type RouteType, TABLE } from "../ip/route.ts";
import type { Device } from "../link/device.ts";
import { type Ipv4, Prefix4 } from "../wire/address.ts";
import type { Errno } from "./errno.ts";
import type { Netns } from "./netns.ts";

/** Why the kernel refused: the number, and the sentence it gives with it (extended ACK), if it has one. */
export interface Refusal {
  readonly errno: Errno;
  readonly message?: string;
}

function refuse(errno: Errno, message: string): Refusal {
  return { errno, message };
}

interface AddressOptions {
  readonly broadcast?: Ipv4 | null;
  readonly scope?: Scope;
  readonly label?: string;
}

/** `ip addr add`: null, or why the kernel refused. */
export function addAddress(
  ns: Netns,
  device: Device,
  local: Ipv4,
  length: number,
  options: AddressOptions = {},
): Errno | null {
  return tryAddress(ns, device, local, length, options)?.errno ?? null;
}

/** `ip addr add`: null, or why the kernel refused, in its words. */
export function tryAddress(
  ns: Netns,
  device: Device,
  local: Ipv4,
  length: number,
  options: AddressOptions = {},
): Refusal | null {
  if (local.bits === 0) return null;
  const { addresses } = ns.inet.get(device)!;
  const scope = options.scope ?? (local.isLoopback ? "host" : "global");
  const network = new Prefix4(local, length);
  for (const each of addresses) {
    if (each.length !== length || !network.contains(each.local)) continue;
    if (each.local === local) return refuse("EEXIST", "ipv4: Address already assigned");
    if (each.scope !== scope) return refuse("EINVAL", "ipv4: Invalid scope value");
  }
  const secondary = isSecondary(addresses, local, length);
  const { broadcast = null, label = device.name } = options;
  const address = { local, length, broadcast, scope, label, secondary };
  insertAddress(addresses, address);
  addAddressRoutes(ns, device, address, addresses);
  return null;
}

/** `ip addr del`: with a primary address its secondaries go too (promote_secondaries is 0). */
export function deleteAddress(ns: Netns, device: Device, address: InterfaceAddress): void {
  const { addresses } = ns.inet.get(device)!;
  const network = networkOf(address);
  const goes = addresses.filter(
    (each) =>
      each === address ||
      (!address.secondary && each.secondary && each.length === address.length && network.contains(each.local)),
  );
  for (const each of goes) addresses.splice(addresses.indexOf(each), 1);
  const gone = new Set(goes.map((each) => each.local).filter((local) => ns.deviceOfAddress(local) === undefined));
  for (const table of ns.tables.values()) {
    for (const route of table.list()) {
      const isOwn = goes.some((each) => route.dev === device && isRouteOf(route, each, addresses));
      if (isOwn || (route.src !== null && gone.has(route.src))) table.remove(route);
    }
  }
  forgetMtus(ns);
}

/** Whether the kernel made this route for that address and no other address still needs it. */
function isRouteOf(route: Route, address: InterfaceAddress, left: readonly InterfaceAddress[]): boolean {
  if (route.protocol !== "kernel") return false;
  const network = networkOf(address);
  if (route.type === "local")
    return (
      route.prefix.length === 32 &&
      route.prefix.address === address.local &&
      left.every((each) => each.local !== address.local)
    );
  const needed = left.some((each) => each.length === address.length && network.contains(each.local));
  if (needed) return false;
  if (route.type === "broadcast")
    return route.prefix.address === network.broadcast || route.prefix.address === address.broadcast;
  return route.prefix.toString() === network.toString() && route.src === address.local;
}

/**
 * The routes an address brings: to itself, also while the device is down; to its broadcast address, to its network
 * (fib_add_ifaddr).
 */
export function addAddressRoutes(
  ns: Netns,
  device: Device,
  address: InterfaceAddress,
  all: readonly InterfaceAddress[],
): void {
  const { local, length, broadcast, secondary } = address;
  const network = networkOf(address);
  const primary = secondary
    ? all.find((each) => !each.secondary && each.length === length && network.contains(each.local))
    : undefined;
  const src = primary?.local ?? local;
  const add = (table: number, type: RouteType, prefix: Prefix4, scope: Scope) =>
    ns.tables
      .get(table)!
      .add({ type, prefix, via: null, dev: device, src, metric: 0, protocol: "kernel", scope }, "append");
  add(TABLE.local, "local", new Prefix4(local, 32), "host");
  if (!device.up) return;
  if (broadcast !== null && broadcast.bits !== 0xffffffff)
    add(TABLE.local, "broadcast", new Prefix4(broadcast, 32), "link");
  if (secondary || network.address.isZeroNet || length === 32) return;
  if (local.isMulticast || local.bits === 0xffffffff) return;
  if (device.kind === "loopback") add(TABLE.local, "local", network, "host");
  else add(TABLE.main, "unicast", network, "link");
  if (length < 31 && broadcast !== network.broadcast)
    add(TABLE.local, "broadcast", new Prefix4(network.broadcast, 32), "link");
}

/** Routes of a device that went down, or, with `all`, that goes away. */
export function flushRoutes(ns: Netns, device: Device, all: boolean): void {
  for (const table of ns.tables.values())
    for (const route of table.list()) if (route.dev === device && (all || route.scope !== "host")) table.remove(route);
  forgetMtus(ns);
}

/** What routers said of a way goes with its last route. */
function forgetMtus(ns: Netns): void {
  ns.pathMtus.routesRemoved(() => [...ns.tables.values()].flatMap((table) => table.list()));
}

/** `ip route add`: null, or why the kernel refused. */
export function addRoute(
  ns: Netns,
  tableId: number,
  route: Omit<Route, "dev"> & { readonly dev: Device | null },
): Errno | null {
  return tryRoute(ns, tableId, route, "add")?.errno ?? null;
}

export type RouteVerb = "add" | "append" | "prepend" | "replace" | "change";

const HOW = { add: "exclusive", append: "append", prepend: "prepend", replace: "replace", change: "replace" } as const;

/** `ip route add|append|prepend|replace|change`: null, or why the kernel refused, in its words. */
export function tryRoute(
  ns: Netns,
  tableId: number,
  route: Omit<Route, "dev"> & { readonly dev: Device | null },
  verb: RouteVerb,
): Refusal | null {
  const checked = checkRoute(ns, route);
  if ("errno" in checked) return checked;
  let table = ns.tables.get(tableId);
  if (verb === "change" && !table?.list().some((each) => sameKey(each, route))) return { errno: "ENOENT" };
  if (table === undefined) {
    table = new RouteTable(tableId);
    ns.tables.set(tableId, table);
  }
  return table.add(checked, HOW[verb]) ? null : { errno: "EEXIST" };
}

function sameKey(a: Route, b: Pick<Route, "prefix" | "metric">): boolean {
  return a.prefix.length === b.prefix.length && a.prefix.address === b.prefix.address && a.metric === b.metric;
}

/** The route with its device found, or why it is none (fib_create_info). */
function checkRoute(ns: Netns, route: Omit<Route, "dev"> & { readonly dev: Device | null }): Route | Refusal {
  const { type, via, src, scope } = route;
  let { dev } = route;
  const isError = type === "blackhole" || type === "unreachable" || type === "prohibit";
  if (isError && (via !== null || dev !== null))
    return refuse("EINVAL", "Gateway, device and multipath can not be specified for this route type");
  if (!isError) {
    if (SCOPE[scope] < LEAST_SCOPE[type]) return refuse("EINVAL", "Invalid scope");
    if (scope === "host" && via !== null) return refuse("EINVAL", "Route with host scope can not have a gateway");
    if (via !== null) {
      const gateway = findGateway(ns, via, scope, dev);
      if ("errno" in gateway) return gateway;
      dev = gateway.device;
    }
    if (dev === null) return { errno: "ENODEV" };
    if (scope !== "host" && !dev.up) return refuse("ENETDOWN", "Device for nexthop is not up");
  }
  const isOwnLocal = type === "local" && route.prefix.address === src;
  if (src !== null && !isOwnLocal && !isOwnAddress(ns, src)) return refuse("EINVAL", "Invalid prefsrc address");
  return { ...route, dev };
}

/** fib_props: a route of this type cannot reach farther than this. */
const LEAST_SCOPE: Readonly<Record<RouteType, number>> = {
  unicast: SCOPE.global,
  local: SCOPE.host,
  broadcast: SCOPE.link,
  blackhole: SCOPE.global,
  unreachable: SCOPE.global,
  prohibit: SCOPE.global,
};

/** The device a gateway is on; it must be on a link itself, or be this namespace's own (fib_check_nh_v4_gw). */
function findGateway(ns: Netns, via: Ipv4, scope: Scope, dev: Device | null): { device: Device } | Refusal {
  for (const rule of ns.rules) {
    const found = ns.tables
      .get(rule.table)
      ?.lookupNear(via, dev?.index ?? null, Math.max(SCOPE[scope] + 1, SCOPE.link));
    if (found === undefined || found === null) continue;
    if (found.type !== "unicast" && found.type !== "local") return refuse("EINVAL", "Nexthop has invalid gateway");
    return { device: found.dev as Device };
  }
  return refuse("ENETUNREACH", "Nexthop has invalid gateway");
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
}

/** `ip route del`: the first route that matches goes. */
export function deleteRoute(ns: Netns, tableId: number, pattern: RoutePattern): Refusal | null {
  const table = ns.tables.get(tableId);
  if (table === undefined) return refuse("ESRCH", "FIB table does not exist");
  const keys = ["type", "via", "dev", "src", "protocol", "scope"] as const;
  const { prefix, metric = 0 } = pattern;
  const found = table
    .list()
    .find(
      (route) =>
        route.prefix.length === prefix.length &&
        route.prefix.address === prefix.address &&
        (metric === 0 || route.metric === metric) &&
        keys.every((key) => pattern[key] === undefined || pattern[key] === route[key]),
    );
  if (found === undefined) return { errno: "ESRCH" };
  table.remove(found);
  forgetMtus(ns);
  return null;
}

export function isOwnAddress(ns: Netns, address: Ipv4): boolean {
  return ns.tables.get(TABLE.local)!.lookup(address)?.type === "local";
}
