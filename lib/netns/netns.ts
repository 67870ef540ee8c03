// One network namespace: its devices, addresses, routes, neighbours, sockets and hooks. It is state: the verbs are
// beside it in ipv4/, tcp/, tunnel/, socket/ and configure.ts, and stack.ts says which of them a frame meets first.
// Before you edit: include/net/net_namespace.h, include/net/netns/ipv4.h.
import { hasLocal } from "../ip/address.ts";
import { RouteTables } from "../ip/route-tables.ts";
import { DEFAULT_RULES, type PolicyRule } from "../ip/rule.ts";
import type { Bridged, Cables, Device, Owner } from "../link/device.ts";
import { Accounts } from "../netfilter/accounts.ts";
import { RecentLists } from "../netfilter/match/recent-table.ts";
import { Sets } from "../netfilter/set/sets.ts";
import { asTold, type Tell, type Told } from "../trace/recorder.ts";
import type { Step } from "../trace/step.ts";
import type { Ipv4 } from "../wire/address.ts";
import type { Frame, Ipv4Packet } from "../wire/packet.ts";
import { Devices } from "./devices.ts";
import { type HookName, Hooks } from "./hooks.ts";
import { Reassembly } from "./ipv4/fragment.ts";
import { IcmpLimit } from "./ipv4/icmp-limit.ts";
import { Inets, inetOf } from "./ipv4/inet.ts";
import { PathMtus } from "./ipv4/path-mtu.ts";
import { Redirects } from "./ipv4/redirect.ts";
import type { Conf6Name } from "./ipv6/conf.ts";
import type { Skb6 } from "./ipv6/skb6.ts";
import { Ipv6State } from "./ipv6/state.ts";
import type { Balancing } from "./ipvs/balancing.ts";
import type { Kernel } from "./kernel.ts";
import { Mib } from "./mib.ts";
import { Nftables } from "./netfilter/nftables.ts";
import { Tables } from "./netfilter/tables.ts";
import { Tracking } from "./netfilter/tracking.ts";
import type { RtListener } from "./rtnetlink.ts";
import { secretOf } from "./secret.ts";
import type { Skb } from "./skb.ts";
import { SocketTable } from "./socket/socket.ts";
import { Sysctls } from "./sysctl.ts";

/** What a namespace does with what reaches it (stack.ts). Handed in, so that this file imports no verb. */
export interface Stack {
  input(ns: Netns, device: Device, frame: Frame, forUs: boolean, cause: number, bridged?: Bridged | null): void;
  bridged(ns: Netns, hook: HookName, bridged: Bridged, okay: () => void): void;
  changed(ns: Netns, device: Device): void;
  set6(ns: Netns, who: string, name: Conf6Name, value: number): void;
  encapsulate(ns: Netns, device: Device, frame: Frame, cause: number): void;
}

/** What most namespaces of a large lab never use; each is made when it is first asked for. */
class Rare {
  hooks6: Hooks<Skb6> | null = null;
  reassembly: Reassembly | null = null;
  icmpLimit: IcmpLimit | null = null;
  pathMtus: PathMtus | null = null;
  redirects: Redirects | null = null;
  tunnels: Set<Device> | null = null;
  xtables: Tables | null = null;
  xtables6: Tables | null = null;
  nftables: Nftables | null = null;
  tracking: Tracking | null = null;
  sets: Sets | null = null;
  recent: RecentLists | null = null;
  accounts: Accounts | null = null;
}

/** What namespaces share that use nothing of it; nobody writes here. */
const NOTHING_RARE: Readonly<Rare> = new Rare();

