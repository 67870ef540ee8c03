// What IPv6 keeps in a namespace, and for each of its devices. Verbs are beside it; a namespace without IPv6 has none of
// this (Netns.hasIpv6).
// Before you edit: include/net/if_inet6.h (struct inet6_dev), include/net/netns/ipv6.h.
import type { InterfaceAddress6 } from "../../ip/address6.ts";
import type { Neighbour } from "../../ip/neighbour.ts";
import { NeighbourParms } from "../../ip/neighbour-parms.ts";
import { TABLE } from "../../ip/route.ts";
import { type Route6, RouteTable6 } from "../../ip/route6.ts";
import { DEFAULT_RULES6, type PolicyRule6 } from "../../ip/rule6.ts";
import type { Device } from "../../link/device.ts";
import { SECOND, type Timer, type World } from "../../trace/world.ts";
import type { Ipv6 } from "../../wire/address6.ts";
import type { Ipv6Packet } from "../../wire/packet.ts";
import { IcmpLimit } from "../ipv4/icmp-limit.ts";
import { ALL6_PRESET, CONF6_PRESET, type Conf6 } from "./conf.ts";
import { Reassembly6 } from "./fragment.ts";
import { firstGroups, Groups } from "./groups.ts";
import { Mib6 } from "./mib6.ts";
import type { Skb6 } from "./skb6.ts";

/** IPv6 does not run on a link that cannot carry this much (IPV6_MIN_MTU). */
export const LEAST_MTU = 1280;

export type Neighbour6 = Neighbour<Ipv6>;

/** What IPv6 keeps for each device (struct inet6_dev). */
export class Inet6 {
  readonly addresses: InterfaceAddress6[] = [];
  readonly neighbours = new Map<Ipv6, Neighbour6>();
  /** Addresses answered for in another's name: `ip -6 neigh add proxy`. */
  readonly proxies = new Set<Ipv6>();
  /** Anycast addresses: of every network, that of its routers. */
  readonly anycast = new Map<Ipv6, number>();
  /** Duplicate address detection under way. */
  readonly detections = new Map<InterfaceAddress6, { timer: Timer | null; left: number; nonce: Uint8Array }>();
  readonly groups = new Groups();
  /** When routers are asked for again. */
  routerTimer: Timer | null = null;
  readonly parms: NeighbourParms;
  conf: Conf6;
  /** It was up and had a carrier since IPv6 was started on it (IF_READY). */
  ready = false;
  /** It had a carrier when that was last looked at. */
  runs = false;

  constructor(parms: NeighbourParms, conf: Conf6) {
    this.parms = parms;
    this.conf = conf;
  }

  addressOf(local: Ipv6): InterfaceAddress6 | undefined {
    return this.addresses.find((address) => address.local === local);
  }
}

/** What a router said of the way to a destination: it holds for a device and a next hop. */
export interface PathMtu6 {
  readonly device: Device;
  readonly nextHop: Ipv6;
  mtu: number;
  readonly until: number;
}

/** What a router said of the next hop: it holds for the route that was taken. */
export interface Redirect6 {
  readonly route: Route6;
  readonly target: Ipv6;
  /** When it is forgotten, unless a packet takes it before. */
  until: number;
}

/** Nobody took it for so long (ip6_rt_gc_timeout). */
const UNUSED = 60 * SECOND;

export class Ipv6State {
  readonly devices = new Map<Device, Inet6>();
  /** In the order they are asked; DEFAULT_RULES6 itself until somebody changes them. */
  rules: readonly PolicyRule6[] = DEFAULT_RULES6;
  readonly tables = new Map<number, RouteTable6>([
    [TABLE.main, new RouteTable6(TABLE.main)],
    [TABLE.local, new RouteTable6(TABLE.local)],
  ]);
  all: Conf6 = ALL6_PRESET;
  fallback: Conf6 = CONF6_PRESET;
  readonly reassembly: Reassembly6;
  readonly icmpLimit = new IcmpLimit<Ipv6>();
  readonly mib = new Mib6();
  /** By destination. */
  readonly pathMtus = new Map<Ipv6, PathMtu6>();
  /** By destination. */
  readonly redirects = new Map<Ipv6, Redirect6>();
  /**
   * What is known of packets that were given to a device, should one come back by another of this namespace: mark,
   * connection, way. Null until a packet has any of these.
   */
  carried: WeakMap<Ipv6Packet, Skb6> | null = null;
  /** The kernel's own ICMPv6 socket is at work: it makes no error about what it sends (icmpv6_xmit_lock). */
  icmpBusy = false;
  private readonly world: World;
  private readonly parms: NeighbourParms;

  /** `parms` is what the neighbours of a device begin with on this machine. */
  constructor(world: World, devices: Iterable<Device>, parms: NeighbourParms) {
    this.world = world;
    this.parms = parms;
    this.reassembly = new Reassembly6(world);
    for (const device of devices) this.adopt(device);
  }

  /** A device came: its switches are those of `default`. */
  adopt(device: Device): void {
    const inet = new Inet6(new NeighbourParms(this.world, this.parms), this.fallback);
    firstGroups(inet, device);
    this.devices.set(device, inet);
  }

  of(device: Device): Inet6 {
    return this.devices.get(device)!;
  }

  table(id: number): RouteTable6 {
    let table = this.tables.get(id);
    if (table === undefined) {
      table = new RouteTable6(id);
      this.tables.set(id, table);
    }
    return table;
  }

  /** Whether IPv6 runs on a device: it is not switched off, and its MTU is large enough. */
  runsOn(device: Device): boolean {
    const inet = this.devices.get(device);
    return inet !== undefined && inet.conf.disable_ipv6 === 0 && device.mtu >= LEAST_MTU && !device.isBare;
  }

  /** The device that has an address for its own (ipv6_chk_addr); of a link-local address only on `device`. */
  deviceOfAddress(address: Ipv6, device: Device | null = null): Device | null {
    for (const [each, { addresses }] of this.devices) {
      if (device !== null && each !== device && address.isLinkLocal) continue;
      for (const { local, tentative } of addresses) if (local === address && !tentative) return each;
    }
    return null;
  }

  /** A router said that the destination is reached by `target`, which is itself if it is on the link. */
  redirect(destination: Ipv6, route: Route6, target: Ipv6): void {
    this.redirects.set(destination, { route, target, until: this.world.now + UNUSED });
  }

  /** The next hop that a router named for the destination instead of the route's, or null. */
  redirected(destination: Ipv6, route: Route6): Ipv6 | null {
    const known = this.redirects.get(destination);
    if (known === undefined) return null;
    const { now } = this.world;
    if (known.route === route && now < known.until) {
      known.until = now + UNUSED;
      return known.target;
    }
    this.redirects.delete(destination);
    return null;
  }

  /** What a router said of the way, as long as it is remembered. */
  heard(destination: Ipv6, device: Device, nextHop: Ipv6): PathMtu6 | null {
    const known = this.pathMtus.get(destination);
    if (known === undefined || known.device !== device || known.nextHop !== nextHop) return null;
    return this.world.now < known.until ? known : null;
  }
}

/** A link-local address that a device may speak from (ipv6_get_lladdr), or null. */
export function linkLocalFrom({ addresses }: Inet6): Ipv6 | null {
  return addresses.find(({ local, tentative }) => local.isLinkLocal && !tentative)?.local ?? null;
}
