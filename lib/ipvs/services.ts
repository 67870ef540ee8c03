// Services and their real servers: added, edited, deleted, found; and the trash, from which a deleted server comes back
// with its connections.
// Before you edit: net/netfilter/ipvs/ip_vs_ctl.c.
import { MILLISECOND, SECOND } from "../trace/world.ts";
import type { Ip } from "../wire/address.ts";
import { PROTOCOL } from "../wire/packet.ts";
import { Destination, type ServerSpec } from "./destination.ts";
import type { Net } from "./net.ts";
import { Service, type ServiceKey, type ServiceSpec } from "./service.ts";
import type { Settings } from "./settings.ts";
import { ESTIMATION, Stats } from "./stats.ts";

/** Why the kernel refuses; null: it was done. */
export type Refusal = "EEXIST" | "ENOENT" | "ESRCH" | "EINVAL" | "ERANGE" | null;

/** An unused server leaves the trash after so long; it is looked at twice in that time. */
const TRASH_PERIOD = 120 * SECOND;
/** Connections of a deleted server are taken away at the next jiffy. */
const JIFFY = 4 * MILLISECOND;
const MOST_CONNECTIONS = 2147483647;
export const FTP = 21;

export class Services {
  /** All of them together. */
  readonly total = new Stats();
  private readonly net: Net;
  private readonly settings: Settings;
  private readonly all = new Set<Service>();
  private readonly ofFamily = { 4: 0, 6: 0 };
  private readonly byMark: Readonly<Record<4 | 6, Map<number, Service>>> = { 4: new Map(), 6: new Map() };
  /** By address, then by port and protocol. */
  private readonly byAddress = new Map<Ip, Map<number, Service>>();
  /** Deleted servers, the newest first. */
  private trash: Destination[] = [];
  private hasFtp = false;
  private hasCatchAll = false;
  private isEstimating = false;
  /** Connections of servers that are gone shall go. */
  onHomeless: (() => void) | null = null;

  constructor(net: Net, settings: Settings) {
    this.net = net;
    this.settings = settings;
  }

  /** In the order of making. */
  list(): readonly Service[] {
    return [...this.all];
  }
  get isEmpty(): boolean {
    return this.all.size === 0;
  }
  get size(): number {
    return this.all.size;
  }
  hasFamily(family: 4 | 6): boolean {
    return this.ofFamily[family] > 0;
  }

  /** The service of exactly this key. */
  named(key: ServiceKey): Service | null {
    if (key.kind === "fwmark") return this.byMark[key.family].get(key.mark) ?? null;
    return this.at(key.address, key.protocol, key.port);
  }

  private at(address: Ip, protocol: number, port: number): Service | null {
    return this.byAddress.get(address)?.get((protocol << 16) | port) ?? null;
  }

  /** The service a packet is for: its mark's, its address's, FTP's for its data, or the one of all ports. */
  find(mark: number, protocol: number, address: Ip, port: number): Service | null {
    const marked = mark === 0 ? undefined : this.byMark[address.family].get(mark);
    if (marked !== undefined) return marked;
    const exact = this.at(address, protocol, port);
    if (exact !== null) return exact;
    const isFtpData = this.hasFtp && protocol === PROTOCOL.tcp && (port === FTP - 1 || port >= 1024);
    const ftp = isFtpData ? this.at(address, protocol, FTP) : null;
    return ftp ?? (this.hasCatchAll ? this.at(address, protocol, 0) : null);
  }

  add(key: ServiceKey, spec: ServiceSpec): Refusal {
    if (this.named(key) !== null) return "EEXIST";
    const service = new Service(key, this.net, this.settings);
    service.update(spec);
    this.all.add(service);
    this.ofFamily[service.family]++;
    if (key.kind === "fwmark") this.byMark[key.family].set(key.mark, service);
    else {
      const ports = this.byAddress.get(key.address) ?? new Map<number, Service>();
      this.byAddress.set(key.address, ports.set((key.protocol << 16) | key.port, service));
      this.hasFtp ||= key.port === FTP;
      this.hasCatchAll ||= key.port === 0;
    }
    this.estimateLater();
    return null;
  }

  edit(key: ServiceKey, spec: ServiceSpec): Refusal {
    const service = this.named(key);
    if (service === null) return "ESRCH";
    service.update(spec);
    return null;
  }

  delete(key: ServiceKey): Refusal {
    const service = this.named(key);
    if (service === null) return "ESRCH";
    this.remove(service);
    return null;
  }

  /** ip_vs_flush. */
  clear(): void {
    for (const service of this.list()) this.remove(service);
  }

  private remove(service: Service): void {
    const { key } = service;
    this.all.delete(service);
    this.ofFamily[service.family]--;
    if (key.kind === "fwmark") this.byMark[key.family].delete(key.mark);
    else this.byAddress.get(key.address)!.delete((key.protocol << 16) | key.port);
    service.picker?.release?.();
    service.picker = null;
    service.scheduler = null;
    for (const dest of [...service.destinations()]) {
      service.unlink(dest, false);
      this.throwAway(dest);
    }
    if (key.kind === "address" && (key.port === FTP || key.port === 0)) this.count();
  }

