// IPv6's routing decision: which rule, which table, which route, which of its ways, which source. The same function
// answers a packet, `ip -6 route get` and the trace.
// Before you edit: net/ipv6/route.c (ip6_pol_route, fib6_select_path, rt6_check_neigh, ip6_route_get_saddr),
// fib6_rules.c (fib6_rule_lookup), ip6_output.c (ip6_dst_lookup_tail).
import { type Candidate, needsScope, type SourceChoice, scopeNumber, selectSource6 } from "../../ip/address6.ts";
import { multipathHash6, upperBounds } from "../../ip/multipath.ts";
import { type Nexthop6, nexthop6Text, type Route6, route6Text, type Selection, scoreOf } from "../../ip/route6.ts";
import { ruleMiss, ruleText, tableName } from "../../ip/rule.ts";
import { type Flow6, type Lookup6, lookup6 } from "../../ip/rule6.ts";
import type { Device } from "../../link/device.ts";
import { LEVEL } from "../../trace/step.ts";
import type { Ipv6 } from "../../wire/address6.ts";
import type { Ipv6Packet } from "../../wire/packet.ts";
import type { Errno } from "../errno.ts";
import type { Netns } from "../netns.ts";

/** Where a packet goes next. */
export interface Way6 {
  readonly type: "unicast" | "local" | "anycast" | "multicast";
  readonly route: Route6;
  readonly table: number;
  /** Where it leaves: by the loopback when it is for this namespace. */
  readonly device: Device;
  /** The device of the route: of an address of this namespace, the one that has it (rt6i_idev). */
  readonly owner: Device;
  readonly nextHop: Ipv6;
  readonly via: Ipv6 | null;
  readonly mtu?: number | undefined;
  readonly mtuLocked?: boolean | undefined;
  /** A network of the loopback that is nobody's address: it is a way, and what takes it ends (fib6_is_reject). */
  readonly rejects?: boolean;
  readonly cause: number;
}

/** Why a packet goes nowhere. */
export interface NoWay6 {
  readonly type: "error";
  readonly errno: Errno;
  readonly because: string;
  readonly cause: number;
}

/** fib6_prop. */
const ERROR_OF: Partial<Record<Route6["type"], Errno>> = {
  blackhole: "EINVAL",
  unreachable: "EHOSTUNREACH",
  prohibit: "EACCES",
};
const RULE_ERROR = {
  lookup: "ENETUNREACH",
  blackhole: "EINVAL",
  unreachable: "ENETUNREACH",
  prohibit: "EACCES",
} as const;

/** What a decision is asked with. */
export interface Question6 {
  readonly dst: Ipv6;
  /** Null while it is not chosen. */
  readonly src: Ipv6 | null;
  /** Where it came in; null for what is made here. */
  readonly iif?: Device | null;
  /** The device it must leave by, or should: see `strict`. */
  readonly oif?: Device | null;
  /** A socket is bound to `oif` (SO_BINDTODEVICE, a scope). */
  readonly bound?: boolean;
  /** Next header: it counts for the hash of multipath routes. */
  readonly protocol?: number;
  readonly mark?: number;
}

/** Asks the rules and their tables for a destination (fib6_rule_lookup, ip6_pol_route). */
export function decide6(ns: Netns, question: Question6, packet: Ipv6Packet | undefined, cause: number): Way6 | NoWay6 {
  const { dst, src, iif = null, oif = null, bound = false, protocol = 0, mark = 0 } = question;
  const state = ns.ipv6;
  // A packet that came in asks for routes by its own device first.
  const wished = iif ?? oif;
  const strict = needsScope(dst) || bound || (iif === null && oif !== null && src === null);
  const isHost = state.all.forwarding === 0;
  const selection: Selection = {
    oif: wished?.index ?? 0,
    strict,
    isSilent: isHost ? (hop) => isSilent(ns, hop) : null,
  };
  const flow: Flow6 = { dst, src, iif: iif?.name ?? "lo", oif: iif === null ? oif : null, mark };
  const found = lookup6(state.rules, state.tables, flow, selection);
  const route = found?.route ?? null;
  const hop = route?.nexthops === undefined ? null : hopOf(ns, route, flow, protocol, selection);
  let step = cause;
  if (ns.cables.recorder.level !== LEVEL.off) step = explain(ns, flow, found, hop, iif, packet, cause);
  if (found === null)
    return { type: "error", errno: "ENETUNREACH", because: `no route to ${dst} in any table`, cause: step };
  if (route === null) {
    const because = `the rule of priority ${found.rule.priority} says ${found.rule.action}`;
    return { type: "error", errno: RULE_ERROR[found.rule.action], because, cause: step };
  }
  const errno = ERROR_OF[route.type];
  if (errno !== undefined) return { type: "error", errno, because: `the route says ${route.type}`, cause: step };
  const type = route.type as Way6["type"];
  const { via, dev } = hop ?? route;
  const isOwn = type === "local" || type === "anycast";
  const told = type === "unicast" && state.redirects.size > 0 ? state.redirected(dst, route) : null;
  return {
    type,
    route,
    table: found.table!.id,
    device: isOwn ? ns.devices.get("lo")! : (dev as Device),
    owner: dev as Device,
    nextHop: told ?? via ?? dst,
    via: told === null ? via : told === dst ? null : told,
    mtu: route.mtu,
    mtuLocked: route.mtuLocked,
    rejects: type === "unicast" && (dev as Device).kind === "loopback" && !route.prefix.address.isLoopback,
    cause: step,
  };
}

