// `ip route show` and `flush`: which routes, in which words. What a filter names is not printed again.
// Before you edit: iproute2 ip/iproute.c (iproute_list_flush_or_save, filter_nlmsg, print_route).
import type { Scope } from "../../ip/address.ts";
import { isLinkDown, type Route, type RouteProtocol, type RouteType, TABLE } from "../../ip/route.ts";
import { metricWords, nexthopFlags, nexthopText } from "../../ip/route-text.ts";
import { tableName } from "../../ip/rule.ts";
import type { Device } from "../../link/device.ts";
import { tellRoute } from "../../netns/rtnetlink.ts";
import { mask4 } from "../../wire/address.ts";
import { notModelled } from "../command.ts";
import type { Context } from "./context.ts";
import { type PrefixWord, prefixOf, protocolOf, scopeOf, tableOf, typeOf, unsigned } from "./values.ts";
import { routeEnd44 } from "./version44.ts";
import { matches, noDevice, Quit, type Words, wrongArgument } from "./words.ts";

interface RouteFilter {
  /** 0 is all. */
  table: number;
  cache: boolean;
  /** Null stands for a word that matches everything, as `proto all`. */
  protocol?: RouteProtocol | null;
  scope?: Scope | "nowhere" | null;
  type?: RouteType;
  metric?: number;
  via?: PrefixWord;
  src?: PrefixWord;
  /** `root`: not less specific than; `match`: not more specific than; a plain prefix is both. */
  root?: PrefixWord;
  match?: PrefixWord;
  dev?: Device;
}

const SUPPORTED = "table, dev, via, src, proto, scope, type, metric, root, match, exact and a prefix";

function readFilter(context: Context, words: Words): RouteFilter {
  const filter: RouteFilter = { table: TABLE.main, cache: false };
  let dev: string | undefined;
  const prefix = () => prefixOf(words.argument(), context.family);
  while (!words.isEmpty) {
    const word = words.take();
    if (matches(word, "table")) {
      const argument = words.argument();
      const table = tableOf(argument);
      if (argument === "help") throw notModelled("ip route", "help", SUPPORTED);
      if (argument === "cache") filter.cache = true;
      else if (table === null && argument !== "all") throw wrongArgument(argument, "table id value is invalid\n");
      else filter.table = table ?? 0;
    } else if (matches(word, "vrf") || word === "tos" || matches(word, "dsfield") || word === "iif" || word === "mark")
      throw notModelled("ip route", word, SUPPORTED);
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
      filter.scope = scope;
    } else if (matches(word, "type")) {
      const argument = words.argument();
      const type = typeOf(argument);
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
    else if (matches(word, "realms") || matches(word, "from")) throw notModelled("ip route", word, SUPPORTED);
    else {
      const first = matches(word, "to") ? words.argument() : word;
      if (matches(first, "root")) filter.root = prefix();
      else if (matches(first, "match")) filter.match = prefix();
      else filter.root = filter.match = prefixOf(matches(first, "exact") ? words.argument() : first, context.family);
    }
  }
  if (dev !== undefined) {
    const device = context.device(dev);
    if (device === undefined) throw noDevice(dev);
    filter.dev = device;
  }
  return filter;
}

function passes(route: Route, filter: RouteFilter): boolean {
  const { prefix } = route;
  if (filter.protocol != null && route.protocol !== filter.protocol) return false;
  if (filter.scope != null && route.scope !== filter.scope) return false;
  if (filter.type !== undefined && route.type !== filter.type) return false;
  if (filter.metric !== undefined && route.metric !== filter.metric) return false;
  // Of a route with several ways neither device nor gateway is compared: it does not pass.
  if (route.nexthops !== undefined && (filter.dev !== undefined || filter.via !== undefined)) return false;
  if (filter.dev !== undefined && route.dev !== filter.dev) return false;
  if (filter.root !== undefined && !filter.root.any) {
    if (filter.root.length > prefix.length || !sameBits(prefix.address.bits, filter.root, filter.root.length))
      return false;
  }
  if (filter.match !== undefined && !filter.match.any) {
    if (filter.match.length < prefix.length || !sameBits(prefix.address.bits, filter.match, prefix.length))
      return false;
  }
  if (filter.via !== undefined && !sameBits(route.via?.bits ?? 0, filter.via, filter.via.length)) return false;
  return filter.src === undefined || sameBits(route.src?.bits ?? 0, filter.src, filter.src.length);
}

function sameBits(bits: number, { address }: PrefixWord, length: number): boolean {
  return ((bits ^ address.bits) & mask4(length)) === 0;
}

