// The lines of a lab's script that give addresses and routes. What the kernel adds by itself is left to it; where it
// would add something else than the lab has, or in another order, the lines mend it.
import { type InterfaceAddress, lifeLeft } from "../ip/address.ts";
import { USUAL_ATTRIBUTES } from "../link/attributes.ts";
import type { Device } from "../link/device.ts";
import { addAddress, deleteAddress, setDown, setUp } from "../netns/configure.ts";
import type { Netns } from "../netns/netns.ts";
import type { LabData, RouteData } from "./data.ts";
import { labFrom } from "./data-read.ts";
import { labData } from "./data-write.ts";
import { usualMtu, vxlanMtuLines } from "./script-tunnel.ts";
import { ipIn, quoted } from "./script-words.ts";
import { address6Lines } from "./script6.ts";

const LOOPBACK = "127.0.0.1/8";

/** MTU, addresses and up or down of a device. */
export function addressLines(ns: Netns, device: Device): string[] {
  const ip = ipIn(ns.name);
  const dev = `dev ${quoted(device.name)}`;
  const lines: string[] = [];
  // A bridge follows its ports, unless somebody said otherwise.
  if (device.vxlan !== null) lines.push(...vxlanMtuLines(device));
  else if (device.bridge === null ? device.mtu !== usualMtu(device) : device.mtuIsSet)
    lines.push(`${ip} link set ${dev} mtu ${device.mtu}`);
  const words = attributeWords(device);
  if (words.length > 0) lines.push(`${ip} link set ${dev} ${words.join(" ")}`);
  const { addresses } = ns.inet.get(device)!;
  const gets = getsLoopback(device);
  const byItself = gets && beginsWithLoopback(addresses);
  if (gets) lines.push(`${ip} link set ${dev} up`);
  if (gets && !byItself) lines.push(`${ip} addr del ${LOOPBACK} ${dev}`);
  for (const address of byItself ? addresses.slice(1) : addresses) {
    const { local, peer, length, broadcast, scope, label, noPrefixRoute, metric } = address;
    const { valid, preferred, deprecated } = lifeLeft(address, ns.cables.now);
    const words = peer === local ? [`${local}/${length}`] : [local.text, "peer", `${peer}/${length}`];
    if (broadcast !== null) words.push("brd", broadcast.text);
    words.push(dev);
    if (label !== device.name) words.push("label", quoted(label));
    if (scope !== (local.isLoopback ? "host" : "global")) words.push("scope", scope);
    if (noPrefixRoute) words.push("noprefixroute");
    if (metric !== 0) words.push("metric", `${metric}`);
    if (valid !== null) words.push("valid_lft", `${valid}`);
    if (preferred !== null || deprecated) words.push("preferred_lft", `${preferred ?? 0}`);
    lines.push(`${ip} addr add ${words.join(" ")}`);
  }
  lines.push(...address6Lines(ns, device));
  if (device.everUp && !gets) lines.push(`${ip} link set ${dev} up`);
  if (device.everUp && !device.up) lines.push(`${ip} link set ${dev} down`);
  return lines;
}

/** Loopback gets 127.0.0.1 by itself when it comes up, and keeps it when it goes down. */
const getsLoopback = ({ kind, everUp }: Device): boolean => kind === "loopback" && everUp;

const beginsWithLoopback = ([first]: readonly InterfaceAddress[]): boolean =>
  first !== undefined && `${first.local}/${first.length}` === LOOPBACK;

/** What `ip link set` is told of a device besides. */
function attributeWords({ attributes }: Device): string[] {
  if (attributes === USUAL_ATTRIBUTES) return [];
  const words: string[] = [];
  const { alias, txqueuelen, group } = attributes;
  for (const name of ["promisc", "allmulticast", "arp", "multicast"] as const) {
    const value = attributes[name];
    if (value !== USUAL_ATTRIBUTES[name]) words.push(name, value ? "on" : "off");
  }
  if (alias !== null) words.push("alias", quoted(alias));
  if (txqueuelen !== USUAL_ATTRIBUTES.txqueuelen) words.push("txqueuelen", `${txqueuelen}`);
  if (group !== 0) words.push("group", `${group}`);
  return words;
}

