// The routes that addresses of IPv6 bring: to their networks and to their peers. They end with what brought them.
// Before you edit: net/ipv6/addrconf.c (addrconf_prefix_route, check_cleanup_prefix_route, cleanup_prefix_route,
// inet6_addr_modify, __ipv6_ifa_notify), ip6_fib.c (fib6_add_rt2node: what comes twice).
import { type InterfaceAddress6, network6Of } from "../../ip/address6.ts";
import { TABLE } from "../../ip/route.ts";
import { METRIC6, type Route6 } from "../../ip/route6.ts";
import type { Device } from "../../link/device.ts";
import { SECOND } from "../../trace/world.ts";
import { type Ipv6, Prefix6 } from "../../wire/address6.ts";
import type { Netns } from "../netns.ts";

/** The route to the network of an address; it is there as long as the address may be. */
export function prefixRoute(ns: Netns, device: Device, address: InterfaceAddress6): void {
  if (address.noPrefixRoute) return;
  insert(ns, device, network6Of(address), address.metric, endOf(address));
}

/** `ip addr change` gives the peer's whole network a route; a new address only the peer itself. */
export function peerNetworkRoute(ns: Netns, device: Device, { peer, length, ...address }: InterfaceAddress6): void {
  if (peer === null || address.noPrefixRoute) return;
  insert(ns, device, new Prefix6(peer, length), address.metric, endOf(address));
}

export function peerRoute(ns: Netns, device: Device, { peer, metric }: InterfaceAddress6): void {
  if (peer !== null) insert(ns, device, new Prefix6(peer, 128), metric, undefined);
}

/** The kernel takes the first that leads there, whatever its metric is. */
export function dropPeerRoute(ns: Netns, device: Device, peer: Ipv6, length = 128): void {
  drop(ns, device, new Prefix6(peer, length), null);
}

/** When the address ends, in nanoseconds; undefined is never. */
function endOf({ lifetime }: Pick<InterfaceAddress6, "lifetime">): number | undefined {
  return lifetime === null || lifetime.valid === null ? undefined : lifetime.since + lifetime.valid * SECOND;
}

export const isPermanent = ({ lifetime }: InterfaceAddress6) => lifetime === null || lifetime.valid === null;

function insert(ns: Netns, device: Device, prefix: Prefix6, wanted: number, expires: number | undefined): void {
  if (!device.up || prefix.address.isLoopback) return;
  const metric = wanted || METRIC6.address;
  const table = ns.ipv6.table(TABLE.main);
  const found = table.of(prefix).find((route) => route.dev === device && route.via === null && route.metric === metric);
  // One that never ends stays so.
  if (found !== undefined) return found.expires === undefined ? undefined : setEnd(ns, found, expires);
  const way = { type: "unicast", prefix, via: null, dev: device, src: null } as const;
  const route: Route6 = { ...way, metric, protocol: "kernel", expires };
  table.insert(route);
  endRoute(ns, table.id, route);
}

function setEnd(ns: Netns, route: Route6, expires: number | undefined): void {
  const changed = { ...route, expires };
  ns.ipv6.table(TABLE.main).replace(route, changed);
  endRoute(ns, TABLE.main, changed);
}

/** A route with an end goes then, unless it was changed meanwhile (fib6_age). */
export function endRoute(ns: Netns, table: number, route: Route6): void {
  if (route.expires === undefined) return;
  const end = () => ns.ipv6.table(table).replace(route, null);
  ns.cables.later(Math.max(0, route.expires - ns.cables.now), end, true);
}

function drop(ns: Netns, device: Device, prefix: Prefix6, metric: number | null): void {
  const found = ofAddresses(ns, device, prefix, metric);
  if (found !== undefined) ns.ipv6.table(TABLE.main).replace(found, null);
}

function ofAddresses(ns: Netns, device: Device, prefix: Prefix6, metric: number | null): Route6 | undefined {
  return ns.ipv6
    .table(TABLE.main)
    .of(prefix)
    .find(
      (route) =>
        route.dev === device &&
        route.via === null &&
        route.protocol === "kernel" &&
        (metric === null || route.metric === metric),
    );
}

/**
 * It goes with the last address of the network, unless one stays that wants no such route; with those that stay for a
 * time it ends. That of an address which was there for a time only ends by itself.
 */
export function dropPrefixRoute(ns: Netns, device: Device, address: InterfaceAddress6): void {
  if (address.noPrefixRoute || !isPermanent(address)) return;
  const prefix = network6Of(address);
  const others = ns.ipv6
    .of(device)
    .addresses.filter(
      (other) =>
        other !== address &&
        other.length === address.length &&
        other.metric === address.metric &&
        prefix.contains(other.local),
    );
  if (others.some((other) => other.noPrefixRoute || isPermanent(other))) return;
  const metric = address.metric || METRIC6.address;
  if (others.length === 0) return drop(ns, device, prefix, metric);
  const found = ofAddresses(ns, device, prefix, metric);
  if (found !== undefined && found.expires === undefined)
    setEnd(ns, found, Math.max(...others.map((other) => endOf(other)!)));
}
