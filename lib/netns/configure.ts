// What the kernel does by itself when a namespace is configured: an address brings its routes, a device that goes
// down takes them away.
// Before you edit: net/ipv4/fib_frontend.c (fib_add_ifaddr, fib_del_ifaddr, fib_inetaddr_event, fib_disable_ip),
// devinet.c (inet_insert_ifa, inetdev_event), fib_semantics.c (fib_create_info, fib_check_nh_v4_gw).
import { type InterfaceAddress, isSecondary, networkOf, type Scope } from "../ip/address.ts";
import { isReachableGateway, type Route, type RouteType, TABLE } from "../ip/route.ts";
import { lookup } from "../ip/rule.ts";
import { addPort, forgetLearned, recalculate, removePort } from "../link/bridge.ts";
import { Device, type DeviceKind } from "../link/device.ts";
import { SECOND } from "../trace/world.ts";
import { Ipv4, Prefix4 } from "../wire/address.ts";
import type { Mac } from "../wire/mac.ts";
import type { Errno } from "./errno.ts";
import type { Netns } from "./netns.ts";

/** Puts a new device into a namespace. Its name must be free. */
export function addDevice(
  ns: Netns,
  kind: DeviceKind,
  name: string,
  mac: Mac,
  bridge: Device["bridge"] = null,
): Device {
  const device = new Device(ns, kind, ns.nextIndex++, name, mac, bridge);
  adopt(ns, device);
  if (bridge !== null) recalculate(device);
  return device;
}

function adopt(ns: Netns, device: Device): void {
  ns.devices.set(device.name, device);
  const reachableTime = Math.floor((15 + 30 * ns.cables.random()) * SECOND);
  ns.inet.set(device, { addresses: [], neighbours: new Map(), reachableTime });
}

/** Takes a device out of its namespace, with its addresses, routes, neighbours and its place in a bridge. */
export function removeDevice(ns: Netns, device: Device): void {
  setDown(ns, device);
  if (device.master !== null) removePort(device);
  for (const port of [...(device.bridge?.ports ?? [])]) removePort(port);
  for (const address of [...ns.inet.get(device)!.addresses]) deleteAddress(ns, device, address);
  flushRoutes(ns, device);
  ns.inet.delete(device);
  ns.devices.delete(device.name);
}

/** `ip link set DEV netns NS`: the device arrives down and without addresses; its index too, if it is free there. */
export function moveDevice(from: Netns, to: Netns, device: Device, name: string): void {
  removeDevice(from, device);
  device.owner = to;
  device.name = name;
  if (device.index >= to.nextIndex) to.nextIndex = device.index + 1;
  else if ([...to.devices.values()].some((other) => other.index === device.index)) device.index = to.nextIndex++;
  adopt(to, device);
}

export function renameDevice(ns: Netns, device: Device, name: string): void {
  const devices = [...ns.devices.values()];
  device.name = name;
  ns.devices.clear();
  for (const each of devices) ns.devices.set(each.name, each);
}

/** `ip link set DEV up`. */
export function setUp(ns: Netns, device: Device): void {
  if (device.up) return;
  device.up = true;
  device.everUp = true;
  const { addresses } = ns.inet.get(device)!;
  if (device.kind === "loopback" && addresses.length === 0)
    addresses.push({
      local: Ipv4.of(0x7f000001),
      length: 8,
      broadcast: null,
      scope: "host",
      label: "lo",
      secondary: false,
    });
  for (const address of addresses) addAddressRoutes(ns, device, address);
  tellOthers(device);
}

/** `ip link set DEV down`: its routes and what was learned through it are gone; its addresses stay. */
export function setDown(ns: Netns, device: Device): void {
  if (!device.up) return;
  device.up = false;
  flushRoutes(ns, device);
  for (const neighbour of ns.inet.get(device)!.neighbours.values()) neighbour.remove();
  ns.inet.get(device)!.neighbours.clear();
  if (device.master !== null) forgetLearned(device);
  tellOthers(device);
}

function tellOthers(device: Device): void {
  device.peer?.owner.changed(device.peer);
}

/** The carrier of a device changed, because the other end of its cable went up or down. */
export function carrierChanged(ns: Netns, device: Device): void {
  if (device.carrier) return;
  // net/core/neighbour.c neigh_carrier_down: what was learned without a carrier is not worth keeping.
  const inet = ns.inet.get(device);
  if (inet === undefined) return;
  for (const [address, neighbour] of inet.neighbours) {
    if (neighbour.state === "PERMANENT") continue;
    neighbour.remove();
    inet.neighbours.delete(address);
  }
  if (device.master !== null) forgetLearned(device);
}

/** `ip link set DEV address MAC`. */
export function setMac(device: Device, mac: Mac): void {
  device.mac = mac;
  device.macIsSet = true;
  if (device.bridge !== null) recalculate(device);
  if (device.master !== null) recalculate(device.master);
}