export class Netns implements Owner {
  readonly name: string;
  /** The machine it is on. */
  readonly node: string;
  /** Number of the namespace, as `readlink /proc/self/ns/net` shows it. */
  readonly inode: number;
  readonly cables: Cables;
  /** What all namespaces of its machine share. */
  readonly kernel: Kernel;
  private readonly stack: Stack;
  readonly devices = new Devices();
  readonly inet = new Inets(this);
  /** In the order they are asked; DEFAULT_RULES itself until somebody changes them. */
  rules: readonly PolicyRule[] = DEFAULT_RULES;
  /** Somebody added a route of type local, so the addresses alone do not say what is local. */
  hasLocalRoutes = false;
  readonly tables = new RouteTables();
  readonly sysctls = new Sysctls(this);
  readonly hooks = new Hooks();
  /**
   * What is known of packets that were given to a device, should one come back by another of this namespace: mark,
   * connection, way. Null until a packet has any of these.
   */
  carried: WeakMap<Ipv4Packet, Skb> | null = null;
  /** Virtual servers, once somebody asked for them (balancingOf). */
  balancing: Balancing | null = null;
  /** The kernel's own ICMP socket is at work: it makes no error about what it sends (icmp_xmit_lock). */
  icmpBusy = false;
  /** Who is told of changes (rtnetlink.ts); null while nobody listens. */
  listeners: readonly RtListener[] | null = null;
  /** The next index a device gets, if it does not bring one; and the greatest that one had. */
  nextIndex = 1;
  greatestIndex = 0;
  /** Identification of the next packet that may be fragmented. */
  nextId: number;
  private rare: Readonly<Rare> = NOTHING_RARE;
  private ownSockets: SocketTable | null = null;
  private ownIpv6: Ipv6State | null = null;
  private ownMib: Mib | null = null;

  private get own(): Rare {
    if (this.rare === NOTHING_RARE) this.rare = new Rare();
    return this.rare;
  }
  get hooks6(): Hooks<Skb6> {
    this.own.hooks6 ??= new Hooks();
    return this.own.hooks6;
  }
  get sockets(): SocketTable {
    this.ownSockets ??= new SocketTable(this);
    return this.ownSockets;
  }
  get reassembly(): Reassembly {
    this.own.reassembly ??= new Reassembly(this.cables);
    return this.own.reassembly;
  }
  get mib(): Mib {
    this.ownMib ??= new Mib();
    return this.ownMib;
  }
  get icmpLimit(): IcmpLimit {
    this.own.icmpLimit ??= new IcmpLimit();
    return this.own.icmpLimit;
  }
  get pathMtus(): PathMtus {
    this.own.pathMtus ??= new PathMtus();
    return this.own.pathMtus;
  }
  /** Tunnels that were made here and send through here, wherever they are now; tunl0 is one once ipip is loaded. */
  get tunnels(): Set<Device> {
    this.own.tunnels ??= new Set();
    return this.own.tunnels;
  }
  /** The module ipip is loaded: its tunl0 is in every namespace. */
  get speaksIpip(): boolean {
    if (this.rare.tunnels !== null) for (const { ipip } of this.rare.tunnels) if (ipip?.fallback) return true;
    return false;
  }
  /** The tables of iptables. */
  get xtables(): Tables {
    this.own.xtables ??= new Tables(this);
    return this.own.xtables;
  }
  /** The tables of ip6tables. */
  get xtables6(): Tables {
    this.own.xtables6 ??= new Tables(this, 6);
    return this.own.xtables6;
  }
  /** The ruleset of nft. */
  get nftables(): Nftables {
    this.own.nftables ??= new Nftables(this);
    return this.own.nftables;
  }
  /** Sets that rules ask (ipset). */
  get sets(): Sets {
    this.own.sets ??= new Sets();
    return this.own.sets;
  }
  /** Addresses that rules have seen (-m recent). */
  get recent(): RecentLists {
    this.own.recent ??= new RecentLists();
    return this.own.recent;
  }
  /** Counters that rules share (nfacct). */
  get accounts(): Accounts {
    this.own.accounts ??= new Accounts();
    return this.own.accounts;
  }
  /** Connections that are tracked and translated. */
  get tracking(): Tracking {
    this.own.tracking ??= new Tracking(this);
    return this.own.tracking;
  }
  get hasTracking(): boolean {
    return this.rare.tracking !== null;
  }
  get redirects(): Redirects {
    this.own.redirects ??= new Redirects();
    return this.own.redirects;
  }
  /** All that IPv6 has here. Asked for where it is switched off (hasIpv6), it is made, and off. */
  get ipv6(): Ipv6State {
    this.ownIpv6 ??= new Ipv6State(this.cables, this.devices.values(), this.kernel.nd);
    return this.ownIpv6;
  }
  get hasIpv6(): boolean {
    return this.ownIpv6 !== null;
  }
  /** A switch of IPv6 for `all`, `default` or a device; some act at once. */
  set6(who: string, name: Conf6Name, value: number): void {
    this.stack.set6(this, who, name, value);
  }
  get hasRedirects(): boolean {
    return this.rare.redirects !== null;
  }
  /** The machine's own namespace (init_net). */
  get isFirst(): boolean {
    return this.name === this.node;
  }
  /** net.ipv4.conf.DEV.forwarding: whether packets for others that come in by the device are passed on. */
  forwards(device: Device): boolean {
    return inetOf(device).conf.forwarding !== 0;
  }
  /** The secret of the multipath hash: as set, else one that the machine has from its boot. */
  get multipathSeed(): number {
    const set = this.sysctls.get("net.ipv4.fib_multipath_hash_seed");
    return set === 0 ? secretOf(this.node) : set;
  }

