// Several default routes of one metric: a gateway that does not answer is passed over.
// Before you edit: net/ipv4/fib_semantics.c (fib_select_default, fib_detect_death).
import type { Route, RouteTable } from "../../ip/route.ts";
import type { Device } from "../../link/device.ts";
import type { Netns } from "../netns.ts";

/** Which of them was taken last, by the first of them (fa_default); -1 at first. */
const taken = new WeakMap<Route, number>();

/** The default route that a packet made here takes, where `first` is the one that was found. */
export function selectDefault(ns: Netns, table: RouteTable, first: Route): Route {
  if (table.defaults.length < 2) return first;
  const rivals = rivalsOf(table.defaults, first);
  if (rivals[0] !== first) return first;
  if (rivals.length < 2) {
    taken.set(first, -1);
    return first;
  }
  const last = taken.get(first) ?? -1;
  let resort = -1;
  for (const [order, route] of rivals.entries()) {
    const health = healthOf(ns, route);
    // What was taken last is known to be doubtful, so any other with a MAC goes before it.
    if (health === "alive" || (health === "doubtful" && order !== last)) {
      taken.set(first, order);
      return route;
    }
    if (health === "doubtful" || (resort < 0 && order > last && health !== "asked")) resort = order;
  }
  taken.set(first, resort);
  return rivals[resort] ?? first;
}

/** Those behind the first with its metric and scope, each by a gateway on a link. */
function rivalsOf(defaults: readonly Route[], { metric, scope }: Route): Route[] {
  const rivals: Route[] = [];
  for (const route of defaults) {
    if (route.metric > metric) break;
    if (route.metric === metric && route.scope === scope && route.type === "unicast" && route.via !== null)
      rivals.push(route);
  }
  return rivals;
}

/** Of nobody asked yet nothing bad is known. */
function healthOf(ns: Netns, { via, dev }: Route): "alive" | "doubtful" | "asked" | "dead" {
  const neighbour = ns.inet.get(dev as Device)?.neighbours.get(via!);
  if (neighbour === undefined || neighbour.state === "REACHABLE") return "alive";
  if (neighbour.isValid) return "doubtful";
  return neighbour.state === "INCOMPLETE" ? "asked" : "dead";
}
