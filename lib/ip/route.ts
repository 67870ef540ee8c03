// The longest prefix wins: routing tables and their lookup.
// Before you edit: net/ipv4/fib_trie.c (fib_table_lookup), fib_semantics.c (fib_props), RFC 1812 §5.2.4.
import { type Ipv4, mask4, type Prefix4 } from "../wire/address.ts";
import { SCOPE, type Scope } from "./address.ts";

/** The tables every namespace has, with their numbers (/etc/iproute2/rt_tables). */
export const TABLE = { local: 255, main: 254, default: 253 } as const;

export const ROUTE_TYPES = ["unicast", "local", "broadcast", "blackhole", "unreachable", "prohibit", "throw"] as const;
export type RouteType = (typeof ROUTE_TYPES)[number];
/** Who made a route: a name of /etc/iproute2/rt_protos, or its number in digits. `ip route` does not print boot. */
export type RouteProtocol = string;

/** What a route needs to know of a device. */
export interface RouteDevice {
  readonly index: number;
  readonly name: string;
  readonly up: boolean;
  readonly carrier: boolean;
}

/** One of the ways of a multipath route; a packet takes it with the probability of its weight. */
export interface Nexthop {
  readonly via: Ipv4 | null;
  readonly dev: RouteDevice;
  readonly weight: number;
  /** The gateway is taken to be on the link, whatever the other routes say. */
  readonly onlink?: boolean | undefined;
  /** Its device lost its last address, and got none and did not come up since (RTNH_F_DEAD; fib_sync_up). */
  dead?: boolean;
}

/** Whether no packet takes this way. */
export function isDead({ dev, dead = false }: Pick<Nexthop, "dev" | "dead">): boolean {
  return dead || !dev.up;
}

export interface Route {
  readonly type: RouteType;
  readonly prefix: Prefix4;
  readonly via: Ipv4 | null;
  /** Null for routes that lead nowhere: blackhole, unreachable, prohibit, throw. */
  readonly dev: RouteDevice | null;
  readonly src: Ipv4 | null;
  readonly metric: number;
  readonly protocol: RouteProtocol;
  readonly scope: Scope;
  readonly onlink?: boolean | undefined;
  /** The MTU of the way (RTAX_MTU); with `mtuLocked` nothing that routers say changes it, and DF is not set. */
  readonly mtu?: number | undefined;
  readonly mtuLocked?: boolean | undefined;
  /** Two or more: the route has several ways, and `via` and `dev` above are those of the first. */
  readonly nexthops?: readonly Nexthop[] | undefined;
  /** Of several ways: the last that lived lost its carrier (RTNH_F_LINKDOWN; fib_sync_down_dev). */
  linkDown?: boolean;
}

/** Up to so many routes a table is searched from end to end: a pod has five, and that is faster than any index. */
const SMALL = 16;

const NONE: readonly Route[] = [];

/** One routing table. Routes stand in the order in which a lookup prefers them: longest prefix, then best metric. */
export class RouteTable {
  readonly id: number;
  /** A change makes another list if this one was shown: the trace still tells from the one that was asked. */
  private routes: readonly Route[] = NONE;
  private isShown = true;
  /** For large tables: prefix length to network bits to routes; null while it must be made anew. */
  private index: Map<number, Map<number, Route[]>> | null = null;
  /** For small ones: mask and network of each route as signed numbers side by side, so a miss touches no route. */
  private packed: number[] | null = null;
  private ends: readonly Route[] | null = null;
  private forked: readonly Route[] | null = null;
  private lost: WeakSet<Route> | null = null;

  constructor(id: number) {
    this.id = id;
  }

  /**
   * Adds a route among those of the same network and metric: behind them ("append", as the kernel itself does), before
   * them ("prepend") or in the place of the first ("replace"). False if it is there already, or, with "exclusive" as
   * `ip route add` asks, if any with that metric is.
   */
  add(route: Route, how: "exclusive" | "append" | "prepend" | "replace"): boolean {
    const { prefix, metric } = route;
    const rivals = this.of(prefix).filter((other) => other.metric === metric);
    const [first] = rivals;
    if (how === "exclusive" && first !== undefined) return false;
    const same = rivals.find((other) => sameRoute(other, route));
    if (same !== undefined) return how === "replace" && same === first;
    if (first !== undefined && (how === "replace" || how === "prepend")) {
      this.splice(this.routes.indexOf(first), how === "replace" ? 1 : 0, route);
      return true;
    }
    const { index } = this;
    const networks = index?.get(prefix.length);
    this.splice(this.placeOf(route), 0, route);
    // A network that is new changes nothing of the others: nodes of large clusters get a route for each.
    if (networks !== undefined && !networks.has(prefix.address.bits)) {
      networks.set(prefix.address.bits, [route]);
      this.index = index;
    }
    return true;
  }

