// The routing decision: which rule, which table, which route, which source. The same function answers a packet,
// `ip route get` and the trace.
// Before you edit: net/ipv4/route.c (ip_route_output_key_hash_rcu, ip_route_input_slow), fib_semantics.c (fib_props).
import { selectSource } from "../ip/address.ts";
import { type Route, type RouteType, routeText, TABLE } from "../ip/route.ts";
import { lookup, ruleText, tableName } from "../ip/rule.ts";
import type { Device } from "../link/device.ts";
import { LEVEL } from "../trace/step.ts";
import type { Ipv4 } from "../wire/address.ts";
import type { Ipv4Packet } from "../wire/packet.ts";
import type { Errno } from "./errno.ts";
import type { Netns } from "./netns.ts";

/** Where a packet goes next. */
export interface Way {
  readonly type: "unicast" | "local" | "broadcast";
  readonly route: Route;
  readonly table: number;
  readonly device: Device;
  readonly nextHop: Ipv4;
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

/**
 * Asks the rules and their tables for a destination. `device` is where the packet came in (null when it is made
 * here); `oif` confines the search to routes by that device.
 */
export function decide(
  ns: Netns,
  destination: Ipv4,
  device: Device | null,
  oif: Device | null,
  packet: Ipv4Packet | undefined,
  cause: number,
): Way | NoWay {
  const found = lookup(ns.rules, ns.tables, destination, oif?.index ?? null);
  let step = cause;
  if (ns.cables.recorder.level !== LEVEL.off) step = explain(ns, destination, found, device, packet, cause);
  if (found === null)
    return { type: "error", errno: "ENETUNREACH", because: `no route to ${destination} in any table`, cause: step };
  const { route } = found;
  const errno = ERROR_OF[route.type];
  if (errno !== undefined) return { type: "error", errno, because: `the route says ${route.type}`, cause: step };
  const type = route.type as "unicast" | "local" | "broadcast";
  const nextHop = type === "unicast" && route.via !== null && !isOwn(ns, route.via) ? route.via : destination;
  return { type, route, table: found.table.id, device: route.dev as Device, nextHop, cause: step };
}

/** A gateway that is this namespace itself is none: the destination is asked for on the link (rt_set_nexthop). */
function isOwn(ns: Netns, gateway: Ipv4): boolean {
  return ns.tables.get(TABLE.local)!.lookup(gateway)?.type === "local";
}

/** The source address of a packet that takes this route and has none yet (fib_result_prefsrc). */
export function sourceFor(ns: Netns, way: Way, destination: Ipv4): Ipv4 | null {
  const { route, device } = way;
  if (route.src !== null) return route.src;
  if (way.type === "local") return destination;
  const own = selectSource(ns.inet.get(device)?.addresses ?? [], route.via ?? destination, route.scope);
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
  destination: Ipv4,
  found: ReturnType<typeof lookup>,
  device: Device | null,
  packet: Ipv4Packet | undefined,
  cause: number,
): number {
  let step = cause;
  for (const rule of ns.rules) {
    const chosen = found?.rule === rule;
    const table = ns.tables.get(rule.table);
    const because = chosen
      ? `table ${tableName(rule.table)} has a route to ${destination}`
      : `table ${tableName(rule.table)} has no route to ${destination}, so the next rule is tried`;
    step = ns.step(LEVEL.full, step, device, "ip rule", packet, () => ({
      because,
      evidence: { kind: "ip rule", text: ruleText(rule), command: "ip rule" },
      ...(!chosen &&
        table !== undefined && { tried: table.considered(destination, null, (route) => routeText(route)) }),
    }));
    if (chosen) break;
  }
  if (found === null) return step;
  const { route, table } = found;
  return ns.step(LEVEL.path, step, device, "route", packet, () => ({
    because: becauseOf(route, destination),
    evidence: { kind: "route", text: routeText(route), command: `ip route show table ${tableName(table.id)}` },
    tried: ns.cables.recorder.level >= LEVEL.full ? table.considered(destination, route, (r) => routeText(r)) : [],
  }));
}

function becauseOf(route: Route, destination: Ipv4): string {
  const { prefix, via, dev } = route;
  if (route.type === "local") return `${destination} is an address of this namespace`;
  if (route.type === "broadcast") return `${destination} is the broadcast address of ${dev?.name}`;
  if (route.type !== "unicast") return `${destination} is in ${prefix}, and that route says ${route.type}`;
  const match = prefix.length === 0 ? "only the default route matches" : `${prefix} is the longest prefix that matches`;
  return via === null ? `${match}: on the link of ${dev?.name}` : `${match}: by the gateway ${via} on ${dev?.name}`;
}
