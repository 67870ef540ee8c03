// A virtual service: what it is found by, how it spreads connections, and its real servers, the newest first.
// Before you edit: include/net/ip_vs.h (struct ip_vs_service), include/uapi/linux/ip_vs.h (IP_VS_SVC_F_*).
import type { Ip } from "../wire/address.ts";
import type { Destination } from "./destination.ts";
import type { Net } from "./net.ts";
import { protocolName } from "./protocol.ts";
import type { Picker, Scheduler } from "./scheduler.ts";
import type { Settings } from "./settings.ts";
import { Stats } from "./stats.ts";

/** What a service is found by: an address and a port of a protocol, or a mark. */
export type ServiceKey =
  | { readonly kind: "address"; readonly protocol: number; readonly address: Ip; readonly port: number }
  | { readonly kind: "fwmark"; readonly family: 4 | 6; readonly mark: number };

/** Flags that only a scheduler understands, by their place (IP_VS_SVC_F_SCHED1 to 3). */
export const SCHED_FLAGS = [8, 16, 32] as const;

/** The netmask under which no two clients are one, by family. */
export const EVERY_CLIENT = { 4: 0xffffffff, 6: 128 } as const;

/** What somebody says of a service. */
export interface ServiceSpec {
  /** Null: it has none, and no connection begins. */
  readonly scheduler: Scheduler | null;
  /** Seconds for which a client keeps its server; null: not at all. */
  readonly persistent: number | null;
  /** Clients whose address is the same under it are one: of IPv4 a mask of 32 bits, of IPv6 the length of a prefix. */
  readonly netmask: number;
  /** Every datagram is scheduled anew. */
  readonly onePacket: boolean;
  /** Bits of SCHED_FLAGS. */
  readonly flags: number;
}

export class Service {
  readonly key: ServiceKey;
  readonly net: Net;
  readonly settings: Settings;
  scheduler: Scheduler | null = null;
  picker: Picker | null = null;
  persistent: number | null = null;
  netmask: number = EVERY_CLIENT[4];
  onePacket = false;
  flags = 0;
  /** The head of the list. */
  first: Destination | null = null;
  count = 0;
  readonly stats = new Stats();

  constructor(key: ServiceKey, net: Net, settings: Settings) {
    this.key = key;
    this.net = net;
    this.settings = settings;
  }

  get family(): 4 | 6 {
    return this.key.kind === "fwmark" ? this.key.family : this.key.address.family;
  }
  /** 0 for a mark: it has no port. */
  get port(): number {
    return this.key.kind === "fwmark" ? 0 : this.key.port;
  }

  /** Takes over what was said. Another scheduler begins with nothing; the same one goes on. */
  update(spec: ServiceSpec): void {
    const { scheduler } = spec;
    if (scheduler !== this.scheduler) {
      this.picker?.release?.();
      this.scheduler = scheduler;
      this.picker = scheduler?.bind(this) ?? null;
    }
    this.persistent = spec.persistent;
    this.netmask = spec.netmask;
    this.onePacket = spec.onePacket;
    this.flags = spec.flags;
  }

  find(address: Ip, port: number): Destination | null {
    for (let each = this.first; each !== null; each = each.next)
      if (each.address === address && each.port === port) return each;
    return null;
  }

  /** The real servers as schedulers see them. */
  *destinations(): Iterable<Destination> {
    for (let each = this.first; each !== null; each = each.next) yield each;
  }

  link(dest: Destination): void {
    dest.previous = null;
    dest.next = this.first;
    if (this.first !== null) this.first.previous = dest;
    this.first = dest;
    this.count++;
    this.picker?.added?.();
  }

  /** Takes it out of the list. `isTold`: the scheduler learns of it; not if the service itself goes. */
  unlink(dest: Destination, isTold: boolean): void {
    const { previous, next } = dest;
    if (previous === null) this.first = next;
    else previous.next = next;
    if (next !== null) next.previous = previous;
    dest.isAvailable = false;
    this.count--;
    if (isTold) this.picker?.removed?.(dest);
    dest.next = null;
    dest.previous = null;
  }

  toString(): string {
    const { key } = this;
    if (key.kind === "fwmark") return key.family === 6 ? `FWM ${key.mark} IPv6` : `FWM ${key.mark}`;
    const name = protocolName(key.protocol);
    return key.address.family === 6 ? `${name} [${key.address}]:${key.port}` : `${name} ${key.address}:${key.port}`;
  }
}