/** Whether a gateway was asked for and is silent (rt6_check_neigh; CONFIG_IPV6_ROUTER_PREF, as distributions have it). */
function isSilent(ns: Netns, { dev, via }: Route6 | Nexthop6): boolean {
  return ns.ipv6.of(dev as Device).neighbours.get(via!)?.state === "FAILED";
}

/** The way of a multipath route for a flow: the first whose share the hash falls into and that can be taken. */
function hopOf(ns: Netns, route: Route6, { src, dst }: Flow6, protocol: number, selection: Selection): Nexthop6 {
  const hops = route.nexthops!;
  const first = hops.find((hop) => scoreOf(hop, selection) >= 0) ?? hops[0]!;
  const hash = multipathHash6(ns.multipathSeed, src, dst, protocol);
  const bounds = upperBounds(hops);
  const at = bounds.findIndex((bound) => hash <= bound);
  const chosen = hops[at];
  return chosen !== undefined && scoreOf(chosen, selection) >= 0 ? chosen : first;
}

/** The addresses a packet that leaves by `device` may be sent from, in the order they are looked at. */
function candidates(ns: Netns, dst: Ipv6, device: Device | null): Candidate<Device>[] {
  const { ipv6 } = ns;
  const onlyOwn =
    device !== null && (scopeNumber(dst) <= 2 || dst.isMulticast || ipv6.of(device).conf.use_oif_addrs_only !== 0);
  const devices = onlyOwn ? [device] : [...ns.devices.values()];
  return devices.flatMap((each) => ipv6.of(each).addresses.map((address) => ({ address, device: each })));
}

/** The source for a packet that leaves by `device` (ipv6_dev_get_saddr), or null. */
export function sourceFrom(ns: Netns, dst: Ipv6, device: Device | null): SourceChoice<Device> | null {
  return selectSource6(candidates(ns, dst, device), dst, device);
}

/** The source of a packet that takes this way and has none yet, with a step that says why. */
export function sourceFor6(ns: Netns, way: Way6 | NoWay6, dst: Ipv6): { src: Ipv6; cause: number } | null {
  const route = way.type === "error" ? null : way.route;
  if (route !== null && route.src !== null) return { src: route.src, cause: way.cause };
  const choice = sourceFrom(ns, dst, way.type === "error" ? null : way.owner);
  if (choice === null) return null;
  const { address, device, rule } = choice;
  const cause = ns.step(LEVEL.full, way.cause, device, "route", undefined, () => ({
    because: `${address.local} is the source: ${rule}`,
    evidence: {
      kind: "address",
      text: `inet6 ${address.local}/${address.length}`,
      command: `ip -6 addr show ${device.name}`,
    },
  }));
  return { src: address.local, cause };
}

function explain(
  ns: Netns,
  flow: Flow6,
  found: Lookup6 | null,
  hop: Nexthop6 | null,
  device: Device | null,
  packet: Ipv6Packet | undefined,
  cause: number,
): number {
  let step = cause;
  for (const rule of ns.ipv6.rules) {
    const isChosen = found?.rule === rule;
    const level = isChosen && found.route === null ? LEVEL.path : LEVEL.full;
    const text = ruleText(rule, (name) => ns.devices.has(name));
    const miss = isChosen ? null : ruleMiss(rule, flow);
    step = ns.step(level, step, device, "ip rule", packet, () => ({
      because: isChosen
        ? rule.action === "lookup"
          ? `table ${tableName(rule.table)} has a route to ${flow.dst}`
          : `the rule itself says ${rule.action}`
        : miss !== null
          ? `the rule does not match: ${miss.field} is ${miss.had}, not ${miss.wanted}`
          : `table ${tableName(rule.table)} has no route to ${flow.dst} that counts, so the next rule is tried`,
      evidence: { kind: "ip rule", text, command: "ip -6 rule" },
      ...(miss !== null && { tried: [{ text, ...miss }] }),
    }));
    if (isChosen) break;
  }
  const { route, table } = found ?? { route: null, table: null };
  if (route === null || table === null) return step;
  const { dst } = flow;
  return ns.step(LEVEL.path, step, device, "route", packet, () => ({
    because: becauseOf(route, dst) + (hop === null ? "" : `; of its ways the hash chooses ${nexthop6Text(hop)}`),
    evidence: {
      kind: "route",
      text: route6Text(route, ns.cables.now),
      command: `ip -6 route show table ${tableName(table.id)}`,
    },
    ...(ns.cables.recorder.level >= LEVEL.full && { tried: table.considered(dst, route) }),
  }));
}

function becauseOf(route: Route6, destination: Ipv6): string {
  const { prefix, via, dev } = route;
  if (route.type === "local") return `${destination} is an address of this namespace`;
  if (route.type === "anycast") return `${destination} is the address of all routers in a network of ${dev.name}`;
  if (route.type === "multicast") return `${destination} is a group: to everybody in it on the link of ${dev.name}`;
  if (route.type !== "unicast") return `${destination} is in ${prefix}, and that route says ${route.type}`;
  const match = prefix.length === 0 ? "only the default route matches" : `${prefix} is the longest prefix that matches`;
  if (route.nexthops !== undefined) return match;
  return via === null ? `${match}: on the link of ${dev.name}` : `${match}: by the gateway ${via} on ${dev.name}`;
}
