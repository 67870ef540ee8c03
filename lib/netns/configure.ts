// Devices are made, moved, renamed, set up and down; what the kernel does by itself then. Addresses and routes: fib.ts.
// The trace names devices when it is read: each change of one settles what was recorded before (trace/recorder.ts).
// Before you edit: net/core/dev.c, net/core/rtnetlink.c (do_setlink), net/ipv4/devinet.c (inetdev_event), net/bridge/br_if.c.
import type { LinkAttributes } from "../link/attributes.ts";
import { addPort, adjustMtu, disablePort, recalculate, removePort } from "../link/bridge.ts";
import { Device, type DeviceKind } from "../link/device.ts";
import { ipipOverhead } from "../link/ipip.ts";
import { vxlanMtu } from "../link/vxlan.ts";
import type { Mac } from "../wire/mac.ts";
import { ALL_SET } from "./devconf.ts";
import type { Errno } from "./errno.ts";
import { notify } from "./ipv4/arp.ts";
import { addAddressRoutes, addLoopback, deleteAddress, flushRoutes, revive, syncCarrier } from "./ipv4/fib.ts";
import { Inet } from "./ipv4/inet.ts";
import { down6, forgetNeighbours6, linkChanged6, linkDown6, mtuChanged6, up6 } from "./ipv6/addrconf.ts";
import type { Netns } from "./netns.ts";
import { tellAddress } from "./rtnetlink.ts";
import { closeVxlan, openVxlan } from "./tunnel/vxlan.ts";

export { addAddress, deleteAddress } from "./ipv4/fib.ts";
export { addRoute } from "./ipv4/fib-route.ts";

/** Puts a new device into a namespace. Its name must be free, and its index if it brings one. */
export function addDevice(
  ns: Netns,
  kind: DeviceKind,
  name: string,
  mac: Mac,
  bridge: Device["bridge"] = null,
  index = takeIndex(ns),
): Device {
  const device = new Device(ns, kind, index, name, mac, bridge);
  adopt(ns, device);
  if (bridge !== null) recalculate(device);
  return device;
}

/** The next index nobody has: those of devices that came from elsewhere are stepped over (dev_index_reserve). */
export function takeIndex(ns: Netns): number {
  while (ns.nextIndex <= ns.greatestIndex && ns.deviceOfIndex(ns.nextIndex) !== undefined) ns.nextIndex++;
  return ns.nextIndex++;
}

function adopt(ns: Netns, device: Device): void {
  ns.cables.recorder.settle();
  ns.devices.add(device);
  ns.greatestIndex = Math.max(ns.greatestIndex, device.index);
  const { fallback, fallbackSet } = ns.sysctls.conf;
  ns.inet.add(device, new Inet(ns.cables, ns.kernel.arp.defaults, fallback, fallbackSet));
  if (ns.hasIpv6) ns.ipv6.adopt(device);
}

/** Takes a device out of its namespace, with its addresses, routes, neighbours and its place in a bridge. */
export function removeDevice(ns: Netns, device: Device, moves = false): void {
  ns.cables.recorder.settle();
  setDown(ns, device);
  if (device.master !== null) withMacOf(device.master, () => removePort(device));
  for (const port of [...(device.bridge?.ports ?? [])]) removePort(port);
  for (const address of [...ns.inet.get(device)!.addresses]) deleteAddress(ns, device, address);
  flushRoutes(ns, device, "gone");
  const { underlay } = device.vxlan ?? device.ipip ?? {};
  if (underlay !== undefined && !moves) (underlay as Netns).tunnels.delete(device);
  if (!moves) device.tun?.reader?.detach();
  ns.inet.delete(device);
  // Nothing is kept for a device that goes.
  down6(ns, device);
  if (ns.hasIpv6) ns.ipv6.devices.delete(device);
  ns.devices.delete(device);
}

