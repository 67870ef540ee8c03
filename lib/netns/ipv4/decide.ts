// The routing decision: which rule, which table, which route, which of its ways, which source. The same function answers
// a packet, `ip route get` and the trace.
// Before you edit: net/ipv4/route.c (ip_route_output_key_hash_rcu, ip_route_input_slow, rt_set_nexthop),
// fib_semantics.c (fib_props, fib_select_path, fib_result_prefsrc).
import { selectSource } from "../../ip/address.ts";
import { chooseNexthop, multipathHash, upperBounds } from "../../ip/multipath.ts";
import { firstOf, isDead, type Nexthop, type Route, type RouteType, TABLE } from "../../ip/route.ts";
import { considered, nexthopText, routeText } from "../../ip/route-text.ts";
import {
  type Flow,
  isSuppressed,
  type Lookup,
  lookup,
  type PolicyRule,
  ruleMiss,
  ruleText,
  tableName,
} from "../../ip/rule.ts";
import type { Device } from "../../link/device.ts";
import type { Told } from "../../trace/recorder.ts";
import { type Evidence, LEVEL, type Tried } from "../../trace/step.ts";
import type { Ipv4 } from "../../wire/address.ts";
import type { Ipv4Packet } from "../../wire/packet.ts";
import type { Errno } from "../errno.ts";
import type { Netns } from "../netns.ts";
import { selectDefault } from "./default-route.ts";
import { type AtHand, type MultipathKeys, multipathKeys } from "./multipath-keys.ts";

/** Where a packet goes next. */
export interface Way {
  readonly type: "unicast" | "local" | "broadcast" | "multicast";
  readonly route: Route;
  readonly table: number;
  readonly device: Device;
  readonly nextHop: Ipv4;
  /** The gateway of the route, or of that one of its ways that was chosen. */
  readonly via: Ipv4 | null;
  /** The MTU that the route says, if it does. */
  readonly mtu?: number | undefined;
  readonly mtuLocked?: boolean | undefined;
  /** A router told of a shorter way, and nextHop is that one. */
  readonly redirected?: { readonly until: number };
  /** It leaves as it came in, from a neighbour that should know the shorter way (IPSKB_DOREDIRECT). */
  readonly detour: boolean;
  readonly cause: number;
}

/** Why a packet goes nowhere. */
export interface NoWay {
  readonly type: "error";
  readonly errno: Errno;
  readonly because: string;
  readonly cause: number;
}

const ERROR_OF: Partial<Record<RouteType, Errno>> = {
  blackhole: "EINVAL",
  unreachable: "EHOSTUNREACH",
  prohibit: "EACCES",
};
/** A rule that refuses says other things than a route (fib4_rule_action). */
const RULE_ERROR = {
  lookup: "ENETUNREACH",
  blackhole: "EINVAL",
  unreachable: "ENETUNREACH",
  prohibit: "EACCES",
} as const;

/**
 * Asks the rules and their tables for a destination. `device` is where the packet came in (null when it is made
 * here); `oif` confines the search to routes by that device; `source` is null while it is not chosen. Of several ways
 * what is at hand decides, where it is not a new packet that is asked for.
 */
export function decide(
  ns: Netns,
  destination: Ipv4,
  device: Device | null,
  oif: Device | null,
  packet: Ipv4Packet | undefined,
  cause: number,
  source: Ipv4 | null = packet?.src ?? null,
  mark = 0,
  atHand: AtHand | undefined = device === null ? undefined : packet,
): Way | NoWay {
  const flow: Flow = { dst: destination, src: source, iif: device?.name ?? "lo", oif, mark };
  const found = bestDefault(ns, lookup(ns.rules, ns.tables, flow), flow, device);
  const choice = found?.route?.nexthops === undefined ? null : choose(ns, found.route, flow, device, atHand);
  let step = cause;
  if (ns.cables.recorder.level !== LEVEL.off) step = explain(ns, flow, found, choice, device, packet, cause);
  if (found === null)
    return { type: "error", errno: "ENETUNREACH", because: `no route to ${destination} in any table`, cause: step };
  const { route, rule } = found;
  if (route === null) {
    const because = `the rule of priority ${rule.priority} says ${rule.action}`;
    return { type: "error", errno: RULE_ERROR[rule.action], because, cause: step };
  }
  // What leads nowhere has no device.
  const errno = route.dev === null ? ERROR_OF[route.type] : undefined;
  if (errno !== undefined) return { type: "error", errno, because: `the route says ${route.type}`, cause: step };
  const type = route.type as "unicast" | "local" | "broadcast";
  const { via, dev } = choice?.hop ?? route;
  const out = dev as Device;
  const nextHop = type === "unicast" && via !== null && !isOwn(ns, via) ? via : destination;
  const { mtu, mtuLocked } = route;
  const table = found.table!.id;
  const way: Way = { type, route, table, device: out, nextHop, via, mtu, mtuLocked, detour: false, cause: step };
  return type === "unicast" && ns.hasRedirects ? ns.redirects.follow(ns, way, destination) : way;
}

