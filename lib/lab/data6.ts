// What IPv6 has in a namespace, as data: written and read again.
import { type InterfaceAddress6, lifeLeft6 } from "../ip/address6.ts";
import type { NeighbourState } from "../ip/neighbour.ts";
import { type Nexthop6, ROUTE_TYPES6, type Route6, RouteTable6, secondsLeft } from "../ip/route6.ts";
import { type RulePrefix, tableName } from "../ip/rule.ts";
import { DEFAULT_RULES6, type PolicyRule6 } from "../ip/rule6.ts";
import { endWithLifetime6, isRunning } from "../netns/ipv6/addrconf.ts";
import { conf6Key } from "../netns/ipv6/conf.ts";
import { joinAnycast, kickDad } from "../netns/ipv6/dad.ts";
import { nothingToTell } from "../netns/ipv6/mld.ts";
import { neighbour6Of } from "../netns/ipv6/ndisc.ts";
import { endRoute } from "../netns/ipv6/prefix-route.ts";
import { stopSoliciting } from "../netns/ipv6/router-solicit.ts";
import type { Netns } from "../netns/netns.ts";
import { SECOND } from "../trace/world.ts";
import type { Ipv6 } from "../wire/address6.ts";
import { addressWithLength6, ipv6, prefix6 } from "../wire/address6.ts";
import { mac } from "../wire/mac.ts";
import type { Address6Data, Ipv6Data, Neighbour6Data, Route6Data } from "./data.ts";
import { deviceNamed, readRuleWords, tableId } from "./data-routes.ts";
import type { Place } from "./json.ts";

const STATES: readonly NeighbourState[] = ["INCOMPLETE", "REACHABLE", "STALE", "DELAY", "PROBE", "FAILED", "PERMANENT"];

/** Nothing for a namespace without IPv6. */
export function ipv6Data(ns: Netns): { ipv6?: Ipv6Data } {
  if (!ns.hasIpv6 || !hasAny(ns)) return {};
  const { ipv6: state } = ns;
  const devices = [...ns.devices.values()].sort((a, b) => a.index - b.index);
  const all = devices.map((device) => ({ dev: device.name, inet: state.of(device) }));
  return {
    ipv6: {
      ready: all.filter(({ inet }) => inet.ready).map(({ dev }) => dev),
      addresses: all.flatMap(({ dev, inet }) =>
        inet.addresses.map((address) => addressData(dev, address, ns.cables.now)),
      ),
      routes: [...state.tables.values()].flatMap((table) =>
        table.list().map((route) => routeData(tableName(table.id), route, ns.cables.now)),
      ),
      ...(state.rules !== DEFAULT_RULES6 && { rules: state.rules.map(ruleData) }),
      neighbours: all.flatMap(({ dev, inet }) =>
        [...inet.neighbours.values()].flatMap(({ address, mac: known, state: now, isRouter }): Neighbour6Data[] =>
          now === null
            ? []
            : [
                {
                  address: address.text,
                  dev,
                  ...(known !== null && { mac: known.text }),
                  ...(isRouter && { router: true as const }),
                  state: now,
                },
              ],
        ),
      ),
      ...(all.some(({ inet }) => inet.proxies.size > 0) && {
        proxies: all.flatMap(({ dev, inet }) => [...inet.proxies].map((address) => ({ dev, address: address.text }))),
      }),
    },
  };
}

/** In a lab with IPv6 a namespace that has it switched off must say so, which is what others begin with. */
export function switchedOff6(ns: Netns): [name: string, value: string][] {
  return ns.ipv6.all.disable_ipv6 === 0 ? [] : [[conf6Key("all", "disable_ipv6"), "1"]];
}

/** Whether there is more than what a namespace without IPv6 has. */
function hasAny({ ipv6: state }: Netns): boolean {
  if (state.rules !== DEFAULT_RULES6 || [...state.tables.values()].some((table) => table.list().length > 0))
    return true;
  return [...state.devices.values()].some((inet) => inet.ready || inet.addresses.length > 0);
}

