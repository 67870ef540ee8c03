// The tables of one namespace: made and hooked in when somebody first asks for one, as the kernel's modules do it.
// Before you edit: net/ipv4/netfilter/iptable_filter.c and its sisters, ip_tables.c (ipt_register_table), iptable_mangle.c
// (ipt_mangle_out), include/uapi/linux/netfilter_ipv4.h (priorities).
import type { Device } from "../../link/device.ts";
import type { Accounts } from "../../netfilter/accounts.ts";
import type { Conntrack } from "../../netfilter/conntrack/conntrack.ts";
import type { Family } from "../../netfilter/extension.ts";
import type { VirtualConnection } from "../../netfilter/match/ipvs.ts";
import type { RecentLists } from "../../netfilter/match/recent-table.ts";
import type { Nat } from "../../netfilter/nat/nat.ts";
import type { AddressType, Net, ReversePath } from "../../netfilter/net.ts";
import type { Sets } from "../../netfilter/set/sets.ts";
import type { Port, Skb as View } from "../../netfilter/skb.ts";
import { TABLE_HOOKS, Table, type TableName } from "../../netfilter/table.ts";
import type { RejectWith } from "../../netfilter/target/reject-names.ts";
import { traverse } from "../../netfilter/traverse.ts";
import { LEVEL } from "../../trace/step.ts";
import type { Ip } from "../../wire/address.ts";
import { BROADCAST_MAC } from "../../wire/mac.ts";
import type { Ipv4Packet, Ipv6Packet } from "../../wire/packet.ts";
import type { HookState, Verdict } from "../hooks.ts";
import { routeMeHarder } from "../ipv4/send.ts";
import { routeMeHarder6 } from "../ipv6/send.ts";
import type { Netns } from "../netns.ts";
import { masqueradeAddress, redirectAddress } from "./addresses.ts";
import { keepLists } from "./lists.ts";
import { addressType, hasReversePath, pathMtu } from "./lookups.ts";
import { reject } from "./reject.ts";
import { type AnySkb, isOf4 } from "./tracking.ts";
import { virtualConnection } from "./virtual.ts";
import { Witness } from "./witness.ts";

/** What rules see of a packet, and whose packet it is. */
interface Passing extends View {
  readonly own: AnySkb;
}

/** The tables of iptables, or those of ip6tables. What rules ask of the namespace is answered here. */
export class Tables implements Net {
  private readonly ns: Netns;
  private readonly family: Family;
  private readonly made = new Map<TableName, Table>();
  /** What is to be written before anybody sees these tables, in this order. */
  private unseen = new Set<() => void>();

  constructor(ns: Netns, family: Family = 4) {
    this.ns = ns;
    this.family = family;
  }

  get now(): number {
    return this.ns.cables.now;
  }
  random(): number {
    return this.ns.cables.random();
  }
  below(n: number): number {
    return this.ns.cables.below(n);
  }
  log(line: string): void {
    this.ns.kernel.print(line);
  }
  get sets(): Sets {
    return this.ns.sets;
  }
  get accounts(): Accounts {
    return this.ns.accounts;
  }
  get recent(): RecentLists {
    return this.ns.recent;
  }
  get conntrack(): Conntrack {
    return this.ns.tracking.conntrack;
  }
  get nat(): Nat {
    return this.ns.tracking.nat;
  }

  addressType(address: Ip, device: Port | null): AddressType {
    return addressType(this.ns, address, device as Device | null);
  }
  hasReversePath({ packet, mark, in: device }: View, how: ReversePath): boolean {
    return hasReversePath(this.ns, packet, device as Device, mark, how);
  }
  pathMtu(skb: View): number {
    return pathMtu(this.ns, (skb as Passing).own);
  }

  virtualConnection(skb: View): VirtualConnection | "none" | "unknown" {
    const { own } = skb as Passing;
    return isOf4(own) ? virtualConnection(this.ns, own) : "none";
  }
  masqueradeAddress(skb: View): Ip | null {
    return masqueradeAddress(this.ns, (skb as Passing).own);
  }
  redirectAddress(skb: View): Ip | null {
    return redirectAddress(this.ns, (skb as Passing).own, skb.hook);
  }
  reject(skb: View, how: RejectWith): void {
    reject(this.ns, (skb as Passing).own, how);
  }

