// The route that leads answers back to a pod: on the other pod's node, or in the cloud's network.
import type { Route } from "../../ip/route.ts";
import { routeText } from "../../ip/route-text.ts";
import type { Netns } from "../../netns/netns.ts";
import { ipv4 } from "../../wire/address.ts";
import type { Cluster } from "../cluster.ts";
import type { RunningPod } from "./faults-step.ts";

/** A route that somebody made for the pods of one node, as it would be typed, and where; null when nobody has one. */
export function cutReturn(
  { lab }: Cluster,
  { node }: RunningPod,
  { address }: RunningPod,
): { readonly where: string; readonly line: string } | null {
  for (const ns of [node.ns, lab.namespaces.get("vpc")]) {
    const route = ns === undefined ? null : routeOf(ns, address);
    if (route !== null) return { where: ns!.name, line: routeText(route) };
  }
  return null;
}

function routeOf(ns: Netns, address: string): Route | null {
  const route = ns.tables.main.lookup(ipv4(address));
  return route === null || route.prefix.length === 0 || route.protocol === "kernel" ? null : route;
}