/** The routes that the addresses do not bring by themselves, in an order the kernel takes. */
export function routeLines(data: LabData): string[] {
  const byItself = labData(asTheKernelMakesIt(data));
  const lines: string[] = [];
  data.nodes.forEach((node, i) => {
    node.namespaces.forEach((ns, j) => {
      lines.push(...mend(ns.name, byItself.nodes[i]!.namespaces[j]!.routes, ns.routes));
    });
  });
  return lines;
}

/** The same lab, its routes made by nothing but the lines of `addressLines`. */
function asTheKernelMakesIt(data: LabData) {
  const nodes = data.nodes.map((node) => ({
    ...node,
    namespaces: node.namespaces.map((ns) => ({
      ...ns,
      neighbours: [],
      routes: [],
    })),
  }));
  const lab = labFrom({ ...data, nodes });
  for (const ns of lab.namespaces.values()) {
    for (const device of [...ns.devices.values()].sort((a, b) => a.index - b.index)) {
      const inet = ns.inet.get(device)!;
      const before = inet.addresses;
      inet.addresses = [];
      const { up } = device;
      device.up = false;
      if (getsLoopback(device)) {
        setUp(ns, device);
        if (!beginsWithLoopback(before)) deleteAddress(ns, device, inet.addresses[0]!);
      }
      for (const { local, length, ...options } of before) addAddress(ns, device, local, length, options);
      if (device.everUp) setUp(ns, device);
      if (!up) setDown(ns, device);
    }
  }
  return lab;
}

/** Routes of one network with one metric: they stand in a row, and the first is taken. */
interface Group {
  readonly has: RouteData[];
  readonly wants: RouteData[];
  /** Which of those wanted are there by now. */
  readonly there: Set<RouteData>;
}

function mend(ns: string, has: readonly RouteData[], wants: readonly RouteData[]): string[] {
  const groups = new Map<string, Group>();
  const groupOf = (route: RouteData) => {
    const key = `${route.table} ${route.prefix} ${route.metric ?? 0}`;
    const group = groups.get(key) ?? { has: [], wants: [], there: new Set() };
    groups.set(key, group);
    return group;
  };
  for (const route of has) groupOf(route).has.push(route);
  for (const route of wants) groupOf(route).wants.push(route);
  const less: string[] = [];
  const more: RouteData[] = [];
  for (const group of groups.values()) {
    // As long as both agree nothing is done; from the first difference on all of the kernel's go, all of the lab's come.
    let same = 0;
    while (same < group.has.length && sameRoute(group.has[same], group.wants[same])) same++;
    for (const route of group.wants.slice(0, same)) group.there.add(route);
    for (const route of group.has.slice(same)) less.push(routeLine(ns, "del", route));
    more.push(...group.wants.slice(same));
  }
  // Routes on the link first, then those by gateways that are reached by now.
  const hasGateway = ({ via, nexthops }: RouteData) => via !== undefined || nexthops !== undefined;
  // Table after table, because they are listed by the order in which they were made.
  const tables = [...new Set(wants.map(({ table }) => table))];
  const order = tables.flatMap((table) => {
    const own = more.filter((route) => route.table === table);
    return [...own.filter((route) => !hasGateway(route)), ...own.filter(hasGateway)];
  });
  return [...less, ...order.flatMap((route) => addLines(ns, wants, route, groupOf(route)))];
}

function addLines(ns: string, all: readonly RouteData[], route: RouteData, { wants, there }: Group): string[] {
  const before = wants.slice(0, wants.indexOf(route));
  const verb = there.size === 0 ? "add" : before.some((each) => there.has(each)) ? "append" : "prepend";
  there.add(route);
  const line = routeLine(ns, verb, route);
  // The way to a gateway is gone since: the kernel looks only when the route is added.
  const lost = gatewaysOf(route).filter((gateway) => !gatewayIsOnLink(all, route.table, gateway));
  const ways = lost.map(({ via, dev }) => `${via}/32 dev ${quoted(dev)} scope link metric 4294967295`);
  const ip = `${ipIn(ns)} route`;
  return [...ways.map((way) => `${ip} add ${way}`), line, ...ways.map((way) => `${ip} del ${way}`)];
}

