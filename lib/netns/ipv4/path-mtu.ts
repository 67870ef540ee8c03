// What a router said: packets to this destination must be smaller than the device here allows.
// Before you edit: RFC 1191, net/ipv4/route.c (__ip_rt_update_pmtu, update_or_create_fnhe, ipv4_mtu), fib_semantics.c
// (fib_nhc_update_mtu), include/net/ip.h (ip_dst_mtu_maybe_forward); sysctls route.min_pmtu, route.mtu_expires,
// ip_forward_use_pmtu.
import type { Route } from "../../ip/route.ts";
import type { Device } from "../../link/device.ts";
import { LEVEL } from "../../trace/step.ts";
import { SECOND } from "../../trace/world.ts";
import type { Ipv4 } from "../../wire/address.ts";
import type { Netns } from "../netns.ts";

/** Where a packet to the destination goes next: an exception holds for one next hop. */
interface Hop {
  readonly device: Device;
  readonly nextHop: Ipv4;
  /** What the route itself says: its own MTU, and that nothing else is believed. */
  readonly mtu?: number | undefined;
  readonly mtuLocked?: boolean | undefined;
}

interface Exception {
  readonly device: Device;
  readonly nextHop: Ipv4;
  readonly destination: Ipv4;
  /** What the route said when it was heard. */
  readonly routeMtu: number | undefined;
  mtu: number;
  readonly until: number;
  /** The router wanted less than is believed, so packets may be cut on the way: no DF. */
  readonly locked: boolean;
}

export class PathMtus {
  private readonly exceptions = new Map<string, Exception>();

  /** The MTU of the way: what a router said, as long as it is remembered, else the route's, else the device's. */
  of(hop: Hop, destination: Ipv4, now: number): number {
    return this.exception(hop, destination, now)?.mtu ?? hop.mtu ?? hop.device.mtu;
  }

  /** What a router said of this way, if anything. */
  exception({ device, nextHop }: Hop, destination: Ipv4, now: number): Readonly<Exception> | null {
    if (this.exceptions.size === 0) return null;
    const found = this.exceptions.get(key(device, nextHop, destination));
    return found !== undefined && now < found.until ? found : null;
  }

  /** A router said "fragmentation needed". False: that is not news, or not believed. */
  learn(hop: Hop, destination: Ipv4, mtu: number, now: number, least = 552, kept = 600 * SECOND): boolean {
    const old = this.exception(hop, destination, now);
    const before = old?.mtu ?? hop.mtu ?? hop.device.mtu;
    if (hop.mtuLocked || old?.locked || before < mtu) return false;
    const locked = mtu < least;
    const believed = locked ? Math.min(before, least) : mtu;
    if (old?.mtu === believed && !locked && now < old.until - kept / 2) return false;
    const { device, nextHop } = hop;
    this.exceptions.set(key(device, nextHop, destination), {
      ...{ device, nextHop, destination, locked, routeMtu: hop.mtu },
      mtu: believed,
      until: now + kept,
    });
    return true;
  }

  /** A device gets another MTU: what was heard of ways by it is not larger, and follows if it was the same. */
  deviceChanged(device: Device, mtu: number): void {
    for (const exception of this.exceptions.values())
      if (exception.device === device && (mtu < exception.mtu || device.mtu === exception.mtu)) exception.mtu = mtu;
  }

  /**
   * Routes went: what was heard of a next hop goes with them unless another route names it and has the same MTU (it
   * belongs to the fib_info, which such routes share).
   */
  routesRemoved(routes: () => readonly Route[]): void {
    if (this.exceptions.size === 0) return;
    const left = routes();
    for (const [name, { device, nextHop, destination, routeMtu }] of this.exceptions) {
      const isNamed = ({ dev, via, prefix, mtu }: Route) =>
        dev === device &&
        mtu === routeMtu &&
        (via === nextHop || (via === null && nextHop === destination && prefix.contains(nextHop)));
      if (!left.some(isNamed)) this.exceptions.delete(name);
    }
  }

  /** `ip route flush cache`. */
  clear(): void {
    this.exceptions.clear();
  }
}

function key(device: Device, nextHop: Ipv4, destination: Ipv4): string {
  return `${device.index} ${nextHop.bits} ${destination.bits}`;
}

/**
 * What a router cuts to (ip_dst_mtu_maybe_forward): its route's or its device's MTU. What it heard of the way beyond
 * holds for its own packets, unless ip_forward_use_pmtu is set or the MTU is locked.
 */
export function forwardMtu(ns: Netns, hop: Hop, destination: Ipv4): number {
  const heard = ns.pathMtus.exception(hop, destination, ns.cables.now);
  const isBelieved =
    heard !== null && (heard.locked || hop.mtuLocked || ns.sysctls.get("net.ipv4.ip_forward_use_pmtu") !== 0);
  return isBelieved ? heard.mtu : (hop.mtu ?? hop.device.mtu);
}

/** Believes a router that wants smaller packets, and says so in the trace. Returns the step to go on from. */
export function learnPathMtu(ns: Netns, hop: Hop, destination: Ipv4, mtu: number, cause: number): number {
  const least = ns.sysctls.get("net.ipv4.route.min_pmtu");
  const seconds = ns.sysctls.get("net.ipv4.route.mtu_expires");
  const { now } = ns.cables;
  if (!ns.pathMtus.learn(hop, destination, mtu, now, least, seconds * SECOND)) return cause;
  const { mtu: believed, locked } = ns.pathMtus.exception(hop, destination, now) ?? { mtu, locked: false };
  const via = hop.nextHop === destination ? "" : ` via ${hop.nextHop}`;
  const lock = locked ? "lock " : "";
  return ns.step(LEVEL.path, cause, hop.device, "route", undefined, () => ({
    because: locked
      ? `to ${destination} ${mtu} octets are too few to believe: ${believed} from now on, and routers may cut them`
      : `the way to ${destination} takes packets of ${believed} octets; remembered for ${seconds} s`,
    evidence: {
      kind: "route",
      text: `${destination}${via} dev ${hop.device.name} cache expires ${seconds}sec mtu ${lock}${believed}`,
      command: `ip route get ${destination}`,
    },
  }));
}
