// Addresses as the kernel takes them: an address brings its routes and takes them away. Routes that somebody adds are in
// fib-route.ts. What is refused has the kernel's words.
// Before you edit: net/ipv4/fib_frontend.c (fib_add_ifaddr, fib_del_ifaddr), devinet.c (__inet_insert_ifa, inet_rtm_deladdr).
import {
  type InterfaceAddress,
  isSecondary,
  type Lifetime,
  networkOf,
  type Scope,
  withAddress,
} from "../../ip/address.ts";
import { isDead, type Route, type RouteType, TABLE, usesDevice } from "../../ip/route.ts";
import type { Device } from "../../link/device.ts";
import { SECOND } from "../../trace/world.ts";
import { Ipv4, Prefix4 } from "../../wire/address.ts";
import { ALL_SET } from "../devconf.ts";
import type { Errno } from "../errno.ts";
import type { Netns } from "../netns.ts";
import { tellAddress, tellRoute } from "../rtnetlink.ts";
import { bringsRoute, isNetwork, isNetworkRoute, isRouteOf, tellDeleted } from "./address-routes.ts";
import { inetOf } from "./inet.ts";

/** Why the kernel refused: the number, and the sentence it gives with it (extended ACK), if it has one. */
export interface Refusal {
  readonly errno: Errno;
  readonly message?: string;
}

export function refuse(errno: Errno, message: string): Refusal {
  return { errno, message };
}

interface AddressOptions {
  readonly peer?: Ipv4;
  readonly broadcast?: Ipv4 | null;
  readonly scope?: Scope;
  readonly label?: string;
  readonly noPrefixRoute?: boolean;
  readonly metric?: number;
  readonly lifetime?: Lifetime | null;
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
  const inet = ns.inet.get(device)!;
  const { addresses } = inet;
  // From now on a new default of a switch does not reach the device (ipv4_devconf_setall).
  inet.confSet = ALL_SET;
  const scope = options.scope ?? (local.isLoopback ? "host" : "global");
  const { peer = local, broadcast = null, label = device.name } = options;
  const { noPrefixRoute = false, metric = 0, lifetime = null } = options;
  const network = Prefix4.of(peer, length);
  for (const each of addresses) {
    if (each.length !== length || !network.contains(each.peer)) continue;
    if (each.local === local) return refuse("EEXIST", "ipv4: Address already assigned");
    if (each.scope !== scope) return refuse("EINVAL", "ipv4: Invalid scope value");
  }
  const secondary = isSecondary(addresses, peer, length);
  const address = { local, peer, length, broadcast, scope, label, secondary, noPrefixRoute, metric, lifetime };
  inet.addresses = withAddress(addresses, address);
  tellAddress(ns, device, address);
  addAddressRoutes(ns, device, address, inet.addresses);
  endWithLifetime(ns, device, lifetime);
  return null;
}

/** What nearly every loopback has: one list for all namespaces, in which nobody writes. */
const LOOPBACK: readonly InterfaceAddress[] = [
  {
    ...{
      local: Ipv4.of(0x7f000001),
      peer: Ipv4.of(0x7f000001),
      length: 8,
      broadcast: null,
      scope: "host",
      label: "lo",
    },
    ...{ secondary: false, noPrefixRoute: false, metric: 0, lifetime: null },
  },
];

/** A loopback that comes up gets 127.0.0.1/8 (inetdev_event). */
export function addLoopback(ns: Netns, device: Device): void {
  const inet = ns.inet.get(device)!;
  const [address] = LOOPBACK as [InterfaceAddress];
  if (inet.addresses.length > 0 || device.name !== address.label) {
    addAddress(ns, device, address.local, address.length);
    return;
  }
  inet.confSet = ALL_SET;
  inet.addresses = LOOPBACK;
  tellAddress(ns, device, address);
  addAddressRoutes(ns, device, address, LOOPBACK);
}

