// Addresses of IPv6: an address brings its routes and takes them away; a device that comes up gets a link-local one, and
// one that goes down loses all it had.
// Before you edit: net/ipv6/addrconf.c (inet6_addr_add, ipv6_add_addr, ipv6_del_addr, addrconf_notify, addrconf_ifdown,
// addrconf_dev_config, init_loopback, dev_forward_change, dev_disable_change).

import type { Lifetime } from "../../ip/address.ts";
import { type InterfaceAddress6, insertAddress6 } from "../../ip/address6.ts";
import { isDead, TABLE } from "../../ip/route.ts";
import { METRIC6, nexthops6Of, uses6 } from "../../ip/route6.ts";
import type { Device } from "../../link/device.ts";
import { SECOND } from "../../trace/world.ts";
import { type Ipv6, LOOPBACK6, linkLocalOf, Prefix6, prefix6 } from "../../wire/address6.ts";
import { type Refusal, refuse } from "../ipv4/fib.ts";
import type { Netns } from "../netns.ts";
import { beginDad, joinAnycast, kickDad, leaveAnycast, stopDad } from "./dad.ts";
import { firstGroups, routersOf } from "./groups.ts";
import { joinGroup, joinSolicited, leaveGroup, leaveSolicited, stopTelling, tellAgain } from "./mld.ts";
import { dropPeerRoute, dropPrefixRoute, isPermanent, peerNetworkRoute, prefixRoute } from "./prefix-route.ts";
import { stopSoliciting } from "./router-solicit.ts";
import { LEAST_MTU } from "./state.ts";

export interface AddressOptions6 {
  readonly noDad?: boolean;
  readonly noPrefixRoute?: boolean;
  readonly metric?: number;
  readonly peer?: Ipv6;
  readonly lifetime?: Lifetime | null;
}

const DISABLED = "ipv6: IPv6 is disabled on this device";

/** `ip -6 addr add`: null, or why the kernel refused, in its words. */
export function addAddress6(
  ns: Netns,
  device: Device,
  local: Ipv6,
  length: number,
  options: AddressOptions6 = {},
): Refusal | null {
  if (ns.hasIpv6 && ns.ipv6.of(device).addressOf(local) !== undefined)
    return refuse("EEXIST", "ipv6: address already assigned");
  if (!ns.ipv6.runsOn(device)) {
    // The kernel has told of its groups before it looks whether it may (ipv6_find_idev).
    if (ns.hasIpv6 && ns.ipv6.of(device).conf.disable_ipv6 !== 0) tellAgain(ns, device);
    return refuse("EACCES", DISABLED);
  }
  if (local.isUnspecified) return refuse("EADDRNOTAVAIL", "ipv6: Invalid address");
  if (local.isMulticast)
    return refuse("EADDRNOTAVAIL", 'ipv6: Cannot assign multicast address without "IFA_F_MCAUTOJOIN" flag');
  if (local.isLoopback && device.kind !== "loopback")
    return refuse("EADDRNOTAVAIL", "ipv6: Cannot assign loopback address on this device");
  prepare(ns, device);
  const { noDad = false, noPrefixRoute = false, metric = 0, lifetime = null } = options;
  const deprecated = lifetime?.preferred === 0;
  const flags = { tentative: !noDad, dadFailed: false, noDad, noPrefixRoute, deprecated, metric };
  const address: InterfaceAddress6 = { local, peer: peerOf(local, options), length, ...flags, lifetime };
  insertAddress6(ns.ipv6.of(device).addresses, address);
  joinSolicited(ns, device, local);
  prefixRoute(ns, device, address);
  beginDad(ns, device, address);
  endWithLifetime6(ns, device, address);
  return null;
}

/** Who is told to be one's own peer has none (extract_addr). */
function peerOf(local: Ipv6, { peer }: AddressOptions6): Ipv6 | null {
  return peer === undefined || peer === local ? null : peer;
}

/** It ceases to be preferred, and then to be, unless it was changed meanwhile (addrconf_verify_rtnl). */
export function endWithLifetime6(ns: Netns, device: Device, address: InterfaceAddress6): void {
  const { lifetime } = address;
  if (lifetime === null) return;
  const at = (seconds: number | null, act: () => void) => {
    if (seconds === null) return;
    const end = () => {
      const isThere = ns.ipv6.devices.get(device)?.addresses.includes(address) === true;
      if (isThere && address.lifetime === lifetime) act();
    };
    ns.cables.later(Math.max(0, lifetime.since + seconds * SECOND - ns.cables.now), end, true);
  };
  at(lifetime.preferred, () => {
    address.deprecated = true;
  });
  at(lifetime.valid, () => deleteAddress6(ns, device, address));
}

