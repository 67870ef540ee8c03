// Which groups a device listens to. Nothing is reported to routers (MLD): there are none of multicast here.
// Before you edit: net/ipv6/mcast.c (ipv6_chk_mcast_addr), addrconf.c (addrconf_join_solict, dev_forward_change).
import type { Device } from "../../link/device.ts";
import { ALL_NODES, ALL_ROUTERS, Ipv6, solicitedNode } from "../../wire/address6.ts";
import type { Netns } from "../netns.ts";

/** ff01::1, ff01::2, ff05::2: the groups of all nodes and all routers that reach less far, or farther. */
const OWN_NODES = Ipv6.of(0xff010000, 0, 0, 1);
const OTHER_ROUTERS = [Ipv6.of(0xff010000, 0, 0, 2), Ipv6.of(0xff050000, 0, 0, 2)];

/** Whether what is sent to a group on the link of a device is for this namespace. */
export function isMember(ns: Netns, device: Device, group: Ipv6): boolean {
  if (group === ALL_NODES || group === OWN_NODES) return true;
  const { addresses, anycast, proxies, conf } = ns.ipv6.of(device);
  if (group === ALL_ROUTERS || OTHER_ROUTERS.includes(group)) return conf.forwarding !== 0;
  if (!group.isSolicitedNode || device.isNoArp || device.kind === "loopback") return false;
  if (addresses.some(({ local }) => solicitedNode(local) === group)) return true;
  for (const address of anycast.keys()) if (solicitedNode(address) === group) return true;
  // Who answers in another's name listens to its questions, whether it is switched on or not (pndisc_constructor).
  for (const address of proxies) if (solicitedNode(address) === group) return true;
  return false;
}
