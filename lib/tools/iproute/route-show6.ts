// `ip -6 route show` and `flush`: which routes, in which words.
// Before you edit: iproute2 ip/iproute.c (iproute_list_flush_or_save, filter_nlmsg, print_route), net/ipv6/ip6_fib.c
// (inet6_dump_fib).
import { commonBits } from "../../ip/address6.ts";
import { TABLE } from "../../ip/route.ts";
import { nexthopFlags } from "../../ip/route-text.ts";
import { isLinkDown6, nexthop6Text, prefix6Text, type Route6, type RouteType6, secondsLeft } from "../../ip/route6.ts";
import { tableName } from "../../ip/rule.ts";
import type { Device } from "../../link/device.ts";
import { UNSPECIFIED6 } from "../../wire/address6.ts";
import { notModelled } from "../command.ts";
import type { Context } from "./context.ts";
import type { ShownRoute } from "./route-show.ts";
import { type6Of } from "./route6.ts";
import { protocolOf, scopeOf, tableOf, unsigned } from "./values.ts";
import { type PrefixWord6, prefix6Of } from "./values6.ts";
import { matches, noDevice, Quit, type Words, wrongArgument } from "./words.ts";

interface RouteFilter {
  /** 0 is all. */
  table: number;
  cache: boolean;
  /** Null stands for a word that matches everything, as `proto all`. */
  protocol?: string | null;
  /** A scope was named that no route of IPv6 has. */
  isElsewhere: boolean;
  type?: RouteType6;
  metric?: number;
  via?: PrefixWord6;
  src?: PrefixWord6;
  root?: PrefixWord6;
  match?: PrefixWord6;
  dev?: Device;
}

const SUPPORTED = "table, dev, via, src, proto, scope, type, metric, root, match, exact and a prefix";

function readFilter(context: Context, words: Words): RouteFilter {
  const filter: RouteFilter = { table: TABLE.main, cache: false, isElsewhere: false };
  let dev: string | undefined;
  const prefix = () => prefix6Of(words.argument(), context.family6);
  while (!words.isEmpty) {
    const word = words.take();
    if (matches(word, "table")) {
      const argument = words.argument();
      const table = tableOf(argument);
      if (argument === "cache") filter.cache = true;
      else if (table === null && argument !== "all") throw wrongArgument(argument, "table id value is invalid\n");
      else filter.table = table ?? 0;
    } else if (/^(tos|iif|mark|vrf)$/.test(word) || matches(word, "realms") || matches(word, "from"))
      throw notModelled("ip -6 route", word, SUPPORTED);
    else if (matches(word, "cached") || matches(word, "cloned")) filter.cache = true;
    else if (matches(word, "protocol")) {
      const argument = words.argument();
      const protocol = protocolOf(argument);
      if (protocol === null && argument !== "all") throw wrongArgument(argument, 'invalid "protocol"\n');
      filter.protocol = protocol;
    } else if (matches(word, "scope")) {
      const argument = words.argument();
      const scope = scopeOf(argument);
      if (scope === null && argument !== "all") throw wrongArgument(argument, 'invalid "scope"\n');
      filter.isElsewhere = scope !== null && scope !== "global";
    } else if (matches(word, "type")) {
      const argument = words.argument();
      const type = type6Of(argument);
      if (type === null) throw wrongArgument(argument, "node type value is invalid\n");
      filter.type = type;
    } else if (word === "dev" || word === "oif") dev = words.argument();
    else if (matches(word, "metric") || matches(word, "priority") || word === "preference") {
      const argument = words.argument();
      const metric = unsigned(argument);
      if (metric === null) throw wrongArgument(argument, '"metric" value is invalid\n');
      filter.metric = metric;
    } else if (word === "via") filter.via = prefix();
    else if (word === "src") filter.src = prefix();
    else {
      const first = matches(word, "to") ? words.argument() : word;
      if (matches(first, "root")) filter.root = prefix();
      else if (matches(first, "match")) filter.match = prefix();
      else filter.root = filter.match = prefix6Of(matches(first, "exact") ? words.argument() : first, context.family6);
    }
  }
  if (dev !== undefined) {
    const device = context.device(dev);
    if (device === undefined) throw noDevice(dev);
    filter.dev = device;
  }
  return filter;
}

function passes(route: Route6, filter: RouteFilter): boolean {
  const { prefix } = route;
  const { root, match, via, src } = filter;
  if (filter.isElsewhere) return false;
  if (filter.protocol != null && route.protocol !== filter.protocol) return false;
  if (filter.type !== undefined && route.type !== filter.type) return false;
  if (filter.metric !== undefined && route.metric !== filter.metric) return false;
  if (route.nexthops !== undefined && (filter.dev !== undefined || via !== undefined)) return false;
  if (filter.dev !== undefined && route.dev !== filter.dev) return false;
  const { address, length } = prefix;
  if (root !== undefined && !root.any && (root.length > length || commonBits(address, root.address) < root.length))
    return false;
  if (match !== undefined && !match.any && (match.length < length || commonBits(address, match.address) < length))
    return false;
  if (via !== undefined && commonBits(route.via ?? UNSPECIFIED6, via.address) < via.length) return false;
  return src === undefined || commonBits(route.src ?? UNSPECIFIED6, src.address) >= src.length;
}