/** `ip -6 addr change|replace` of an address that is there: its flags are new, and its route comes or goes with them. */
export function changeAddress6(ns: Netns, device: Device, address: InterfaceAddress6, options: AddressOptions6): void {
  dropPrefixRoute(ns, device, address);
  const peer = peerOf(address.local, options) ?? address.peer;
  if (address.peer !== null && peer !== address.peer) dropPeerRoute(ns, device, address.peer, address.length);
  address.peer = peer;
  address.lifetime = options.lifetime ?? null;
  address.deprecated = address.lifetime?.preferred === 0;
  address.noDad = options.noDad ?? false;
  address.noPrefixRoute = options.noPrefixRoute ?? false;
  address.metric = options.metric || address.metric;
  prefixRoute(ns, device, address);
  peerNetworkRoute(ns, device, address);
  endWithLifetime6(ns, device, address);
}

/** `ip -6 addr del` */
export function deleteAddress6(ns: Netns, device: Device, address: InterfaceAddress6): void {
  const { addresses } = ns.ipv6.of(device);
  addresses.splice(addresses.indexOf(address), 1);
  stopDad(ns, device, address);
  if (address.peer !== null) dropPeerRoute(ns, device, address.peer);
  dropPrefixRoute(ns, device, address);
  leaveAnycast(ns, device, address);
  leaveSolicited(ns, device, address.local);
  const table = ns.ipv6.table(TABLE.local);
  for (const route of table.of(new Prefix6(address.local, 128)))
    if (route.type === "local" && route.dev === device && route.protocol === "kernel") table.replace(route, null);
  if (ns.ipv6.deviceOfAddress(address.local) !== null) return;
  // A route that had it for its source has none now (rt6_remove_prefsrc).
  for (const each of ns.ipv6.tables.values())
    for (const route of each.list()) if (route.src === address.local) each.replace(route, { ...route, src: null });
}

const GROUPS = prefix6("ff00::/8");

/** A device that gets an address tells of its groups, and has a way to all of them (addrconf_add_dev). */
function prepare(ns: Netns, device: Device): void {
  tellAgain(ns, device);
  if (device.kind === "loopback" || !device.up) return;
  const table = ns.ipv6.table(TABLE.local);
  if (table.of(GROUPS).some((route) => route.dev === device && route.type === "multicast")) return;
  const metric = METRIC6.address;
  table.insert({ type: "multicast", prefix: GROUPS, via: null, dev: device, src: null, metric, protocol: "kernel" });
}

/** A device came up: what was added while it was down gets its routes, and it is configured if it has a carrier. */
export function up6(ns: Netns, device: Device): void {
  if (!ns.hasIpv6 || !ns.ipv6.runsOn(device)) return;
  // One that has an end gets no route again (fixup_permanent_addr).
  for (const address of ns.ipv6.of(device).addresses) {
    if (!isPermanent(address)) continue;
    prefixRoute(ns, device, address);
    if (!isOwn(ns, device, address)) beginDad(ns, device, address);
  }
  reviveWays(ns, device);
  linkChanged6(ns, device);
}

/** Whether it has its route: not while others may have it, nor after its device went down. */
function isOwn(ns: Netns, device: Device, { local }: InterfaceAddress6): boolean {
  const routes = ns.ipv6.table(TABLE.local).of(new Prefix6(local, 128));
  return routes.some((route) => route.type === "local" && route.dev === device);
}

/** fib6_ifup */
function reviveWays(ns: Netns, device: Device): void {
  for (const table of ns.ipv6.tables.values()) {
    for (const { nexthops } of table.list())
      for (const hop of nexthops ?? []) if (hop.dev === device && hop.dead) hop.dead = false;
    table.changed();
  }
}

/** Whether it can talk (netif_oper_up). */
export function isRunning({ up, state }: Device): boolean {
  return up && (state === "UP" || state === "UNKNOWN");
}

/** Carrier, ports or state of a device changed: IPv6 is configured the first time it can talk (addrconf_link_ready). */
export function linkChanged6(ns: Netns, device: Device): void {
  if (!ns.hasIpv6 || !ns.ipv6.runsOn(device)) return;
  const inet = ns.ipv6.of(device);
  const ran = inet.runs;
  inet.runs = isRunning(device);
  if (ran || !inet.runs) return;
  // Another switch may be at the other end now.
  if (inet.ready) return tellAgain(ns, device);
  inet.ready = true;
  if (device.kind === "loopback") addAddress6(ns, device, LOOPBACK6, 128, { noDad: false });
  else {
    prepare(ns, device);
    const own = linkLocalOf(device.mac);
    if (inet.conf.addr_gen_mode === 0) addAddress6(ns, device, own, 64);
  }
  for (const address of inet.addresses)
    if (address.tentative && !inet.detections.has(address) && !address.dadFailed) kickDad(ns, device, address);
}

