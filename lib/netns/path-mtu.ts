// What a router said: packets to this destination must be smaller than the device here allows.
// Before you edit: RFC 1191, net/ipv4/route.c (__ip_rt_update_pmtu, update_or_create_fnhe; sysctls min_pmtu, mtu_expires).
import type { Device } from "../link/device.ts";
import { SECOND } from "../trace/world.ts";
import type { Ipv4 } from "../wire/address.ts";

/** A smaller MTU than this is not believed. */
const LEAST = 552;
const KEPT = 600 * SECOND;

/** Where a packet to the destination goes next: an exception holds for one next hop. */
interface Hop {
  readonly device: Device;
  readonly nextHop: Ipv4;
}

interface Exception {
  readonly mtu: number;
  readonly until: number;
}

export class PathMtus {
  private readonly exceptions = new Map<string, Exception>();

  /** The MTU of the way: what a router said, as long as it is remembered, else the device's. */
  of({ device, nextHop }: Hop, destination: Ipv4, now: number): number {
    return this.exception({ device, nextHop }, destination, now)?.mtu ?? device.mtu;
  }

  /** What a router said of this way, if anything. */
  exception({ device, nextHop }: Hop, destination: Ipv4, now: number): Exception | null {
    if (this.exceptions.size === 0) return null;
    const found = this.exceptions.get(key(device, nextHop, destination));
    return found !== undefined && now < found.until ? found : null;
  }

  /** A router said "fragmentation needed". */
  learn(hop: Hop, destination: Ipv4, mtu: number, now: number): void {
    const old = this.of(hop, destination, now);
    if (old < mtu) return;
    const believed = Math.max(mtu, Math.min(old, LEAST));
    this.exceptions.set(key(hop.device, hop.nextHop, destination), { mtu: believed, until: now + KEPT });
  }
}

function key(device: Device, nextHop: Ipv4, destination: Ipv4): string {
  return `${device.index} ${nextHop.bits} ${destination.bits}`;
}
