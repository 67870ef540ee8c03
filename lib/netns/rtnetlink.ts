// Who listens to what changes in a namespace (the multicast groups of rtnetlink): addresses, routes and rules of IPv4,
// and neighbours. What a listener is told it reads at once: an entry that is deleted is as it was last.
// Before you edit: net/ipv4/devinet.c (rtmsg_ifa), net/ipv4/fib_semantics.c (rtmsg_fib), net/core/fib_rules.c
// (notify_rule_change), net/core/neighbour.c (__neigh_notify).
import type { InterfaceAddress } from "../ip/address.ts";
import type { Neighbour } from "../ip/neighbour.ts";
import type { Route } from "../ip/route.ts";
import type { PolicyRule } from "../ip/rule.ts";
import type { Device } from "../link/device.ts";
import type { Netns } from "./netns.ts";

/** RTM_NEW… of something, or RTM_DEL… when it `isGone`. */
export interface RtListener {
  address?(device: Device, address: InterfaceAddress, isGone: boolean): void;
  route?(table: number, route: Route, isGone: boolean): void;
  rule?(rule: PolicyRule, isGone: boolean): void;
  neighbour?(device: Device, neighbour: Neighbour, isGone: boolean): void;
}

export function tellAddress(ns: Netns, device: Device, address: InterfaceAddress, isGone = false): void {
  for (const listener of ns.listeners ?? []) listener.address?.(device, address, isGone);
}

export function tellRoute(ns: Netns, table: number, route: Route, isGone = false): void {
  for (const listener of ns.listeners ?? []) listener.route?.(table, route, isGone);
}

export function tellRule(ns: Netns, rule: PolicyRule, isGone = false): void {
  for (const listener of ns.listeners ?? []) listener.rule?.(rule, isGone);
}

export function tellNeighbour(ns: Netns, device: Device, neighbour: Neighbour, isGone = false): void {
  for (const listener of ns.listeners ?? []) listener.neighbour?.(device, neighbour, isGone);
}

/** Adds a listener; returns what takes it away again. */
export function listen(ns: Netns, listener: RtListener): () => void {
  ns.listeners = [...(ns.listeners ?? []), listener];
  return () => {
    const left = ns.listeners!.filter((each) => each !== listener);
    ns.listeners = left.length > 0 ? left : null;
  };
}
