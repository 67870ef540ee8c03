// Switches, routes and policy rules of a namespace, read from data.
import type { Scope } from "../ip/address.ts";
import { type Nexthop, ROUTE_TYPES, type Route, RouteTable, TABLE } from "../ip/route.ts";
import type { PolicyRule, RulePrefix } from "../ip/rule.ts";
import { type Device, validDeviceName } from "../link/device.ts";
import { confParts } from "../netns/devconf.ts";
import { conf6Parts } from "../netns/ipv6/conf.ts";
import type { Netns } from "../netns/netns.ts";
import { addressWithLength, type Ip, ipv4, prefix4 } from "../wire/address.ts";
import type { Place } from "./json.ts";

const SCOPES: readonly Scope[] = ["global", "link", "host"];

/** Whose switch it is decides when it is set: ip_forward resets others, and devices take those of default. */
function turnOf(key: string): number {
  if (key === "net.ipv4.ip_forward") return 0;
  const who = (confParts(key) ?? conf6Parts(key))?.who ?? "all";
  return who === "all" ? 1 : who === "default" ? 2 : 3;
}

/** The switches of the namespace itself, before it has devices, or (`ofDevices`) those of its devices. */
export function readSysctls(ns: Netns, data: Place, ofDevices: boolean): void {
  if (ofDevices) ns.sysctls.conf.reset();
  const keys = Object.keys(data.value as object).filter((key) => (turnOf(key) === 3) === ofDevices);
  for (const key of keys.toSorted((a, b) => turnOf(a) - turnOf(b)))
    data.at(key).as((text) => {
      ns.sysctls.set(key, text);
    });
}

export function readRoutes(ns: Netns, routes: readonly Place[]): void {
  // A machine's loopback came up when the machine was made.
  for (const table of ns.tables.values()) for (const route of table.list()) table.remove(route);
  for (const data of routes) {
    const id = tableId(data.at("table"));
    const table = ns.tables.get(id) ?? new RouteTable(id);
    ns.tables.set(id, table);
    table.add(readRoute(ns, data), "append");
  }
}

export function tableId(place: Place): number {
  const text = place.text();
  const id = TABLE[text as keyof typeof TABLE] ?? Number(text);
  if (!/^\w+$/.test(text) || !Number.isInteger(id) || id < 1 || id > 0xffffffff)
    throw place.wrong("no table of this name", `There are ${Object.keys(TABLE).join(", ")}, and numbers from 1 on.`);
  return id;
}

function readRoute(ns: Netns, data: Place): Route {
  const type = data.at("type").oneOf(ROUTE_TYPES);
  const leads = type === "unicast" || type === "local" || type === "broadcast";
  const ways = data
    .maybe("nexthops")
    ?.list()
    .map((place) => readNexthop(ns, place));
  if (ways !== undefined && (ways.length < 2 || !leads))
    throw data.at("nexthops").wrong("not the ways of a route", "Write two or more, of a route that leads somewhere.");
  const dev = data.maybe("dev");
  if (dev === null && ways === undefined && leads) throw data.wrong(`a ${type} route without a device`, 'Add "dev".');
  const protocol = data.at("protocol").text();
  if (!/^[a-z]+$|^\d{1,3}$/.test(protocol)) throw data.at("protocol").wrong("no protocol", "Write boot or static.");
  const route: Route = {
    type,
    prefix: data.at("prefix").as(prefix4),
    via: ways?.[0]?.via ?? data.maybe("via")?.as(ipv4) ?? null,
    dev: ways?.[0]?.dev ?? (dev === null ? null : deviceNamed(ns, dev)),
    src: data.maybe("src")?.as(ipv4) ?? null,
    metric: data.maybe("metric")?.whole(0, 2 ** 32 - 1) ?? 0,
    protocol,
    scope: data.at("scope").oneOf(SCOPES),
    ...(data.maybe("onlink")?.flag() && { onlink: true }),
    ...(data.maybe("mtuLocked")?.flag() && { mtuLocked: true }),
    mtu: data.maybe("mtu")?.whole(1, 65520),
    nexthops: ways,
  };
  if (type === "local" && protocol !== "kernel") ns.hasLocalRoutes = true;
  return route;
}

function readNexthop(ns: Netns, data: Place): Nexthop {
  return {
    via: data.maybe("via")?.as(ipv4) ?? null,
    dev: deviceNamed(ns, data.at("dev")),
    weight: data.at("weight").whole(1, 256),
    ...(data.maybe("onlink")?.flag() && { onlink: true }),
  };
}

/** Policy rules, in their order; without any the namespace keeps those it began with. */
export function readRules(ns: Netns, data: Place | null): void {
  if (data === null) return;
  const rules = data.list().map((place) => readRuleWords(place, addressWithLength));
  for (const [i, place] of data.list().entries())
    if (i > 0 && rules[i]!.priority < rules[i - 1]!.priority)
      throw place.at("priority").wrong("rules out of their order", "Write them by rising priority.");
  ns.rules = rules;
}

/** A rule of either family; `read` reads its addresses. */
export function readRuleWords<A extends Ip>(data: Place, read: (text: string) => RulePrefix<A>): PolicyRule<A> {
  const number = (key: string) => data.maybe(key)?.whole(0, 0xffffffff);
  const [mark, mask, suppress] = [number("mark"), number("mask"), number("suppress")];
  const [from, to] = [data.maybe("from")?.as(read), data.maybe("to")?.as(read)];
  const [iif, oif] = (["iif", "oif"] as const).map((key) => data.maybe(key)?.as(validDeviceName));
  const table = data.maybe("table");
  const protocol = data.maybe("protocol")?.text();
  return {
    priority: data.at("priority").whole(0, 0xffffffff),
    action: data.at("action").oneOf(["lookup", "blackhole", "unreachable", "prohibit"]),
    table: table === null ? 0 : tableId(table),
    ...(data.maybe("not")?.flag() && { not: true }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(mark !== undefined && { mark }),
    ...(mask !== undefined && { mask }),
    ...(iif !== undefined && { iif }),
    ...(oif !== undefined && { oif }),
    ...(suppress !== undefined && { suppress }),
    ...(protocol !== undefined && { protocol }),
  };
}

export function deviceNamed(ns: Netns, place: Place): Device {
  const device = ns.devices.get(place.text());
  if (device === undefined)
    throw place.wrong(`${ns.name} has no such device`, `There are ${[...ns.devices.keys()].join(", ")}.`);
  return device;
}
