// IPv6 routes, their tables and the choice among them.
// Before you edit: net/ipv6/ip6_fib.c (fib6_add_rt2node, fib6_walk_continue), route.c (fib6_table_lookup, find_rr_leaf,
// rt6_score_route, rt6_qualify_for_ecmp).
import type { Tried } from "../trace/step.ts";
import { SECOND } from "../trace/world.ts";
import type { Ipv6, Prefix6 } from "../wire/address6.ts";
import { isDead, type Nexthop, type RouteDevice, type RouteProtocol } from "./route.ts";
import { nexthopFlags } from "./route-text.ts";

export const ROUTE_TYPES6 = [
  ...(["unicast", "local", "anycast", "multicast"] as const),
  ...(["blackhole", "unreachable", "prohibit", "throw"] as const),
];
export type RouteType6 = (typeof ROUTE_TYPES6)[number];

/** Metrics the kernel gives: to routes of addresses, and to routes that say none. */
export const METRIC6 = { address: 256, usual: 1024 } as const;

/** One of the ways of a multipath route. */
export type Nexthop6 = Omit<Nexthop, "via"> & { readonly via: Ipv6 | null };

export interface Route6 {
  readonly type: RouteType6;
  readonly prefix: Prefix6;
  readonly via: Ipv6 | null;
  /** Routes that lead nowhere are on the loopback. */
  readonly dev: RouteDevice;
  /** `src`: the source of packets that have none. */
  readonly src: Ipv6 | null;
  readonly metric: number;
  readonly protocol: RouteProtocol;
  readonly onlink?: boolean | undefined;
  readonly mtu?: number | undefined;
  readonly mtuLocked?: boolean | undefined;
  /** Virtual time in nanoseconds when it goes. */
  readonly expires?: number | undefined;
  /** Two or more: routes by gateways of one network and metric are ways of one route; `via` and `dev` are the first's. */
  readonly nexthops?: readonly Nexthop6[] | undefined;
}

/** Routes of one network, the best metric first. */
type Node = readonly Route6[];

/** What the score of a route is asked with. */
export interface Selection {
  /** Index of the device that is asked for, or 0. */
  readonly oif: number;
  /** Only routes by that device count (RT6_LOOKUP_F_IFACE); else they are only better. */
  readonly strict: boolean;
  /** To a host a gateway that did not answer does not count at first (RT6_LOOKUP_F_REACHABLE). Null: it does. */
  readonly isSilent: ((hop: Nexthop6 | Route6) => boolean) | null;
}

export class RouteTable6 {
  readonly id: number;
  /** In the order of `list`. */
  private readonly routes: Route6[] = [];
  /** Networks that contain an address, the longest first; made when an address is asked for, gone with a change. */
  private readonly nodes = new Map<Ipv6, readonly Node[]>();
  /** How often a route came or went. */
  changes = 0;

  constructor(id: number) {
    this.id = id;
  }

  /** Puts a route behind those of its network with the same or a better metric. */
  insert(route: Route6): void {
    const at = this.routes.findIndex((other) => listedBefore(route, other));
    this.routes.splice(at === -1 ? this.routes.length : at, 0, route);
    this.changes++;
    this.nodes.clear();
  }

  /** Puts another route, or none, in the place of one. */
  replace(route: Route6, by: Route6 | null): void {
    const at = this.routes.indexOf(route);
    if (at === -1) return;
    this.routes.splice(at, 1, ...(by === null ? [] : [by]));
    this.changes++;
    this.nodes.clear();
  }

  /** Device states changed: what was found may be another now. */
  changed(): void {
    this.nodes.clear();
  }

  /** The routes of exactly this network. */
  of({ address, length }: Prefix6): Route6[] {
    return this.routes.filter(({ prefix }) => prefix.length === length && prefix.address === address);
  }

  /** All routes in the order `ip -6 route` lists them: inner networks first, then by address, then by metric. */
  list(): readonly Route6[] {
    return this.routes;
  }

  /** The route for a destination, or null. A network without a usable route leads back to the next shorter one. */
  lookup(destination: Ipv6, selection: Selection = ANY): Route6 | null {
    const nodes = this.containing(destination);
    for (const node of nodes) {
      const found = select(node, selection);
      if (found !== null) return found;
    }
    if (selection.isSilent === null) return null;
    return this.lookup(destination, { ...selection, isSilent: null });
  }

  private containing(destination: Ipv6): readonly Node[] {
    let found = this.nodes.get(destination);
    if (found === undefined) {
      const byLength = new Map<number, Route6[]>();
      for (const route of this.routes) {
        const { length } = route.prefix;
        if (!route.prefix.contains(destination)) continue;
        const same = byLength.get(length);
        if (same === undefined) byLength.set(length, [route]);
        else same.push(route);
      }
      found = [...byLength.keys()].sort((a, b) => b - a).map((length) => byLength.get(length)!);
      this.nodes.set(destination, found);
    }
    return found;
  }

  /** Every route that was not chosen, with the reason, for the trace. */
  considered(destination: Ipv6, chosen: Route6 | null): Tried[] {
    return this.routes
      .filter((route) => route !== chosen)
      .map((route) => {
        const text = route6Text(route);
        if (!route.prefix.contains(destination))
          return { text, field: "destination", wanted: route.prefix.toString(), had: destination.text };
        if (chosen !== null && route.prefix.length < chosen.prefix.length)
          return { text, field: "prefix length", wanted: `/${chosen.prefix.length}`, had: `/${route.prefix.length}` };
        if (chosen !== null && route.metric > chosen.metric)
          return { text, field: "metric", wanted: `${chosen.metric}`, had: `${route.metric}` };
        return { text, field: "device", wanted: chosen?.dev.name ?? "another device", had: route.dev.name };
      });
  }
}