/** Addresses of hosts (/32), any number of them at once; those that the device has already stay as they are. */
export function addHosts(ns: Netns, device: Device, hosts: readonly Ipv4[]): void {
  const inet = ns.inet.get(device)!;
  const { addresses } = inet;
  const known = new Set(addresses.filter(({ length }) => length === 32).map(({ local }) => local));
  const fresh = hosts.filter((each) => !known.has(each));
  const said = { length: 32, broadcast: null, scope: "global", label: device.name } as const;
  const added = fresh.map(
    (local): InterfaceAddress => ({
      ...{ local, peer: local, ...said, secondary: false, noPrefixRoute: false, metric: 0, lifetime: null },
    }),
  );
  inet.confSet = ALL_SET;
  inet.addresses = addresses.toSpliced(addresses.findLastIndex(({ secondary }) => !secondary) + 1, 0, ...added);
  for (const each of added) {
    tellAddress(ns, device, each);
    addAddressRoutes(ns, device, each, inet.addresses);
  }
}

/** `ip addr change`: an address that is there gets another lifetime and its route another metric; all else stays. */
export function changeAddress(
  ns: Netns,
  device: Device,
  existing: InterfaceAddress,
  { metric, lifetime = null }: Pick<AddressOptions, "metric" | "lifetime">,
): void {
  const inet = ns.inet.get(device)!;
  const changed = { ...existing, lifetime, metric: metric ?? existing.metric };
  inet.addresses = inet.addresses.map((each) => (each === existing ? changed : each));
  endWithLifetime(ns, device, lifetime);
  if (changed.metric !== existing.metric && device.up && bringsRoute(changed)) moveRoute(ns, device, existing, changed);
  tellAddress(ns, device, changed);
}

/** The route to the network of an address gets another metric (fib_modify_prefix_metric). */
function moveRoute(ns: Netns, device: Device, existing: InterfaceAddress, changed: InterfaceAddress): void {
  const table = ns.tables.get(device.kind === "loopback" ? TABLE.local : TABLE.main)!;
  const network = networkOf(changed);
  const old = table
    .list()
    .find(
      (route) => route.dev === device && route.metric === existing.metric && isNetworkRoute(route, network, changed),
    );
  const scope = device.kind === "loopback" ? "host" : "link";
  const type = device.kind === "loopback" ? "local" : "unicast";
  const { local: src, metric } = changed;
  const route: Route = { type, prefix: network, via: null, dev: device, src, metric, protocol: "kernel", scope };
  if (table.add(route, "append")) tellRoute(ns, table.id, route);
  if (old === undefined) return;
  table.remove(old);
  tellRoute(ns, table.id, old, true);
}

/** When its time is over the address is deprecated, and goes, unless it was changed meanwhile (check_lifetime). */
export function endWithLifetime(ns: Netns, device: Device, lifetime: Lifetime | null): void {
  if (lifetime === null || lifetime.valid === null) return;
  const { valid, preferred, since } = lifetime;
  const at = (seconds: number, act: (ns: Netns, device: Device, address: InterfaceAddress) => void) => {
    const happen = () => {
      const owner = device.owner as Netns;
      const address = owner.inet.get(device)?.addresses.find((each) => each.lifetime === lifetime);
      if (address !== undefined) act(owner, device, address);
    };
    ns.cables.later(since + seconds * SECOND - ns.cables.now, happen, true);
  };
  at(valid, deleteAddress);
  if (preferred !== null && preferred > 0 && preferred < valid) at(preferred, tellAddress);
}

