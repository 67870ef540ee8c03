// A route in the words of `ip route`, for the tool and for the trace.
// Before you edit: iproute2 ip/iproute.c (print_route, print_rt_multipath, print_rt_flags).
import type { Tried } from "../trace/step.ts";
import type { Ipv4 } from "../wire/address.ts";
import { isDead, isLinkDown, listed, type Nexthop, type Route } from "./route.ts";

/** A route as `ip route` prints it, without the trailing space. `table` is named when the listing mixes tables. */
export function routeText(route: Route, table?: string): string {
  const { prefix } = route;
  const words: string[] = route.type === "unicast" ? [] : [route.type];
  words.push(prefix.length === 0 ? "default" : prefix.length === 32 ? prefix.address.text : prefix.toString());
  if (route.nexthops === undefined) {
    if (route.via !== null) words.push("via", route.via.text);
    if (route.dev !== null) words.push("dev", route.dev.name);
  }
  if (table !== undefined) words.push("table", table);
  if (route.protocol !== "boot") words.push("proto", route.protocol);
  if (route.scope !== "global") words.push("scope", route.scope);
  if (route.src !== null) words.push("src", route.src.text);
  if (route.metric !== 0) words.push("metric", `${route.metric}`);
  if (route.onlink) words.push("onlink");
  if (isLinkDown(route)) words.push("linkdown");
  words.push(...metricWords(route));
  for (const hop of route.nexthops ?? []) words.push(nexthopText(hop));
  return words.join(" ");
}

/** `mtu 1400` or `mtu lock 1400`, or nothing. */
export function metricWords({ mtu, mtuLocked }: Route): string[] {
  return mtu === undefined ? [] : ["mtu", ...(mtuLocked ? ["lock"] : []), `${mtu}`];
}

/** A way of a multipath route as `ip route` prints it. */
export function nexthopText(hop: Nexthop): string {
  const { via, dev, weight } = hop;
  const words = ["nexthop"];
  if (via !== null) words.push("via", via.text);
  words.push("dev", dev.name, "weight", `${weight}`, ...nexthopFlags(hop));
  return words.join(" ");
}

/** What is printed behind a way (print_rt_flags). */
export function nexthopFlags(hop: Pick<Nexthop, "dev" | "onlink" | "dead">): string[] {
  const dead = isDead(hop);
  return [
    ...(dead ? ["dead"] : []),
    ...(hop.onlink ? ["onlink"] : []),
    ...(dead || !hop.dev.carrier ? ["linkdown"] : []),
  ];
}

/** Every route that was not chosen, with the reason, for the trace. */
export function considered(routes: readonly Route[], destination: Ipv4, chosen: Route | null): Tried[] {
  const rest = listed(routes).filter((route) => route !== chosen);
  return rest.map((route) => {
    const text = routeText(route);
    if (!route.prefix.contains(destination))
      return { text, field: "destination", wanted: route.prefix.toString(), had: destination.text };
    if (chosen !== null && route.prefix.length < chosen.prefix.length)
      return { text, field: "prefix length", wanted: `/${chosen.prefix.length}`, had: `/${route.prefix.length}` };
    return { text, field: "metric", wanted: `${chosen?.metric ?? "another device"}`, had: `${route.metric}` };
  });
}
