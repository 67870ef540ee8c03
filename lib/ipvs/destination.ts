// A real server of a service: how it is reached, how much it is given, and how many connections it has.
// Before you edit: include/net/ip_vs.h (struct ip_vs_dest, ip_vs_dest_conn_overhead), net/netfilter/ipvs/ip_vs_ctl.c
// (__ip_vs_update_dest, __ip_vs_dest_update_overload).
import type { Ip } from "../wire/address.ts";
import type { Service } from "./service.ts";
import { Stats } from "./stats.ts";

/** How its packets get there (IP_VS_CONN_F_MASQ, _TUNNEL, _DROUTE). */
export type Method = "masq" | "tunnel" | "route";

/** What a tunnel puts packets into (IP_VS_CONN_F_TUNNEL_TYPE_*). */
export type TunnelType = "ipip" | "gue";

/** What somebody says of a real server. */
export interface ServerSpec {
  readonly address: Ip;
  readonly port: number;
  /** 0: it gets no new connections. */
  readonly weight: number;
  readonly method: Method;
  /** So many connections, and it gets no more; 0: no limit. */
  readonly upper: number;
  /** Fewer than so many, and it gets new ones again; 0: three quarters of the upper. */
  readonly lower: number;
  readonly tunnel: TunnelType;
  /** The port of GUE, else 0. */
  readonly tunnelPort: number;
  /** Whether a tunnel's datagrams have a checksum. */
  readonly tunnelChecksum: boolean;
}

/** Somebody who compares servers and wants to know when one changes. */
export interface Board {
  changed(dest: Destination): void;
}

export class Destination {
  readonly address: Ip;
  readonly port: number;
  /** It lives on while connections are bound to it, also when the service is gone. */
  service: Service;
  weight = 0;
  /** The last weight that was not 0: Maglev keeps a quiesced server's place. */
  lastWeight = 0;
  method: Method = "masq";
  tunnel: TunnelType = "ipip";
  tunnelPort = 0;
  tunnelChecksum = false;
  upper = 0;
  lower = 0;
  private clearBelow = 0;

  active = 0;
  /** Active and inactive ones. */
  total = 0;
  /** Templates of persistence. */
  persistent = 0;
  /** It has as many connections as it may have (IP_VS_DEST_F_OVERLOAD). */
  isOverloaded = false;
  /** It is in its service's list, not in the trash (IP_VS_DEST_CF_AVAILABLE). */
  isAvailable = false;
  /** Connections and schedulers' tables that know it: so long it stays in the trash. */
  references = 0;
  /** When the trash first found it unused; null: not yet. */
  idleSince: number | null = null;
  readonly stats = new Stats();

  /** Who compares it with others, at which place, and whether it was told of a change and has not looked yet. */
  board: Board | null = null;
  place = 0;
  isStale = false;

  /** Neighbours in the service's list, the newest first. */
  next: Destination | null = null;
  previous: Destination | null = null;

  constructor(service: Service, { address, port }: ServerSpec) {
    this.service = service;
    this.address = address;
    this.port = port;
  }

  get inactive(): number {
    return Math.max(this.total - this.active, 0);
  }

  /** What its connections cost: an active one as much as 257 inactive ones. */
  get overhead(): number {
    return this.active * 256 + this.total;
  }

  /** May be given a new connection. */
  get isUsable(): boolean {
    return this.weight > 0 && !this.isOverloaded;
  }

  /** Takes over what was said; `isAdded`: it was not in the list. */
  update(spec: ServerSpec, isAdded: boolean): void {
    const { weight, upper, lower } = spec;
    if (isAdded || weight !== 0) this.lastWeight = weight;
    this.weight = weight;
    this.method = spec.method;
    this.tunnel = spec.tunnel;
    this.tunnelPort = spec.tunnelPort;
    this.tunnelChecksum = spec.tunnelChecksum;
    this.isAvailable = true;
    this.changed();
    if (this.upper === upper && this.lower === lower) return;
    this.upper = upper;
    this.lower = lower;
    this.clearBelow = lower === 0 ? upper - (upper >>> 2) : lower;
    if (upper > 0 && this.total >= upper) this.isOverloaded = true;
    else if (upper === 0 || this.total < this.clearBelow) this.isOverloaded = false;
  }

  /** A connection is bound to it. */
  bind(isActive: boolean): void {
    this.references++;
    if (isActive) this.active++;
    this.changed();
    this.total++;
    if (this.total === this.upper) this.isOverloaded = true;
  }

  /** A connection of its counts as active now, or no more. */
  count(isActive: boolean): void {
    this.active += isActive ? 1 : -1;
    this.changed();
  }

  private changed(): void {
    if (this.board === null || this.isStale) return;
    this.isStale = true;
    this.board.changed(this);
  }

  /** A connection is gone. */
  unbind(isActive: boolean): void {
    this.references--;
    if (isActive) this.active--;
    this.changed();
    if (this.total-- === this.clearBelow) this.isOverloaded = this.upper > 0 && this.total >= this.upper;
  }

  toString(): string {
    const { address, port } = this;
    return address.family === 6 ? `[${address}]:${port}` : `${address}:${port}`;
  }
}