/** `ip link set DEV netns NS`: the device arrives down and without addresses; its index too, if it is free there. */
export function moveDevice(from: Netns, to: Netns, device: Device, name: string, index = device.index): void {
  removeDevice(from, device, true);
  device.owner = to;
  // dev_shutdown: its queue discipline is the one of a device that was never up.
  device.everUp = false;
  device.name = name;
  device.index = to.deviceOfIndex(index) === undefined ? index : takeIndex(to);
  adopt(to, device);
}

export function renameDevice(ns: Netns, device: Device, name: string): void {
  ns.cables.recorder.settle();
  ns.devices.rename(device, name);
  // All but the first address get labels of their own (inetdev_changename).
  const inet = ns.inet.get(device);
  if (inet !== undefined)
    inet.addresses = inet.addresses.map((each, i) => ({
      ...each,
      label: i === 0 ? name : relabelled(each.label, name, i),
    }));
  for (const address of inet?.addresses ?? []) tellAddress(ns, device, address);
}

/** An alias keeps what stands behind its colon. */
function relabelled(label: string, name: string, index: number): string {
  const colon = label.indexOf(":");
  return `${name}${colon === -1 ? `:${index + 1}` : label.slice(colon)}`;
}

/** `ip link set DEV up`: null, or why not. */
export function setUp(ns: Netns, device: Device): Errno | null {
  if (device.up) return null;
  if (device.vlan !== null && !device.vlan.lower.up) return "ENETDOWN";
  const errno = device.vxlan === null ? null : openVxlan(device);
  if (errno !== null) return errno;
  ns.cables.recorder.settle();
  device.up = true;
  device.everUp = true;
  const inet = ns.inet.get(device)!;
  if (device.kind === "loopback") addLoopback(ns, device);
  if (inet.addresses.length > 0) inet.confSet = ALL_SET;
  for (const address of inet.addresses) addAddressRoutes(ns, device, address, inet.addresses);
  revive(ns, device);
  up6(ns, device);
  tellOthers(device);
  notify(ns, device);
  // Its VLANs come up with it (vlan_device_event).
  for (const vlan of device.vlans?.values() ?? []) setUp(vlan.owner as Netns, vlan);
  return null;
}

/**
 * `ip link set DEV down`: its routes and what was learned through it are gone. Its addresses stay, and are still
 * answered for: the routes of scope host that lead to them need no device that is up.
 */
export function setDown(ns: Netns, device: Device): void {
  if (!device.up) return;
  ns.cables.recorder.settle();
  device.up = false;
  if (ns.hasTracking) ns.tracking.forgetMasqueraded(device, null);
  if (device.vxlan !== null) closeVxlan(device);
  flushRoutes(ns, device, "down");
  forgetNeighbours(ns, device);
  linkDown6(ns, device);
  if (device.master !== null) disablePort(device);
  for (const port of device.bridge?.ports ?? []) disablePort(port);
  for (const vlan of device.vlans?.values() ?? []) setDown(vlan.owner as Netns, vlan);
  tellOthers(device);
}

function forgetNeighbours(ns: Netns, device: Device): void {
  ns.inet.get(device)?.forgetNeighbours();
}

function tellOthers(device: Device): void {
  (device.owner as Netns).kernel.links.wake();
  device.peer?.owner.changed(device.peer);
  // A bridge has a carrier as long as one of its ports has; this one had none while its other end was down.
  if (device.master !== null && device.peer?.up !== false) carrierChanged(device.owner as Netns, device.master);
}

/**
 * The carrier of a device changed, because the other end of its cable went up or down. Nobody is told of one that is down
 * (net/core/link_watch.c, linkwatch_do_dev): what it was given by hand stays.
 */
export function carrierChanged(ns: Netns, device: Device): void {
  // Of a cable that is taken away one end is gone before the other tells it.
  if (!device.up || !ns.inet.has(device)) return;
  linkChanged6(ns, device);
  syncCarrier(ns, device);
  ns.kernel.links.wake();
  if (device.carrier) {
    if (device.master !== null) linkChanged6(ns, device.master);
    return;
  }
  forgetNeighbours6(ns, device, (state) => state === "PERMANENT");
  // net/core/neighbour.c neigh_carrier_down: what was learned without a carrier is not worth keeping.
  const inet = ns.inet.get(device)!;
  for (const [address, neighbour] of inet.neighbours) {
    if (neighbour.state === "PERMANENT") continue;
    neighbour.remove();
    inet.deleteNeighbour(address);
  }
  if (device.master === null) return;
  carrierChanged(device.master.owner as Netns, device.master);
  disablePort(device);
}