const ANY: Selection = { oif: 0, strict: false, isSilent: null };

/** Of the routes of one network: the best of the first metric; else the best of the rest (find_rr_leaf). */
function select(node: Node, selection: Selection): Route6 | null {
  const [first] = node;
  const same = node.filter(({ metric }) => metric === first!.metric);
  return best(same, selection) ?? (same.length < node.length ? best(node.slice(same.length), selection) : null);
}

function best(routes: readonly Route6[], selection: Selection): Route6 | null {
  let found: Route6 | null = null;
  let most = -1;
  for (const route of routes)
    for (const hop of route.nexthops ?? [route]) {
      const score = scoreOf(hop, selection);
      if (score <= most) continue;
      most = score;
      found = route;
    }
  return found;
}

/** rt6_score_route: below 0 a way cannot be taken at all; by the device that is asked for it is better. */
export function scoreOf(hop: Nexthop6 | Route6, { oif, strict, isSilent }: Selection): number {
  // A route that leads nowhere, or to oneself, does so whether its device is up or not.
  if ("weight" in hop && isDead(hop)) return -1;
  const fits = oif === 0 || hop.dev.index === oif;
  if (!fits && strict) return -1;
  if (hop.via !== null && isSilent?.(hop)) return -1;
  return fits ? 1 : 0;
}

/** fib6_walk: what is inside a network comes before it, the rest by address; of one network the best metric first. */
function listedBefore(a: Route6, b: Route6): boolean {
  const [p, q] = [a.prefix, b.prefix];
  if (p.length === q.length && p.address === q.address) return a.metric < b.metric;
  if (p.length > q.length && q.contains(p.address)) return true;
  if (q.length > p.length && p.contains(q.address)) return false;
  return p.address.bits < q.address.bits;
}

/** Whether routes of one network and metric become ways of one: those by a gateway do (rt6_qualify_for_ecmp). */
export function mayJoin({ type, via, nexthops }: Route6): boolean {
  return type === "unicast" && (via !== null || nexthops !== undefined);
}

export function nexthops6Of(route: Route6): readonly Nexthop6[] {
  const { via, dev, onlink } = route;
  return route.nexthops ?? [{ via, dev, weight: 1, ...(onlink && { onlink }) }];
}

/** The route with these ways: with one it is a plain one. Null without any. */
export function withNexthops(route: Route6, ways: readonly Nexthop6[]): Route6 | null {
  const [first] = ways;
  if (first === undefined) return null;
  const { via, dev, onlink } = first;
  return { ...route, via, dev, onlink, nexthops: ways.length > 1 ? ways : undefined };
}

/** Whether a route leads by a device, by any of its ways. */
export function uses6(route: Route6, device: RouteDevice): boolean {
  return route.nexthops === undefined ? route.dev === device : route.nexthops.some(({ dev }) => dev === device);
}

/** A network as `ip -6 route` prints it. */
export function prefix6Text(prefix: Prefix6): string {
  return prefix.length === 0 ? "default" : prefix.length === 128 ? prefix.address.text : prefix.toString();
}

/** A way of a multipath route as `ip -6 route` prints it. */
export function nexthop6Text(hop: Nexthop6): string {
  const { via, dev, weight } = hop;
  const words = ["nexthop"];
  if (via !== null) words.push("via", via.text);
  words.push("dev", dev.name, "weight", `${weight}`, ...nexthopFlags(hop));
  return words.join(" ");
}

/** RTNH_F_LINKDOWN: the device has no carrier; nobody marks the routes of an address itself. */
export function isLinkDown6({ type, dev, nexthops }: Route6): boolean {
  return nexthops === undefined && dev.up && !dev.carrier && (type === "unicast" || type === "multicast");
}

/** Whole seconds until a route ends. */
export function secondsLeft(expires: number, now: number): number {
  return Math.floor((expires - now) / SECOND);
}

/** A route as `ip -6 route` prints it, on one line and without the trailing space; with `now` it says when it ends. */
export function route6Text(route: Route6, now?: number): string {
  const words: string[] = route.type === "unicast" ? [] : [route.type];
  words.push(prefix6Text(route.prefix));
  if (route.nexthops === undefined) {
    if (route.via !== null) words.push("via", route.via.text);
    words.push("dev", route.dev.name);
  }
  if (route.protocol !== "boot") words.push("proto", route.protocol);
  if (route.src !== null) words.push("src", route.src.text);
  words.push("metric", `${route.metric}`);
  if (route.onlink && route.nexthops === undefined) words.push("onlink");
  if (isLinkDown6(route)) words.push("linkdown");
  if (now !== undefined && route.expires !== undefined) words.push("expires", `${secondsLeft(route.expires, now)}sec`);
  if (route.mtu !== undefined) words.push("mtu", ...(route.mtuLocked ? ["lock"] : []), `${route.mtu}`);
  words.push("pref", "medium");
  for (const hop of route.nexthops ?? []) words.push(nexthop6Text(hop));
  return words.join(" ");
}