/** IPv6 is switched off on a device: all it had is gone. With `keeps` its own addresses stay, to be asked for anew. */
export function down6(ns: Netns, device: Device, keeps = false): void {
  if (!ns.hasIpv6) return;
  const inet = ns.ipv6.of(device);
  // Proxies are neighbours, and end with them (neigh_ifdown).
  for (const proxy of inet.proxies) leaveSolicited(ns, device, proxy);
  inet.proxies.clear();
  for (const address of [...inet.addresses]) {
    if (!keeps || !isPermanent(address) || address.local.isLinkLocal || address.local.isLoopback)
      deleteAddress6(ns, device, address);
    else {
      stopDad(ns, device, address);
      address.tentative = !address.noDad;
    }
  }
  inet.ready = false;
  inet.runs = false;
  for (const address of inet.anycast.keys()) leaveSolicited(ns, device, address);
  inet.anycast.clear();
  stopTelling(ns, device);
  stopSoliciting(inet);
  forgetNeighbours6(ns, device);
  for (const table of ns.ipv6.tables.values())
    for (const route of [...table.list()]) {
      if (!uses6(route, device) && route.dev !== device) continue;
      // Of a route with several ways the others stay (fib6_ifdown).
      const ways = nexthops6Of(route);
      for (const hop of ways) if (hop.dev === device) hop.dead = true;
      if (ways.every(isDead)) table.replace(route, null);
      else table.changed();
    }
}

/** `ip link set DEV down` */
export function linkDown6(ns: Netns, device: Device): void {
  if (!ns.hasIpv6) return;
  const { conf } = ns.ipv6.of(device);
  const keeps = ns.ipv6.all.keep_addr_on_down !== 0 || conf.keep_addr_on_down !== 0;
  down6(ns, device, keeps && conf.disable_ipv6 === 0);
}

export function forgetNeighbours6(ns: Netns, device: Device, isKept: (state: string | null) => boolean = () => false) {
  if (!ns.hasIpv6) return;
  const { neighbours } = ns.ipv6.of(device);
  for (const [address, neighbour] of neighbours) {
    if (isKept(neighbour.state)) continue;
    neighbour.remove();
    neighbours.delete(address);
  }
}

/** The device gets another MTU: below 1280 IPv6 stops on it. Called when it has it. */
export function mtuChanged6(ns: Netns, device: Device, before: number): void {
  if (!ns.hasIpv6) return;
  if (before >= LEAST_MTU && device.mtu < LEAST_MTU) down6(ns, device);
  else if (before < LEAST_MTU && device.mtu >= LEAST_MTU) {
    // All that IPv6 knew of the device was thrown away: it begins as a new one does.
    const inet = ns.ipv6.of(device);
    inet.conf = ns.ipv6.fallback;
    firstGroups(inet, device);
    if (device.up) up6(ns, device);
  }
  for (const heard of ns.ipv6.pathMtus.values())
    if (heard.device === device && (device.mtu < heard.mtu || before === heard.mtu)) heard.mtu = device.mtu;
}

/** `net.ipv6.conf.DEV.disable_ipv6` */
export function disable6(ns: Netns, device: Device, value: number): void {
  const inet = ns.ipv6.of(device);
  if (inet.conf.disable_ipv6 === value) return;
  inet.conf = { ...inet.conf, disable_ipv6: value };
  if (value !== 0) down6(ns, device);
  else if (device.up) up6(ns, device);
}

/** `net.ipv6.conf.DEV.forwarding`: a router answers for its networks as anycast addresses (dev_forward_change). */
export function forward6(ns: Netns, device: Device, value: number): void {
  const inet = ns.ipv6.of(device);
  if (inet.conf.forwarding === value) return;
  inet.conf = { ...inet.conf, forwarding: value };
  for (const group of routersOf(device)) (value === 0 ? leaveGroup : joinGroup)(ns, device, group);
  for (const address of inet.addresses) {
    if (address.tentative) continue;
    if (value !== 0) joinAnycast(ns, device, address);
    else leaveAnycast(ns, device, address);
  }
}