/** `ip link set DEV address MAC`: its neighbours are forgotten, also those set by hand (neigh_changeaddr). */
export function setMac(device: Device, mac: Mac): void {
  const changes = device.mac !== mac;
  // A bridge that gets another number looks at its ports, and has no carrier without any (br_stp_change_bridge_id).
  if (device.bridge !== null && changes) device.bridge.hadPorts = true;
  device.mac = mac;
  device.macIsSet = true;
  if (device.bridge !== null) recalculate(device);
  if (device.master !== null) withMacOf(device.master, recalculate);
  macChanged(device, changes);
}

/** NETDEV_CHANGEADDR, and whether it is another MAC now. */
function macChanged(device: Device, changes: boolean): void {
  const ns = device.owner as Netns;
  if (changes) {
    forgetNeighbours(ns, device);
    forgetNeighbours6(ns, device);
  }
  if (device.up) notify(ns, device);
  for (const vlan of device.vlans?.values() ?? [])
    if (!vlan.macIsSet) {
      setMac(vlan, device.mac);
      vlan.macIsSet = false;
    }
}

/** A change of its ports may change a bridge's MAC, as if somebody had set it (br_stp_recalculate_bridge_id). */
function withMacOf(bridge: Device, change: (bridge: Device) => void): void {
  const { mac } = bridge;
  change(bridge);
  if (bridge.mac !== mac) macChanged(bridge, true);
}

/** `ip link set DEV arp off`, `promisc on` and so on; who takes up or gives up asking for MACs forgets whom it knew. */
export function setAttributes(device: Device, attributes: Partial<LinkAttributes>): void {
  const asked = !device.isNoArp;
  device.attributes = { ...device.attributes, ...attributes };
  if (asked === device.isNoArp) forgetNeighbours(device.owner as Netns, device);
}

/** `ip link set DEV mtu MTU`: null, or why not. */
export function setMtu(device: Device, mtu: number): Errno | null {
  // vxlan_change_mtu; __ip_tunnel_change_mtu: the outer header and the octets of an IPv4 packet are left free.
  if (device.vxlan !== null && device.vxlan.lower !== null && mtu > vxlanMtu(device.vxlan.lower)) return "EINVAL";
  if (device.ipip !== null && (mtu < 68 || mtu > 65535 - ipipOverhead(device.ipip.encap))) return "EINVAL";
  if (device.vlan !== null && mtu > device.vlan.lower.mtu) return "ERANGE";
  (device.owner as Netns).pathMtus.deviceChanged(device, mtu);
  const before = device.mtu;
  device.mtu = mtu;
  mtuChanged6(device.owner as Netns, device, before);
  device.mtuIsSet = true;
  if (device.master !== null) adjustMtu(device.master);
  for (const vlan of device.vlans?.values() ?? []) if (vlan.mtu > mtu) setMtu(vlan, mtu);
  return null;
}

/** `ip link set DEV master BRIDGE`, or `nomaster` for null. */
export function setMaster(device: Device, bridge: Device | null): Errno | null {
  if (bridge !== null && (device.kind === "loopback" || device.isBare)) return "EINVAL";
  if (device.master === bridge) return null;
  (device.owner as Netns).cables.recorder.settle();
  const left = device.master;
  if (left !== null) {
    withMacOf(left, () => removePort(device));
    if (device.running) carrierChanged(left.owner as Netns, left);
  }
  if (bridge !== null) withMacOf(bridge, () => addPort(bridge, device));
  if (bridge !== null) linkChanged6(bridge.owner as Netns, bridge);
  return null;
}
