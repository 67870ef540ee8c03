// Which groups a device listens to: counted, for several may have joined one, as two addresses with the same end. What is
// told of them to routers is in mld.ts.
// Before you edit: net/ipv6/mcast.c (__ipv6_dev_mc_inc, __ipv6_dev_mc_dec, ipv6_chk_mcast_addr), addrconf.c
// (addrconf_join_solict, ipv6_add_dev, dev_forward_change), ndisc.c (pndisc_constructor).
import type { Device } from "../../link/device.ts";
import type { Timer } from "../../trace/world.ts";
import { ALL_NODES, ALL_ROUTERS, Ipv6, solicitedNode } from "../../wire/address6.ts";
import type { Netns } from "../netns.ts";
import type { Conf6 } from "./conf.ts";
import type { Inet6 } from "./state.ts";

/** A group of a device (struct ifmcaddr6). */
export interface Group {
  users: number;
  /** In how many reports of changes it is still to be told of (mca_crcount). */
  untold: number;
}

/** Reports of one kind that are still to be sent. */
export interface Reports {
  timer: Timer | null;
  count: number;
}

/** What a device listens to, and what it has still to tell of that (mc_list, mc_tomb and their timers in struct inet6_dev). */
export class Groups {
  /** In order of joining. ff02::1 is not among them: everybody is in it, and nobody tells of it. */
  readonly joined = new Map<Ipv6, Group>();
  /** Groups that were left, and in how many reports that is still to be told. */
  readonly left = new Map<Ipv6, number>();
  /** Of what changed (mc_ifc_work). */
  readonly changes: Reports = { timer: null, count: 0 };
  /** Of everything, in the name of an address that is no longer tentative (mc_dad_work). */
  readonly initial: Reports = { timer: null, count: 0 };
}

/** ff01::1, ff01::2, ff05::2: the groups of all nodes and all routers that reach less far, or farther. */
const OWN_NODES = Ipv6.of(0xff010000, 0, 0, 1);
const OWN_ROUTERS = Ipv6.of(0xff010000, 0, 0, 2);
const SITE_ROUTERS = Ipv6.of(0xff050000, 0, 0, 2);
const ROUTERS = [ALL_ROUTERS, OWN_ROUTERS, SITE_ROUTERS] as const;

/** Whether what is sent to a group on the link of a device is for this namespace. */
export function isMember(ns: Netns, device: Device, group: Ipv6): boolean {
  return group === ALL_NODES || group === OWN_NODES || ns.ipv6.of(device).groups.joined.has(group);
}

/** Whether it is the first user of the group who joins. */
export function addUser({ groups: { joined } }: Inet6, group: Ipv6): boolean {
  const known = joined.get(group);
  if (known === undefined) joined.set(group, { users: 1, untold: 0 });
  else known.users++;
  return known === undefined;
}

/** Whether it was the last user of the group who left. */
export function dropUser({ groups: { joined } }: Inet6, group: Ipv6): boolean {
  const known = joined.get(group);
  if (known === undefined || --known.users > 0) return false;
  return joined.delete(group);
}

/** The group in which an address is asked for; null where nobody asks. */
export function questionsFor(device: Device, address: Ipv6): Ipv6 | null {
  return device.isNoArp || device.kind === "loopback" ? null : solicitedNode(address);
}

/** The groups of routers, if the device reaches groups at all (IFF_MULTICAST). */
export function routersOf({ kind, isBare, attributes }: Device): readonly Ipv6[] {
  const isUsual = kind !== "loopback" && kind !== "dummy" && !isBare;
  return (attributes.multicast ?? isUsual) ? ROUTERS : [];
}

/** A device that is new, or new to IPv6: one that forwards from the beginning is in one group of routers only (ipv6_add_dev). */
export function firstGroups(inet: Inet6, device: Device): void {
  inet.groups.joined.clear();
  if (inet.conf.forwarding !== 0 && routersOf(device).length > 0) addUser(inet, ALL_ROUTERS);
}

/** The groups of a device that is read from data, and began with the switches of `fallback`. */
export function groupsAnew(inet: Inet6, device: Device, fallback: Conf6): void {
  const { addresses, anycast, proxies, conf } = inet;
  firstGroups(inet, device);
  if (conf.forwarding > fallback.forwarding)
    for (const group of routersOf(device)) if (group !== ALL_ROUTERS) addUser(inet, group);
  for (const address of [...addresses.map(({ local }) => local).reverse(), ...anycast.keys(), ...proxies]) {
    const group = questionsFor(device, address);
    if (group !== null) addUser(inet, group);
  }
}
