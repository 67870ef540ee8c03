// Which routes the kernel made for an address, and what who listens is told when it goes.
// Before you edit: net/ipv4/fib_frontend.c (fib_add_ifaddr, fib_del_ifaddr), net/ipv4/devinet.c (__inet_del_ifa).
import { type InterfaceAddress, networkOf } from "../../ip/address.ts";
import type { Route } from "../../ip/route.ts";
import type { Device } from "../../link/device.ts";
import type { Prefix4 } from "../../wire/address.ts";
import type { Netns } from "../netns.ts";
import { tellAddress, tellRoute } from "../rtnetlink.ts";

/**
 * Addresses go one after the other, the primary one last, each with the routes that nobody else needs
 * (__inet_del_ifa, fib_del_ifaddr). What goes for want of a source or a device is told to nobody.
 */
export function tellDeleted(
  ns: Netns,
  device: Device,
  goes: readonly InterfaceAddress[],
  left: readonly InterfaceAddress[],
): void {
  for (const [i, address] of goes.entries()) {
    tellAddress(ns, device, address, true);
    const rest = [...goes.slice(i + 1), ...left];
    const own = ns.tables
      .values()
      .flatMap(({ id, all }) =>
        all.filter((route) => route.dev === device && isRouteOf(route, address, rest)).map((route) => ({ id, route })),
      );
    // Its network, its broadcast address, itself.
    const rank = ({ type, prefix }: Route) =>
      type === "broadcast" ? 1 : type === "local" && prefix.length === 32 ? 2 : 0;
    own.sort((a, b) => rank(a.route) - rank(b.route));
    for (const { id, route } of own) tellRoute(ns, id, route, true);
  }
}

/** Whether the kernel made this route for that address and no other address still needs it. */
export function isRouteOf(route: Route, address: InterfaceAddress, left: readonly InterfaceAddress[]): boolean {
  if (route.protocol !== "kernel") return false;
  const network = networkOf(address);
  if (route.type === "local" && route.prefix.length === 32)
    return route.prefix.address === address.local && left.every((each) => each.local !== address.local);
  const needed = left.some((each) => each.length === address.length && network.contains(each.peer));
  if (needed) return false;
  if (route.type === "broadcast")
    return route.prefix.address === network.broadcast || route.prefix.address === address.broadcast;
  return !address.noPrefixRoute && isNetworkRoute(route, network, address);
}

export function isNetworkRoute(route: Route, network: Prefix4, address: InterfaceAddress): boolean {
  return route.protocol === "kernel" && route.prefix.toString() === network.toString() && route.src === address.local;
}

/** A route to its network is brought by the first address of it, if the network is more than the address itself. */
export function bringsRoute(address: InterfaceAddress): boolean {
  if (address.secondary || address.noPrefixRoute) return false;
  return isNetwork(address);
}

export function isNetwork(address: InterfaceAddress): boolean {
  const { address: first } = networkOf(address);
  return !first.isZeroNet && (first !== address.local || address.length < 32);
}