function addressData(dev: string, address: InterfaceAddress6, now: number): Address6Data {
  const { valid, preferred } = lifeLeft6(address, now);
  const { local, peer, length, tentative, dadFailed, noDad, noPrefixRoute, deprecated, metric } = address;
  return {
    dev,
    address: `${local}/${length}`,
    ...(tentative && { tentative }),
    ...(dadFailed && { dadFailed }),
    ...(noDad && { noDad }),
    ...(noPrefixRoute && { noPrefixRoute }),
    ...(deprecated && { deprecated }),
    ...(metric !== 0 && { metric }),
    ...(peer !== null && { peer: peer.text }),
    ...(valid !== null && { validLft: valid }),
    ...(preferred !== null && { preferredLft: preferred }),
  };
}

function routeData(table: string, route: Route6, now: number): Route6Data {
  const { expires } = route;
  const { type, prefix, via, dev, src, metric, protocol, onlink, mtu, mtuLocked, nexthops } = route;
  return {
    table,
    type,
    prefix: prefix.length === 0 ? "default" : prefix.toString(),
    ...(via !== null && nexthops === undefined && { via: via.text }),
    ...(nexthops === undefined && { dev: dev.name }),
    ...(src !== null && { src: src.text }),
    metric,
    protocol,
    ...(onlink && nexthops === undefined && { onlink }),
    ...(mtu !== undefined && { mtu }),
    ...(mtuLocked && { mtuLocked }),
    ...(expires !== undefined && { expires: secondsLeft(expires, now) }),
    ...(nexthops !== undefined && {
      nexthops: nexthops.map((hop) => ({
        ...(hop.via !== null && { via: hop.via.text }),
        dev: hop.dev.name,
        weight: hop.weight,
        ...(hop.onlink && { onlink: true as const }),
      })),
    }),
  };
}

function ruleData({ table, from, to, not, ...rule }: PolicyRule6) {
  const text = ({ address, length }: RulePrefix<Ipv6>) => `${address}/${length}`;
  return {
    ...rule,
    ...(table !== 0 && { table: tableName(table) }),
    ...(not && { not }),
    ...(from !== undefined && { from: text(from) }),
    ...(to !== undefined && { to: text(to) }),
  };
}

/** Puts IPv6 of a namespace back as the data says; what the kernel did meanwhile by itself goes first. */
export function readIpv6(ns: Netns, data: Place | null): void {
  if (!ns.hasIpv6) return;
  readState(ns, data);
  // Groups were told of, and routers asked for, before the data was written.
  for (const [device, inet] of ns.ipv6.devices) {
    inet.runs = inet.ready && isRunning(device);
    nothingToTell(ns, device);
    stopSoliciting(inet);
  }
}

function readState(ns: Netns, data: Place | null): void {
  const { ipv6: state } = ns;
  for (const [device, inet] of state.devices) {
    for (const { timer } of inet.detections.values()) timer?.cancel();
    inet.detections.clear();
    inet.addresses.length = 0;
    inet.anycast.clear();
    inet.ready =
      data
        ?.at("ready")
        .list()
        .some((name) => name.value === device.name) ?? false;
  }
  for (const table of state.tables.values()) for (const route of [...table.list()]) table.replace(route, null);
  if (data === null) return;
  for (const place of data.at("addresses").list()) readAddress(ns, place);
  // What the addresses bring by themselves is in the data too.
  for (const table of state.tables.values()) for (const route of [...table.list()]) table.replace(route, null);
  for (const place of data.at("routes").list()) {
    const id = tableId(place.at("table"));
    const table = state.tables.get(id) ?? new RouteTable6(id);
    state.tables.set(id, table);
    const route = readRoute(ns, place);
    table.insert(route);
    endRoute(ns, id, route);
  }
  const rules = data.maybe("rules");
  if (rules !== null) state.rules = rules.list().map((place) => readRuleWords(place, addressWithLength6));
  for (const place of data.at("neighbours").list()) {
    const device = deviceNamed(ns, place.at("dev"));
    const neighbour = neighbour6Of(ns, device, place.at("address").as(ipv6));
    const known = place.maybe("mac")?.as(mac) ?? null;
    const now = place.at("state").oneOf(STATES);
    if (known === null && now !== "INCOMPLETE" && now !== "FAILED")
      throw place.wrong(`a ${now} neighbour without a MAC`, 'Add "mac".');
    neighbour.restore(known, now);
    neighbour.isRouter = place.maybe("router")?.flag() ?? false;
  }
  for (const place of data.maybe("proxies")?.list() ?? [])
    state.of(deviceNamed(ns, place.at("dev"))).proxies.add(place.at("address").as(ipv6));
}