/** `ip link set DEV master BRIDGE`, or `nomaster` for null. */
export function setMaster(device: Device, bridge: Device | null): Errno | null {
  if (device.kind !== "veth" && bridge !== null) return "EINVAL";
  if (device.master === bridge) return null;
  if (device.master !== null) removePort(device);
  if (bridge !== null) addPort(bridge, device);
  return null;
}

/** `ip addr add`: null, or why the kernel refused. */
export function addAddress(
  ns: Netns,
  device: Device,
  local: Ipv4,
  length: number,
  options: { readonly broadcast?: Ipv4 | null; readonly scope?: Scope; readonly label?: string } = {},
): Errno | null {
  const { addresses } = ns.inet.get(device)!;
  if (addresses.some((each) => each.local === local && each.length === length)) return "EEXIST";
  const scope = options.scope ?? (local.isLoopback ? "host" : "global");
  const secondary = isSecondary(addresses, local, length);
  const address = {
    local,
    length,
    broadcast: options.broadcast ?? null,
    scope,
    label: options.label ?? device.name,
    secondary,
  };
  addresses.push(address);
  if (device.up) addAddressRoutes(ns, device, address);
  return null;
}

/** `ip addr del`: with a primary address its secondaries go too (promote_secondaries is 0). */
export function deleteAddress(ns: Netns, device: Device, address: InterfaceAddress): void {
  const { addresses } = ns.inet.get(device)!;
  const network = networkOf(address);
  const goes = addresses.filter(
    (each) =>
      each === address ||
      (!address.secondary && each.secondary && each.length === address.length && network.contains(each.local)),
  );
  for (const each of goes) addresses.splice(addresses.indexOf(each), 1);
  const gone = new Set(goes.map((each) => each.local).filter((local) => ns.deviceOfAddress(local) === undefined));
  for (const table of ns.tables.values()) {
    for (const route of table.list()) {
      const isOwn = goes.some((each) => route.dev === device && isRouteOf(route, each, addresses));
      if (isOwn || (route.src !== null && gone.has(route.src))) table.remove(route);
    }
  }
}

/** Whether the kernel made this route for that address and no other address still needs it. */
function isRouteOf(route: Route, address: InterfaceAddress, left: readonly InterfaceAddress[]): boolean {
  if (route.protocol !== "kernel") return false;
  const network = networkOf(address);
  const needed = left.some((each) => each.length === address.length && network.contains(each.local));
  if (route.type === "local") return route.prefix.length === 32 && route.prefix.address === address.local;
  if (needed) return false;
  if (route.type === "broadcast") return route.prefix.address === network.broadcast;
  return route.prefix.toString() === network.toString() && route.src === address.local;
}

/** The routes an address brings: to itself, to its broadcast address, to its network (fib_add_ifaddr). */
function addAddressRoutes(ns: Netns, device: Device, address: InterfaceAddress): void {
  const { local, length, broadcast, secondary } = address;
  const src = local;
  const add = (table: number, type: RouteType, prefix: Prefix4, scope: Scope) =>
    ns.tables
      .get(table)!
      .add({ type, prefix, via: null, dev: device, src, metric: 0, protocol: "kernel", scope }, "append");
  add(TABLE.local, "local", new Prefix4(local, 32), "host");
  const network = networkOf(address);
  if (broadcast !== null && broadcast.bits !== 0xffffffff)
    add(TABLE.local, "broadcast", new Prefix4(broadcast, 32), "link");
  if (secondary || local.isZeroNet || length === 32) return;
  if (device.kind === "loopback") add(TABLE.local, "local", network, "host");
  else add(TABLE.main, "unicast", network, "link");
  if (length < 31 && broadcast !== network.broadcast)
    add(TABLE.local, "broadcast", new Prefix4(network.broadcast, 32), "link");
}

function flushRoutes(ns: Netns, device: Device): void {
  for (const table of ns.tables.values())
    for (const route of table.list()) if (route.dev === device) table.remove(route);
}

/** `ip route add`: null, or why the kernel refused (fib_check_nh). */
export function addRoute(
  ns: Netns,
  tableId: number,
  route: Omit<Route, "dev"> & { readonly dev: Device | null },
): Errno | null {
  let { dev } = route;
  if (route.type === "unicast") {
    if (route.via !== null) {
      if (isOwnAddress(ns, route.via)) return "EINVAL";
      const found = lookup(ns.rules, ns.tables, route.via, dev?.index ?? null);
      if (!isReachableGateway(found?.route ?? null) || found!.route.via !== null) return "ENETUNREACH";
      dev ??= found!.route.dev as Device;
    }
    if (dev === null) return "ENODEV";
    if (!dev.up) return "ENETDOWN";
    if (route.src !== null && !isOwnAddress(ns, route.src)) return "EINVAL";
  }
  const table = ns.tables.get(tableId);
  if (table === undefined) return "EINVAL";
  return table.add({ ...route, dev }, "exclusive") ? null : "EEXIST";
}

function isOwnAddress(ns: Netns, address: Ipv4): boolean {
  return ns.tables.get(TABLE.local)!.lookup(address)?.type === "local";
}
