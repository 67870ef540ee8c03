// The lines of a lab's script that are about IPv6. Link-local addresses and what addresses bring are the kernel's own.
// Before you edit: ip-address(8), ip-route(8), ip-rule(8).
import { lifeLeft6 } from "../ip/address6.ts";
import { TABLE } from "../ip/route.ts";
import { type Nexthop6, nexthops6Of, type Route6, route6Text, uses6 } from "../ip/route6.ts";
import { tableName } from "../ip/rule.ts";
import type { Device } from "../link/device.ts";
import type { Netns } from "../netns/netns.ts";
import type { Ipv6 } from "../wire/address6.ts";
import { ipIn, quoted } from "./script-words.ts";

/** Addresses that somebody gave to a device, the oldest first: before it comes up, so that they are there at once. */
export function address6Lines(ns: Netns, device: Device): string[] {
  if (!ns.hasIpv6) return [];
  const { addresses, conf } = ns.ipv6.of(device);
  // New devices have it switched off, and this one not: other switches of devices come later.
  const isOn = conf.disable_ipv6 === 0 && ns.ipv6.fallback.disable_ipv6 !== 0;
  const name = `net.ipv6.conf.${device.name.replaceAll(".", "/")}.disable_ipv6`;
  const on = isOn ? [`in_netns ${ns.name} -w ${quoted(`${name}=0`)}`] : [];
  const lines = [...addresses]
    .reverse()
    .filter(({ local }) => !local.isLinkLocal && !local.isLoopback)
    .map((address) => {
      const { local, peer, length, noDad, noPrefixRoute, metric } = address;
      const { valid, preferred } = lifeLeft6(address, ns.cables.now);
      const name = peer === null ? `${local}/${length}` : `${local} peer ${peer}/${length}`;
      const words = [name, "dev", quoted(device.name)];
      if (metric !== 0) words.push("metric", `${metric}`);
      if (noDad) words.push("nodad");
      if (noPrefixRoute) words.push("noprefixroute");
      if (valid !== null) words.push("valid_lft", `${valid}`);
      if (preferred !== null) words.push("preferred_lft", `${preferred}`);
      return `${ipIn(ns.name)} addr add ${words.join(" ")}`;
    });
  return [...on, ...lines];
}

/** Routes, neighbours and rules that somebody set. A gateway must be on a link that is known by then. */
export function ipv6Lines(ns: Netns): string[] {
  if (!ns.hasIpv6) return [];
  const ip = `${ipIn(ns.name)} -6`;
  const routes = [...ns.ipv6.tables.values()].flatMap((table) =>
    table
      .list()
      .filter(({ protocol }) => protocol !== "kernel")
      .map((route) => ({ route, table: table.id })),
  );
  routes.sort((a, b) => turn(a.route) - turn(b.route));
  return [
    ...linkOrderLines(ns),
    ...routes.flatMap(({ route, table }) => {
      const ways = hiddenGateways(ns, route).map(({ via, dev }) => `${via} dev ${quoted(dev.name)} metric 1`);
      const line = `${ip} route add table ${tableName(table)} ${routeWords(route)}`;
      return [...ways.map((way) => `${ip} route add ${way}`), line, ...ways.map((way) => `${ip} route del ${way}`)];
    }),
    ...[...ns.ipv6.devices].flatMap(([device, { neighbours, proxies }]) => [
      ...[...neighbours.values()]
        .filter(({ state }) => state === "PERMANENT")
        .map(({ address, mac, isRouter }) => {
          const router = isRouter ? " router" : "";
          return `${ip} neigh add ${address} lladdr ${mac} dev ${quoted(device.name)}${router} nud permanent`;
        }),
      ...[...proxies].map((address) => `${ip} neigh add proxy ${address} dev ${quoted(device.name)}`),
    ]),
  ];
}

/** Of two links to the same network the older route counts, and addresses brought them device by device. */
function linkOrderLines(ns: Netns): string[] {
  const links = (ns.ipv6.tables.get(TABLE.main)?.list() ?? []).filter(
    ({ protocol, prefix }) => protocol === "kernel" && !prefix.address.isLinkLocal,
  );
  const later = links.filter((route, i) => {
    const older = links
      .slice(0, i)
      .filter(({ prefix, metric }) => `${prefix}` === `${route.prefix}` && metric === route.metric);
    return older.some(({ dev }) => (dev as Device).index > (route.dev as Device).index);
  });
  return later.flatMap((route) => {
    const words = `${ipIn(ns.name)} -6 route`;
    return [`${words} del ${routeWords(route)}`, `${words} append ${routeWords(route)}`];
  });
}

/**
 * Links first, then what is by gateways, wide networks before narrow ones, and what leads nowhere last: a gateway is
 * refused once a route to it is no link's (ip6_route_check_nh).
 */
function turn(route: Route6): number {
  if (route.type === "unicast" && nexthops6Of(route).some(({ via }) => via !== null)) return 1 + route.prefix.length;
  return route.type === "unicast" || route.type === "local" ? 0 : 200;
}

/**
 * The gateways of a route that other routes hide, which came later or whose link went since: the kernel looks for a link
 * to a gateway only when the route is added.
 */
function hiddenGateways(ns: Netns, route: Route6): Gateway6[] {
  const main = ns.ipv6.tables.get(TABLE.main)?.list() ?? [];
  const isLink = ({ type, via }: Route6) => type === "unicast" && via === null;
  return nexthops6Of(route).filter((hop): hop is Gateway6 => {
    const { via, dev, onlink = false } = hop;
    if (via === null || via.isLinkLocal || onlink) return false;
    const [first] = main
      .filter((other) => other.prefix.contains(via) && uses6(other, dev))
      .sort((a, b) => b.prefix.length - a.prefix.length || a.metric - b.metric);
    return first === undefined || !isLink(first);
  });
}

type Gateway6 = Nexthop6 & { readonly via: Ipv6 };

/** A route as `ip -6 route add` takes it: as it is printed, but for the state of links and the preference. */
function routeWords(route: Route6): string {
  const [head = "", ways] = route6Text(route).split(" pref medium");
  const words = head.split(" ").filter((word) => word !== "linkdown");
  const flags = /^(dead|linkdown)$/;
  return [...words, ...(ways ?? "").split(" ").filter((word) => word !== "" && !flags.test(word))]
    .map(quoted)
    .join(" ");
}