function readAddress(ns: Netns, place: Place): void {
  const device = deviceNamed(ns, place.at("dev"));
  const flag = (name: keyof Address6Data) => place.maybe(name)?.flag() ?? false;
  const { address: local, length } = place.at("address").as(addressWithLength6);
  const seconds = (name: "validLft" | "preferredLft") => place.maybe(name)?.whole(0, 2 ** 32 - 2) ?? null;
  const [valid, preferred] = [seconds("validLft"), seconds("preferredLft")];
  const address: InterfaceAddress6 = {
    local,
    length,
    tentative: flag("tentative"),
    dadFailed: flag("dadFailed"),
    noDad: flag("noDad"),
    noPrefixRoute: flag("noPrefixRoute"),
    deprecated: flag("deprecated"),
    metric: place.maybe("metric")?.whole(0, 2 ** 32 - 1) ?? 0,
    peer: place.maybe("peer")?.as(ipv6) ?? null,
    lifetime: valid === null && preferred === null ? null : { valid, preferred, since: ns.cables.now },
  };
  const inet = ns.ipv6.of(device);
  // Written newest first: what is put in later would come before what it stood behind.
  inet.addresses.push(address);
  endWithLifetime6(ns, device, address);
  if (address.tentative && !address.dadFailed && inet.ready) kickDad(ns, device, address);
  if (!address.tentative && inet.conf.forwarding !== 0) joinAnycast(ns, device, address);
}

function readRoute(ns: Netns, data: Place): Route6 {
  const hops = data
    .maybe("nexthops")
    ?.list()
    .map((place): Nexthop6 => {
      const via = place.maybe("via")?.as(ipv6) ?? null;
      const onlink = place.maybe("onlink")?.flag() ?? false;
      return {
        via,
        dev: deviceNamed(ns, place.at("dev")),
        weight: place.at("weight").whole(1, 256),
        ...(onlink && { onlink }),
      };
    });
  const expires = data.maybe("expires")?.whole(0, 2 ** 32 - 1);
  if (hops !== undefined && hops.length < 2)
    throw data.at("nexthops").wrong("not the ways of a route", "Write two or more.");
  return {
    type: data.at("type").oneOf(ROUTE_TYPES6),
    prefix: data.at("prefix").as((text) => prefix6(text)),
    via: hops?.[0]?.via ?? data.maybe("via")?.as(ipv6) ?? null,
    dev: hops?.[0]?.dev ?? deviceNamed(ns, data.at("dev")),
    src: data.maybe("src")?.as(ipv6) ?? null,
    metric: data.at("metric").whole(0, 2 ** 32 - 1),
    protocol: data.at("protocol").text(),
    onlink: hops?.[0]?.onlink ?? (data.maybe("onlink")?.flag() || undefined),
    mtu: data.maybe("mtu")?.whole(1, 0xffffffff),
    mtuLocked: data.maybe("mtuLocked")?.flag() || undefined,
    expires: expires === undefined ? undefined : ns.cables.now + expires * SECOND,
    nexthops: hops,
  };
}