/** Of several default routes a packet made here takes one whose gateway answers (fib_select_path). */
function bestDefault(ns: Netns, found: Lookup | null, { oif }: Flow, device: Device | null): Lookup | null {
  const route = found?.route;
  if (device !== null || oif !== null || route?.prefix.length !== 0) return found;
  if (route.type !== "unicast" || route.nexthops !== undefined) return found;
  const best = selectDefault(ns, found!.table!, route);
  return best === route ? found : { ...found!, route: best };
}

/** One way of a multipath route, and the addresses whose hash chose it. */
interface Choice {
  readonly hop: Nexthop;
  readonly keys: MultipathKeys;
}

/** The way of a multipath route for a flow (fib_select_path, ip_mkroute_input). */
function choose(ns: Netns, route: Route, flow: Flow, device: Device | null, atHand: AtHand | undefined): Choice {
  const nexthops = route.nexthops!;
  const { oif } = flow;
  const keys = atHand === undefined ? flow : multipathKeys(atHand);
  if (oif !== null) return { hop: nexthops.find((hop) => hop.dev.index === oif.index && !isDead(hop))!, keys };
  const hash = multipathHash(ns.multipathSeed, keys.src, keys.dst);
  const src = device === null ? flow.src : null;
  return { hop: chooseNexthop(nexthops, hash, src, (hop) => hopSource(ns, hop, route)), keys };
}

/** The source a way of its own would choose; it does not look at what the route says. */
function hopSource(ns: Netns, { dev, via }: Nexthop, route: Route): Ipv4 | null {
  return ownSource(ns, dev as Device, via, route);
}

/** The first address of the device that may be told to the gateway (inet_select_addr). */
function ownSource(ns: Netns, device: Device, via: Ipv4 | null, { scope }: Route): Ipv4 | null {
  const routesLocalnet = ns.sysctls.conf.of(device, "route_localnet") !== 0;
  return selectSource(ns.inet.get(device)?.addresses ?? [], via, scope, routesLocalnet);
}

/** A gateway that is this namespace itself is none: the destination is asked for on the link (rt_set_nexthop). */
function isOwn(ns: Netns, gateway: Ipv4): boolean {
  return ns.tables.local.lookup(gateway)?.type === "local";
}

/** The source address of a packet that takes this route and has none yet (fib_result_prefsrc). */
export function sourceFor(ns: Netns, way: Way, destination: Ipv4): Ipv4 | null {
  const { route, device, via } = way;
  if (route.src !== null) return route.src;
  if (way.type === "local") return destination;
  const own = ownSource(ns, device, via, route);
  if (own !== null) return own;
  for (const { addresses } of ns.inet.values()) {
    const other = selectSource(
      addresses.filter((each) => each.scope !== "link"),
      null,
      route?.scope ?? "global",
    );
    if (other !== null) return other;
  }
  return null;
}

function explain(
  ns: Netns,
  flow: Flow,
  found: Lookup | null,
  choice: Choice | null,
  device: Device | null,
  packet: Ipv4Packet | undefined,
  cause: number,
): number {
  const isFull = ns.cables.recorder.level >= LEVEL.full;
  let step = cause;
  for (const rule of ns.rules) {
    if (rule === found?.rule) {
      const level = found.route === null ? LEVEL.path : LEVEL.full;
      step = ns.note(level, step, device, "ip rule", packet, tellChosenRule, ns, rule, flow);
      break;
    }
    if (!isFull) continue;
    const routes = ns.tables.get(rule.table)?.all ?? null;
    step = ns.note(LEVEL.full, step, device, "ip rule", packet, tellRule, ns, rule, flow, routes);
  }
  const { route, table } = found ?? { route: null, table: null };
  if (route === null || table === null) return step;
  const way =
    choice === null ? null : { because: hopBecause(ns, route, choice, flow), tried: otherHops(route, choice.hop) };
  const routes = isFull ? table.all : NO_ROUTES;
  const said =
    table.id === TABLE.main ? tellMainRoute : table.id === TABLE.local ? tellLocalRoute : tellRoute(table.id);
  return ns.note(LEVEL.path, step, device, "route", packet, said, route, flow.dst, routes, way);
}