/** `ip addr del`: with a primary address its secondaries go too (promote_secondaries is 0). */
export function deleteAddress(ns: Netns, device: Device, address: InterfaceAddress): void {
  const inet = ns.inet.get(device)!;
  const { addresses } = inet;
  const network = networkOf(address);
  const goes = addresses.filter(
    (each) =>
      each === address ||
      (!address.secondary && each.secondary && each.length === address.length && network.contains(each.peer)),
  );
  const left = addresses.filter((each) => !goes.includes(each));
  inet.addresses = left;
  if (ns.listeners !== null) tellDeleted(ns, device, [...goes.filter((each) => each !== address), address], left);
  if (ns.hasTracking) for (const { local } of goes) ns.tracking.forgetMasqueraded(device, local);
  // With the last address IPv4 ends on the device: no route by it is left, and no neighbour (fib_disable_ip).
  if (left.length === 0) {
    flushRoutes(ns, device, "addressless");
    inet.forgetNeighbours();
  }
  const gone = new Set(goes.map((each) => each.local).filter((local) => ns.deviceOfAddress(local) === undefined));
  for (const table of ns.tables.values()) {
    for (const route of table.list()) {
      const isOwn = goes.some((each) => route.dev === device && isRouteOf(route, each, left));
      if (isOwn || (route.src !== null && gone.has(route.src))) table.remove(route);
    }
  }
  forgetMtus(ns);
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
  const { local, length, broadcast, secondary, metric } = address;
  const network = networkOf(address);
  const primary = secondary
    ? all.find((each) => !each.secondary && each.length === length && network.contains(each.peer))
    : undefined;
  const src = primary?.local ?? local;
  const add = (table: number, type: RouteType, prefix: Prefix4, scope: Scope, metric = 0) => {
    const route: Route = { type, prefix, via: null, dev: device, src, metric, protocol: "kernel", scope };
    if (ns.tables.get(table)!.add(route, "append")) tellRoute(ns, table, route);
  };
  add(TABLE.local, "local", Prefix4.of(local, 32), "host");
  if (!device.up) return;
  revive(ns, device);
  if (broadcast !== null && broadcast.bits !== 0xffffffff)
    add(TABLE.local, "broadcast", Prefix4.of(broadcast, 32), "link");
  if (secondary || !isNetwork(address)) return;
  if (local.isMulticast || local.bits === 0xffffffff) return;
  if (!bringsRoute(address)) {
    // noprefixroute: only its broadcast addresses are known.
  } else if (device.kind === "loopback") add(TABLE.local, "local", network, "host", metric);
  else add(TABLE.main, "unicast", network, "link", metric);
  if (length < 31 && broadcast !== network.broadcast)
    add(TABLE.local, "broadcast", Prefix4.of(network.broadcast, 32), "link");
}

/** Routes of a device that went down, lost its last address, or goes away. */
export function flushRoutes(ns: Netns, device: Device, why: "down" | "addressless" | "gone"): void {
  if (why === "addressless") killWays(ns, device);
  for (const table of ns.tables.values())
    for (const route of table.list()) if (goesWith(route, device, why)) table.remove(route);
  forgetMtus(ns);
}

/** Of multipath routes only the ways by the device die (fib_sync_down_dev). */
function killWays(ns: Netns, device: Device): void {
  const ways = forksBy(ns, device).flatMap(({ nexthops }) => nexthops!.filter(({ dev }) => dev === device));
  for (const hop of ways) hop.dead = true;
  inetOf(device).deadWays = ways;
}

function forksBy(ns: Netns, device: Device): Route[] {
  const routes: Route[] = [];
  for (const { multipaths } of ns.tables.values())
    for (const route of multipaths) if (usesDevice(route, device)) routes.push(route);
  return routes;
}

/** Multipath routes look at the device when its carrier goes or comes (fib_sync_down_dev, fib_sync_up). */
export function syncCarrier(ns: Netns, device: Device): void {
  for (const route of forksBy(ns, device))
    route.linkDown = !device.carrier && route.nexthops!.every((hop) => hop.dev === device || isDead(hop));
}

/** Dead ways by a device that came up, or got an address, are ways again (fib_sync_up). */
export function revive(ns: Netns, device: Device): void {
  const inet = inetOf(device);
  for (const hop of inet.deadWays) hop.dead = false;
  if (inet.deadWays.length > 0) inet.deadWays = [];
  if (device.carrier) syncCarrier(ns, device);
}

/** A route with several ways lives as long as one of their devices is up, and goes with the first that is deleted. */
function goesWith(route: Route, device: Device, why: "down" | "addressless" | "gone"): boolean {
  if (!usesDevice(route, device)) return false;
  if (why === "gone") return true;
  if (route.nexthops === undefined) return why === "addressless" || route.scope !== "host";
  return route.nexthops.every(isDead);
}

/** What routers said of a way goes with its last route; shorter ways are asked for anew. */
export function forgetMtus(ns: Netns): void {
  if (ns.hasRedirects) ns.redirects.clear();
  ns.pathMtus.routesRemoved(() => ns.tables.values().flatMap((table) => table.list()));
}

export function isOwnAddress(ns: Netns, address: Ipv4): boolean {
  return ns.tables.local.lookup(address)?.type === "local";
}