  /** Behind all routes with longer prefixes, and those of the same length whose metric is not worse. */
  private placeOf({ prefix: { length }, metric }: Route): number {
    const { routes } = this;
    let low = 0;
    let high = routes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = routes[middle]!;
      if (other.prefix.length < length || (other.prefix.length === length && other.metric > metric)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  remove(route: Route): void {
    const at = this.routes.indexOf(route);
    if (at !== -1) this.splice(at, 1);
  }

  /** The routes as they are now, in the order of preference. */
  get all(): readonly Route[] {
    this.isShown = true;
    return this.routes;
  }

  /** The default routes, the best metric first. */
  get defaults(): readonly Route[] {
    this.ends ??= this.routes.filter(({ prefix }) => prefix.length === 0);
    return this.ends;
  }

  /** The routes with several ways. */
  get multipaths(): readonly Route[] {
    this.forked ??= this.routes.filter(({ nexthops }) => nexthops !== undefined);
    return this.forked;
  }

  /** Whether the route was taken away, and no other is left that shares its ways (fib_release_info). */
  hasLost(route: Route): boolean {
    return this.lost?.has(route) === true && !this.routes.some((other) => sameRoute(other, route));
  }

  private splice(at: number, removed: number, ...added: Route[]): void {
    if (removed > 0) this.lost = (this.lost ?? new WeakSet()).add(this.routes[at]!);
    // What is spliced in place has room for more to come; a small table is copied, and has none.
    if (this.isShown || this.routes.length <= SMALL) this.routes = this.routes.toSpliced(at, removed, ...added);
    else (this.routes as Route[]).splice(at, removed, ...added);
    this.isShown = false;
    this.index = null;
    this.packed = null;
    this.ends = null;
    this.forked = null;
  }

  /** The routes of exactly this network. */
  private of(prefix: Prefix4): readonly Route[] {
    const { address, length } = prefix;
    if (this.routes.length > SMALL) {
      this.index ??= indexOf(this.routes);
      return this.index.get(length)?.get(address.bits) ?? [];
    }
    return this.routes.filter((route) => route.prefix.length === length && route.prefix.address === address);
  }

  /** The route for a destination, or null: the longest prefix, of those the best metric, by `oif` if it is given. */
  lookup(destination: Ipv4, oif: number | null = null): Route | null {
    const { bits } = destination;
    if (this.routes.length > SMALL) return this.lookupIndexed(bits, oif);
    this.packed ??= this.routes.flatMap(({ prefix }) => [prefix.mask | 0, prefix.address.bits | 0]);
    const { packed } = this;
    for (let at = 0; at < packed.length; at += 2) {
      if ((bits & packed[at]!) !== packed[at + 1]!) continue;
      const route = this.routes[at >> 1]!;
      if (leadsBy(route, oif)) return route;
    }
    return null;
  }

  private lookupIndexed(bits: number, oif: number | null): Route | null {
    this.index ??= indexOf(this.routes);
    for (const [length, networks] of this.index) {
      const routes = networks.get((bits & mask4(length)) >>> 0);
      if (routes === undefined) continue;
      for (const route of routes) if (leadsBy(route, oif)) return route;
    }
    return null;
  }

  /** The same for a gateway: only routes that reach no farther than `scope` (a number of SCOPE) count. */
  lookupNear(destination: Ipv4, oif: number | null, scope: number): Route | null {
    const near = this.routes.filter((route) => SCOPE[route.scope] >= scope);
    return firstOf(near, destination, oif);
  }

  /** All routes in the order `ip route` lists them: by network address, the longer prefix first, then metric. */
  list(): Route[] {
    return listed(this.routes);
  }
}

/** Routes as a listing has them: by network, the longest prefix first, then by metric. */
export function listed(routes: readonly Route[]): Route[] {
  return routes.toSorted(
    (a, b) => a.prefix.address.bits - b.prefix.address.bits || b.prefix.length - a.prefix.length || a.metric - b.metric,
  );
}

/** What a lookup in this list of routes finds. */
export function firstOf(routes: readonly Route[], destination: Ipv4, oif: number | null): Route | null {
  return routes.find((route) => route.prefix.contains(destination) && leadsBy(route, oif)) ?? null;
}

/** Whether a lookup may take this route: it leads by the device, if one is asked for (fib_lookup_good_nhc). */
function leadsBy(route: Route, oif: number | null): boolean {
  if (route.nexthops !== undefined)
    return route.nexthops.some((hop) => !isDead(hop) && (oif === null || hop.dev.index === oif));
  return oif === null || route.dev === null || route.dev.index === oif;
}

/** Whether a route leads by a device, by any of its ways (fib_info_nh_uses_dev). */
export function usesDevice(route: Route, device: RouteDevice): boolean {
  return route.nexthops === undefined ? route.dev === device : route.nexthops.some(({ dev }) => dev === device);
}

/** Lengths in falling order, because the routes are. */
function indexOf(routes: readonly Route[]): Map<number, Map<number, Route[]>> {
  const index = new Map<number, Map<number, Route[]>>();
  for (const route of routes) {
    const { length, address } = route.prefix;
    let networks = index.get(length);
    if (networks === undefined) {
      networks = new Map();
      index.set(length, networks);
    }
    const same = networks.get(address.bits);
    if (same === undefined) networks.set(address.bits, [route]);
    else same.push(route);
  }
  return index;
}

/** RTNH_F_LINKDOWN: its device has no carrier. Routes of scope host never lose it (fib_sync_down_dev). */
export function isLinkDown({ dev, scope, nexthops, linkDown = false }: Route): boolean {
  if (nexthops !== undefined) return linkDown;
  return dev !== null && scope !== "host" && !dev.carrier;
}

function sameRoute(a: Route, b: Route): boolean {
  const keys = ["type", "via", "dev", "src", "metric", "protocol", "scope", "mtu"] as const;
  const flags = ["onlink", "mtuLocked"] as const;
  if (!keys.every((key) => a[key] === b[key]) || !flags.every((key) => !a[key] === !b[key])) return false;
  const [some = [], others = []] = [a.nexthops, b.nexthops];
  return (
    some.length === others.length &&
    some.every(({ via, dev, weight, onlink }, i) => {
      const other = others[i]!;
      return via === other.via && dev === other.dev && weight === other.weight && !onlink === !other.onlink;
    })
  );
}