  private count(): void {
    const ports = [...this.all].map(({ key }) => (key.kind === "address" ? key.port : null));
    this.hasFtp = ports.includes(FTP);
    this.hasCatchAll = ports.includes(0);
  }

  addServer(key: ServiceKey, spec: ServerSpec): Refusal {
    const service = this.named(key);
    if (service === null) return "ESRCH";
    const refusal = checked(spec);
    if (refusal !== null) return refusal;
    if (service.find(spec.address, spec.port) !== null) return "EEXIST";
    const dest = this.fromTrash(service, spec) ?? new Destination(service, spec);
    if (dest.service !== service) {
      dest.stats.reset();
      dest.service = service;
    }
    dest.update(spec, true);
    service.link(dest);
    return null;
  }

  editServer(key: ServiceKey, spec: ServerSpec): Refusal {
    const service = this.named(key);
    if (service === null) return "ESRCH";
    const refusal = checked(spec);
    if (refusal !== null) return refusal;
    const dest = service.find(spec.address, spec.port);
    if (dest === null) return "ENOENT";
    dest.update(spec, false);
    service.picker?.updated?.();
    return null;
  }

  deleteServer(key: ServiceKey, address: Ip, port: number): Refusal {
    const service = this.named(key);
    if (service === null) return "ESRCH";
    const dest = service.find(address, port);
    if (dest === null) return "ENOENT";
    service.unlink(dest, true);
    this.throwAway(dest);
    return null;
  }

  /** A server of any service that gets translated packets at this address and port. */
  hasServer(protocol: number, address: Ip, port: number): boolean {
    for (const { key, first } of this.all) {
      if (key.kind === "address" && key.protocol !== protocol) continue;
      for (let each = first; each !== null; each = each.next)
        if (each.method === "masq" && each.address === address && each.port === port) return true;
    }
    return false;
  }

  /** Whether a server is of another family than its service; directors cannot tell each other of such. */
  get hasMixed(): boolean {
    return this.list().some((service) =>
      [...service.destinations()].some((dest) => dest.address.family !== service.family),
    );
  }

  /** The server of any service that a tunnel leads to (ip_vs_find_tunnel). */
  findTunnel(address: Ip, tunnelPort: number): Destination | null {
    for (const { first } of this.all)
      for (let each = first; each !== null; each = each.next)
        if (each.method === "tunnel" && each.address === address && each.tunnelPort === tunnelPort) return each;
    return null;
  }

  private throwAway(dest: Destination): void {
    if (this.trash.length === 0) this.emptyLater();
    dest.idleSince = null;
    this.trash.unshift(dest);
    if (this.settings.expire_nodest_conn !== 0) this.net.later(JIFFY, () => this.onHomeless?.());
  }

  private fromTrash({ key }: Service, { address, port }: ServerSpec): Destination | null {
    const found = this.trash.find(
      (dest) => dest.address === address && dest.port === port && isSame(dest.service.key, key),
    );
    if (found === undefined) return null;
    this.trash = this.trash.filter((each) => each !== found);
    return found;
  }

  private emptyLater(): void {
    this.net.later(TRASH_PERIOD / 2, () => {
      const { now } = this.net;
      this.trash = this.trash.filter((dest) => {
        if (dest.references > 0) return true;
        dest.idleSince ??= now;
        return now < dest.idleSince + TRASH_PERIOD;
      });
      if (this.trash.length > 0) this.emptyLater();
    });
  }

  private estimateLater(): void {
    if (this.isEstimating) return;
    this.isEstimating = true;
    this.net.later(ESTIMATION, () => {
      this.isEstimating = false;
      if (this.settings.run_estimation !== 0) this.estimate();
      if (this.all.size > 0) this.estimateLater();
    });
  }

  private estimate(): void {
    this.total.estimate();
    for (const service of this.all) {
      service.stats.estimate();
      for (let each = service.first; each !== null; each = each.next) each.stats.estimate();
    }
  }

  /** Sets the counters of a service and its servers to zero, or all. */
  zero(key: ServiceKey | null): Refusal {
    const service = key === null ? null : this.named(key);
    if (key !== null && service === null) return "ESRCH";
    for (const each of service === null ? this.all : [service]) {
      each.stats.reset();
      for (const dest of each.destinations()) dest.stats.reset();
    }
    if (service === null) this.total.reset();
    return null;
  }
}

function checked({ weight, upper, lower, method, tunnel, tunnelPort }: ServerSpec): Refusal {
  if (weight < 0 || lower > upper) return "ERANGE";
  if (upper > MOST_CONNECTIONS) return "EINVAL";
  return method === "tunnel" && tunnel === "gue" && tunnelPort === 0 ? "EINVAL" : null;
}

function isSame(one: ServiceKey, other: ServiceKey): boolean {
  if (one.kind === "fwmark" || other.kind === "fwmark")
    return one.kind === "fwmark" && other.kind === "fwmark" && one.mark === other.mark && one.family === other.family;
  return one.protocol === other.protocol && one.address === other.address && one.port === other.port;
}
