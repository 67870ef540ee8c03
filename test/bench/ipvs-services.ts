// Services to measure schedulers with, and the kernel's own walks through the list, restated plainly.
import type { Destination, ServerSpec } from "../../lib/ipvs/destination.ts";
import type { Net } from "../../lib/ipvs/net.ts";
import type { Scheduler } from "../../lib/ipvs/scheduler.ts";
import type { Service, ServiceSpec } from "../../lib/ipvs/service.ts";
import { Ipv4, ipv4 } from "../../lib/wire/address.ts";
import { PROTOCOL } from "../../lib/wire/packet.ts";

export const KEY = { kind: "address", protocol: PROTOCOL.tcp, address: ipv4("192.0.2.10"), port: 80 } as const;

export function serviceSpec(scheduler: Scheduler): ServiceSpec {
  return { scheduler, persistent: null, netmask: 32, onePacket: false, flags: 0 };
}

/** The server of a number; weights from 1 to 5. */
export function serverSpec(i: number, weight = 1 + (i % 5), upper = 0): ServerSpec {
  const tunnel = { tunnel: "ipip", tunnelPort: 0, tunnelChecksum: false } as const;
  return { address: Ipv4.of(0x0a000001 + i), port: 80, weight, method: "masq", upper, lower: 0, ...tunnel };
}

/** Virtual time that somebody moves on. */
export class Clock implements Net {
  now = 0;
  private readonly timers: { readonly at: number; readonly action: () => void }[] = [];

  random(): number {
    return 0.5;
  }
  later(delay: number, action: () => void): void {
    const at = this.now + delay;
    const place = this.timers.findIndex((each) => each.at > at);
    this.timers.splice(place === -1 ? this.timers.length : place, 0, { at, action });
  }
  advance(to: number): void {
    while (this.timers.length > 0 && this.timers[0]!.at <= to) {
      const { at, action } = this.timers.shift()!;
      this.now = at;
      action();
    }
    this.now = to;
  }
}

type Walk = (service: Service) => Destination | null;

/** ip_vs_wlc.c and ip_vs_sed.c: one pass, cross-multiplied, the first of equals. */
function walk(service: Service, cost: (dest: Destination) => number): Destination | null {
  let least: Destination | null = null;
  let lowest = 0;
  for (let dest = service.first; dest !== null; dest = dest.next) {
    if (dest.isOverloaded || dest.weight <= 0) continue;
    const own = cost(dest);
    if (least !== null && lowest * dest.weight <= own * least.weight) continue;
    least = dest;
    lowest = own;
  }
  return least;
}

const sed: Walk = (service) => walk(service, ({ active }) => active + 1);

/** ip_vs_fo.c and ip_vs_ovf.c: the greatest weight, the first of equals. */
function heaviest(service: Service, mayTake: (dest: Destination) => boolean): Destination | null {
  let found: Destination | null = null;
  for (let dest = service.first; dest !== null; dest = dest.next)
    if (!dest.isOverloaded && dest.weight > (found?.weight ?? 0) && mayTake(dest)) found = dest;
  return found;
}

/** What the kernel does for each pick, by scheduler. */
export const KERNEL_WALKS: Readonly<Record<string, Walk>> = {
  lc: (service) => {
    let least: Destination | null = null;
    for (let dest = service.first; dest !== null; dest = dest.next)
      if (!dest.isOverloaded && dest.weight > 0 && (least === null || dest.overhead < least.overhead)) least = dest;
    return least;
  },
  wlc: (service) => walk(service, ({ overhead }) => overhead),
  sed,
  nq: (service) => {
    for (let dest = service.first; dest !== null; dest = dest.next)
      if (!dest.isOverloaded && dest.weight > 0 && dest.active === 0) return dest;
    return sed(service);
  },
  fo: (service) => heaviest(service, () => true),
  ovf: (service) => heaviest(service, ({ active, weight }) => active <= weight),
};