  /**
   * Has `write`, which writes rules about connections to these `tables`, done before anybody sees them, a packet or a
   * tool; once, though it is put off again and again, and behind what was put off before it. For programs that write much
   * on many machines, most of it where no packet comes.
   */
  putOff(tables: readonly TableName[], write: () => void): void {
    // Packets meet only a table that is there, and their connections must be known by then if rules are to ask for them.
    for (const name of tables) this.made.get(name) ?? this.make(name);
    this.ns.tracking.track(this.family);
    this.unseen.add(write);
  }

  private catchUp(): void {
    if (this.unseen.size === 0) return;
    const writes = this.unseen;
    this.unseen = new Set();
    for (const write of writes) write();
  }

  /** The table, if anybody asked for it before. */
  peek(name: TableName): Table | undefined {
    this.catchUp();
    return this.made.get(name);
  }

  /** The tables that were made, in the order of making. */
  all(): Table[] {
    this.catchUp();
    return [...this.made.values()];
  }

  /** The table; the first who asks has it registered at its hooks. */
  get(name: TableName): Table {
    this.catchUp();
    return this.made.get(name) ?? this.make(name);
  }

  private make(name: TableName): Table {
    const table = new Table(name, this.family);
    this.made.set(name, table);
    table.onTracking = () => this.ns.tracking.track(this.family);
    table.hasAccount = (account) => this.ns.accounts.get(account) !== undefined;
    table.onLists = (came, hasGone) => keepLists(this.ns, came, hasGone);
    this.register(table);
    return table;
  }

  private register(table: Table): void {
    const { name } = table;
    const ask = (_: Netns, skb: AnySkb, state: HookState<never>) => this.pass(table, skb, state);
    // The nat table is asked by the translation, and only about first packets.
    for (const [hook, priority] of TABLE_HOOKS[name]) {
      if (name === "nat") {
        this.ns.tracking.translate(this.family, hook, { priority, ask });
        continue;
      }
      const named = { name: `table ${name}`, priority, run: ask };
      if (this.family === 6) this.ns.hooks6.register(hook, named as never);
      else this.ns.hooks.register(hook, named as never);
    }
  }

  /** A packet at a hook as rules see it. */
  viewOf(skb: AnySkb, { hook, in: comesIn, out }: HookState<never>): View {
    const view: Passing = {
      packet: skb.packet,
      mark: skb.mark,
      ct: skb.ct,
      hook,
      in: comesIn,
      out,
      physIn: skb.bridged?.input ?? null,
      physOut: skb.bridged?.output ?? null,
      frame: skb.frame,
      kind: kindOf(skb),
      net: this,
      own: skb,
    };
    return view;
  }

  private pass(table: Table, skb: AnySkb, state: HookState<never>): Verdict {
    this.catchUp();
    const { ns } = this;
    const { hook } = state;
    const before = skb.packet;
    const view = this.viewOf(skb, state);
    const witness = ns.cables.recorder.level === LEVEL.off ? null : new Witness(ns, table, skb.cause);
    const { verdict } = traverse(table, view, witness);
    if (witness !== null) skb.cause = witness.cause;
    const isRouted = table.name === "mangle" && hook === "OUTPUT" && verdict === "ACCEPT";
    const isChanged = isRouted && (view.mark !== skb.mark || changesWay(before, view.packet));
    takeBack(skb, view);
    if (isChanged && !routeAgain(ns, skb)) return "drop";
    return verdict === "ACCEPT" ? "accept" : verdict === "DROP" ? "drop" : "stolen";
  }
}

/** What rules changed of a packet. */
export function takeBack(skb: AnySkb, view: View): void {
  skb.packet = view.packet as Ipv4Packet & Ipv6Packet;
  skb.mark = view.mark;
  skb.ct = view.ct;
}

/** For whom its frame was; who made a packet here sent no frame. */
function kindOf({ frame }: AnySkb): View["kind"] {
  if (frame === null || !frame.dst.isGroup) return "unicast";
  return frame.dst === BROADCAST_MAC ? "broadcast" : "multicast";
}

/** The packet's way is looked up anew; whether there is one. */
export function routeAgain(ns: Netns, skb: AnySkb): boolean {
  return isOf4(skb) ? routeMeHarder(ns, skb) : routeMeHarder6(ns, skb);
}

/** Whether the tables have to be asked again for a packet that is made here (ipt_mangle_out). */
export function changesWay(before: Ipv4Packet | Ipv6Packet, after: Ipv4Packet | Ipv6Packet): boolean {
  if (before === after) return false;
  if (before.src !== after.src || before.dst !== after.dst) return true;
  return before.kind === "ipv4" && after.kind === "ipv4" && before.tos !== after.tos;
}