  constructor(node: string, name: string, inode: number, cables: Cables, stack: Stack, kernel: Kernel) {
    this.node = node;
    this.name = name;
    this.inode = inode;
    this.cables = cables;
    this.kernel = kernel;
    this.stack = stack;
    this.nextId = Math.floor(cables.random() * 65536);
  }

  toString(): string {
    return this.name;
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `namespace ${this.name} on ${this.node}: ${this.devices.keys().join(", ")}`;
  }

  /** A frame came up from one of the devices (netif_receive_skb). */
  input(device: Device, frame: Frame, forUs: boolean, cause: number, bridged?: Bridged | null): void {
    this.stack.input(this, device, frame, forUs, cause, bridged);
  }
  get filtersBridged(): boolean {
    return this.sysctls.filtersBridged;
  }
  bridged(hook: HookName, bridged: Bridged, okay: () => void): void {
    this.stack.bridged(this, hook, bridged, okay);
  }
  changed(device: Device): void {
    this.stack.changed(this, device);
  }
  encapsulate(device: Device, frame: Frame, cause: number): void {
    this.stack.encapsulate(this, device, frame, cause);
  }

  deviceOfIndex(index: number): Device | undefined {
    return this.devices.values().find((device) => device.index === index);
  }

  /** Whether one of the devices has the address. */
  hasAddress(address: Ipv4): boolean {
    for (const device of this.inet.devices) if (hasLocal(inetOf(device).addresses, address)) return true;
    return false;
  }

  /** The local address's device, or undefined (inet_lookup_ifaddr). */
  deviceOfAddress(address: Ipv4): Device | undefined {
    return this.inet.devices.find((device) => hasLocal(inetOf(device).addresses, address));
  }

  /**
   * Records a step if the lab's level is at least `level`, and returns its id (or `cause` when nobody watches).
   * What costs something to say is said by `tell`, which runs only then, and at once.
   */
  step(
    level: number,
    cause: number,
    device: Device | null,
    what: Step["what"],
    packet: Step["packet"] | undefined,
    tell: () => Told,
  ): number {
    if (this.cables.recorder.level < level) return cause;
    return this.note(level, cause, device, what, packet, asTold, tell());
  }

  /** The same for what every packet does: `tell` runs when somebody reads, so what it is told must never change. */
  note<A, B = undefined, C = undefined, D = undefined>(
    level: number,
    cause: number,
    device: Device | null,
    what: Step["what"],
    packet: Step["packet"] | undefined,
    tell: Tell<A, B, C, D>,
    a: A,
    b?: B,
    c?: C,
    d?: D,
  ): number {
    const { cables } = this;
    if (cables.recorder.level < level) return cause;
    const name = device === null ? null : device.name;
    return cables.recorder.note(cause, cables.now, this, name, what, packet, tell, a, b!, c!, d!);
  }
}
