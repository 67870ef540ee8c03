// What IPv4 keeps for each device.
// Before you edit: include/linux/inetdevice.h, net/ipv4/devinet.c (inetdev_init).
import type { InterfaceAddress } from "../../ip/address.ts";
import type { Neighbour, NeighbourPort } from "../../ip/neighbour.ts";
import { NeighbourParms } from "../../ip/neighbour-parms.ts";
import type { Nexthop } from "../../ip/route.ts";
import type { Device, Owner } from "../../link/device.ts";
import type { Ipv4 } from "../../wire/address.ts";
import { CONF_PRESET, type Conf, type Configured } from "../devconf.ts";

const NO_ADDRESSES: readonly InterfaceAddress[] = [];
const NO_WAYS: readonly Nexthop[] = [];
const NO_NEIGHBOURS: ReadonlyMap<Ipv4, Neighbour> = new Map();

/** What IPv4 keeps for each device (struct in_device). */
export class Inet implements Configured {
  addresses: readonly InterfaceAddress[] = NO_ADDRESSES;
  /** Its switches (net.ipv4.conf.DEV), and which of them somebody set. */
  conf: Conf;
  confSet: number;
  /** Ways of multipath routes that died with its last address. */
  deadWays: readonly Nexthop[] = NO_WAYS;
  /** Its reachable_time is drawn when it is made; its switches are made when first asked, which most are never. */
  private readonly dice: { random(): number };
  private readonly drawn: number;
  private ownParms: NeighbourParms | null = null;
  private known: Map<Ipv4, Neighbour> | null = null;
  /** What its neighbours ask of the namespace; made with the first one. */
  port: NeighbourPort | null = null;

  /** Its switches begin with what `defaults` has now (neigh_parms_alloc). */
  constructor(dice: { random(): number }, defaults: NeighbourParms, conf: Conf = CONF_PRESET, confSet = 0) {
    this.dice = dice;
    this.drawn = dice.random();
    if (!defaults.isPreset) this.ownParms = new NeighbourParms(dice, defaults, this.drawn);
    this.conf = conf;
    this.confSet = confSet;
  }

  /** How its neighbours are believed and asked (net.ipv4.neigh.DEV). */
  get parms(): NeighbourParms {
    this.ownParms ??= new NeighbourParms(this.dice, null, this.drawn);
    return this.ownParms;
  }

  /** Most devices of a large lab have no neighbour yet, so the table is made with the first one. */
  get neighbours(): ReadonlyMap<Ipv4, Neighbour> {
    return this.known ?? NO_NEIGHBOURS;
  }
  addNeighbour(neighbour: Neighbour): void {
    this.known ??= new Map();
    this.known.set(neighbour.address, neighbour);
  }
  deleteNeighbour(address: Ipv4): void {
    this.known?.delete(address);
  }
  forgetNeighbours(): void {
    const known = this.neighbours;
    this.known = null;
    for (const neighbour of known.values()) neighbour.remove();
  }
}

/** What IPv4 keeps for a device that is in a namespace. */
export function inetOf(device: Device): Inet {
  return device.inet as Inet;
}

/** So many devices are copied with each one more: what is pushed has room for more to come, and most namespaces have two. */
const FEW = 8;

/** What IPv4 keeps for the devices of a namespace. */
export class Inets {
  /** In the order they came (for_each_netdev). */
  devices: readonly Device[] = [];
  private readonly owner: Owner;

  constructor(owner: Owner) {
    this.owner = owner;
  }

  /** Undefined of a device that is elsewhere. */
  get(device: Device): Inet | undefined {
    return this.has(device) ? inetOf(device) : undefined;
  }
  has(device: Device): boolean {
    return device.owner === this.owner && device.inet !== null;
  }

  add(device: Device, inet: Inet): void {
    device.inet = inet;
    if (this.devices.length < FEW) this.devices = this.devices.concat(device);
    else (this.devices as Device[]).push(device);
  }

  delete(device: Device): void {
    this.devices = this.devices.toSpliced(this.devices.indexOf(device), 1);
    device.inet = null;
  }

  values(): readonly Inet[] {
    return this.devices.map(inetOf);
  }
  *[Symbol.iterator](): Generator<readonly [Device, Inet]> {
    for (const device of this.devices) yield [device, inetOf(device)];
  }
}
