// Devices without a cable are made: dummy, vxlan, ipip, and the tunl0 that the module ipip brings to every namespace.
// Before you edit: drivers/net/dummy.c, drivers/net/vxlan/vxlan_core.c (vxlan_newlink, vxlan_vni_in_use),
// net/ipv4/ipip.c (ipip_init_net, ipip_newlink), ip_tunnel.c (ip_tunnel_newlink).
import type { Device } from "../../link/device.ts";
import { IPIP_DEFAULTS, type IpipSettings, ipipMtu } from "../../link/ipip.ts";
import { type VxlanSettings, vxlanMtu, vxlanState } from "../../link/vxlan.ts";
import { type Mac, ZERO_MAC } from "../../wire/mac.ts";
import { addDevice } from "../configure.ts";
import { peekRoute } from "../ipv4/output-route.ts";
import type { Netns } from "../netns.ts";

/** What a device of its own is made with; `index` only if it is chosen. */
export interface NewDevice {
  readonly ns: Netns;
  readonly name: string;
  readonly index?: number | undefined;
  readonly mtu?: number | undefined;
}

/** Whether another VXLAN device of the namespace has the network on this port. */
export function vniInUse(under: Netns, { vni, port }: VxlanSettings): boolean {
  return [...under.tunnels].some(({ vxlan }) => vxlan?.vni === vni && vxlan.port === port);
}

/** Whether another tunnel of the namespace has the same two ends. */
export function endsInUse(under: Netns, { local, remote }: IpipSettings, lower: Device | null): boolean {
  return [...under.tunnels].some(
    ({ ipip }) => ipip !== null && ipip.local === local && ipip.remote === remote && ipip.lower === lower,
  );
}

export function addVxlanDevice(
  made: NewDevice,
  mac: Mac,
  settings: VxlanSettings,
  lower: Device | null,
  under: Netns,
): Device {
  const device = addDevice(made.ns, "vxlan", made.name, mac, null, made.index);
  device.vxlan = vxlanState(settings, lower, under);
  // What is too large for the device below is made to fit, and nobody is told.
  device.mtu = Math.min(made.mtu ?? (lower === null ? 1500 : vxlanMtu(lower)), vxlanMtu(lower));
  under.tunnels.add(device);
  return device;
}

/** The device that packets to the other end leave by now, else the one below (ip_tunnel_bind_dev). */
function outDevice(under: Netns, { local, remote }: IpipSettings, lower: Device | null): Device | null {
  if (remote === null) return lower;
  const way = peekRoute(under, remote, local, lower);
  return way.errno === null ? way.device : lower;
}

export function addIpipDevice(made: NewDevice, settings: IpipSettings, lower: Device | null, under: Netns): Device {
  const device = addDevice(made.ns, "ipip", made.name, ZERO_MAC, null, made.index);
  device.ipip = { ...settings, lower, underlay: under, fallback: false, failures: { count: 0, last: 0 } };
  device.mtu = made.mtu ?? ipipMtu(outDevice(under, settings, lower), settings.encap);
  under.tunnels.add(device);
  return device;
}

/** The module's own device: any packet that no other tunnel takes is its. */
export function addTunl0(ns: Netns): Device {
  const device = addIpipDevice({ ns, name: "tunl0" }, { ...IPIP_DEFAULTS, pmtudisc: false }, null, ns);
  device.ipip = { ...device.ipip!, fallback: true };
  return device;
}