/** Tables in the order the kernel dumps them: by the low byte of their number, the one made last first among those. */
function tablesOf({ ns }: Context, filter: RouteFilter, then: string): [number, readonly Route6[]][] {
  const tables = ns.hasIpv6 ? ns.ipv6.tables : new Map<number, { readonly id: number; list(): readonly Route6[] }>();
  if (filter.table !== 0) {
    const table = tables.get(filter.table);
    const isUsual = filter.table === TABLE.main || filter.table === TABLE.local;
    if (table === undefined && !isUsual)
      throw new Quit(`Error: ipv6: FIB table does not exist.\n${then} terminated\n`, 2);
    return [[filter.table, table?.list() ?? []]];
  }
  return [...tables.values()]
    .reverse()
    .toSorted((a, b) => (a.id & 255) - (b.id & 255))
    .map((table) => [table.id, table.list()]);
}

/** The routes that the words ask for. */
export function showRoutes6(context: Context, words: Words): ShownRoute[] {
  const filter = readFilter(context, words);
  if (filter.cache) return [];
  return tablesOf(context, filter, "Dump").flatMap(([table, routes]) =>
    routes
      .filter((route) => passes(route, filter))
      .map((route) => ({
        text: () => routeLine(context, route, table, filter),
        json: () => routeJson(context, route, table, filter),
      })),
  );
}

export function flushRoutes6(context: Context, words: Words): void {
  if (words.isEmpty) throw new Quit('"ip route flush" requires arguments.\n', 1);
  const filter = readFilter(context, words);
  if (context.options.stats > 0) throw notModelled("ip route flush", "-s", "ip route flush without -s");
  if (filter.cache) {
    context.ns.ipv6.pathMtus.clear();
    return context.ns.ipv6.redirects.clear();
  }
  for (const [table, routes] of tablesOf(context, filter, "Flush"))
    for (const route of [...routes]) if (passes(route, filter)) context.ns.ipv6.table(table).replace(route, null);
}

function namesTable(table: number, filter: RouteFilter, details: boolean): boolean {
  return filter.table === 0 && (table !== TABLE.main || details);
}

function routeLine(context: Context, route: Route6, table: number, filter: RouteFilter): string {
  const { details } = context.options;
  const { nexthops, mtu, expires } = route;
  const words: string[] = route.type === "unicast" && !details ? [] : [route.type];
  words.push(prefix6Text(route.prefix));
  if (nexthops === undefined && route.via !== null && filter.via?.length !== 128) words.push("via", route.via.text);
  if (nexthops === undefined && filter.dev === undefined) words.push("dev", route.dev.name);
  if (namesTable(table, filter, details)) words.push("table", tableName(table));
  if ((route.protocol !== "boot" || details) && filter.protocol == null) words.push("proto", route.protocol);
  if (details) words.push("scope", "global");
  if (route.src !== null && filter.src?.length !== 128) words.push("src", route.src.text);
  if (filter.metric === undefined) words.push("metric", `${route.metric}`);
  if (nexthops === undefined && route.onlink) words.push("onlink");
  if (isLinkDown6(route)) words.push("linkdown");
  if (expires !== undefined) words.push("expires", `${secondsLeft(expires, context.ns.cables.now)}sec`);
  if (mtu !== undefined) words.push("mtu", ...(route.mtuLocked ? ["lock"] : []), `${mtu}`);
  words.push("pref", "medium");
  const ways = (nexthops ?? []).map((hop) => `${context.newline}\t${nexthop6Text(hop)} `);
  return `${words.join(" ")}${ways.join("")}\n`;
}

function routeJson({ ns, options }: Context, route: Route6, table: number, filter: RouteFilter): object {
  const { details } = options;
  const { nexthops, mtu, expires } = route;
  const flags = [
    ...(nexthops === undefined && route.onlink ? ["onlink"] : []),
    ...(isLinkDown6(route) ? ["linkdown"] : []),
  ];
  return {
    ...((route.type !== "unicast" || details) && { type: route.type }),
    dst: prefix6Text(route.prefix),
    ...(nexthops === undefined && route.via !== null && filter.via?.length !== 128 && { gateway: route.via }),
    ...(nexthops === undefined && filter.dev === undefined && { dev: route.dev.name }),
    ...(namesTable(table, filter, details) && { table: tableName(table) }),
    ...((route.protocol !== "boot" || details) && filter.protocol == null && { protocol: route.protocol }),
    ...(details && { scope: "global" }),
    ...(route.src !== null && filter.src?.length !== 128 && { prefsrc: route.src }),
    ...(filter.metric === undefined && { metric: route.metric }),
    flags,
    ...(expires !== undefined && { expires: secondsLeft(expires, ns.cables.now) }),
    ...(mtu !== undefined && { metrics: [{ mtu }] }),
    pref: "medium",
    ...(nexthops !== undefined && {
      nexthops: nexthops.map((hop) => ({
        ...(hop.via !== null && { gateway: hop.via }),
        dev: hop.dev.name,
        weight: hop.weight,
        flags: nexthopFlags(hop),
      })),
    }),
  };
}