const NO_ROUTES: readonly Route[] = [];

/** The route that was found, in words. Of the tables that nearly every packet asks the words are ready. */
function tellRoute(table: number) {
  const command = `ip route show table ${tableName(table)}`;
  return (
    route: Route,
    destination: Ipv4,
    routes: readonly Route[],
    way: { readonly because: string; readonly tried: readonly Tried[] } | null,
  ): Told => ({
    because: becauseOf(route, destination) + (way?.because ?? ""),
    evidence: { kind: "route", text: routeText(route), command },
    tried: [...(way?.tried ?? []), ...considered(routes, destination, route)],
  });
}

const tellMainRoute = tellRoute(TABLE.main);
const tellLocalRoute = tellRoute(TABLE.local);

/** The rule that decided. */
function tellChosenRule(ns: Netns, rule: PolicyRule, { dst }: Flow): Told {
  const name = tableName(rule.table);
  const because =
    rule.action === "lookup" ? `table ${name} has a route to ${dst}` : `the rule itself says ${rule.action}`;
  return { because, evidence: ruleEvidence(ns, rule) };
}

function ruleEvidence(ns: Netns, rule: PolicyRule): Evidence {
  return { kind: "ip rule", text: ruleText(rule, (name) => ns.devices.has(name)), command: "ip rule" };
}

/** A rule that was asked and did not decide: it does not match, or its table does not say what to do. */
function tellRule(ns: Netns, rule: PolicyRule, flow: Flow, routes: readonly Route[] | null): Told {
  const evidence = ruleEvidence(ns, rule);
  const miss = ruleMiss(rule, flow);
  if (miss !== null) {
    const because = `the rule does not match: ${miss.field} is ${miss.had}, not ${miss.wanted}`;
    return { because, evidence, tried: [{ text: evidence.text, ...miss }] };
  }
  const name = tableName(rule.table);
  if (routes === null) return { because: `there is no table ${name}, so the next rule is tried`, evidence };
  const route = firstOf(routes, flow.dst, flow.oif?.index ?? null);
  const why =
    route === null
      ? `table ${name} has no route to ${flow.dst}`
      : route.type === "throw"
        ? `table ${name} says throw for ${route.prefix}`
        : isSuppressed(rule, route)
          ? `the route of table ${name} has the length /${route.prefix.length}, and up to /${rule.suppress} is suppressed`
          : `${route.prefix} of table ${name} is shorter than what main has, and both are one trie until a rule is added`;
  return { because: `${why}, so the next rule is tried`, evidence, tried: considered(routes, flow.dst, route) };
}

function hopBecause(ns: Netns, { nexthops = [] }: Route, { hop, keys }: Choice, { oif }: Flow): string {
  const { src, dst } = keys;
  const chosen = nexthopText(hop);
  if (oif !== null) return `; of its ${nexthops.length} ways ${chosen} leads by ${oif.name}`;
  const hash = multipathHash(ns.multipathSeed, src, dst);
  const bound = upperBounds(nexthops)[nexthops.indexOf(hop)]!;
  const from = src?.text ?? "any source";
  const why = hash <= bound ? `the hash of ${from} and ${dst} is ${hash}, up to ${bound}` : `${from} is its own source`;
  return `; of its ${nexthops.length} ways ${chosen}: ${why}`;
}

function otherHops({ nexthops = [] }: Route, hop: Nexthop): Tried[] {
  return nexthops
    .filter((other) => other !== hop)
    .map((other) => ({
      text: nexthopText(other),
      field: other.dev.up ? "hash" : "device",
      wanted: other.dev.up ? "of its share" : "up",
      had: other.dev.up ? "of another's" : "down",
    }));
}

function becauseOf(route: Route, destination: Ipv4): string {
  const { prefix, via, dev } = route;
  if (route.type === "local") return `${destination} is an address of this namespace`;
  if (route.type === "broadcast") return `${destination} is the broadcast address of ${dev?.name}`;
  if (route.type !== "unicast") return `${destination} is in ${prefix}, and that route says ${route.type}`;
  const match = prefix.length === 0 ? "only the default route matches" : `${prefix} is the longest prefix that matches`;
  if (route.nexthops !== undefined) return match;
  return via === null ? `${match}: on the link of ${dev?.name}` : `${match}: by the gateway ${via} on ${dev?.name}`;
}