interface Gateway {
  readonly via: string;
  readonly dev: string;
}

/** The gateways of a route that the kernel asks its tables for. */
function gatewaysOf({ via, dev, onlink, nexthops }: RouteData): Gateway[] {
  const asked = (nexthops ?? [{ via, dev, onlink }]).filter((hop) => hop.via !== undefined && !hop.onlink) as Gateway[];
  return asked.filter((hop, i) => asked.findIndex((other) => other.via === hop.via && other.dev === hop.dev) === i);
}

/**
 * Whether the kernel finds the gateway on the link of the route's device, by what the namespace has in the end. It looks
 * at nothing but routes that lead to a link or to the namespace itself: those of the route's own table, then those of
 * the tables that the first rules name.
 */
function gatewayIsOnLink(all: readonly RouteData[], table: string, gateway: Gateway): boolean {
  const own = all.filter((route) => route.table === table);
  const usual = all.filter((route) => route.table === "local" || route.table === "main");
  const found = (table === "main" ? undefined : wayTo(own, gateway)) ?? wayTo(usual, gateway);
  return found?.type === "unicast" || found?.type === "local";
}

function wayTo(all: readonly RouteData[], { via, dev }: Gateway): RouteData | undefined {
  const bits = bitsOf(via);
  const fits = all.filter(({ prefix, dev: other, nexthops = [], scope }) => {
    const [network = "", length = "0"] = prefix === "default" ? ["0.0.0.0", "0"] : prefix.split("/");
    const mask = length === "0" ? 0 : (0xffffffff << (32 - Number(length))) >>> 0;
    const leads = other === dev || nexthops.some((hop) => hop.dev === dev);
    return scope !== "global" && leads && (bits & mask) >>> 0 === bitsOf(network);
  });
  const longest = (route: RouteData) => (route.prefix === "default" ? 0 : Number(route.prefix.split("/")[1]));
  return fits.sort((a, b) => longest(b) - longest(a) || (a.metric ?? 0) - (b.metric ?? 0))[0];
}

function bitsOf(address: string): number {
  return address.split(".").reduce((bits, part) => bits * 256 + Number(part), 0);
}

function sameRoute(a: RouteData | undefined, b: RouteData | undefined): boolean {
  const text = (r: RouteData | undefined) => JSON.stringify(r && { ...r, table: "", prefix: "" });
  return text(a) === text(b);
}

function routeLine(ns: string, verb: string, route: RouteData): string {
  const { table, type, prefix, via, dev, src, metric, protocol, scope, onlink, mtu, mtuLocked } = route;
  const words = type === "unicast" ? [prefix] : [type, prefix];
  if (via !== undefined) words.push("via", via);
  if (dev !== undefined) words.push("dev", quoted(dev));
  if (table !== "main") words.push("table", table);
  if (protocol !== "boot") words.push("proto", protocol);
  if (scope !== scopeByItself(route)) words.push("scope", scope);
  if (src !== undefined) words.push("src", src);
  if (metric !== undefined) words.push("metric", `${metric}`);
  if (onlink) words.push("onlink");
  if (mtu !== undefined) words.push("mtu", ...(mtuLocked ? ["lock"] : []), `${mtu}`);
  for (const hop of route.nexthops ?? []) {
    words.push("nexthop", ...(hop.via === undefined ? [] : ["via", hop.via]), "dev", quoted(hop.dev));
    words.push("weight", `${hop.weight}`, ...(hop.onlink ? ["onlink"] : []));
  }
  return `${ipIn(ns)} route ${verb} ${words.join(" ")}`;
}

/** The scope iproute2 gives a route when none is said. */
function scopeByItself({ type, via, nexthops }: RouteData): RouteData["scope"] {
  if (type === "local") return "host";
  if (type === "broadcast") return "link";
  return type === "unicast" && via === undefined && nexthops === undefined ? "link" : "global";
}
