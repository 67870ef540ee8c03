// The longest prefix wins: routing tables and their lookup.
// Before you edit: net/ipv4/fib_trie.c (fib_table_lookup), fib_semantics.c (fib_props), RFC 1812 §5.2.4.
import type { Tried } from "../trace/step.ts";
import type { Ipv4, Prefix4 } from "../wire/address.ts";
import { SCOPE, type Scope } from "./address.ts";

/** The tables every namespace has, with their numbers (/etc/iproute2/rt_tables). */
export const TABLE = { local: 255, main: 254, default: 253 } as const;

export type RouteType = "unicast" | "local" | "broadcast" | "blackhole" | "unreachable" | "prohibit";
/** Who made a route (/etc/iproute2/rt_protos); `ip route` does not print boot. */
export type RouteProtocol = "kernel" | "boot" | "static";

/** What a route needs to know of a device. */
export interface RouteDevice {
  readonly index: number;
  readonly name: string;
  readonly up: boolean;
  readonly carrier: boolean;
}

export interface Route {
  readonly type: RouteType;
  readonly prefix: Prefix4;
  readonly via: Ipv4 | null;
  /** Null for routes that lead nowhere: blackhole, unreachable, prohibit. */
  readonly dev: RouteDevice | null;
  readonly src: Ipv4 | null;
  readonly metric: number;
  readonly protocol: RouteProtocol;
  readonly scope: Scope;
}

/** One routing table: a map for each prefix length, so a lookup asks at most 33 of them. */
export class RouteTable {
  readonly id: number;
  /** By prefix length: network bits to the routes of that network, best metric first. */
  private readonly byLength: (Map<number, Route[]> | undefined)[] = new Array(33);
  private lengths: number[] = [];

  constructor(id: number) {
    this.id = id;
  }

  /**
   * Adds a route behind those of the same network with the same or a better metric. With "exclusive", as `ip route
   * add` asks, false if one with that metric is there; the kernel itself appends.
   */
  add(route: Route, how: "exclusive" | "append"): boolean {
    const { length, address } = route.prefix;
    let networks = this.byLength[length];
    if (networks === undefined) {
      networks = this.byLength[length] = new Map();
      this.lengths = [...this.lengths, length].sort((a, b) => b - a);
    }
    const routes = networks.get(address.bits);
    if (routes === undefined) networks.set(address.bits, [route]);
    else {
      if (how === "exclusive" && routes.some((other) => other.metric === route.metric)) return false;
      const at = routes.findIndex((other) => other.metric > route.metric);
      routes.splice(at === -1 ? routes.length : at, 0, route);
    }
    return true;
  }

  remove(route: Route): void {
    const networks = this.byLength[route.prefix.length];
    const routes = networks?.get(route.prefix.address.bits);
    if (networks === undefined || routes === undefined) return;
    routes.splice(routes.indexOf(route), 1);
    if (routes.length === 0) networks.delete(route.prefix.address.bits);
    if (networks.size === 0) {
      this.byLength[route.prefix.length] = undefined;
      this.lengths = this.lengths.filter((length) => length !== route.prefix.length);
    }
  }

  /** The route for a destination, or null: the longest prefix, of those the best metric, by `oif` if it is given. */
  lookup(destination: Ipv4, oif: number | null = null): Route | null {
    const { bits } = destination;
    for (const length of this.lengths) {
      const mask = length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0;
      const routes = this.byLength[length]!.get((bits & mask) >>> 0);
      if (routes === undefined) continue;
      for (const route of routes) if (oif === null || route.dev === null || route.dev.index === oif) return route;
    }
    return null;
  }

  /** All routes in the order `ip route` lists them: by network address, then length, then metric. */
  list(): Route[] {
    const all = this.byLength.flatMap((networks) => [...(networks?.values() ?? [])].flat());
    return all.sort(
      (a, b) =>
        a.prefix.address.bits - b.prefix.address.bits || a.prefix.length - b.prefix.length || a.metric - b.metric,
    );
  }

  /** Every route that was not chosen, with the reason, for the trace. */
  considered(destination: Ipv4, chosen: Route | null, print: (route: Route) => string): Tried[] {
    const rest = this.list().filter((route) => route !== chosen);
    return rest.map((route) => {
      const text = print(route);
      if (!route.prefix.contains(destination))
        return { text, field: "destination", wanted: route.prefix.toString(), had: destination.text };
      if (chosen !== null && route.prefix.length < chosen.prefix.length)
        return { text, field: "prefix length", wanted: `/${chosen.prefix.length}`, had: `/${route.prefix.length}` };
      return { text, field: "metric", wanted: `${chosen?.metric ?? "another device"}`, had: `${route.metric}` };
    });
  }
}

/** A route as `ip route` prints it, without the trailing space. `table` is named when the listing mixes tables. */
export function routeText(route: Route, table?: string): string {
  const { prefix } = route;
  const words: string[] = route.type === "unicast" ? [] : [route.type];
  words.push(prefix.length === 0 ? "default" : prefix.length === 32 ? prefix.address.text : prefix.toString());
  if (route.via !== null) words.push("via", route.via.text);
  if (route.dev !== null) words.push("dev", route.dev.name);
  if (table !== undefined) words.push("table", table);
  if (route.protocol !== "boot") words.push("proto", route.protocol);
  if (route.scope !== "global") words.push("scope", route.scope);
  if (route.src !== null) words.push("src", route.src.text);
  if (route.metric !== 0) words.push("metric", `${route.metric}`);
  if (route.dev !== null && route.type === "unicast" && !route.dev.carrier) words.push("linkdown");
  return words.join(" ");
}

/** Whether a route's target is on the link itself, so the packet's own destination is asked for by ARP. */
export function nextHop(route: Route, destination: Ipv4): Ipv4 {
  return route.via ?? destination;
}

/** The scope a gateway's own route must have for a route of scope `scope` to be legal (fib_check_nh_v4_gw). */
export function isReachableGateway(found: Route | null): boolean {
  return found !== null && found.type === "unicast" && SCOPE[found.scope] >= SCOPE.link;
}