/** Tables in the order the kernel dumps them: by the low byte of their number, the one made last first among those. */
function tablesOf(context: Context, filter: RouteFilter, then: string): [number, Route[]][] {
  const { tables } = context.ns;
  if (filter.table !== 0) {
    const table = tables.get(filter.table);
    if (table !== undefined) return [[filter.table, table.list()]];
    if (context.options.json && then === "Dump") context.out(context.options.pretty ? "[ " : "[");
    throw new Quit(`Error: ipv4: FIB table does not exist.\n${then} terminated\n`, 2);
  }
  return [...tables.values()]
    .reverse()
    .toSorted((a, b) => (a.id & 255) - (b.id & 255))
    .map((table) => [table.id, table.list()]);
}

/** A route as it is shown. */
export interface ShownRoute {
  text(): string;
  json(): object;
}

/** The routes that the words ask for. */
export function showRoutes(context: Context, words: Words): ShownRoute[] {
  const filter = readFilter(context, words);
  if (filter.cache) return [];
  return tablesOf(context, filter, "Dump").flatMap(([table, routes]) =>
    routes
      .filter((route) => passes(route, filter))
      .map((route) => ({
        text: () => routeLine(context, route, table, filter),
        json: () => routeJson(route, table, filter, context.options.details),
      })),
  );
}

export function flushRoutes(context: Context, words: Words): void {
  if (words.isEmpty) throw new Quit('"ip route flush" requires arguments.\n', 1);
  const filter = readFilter(context, words);
  if (context.options.stats > 0) throw notModelled("ip route flush", "-s", "ip route flush without -s");
  if (filter.cache) return context.ns.pathMtus.clear();
  for (const [table, routes] of tablesOf(context, filter, "Flush"))
    for (const route of routes) {
      if (!passes(route, filter)) continue;
      context.ns.tables.get(table)!.remove(route);
      tellRoute(context.ns, table, route, true);
    }
}

function destinationOf({ prefix }: Route): string {
  return prefix.length === 0 ? "default" : prefix.length === 32 ? prefix.address.text : prefix.toString();
}

/** Whether a table is named: not main, unless details are asked for, and not when the filter names it. */
function namesTable(table: number, filter: RouteFilter, details: boolean): boolean {
  return filter.table === 0 && (table !== TABLE.main || details);
}

export function routeLine(context: Context, route: Route, table: number, filter: RouteFilter): string {
  const { details } = context.options;
  // iproute2 4.4 puts a blank before these words, too.
  const gap = context.isOld ? " " : "";
  const words: string[] = route.type === "unicast" && !details ? [] : [route.type];
  words.push(destinationOf(route));
  const { nexthops } = route;
  if (nexthops === undefined && route.via !== null && filter.via?.length !== 32) words.push("via", route.via.text);
  if (nexthops === undefined && route.dev !== null && filter.dev === undefined) words.push("dev", route.dev.name);
  if (namesTable(table, filter, details)) words.push(`${gap}table`, tableName(table));
  if ((route.protocol !== "boot" || details) && filter.protocol == null) words.push(`${gap}proto`, route.protocol);
  if ((route.scope !== "global" || details) && filter.scope == null) words.push(`${gap}scope`, route.scope);
  if (route.src !== null && filter.src?.length !== 32) words.push(`${gap}src`, route.src.text);
  if (route.metric !== 0 && filter.metric === undefined) words.push(`${gap}metric`, `${route.metric}`);
  if (route.onlink) words.push("onlink");
  if (isLinkDown(route)) words.push("linkdown");
  if (context.isOld) return routeEnd44(context, words, route);
  words.push(...metricWords(route));
  const ways = (nexthops ?? []).map((hop) => `${context.newline}\t${nexthopText(hop)} `);
  return `${words.join(" ")} ${ways.join("")}\n`;
}

export function routeJson(route: Route, table: number, filter: RouteFilter, details: boolean): object {
  const { nexthops, mtu } = route;
  const flags = [...(route.onlink ? ["onlink"] : []), ...(isLinkDown(route) ? ["linkdown"] : [])];
  return {
    ...((route.type !== "unicast" || details) && { type: route.type }),
    dst: destinationOf(route),
    ...(nexthops === undefined && route.via !== null && filter.via?.length !== 32 && { gateway: route.via }),
    ...(nexthops === undefined && route.dev !== null && filter.dev === undefined && { dev: route.dev.name }),
    ...(namesTable(table, filter, details) && { table: tableName(table) }),
    ...((route.protocol !== "boot" || details) && filter.protocol == null && { protocol: route.protocol }),
    ...((route.scope !== "global" || details) && filter.scope == null && { scope: route.scope }),
    ...(route.src !== null && filter.src?.length !== 32 && { prefsrc: route.src }),
    ...(route.metric !== 0 && filter.metric === undefined && { metric: route.metric }),
    flags,
    ...(mtu !== undefined && { metrics: [{ mtu }] }),
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
