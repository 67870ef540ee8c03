// The tables of one namespace: made and hooked in when somebody first asks for one, as the kernel's modules do it.
// Before you edit: net/ipv4/netfilter/iptable_filter.c and its sisters, ip_tables.c (ipt_register_table),
// include/uapi/linux/netfilter_ipv4.h (priorities).
import type { AddressType, Net } from "../../netfilter/net.ts";
import type { Port, Skb as View } from "../../netfilter/skb.ts";
import { TABLE_HOOKS, Table, type TableName } from "../../netfilter/table.ts";
import { traverse } from "../../netfilter/traverse.ts";
import { LEVEL } from "../../trace/step.ts";
import type { Ip } from "../../wire/address.ts";
import type { HookState, Verdict } from "../hooks.ts";
import type { Netns } from "../netns.ts";
import type { Skb } from "../skb.ts";
import { Witness } from "./witness.ts";

/** The tables of iptables. What rules ask of the namespace is answered here. */
export class Tables implements Net {
  private readonly ns: Netns;
  private readonly made = new Map<TableName, Table>();

  constructor(ns: Netns) {
    this.ns = ns;
  }

  get now(): number {
    return this.ns.cables.now;
  }
  random(): number {
    return this.ns.cables.random();
  }

  log(line: string): void {
    this.ns.kernel.print(line);
  }

  /** Only what the local table says: everything else is somebody to be reached (inet_addr_type). */
  addressType(address: Ip, device: Port | null): AddressType {
    if (address.family === 6) return "UNICAST";
    if (address.bits === 0) return "UNSPEC";
    if (address.isMulticast) return "MULTICAST";
    const route = this.ns.tables.get(255)?.lookup(address, device?.index ?? null);
    if (route?.type === "local") return "LOCAL";
    return route?.type === "broadcast" ? "BROADCAST" : "UNICAST";
  }

  /** The table, if anybody asked for it before. */
  peek(name: TableName): Table | undefined {
    return this.made.get(name);
  }

  /** The table; the first who asks has it registered at its hooks. */
  get(name: TableName): Table {
    let table = this.made.get(name);
    if (table === undefined) {
      table = new Table(name, 4);
      this.made.set(name, table);
      for (const [hook, priority] of TABLE_HOOKS[name]) {
        const ask = this.pass.bind(this, table);
        this.ns.hooks.register(hook, { name: `table ${name}`, priority, run: ask });
      }
    }
    return table;
  }

  private pass(table: Table, ns: Netns, skb: Skb, state: HookState): Verdict {
    const view: View = {
      packet: skb.packet,
      mark: skb.mark,
      hook: state.hook,
      in: state.in,
      out: state.out,
      physIn: null,
      physOut: null,
      frame: skb.frame,
      kind: skb.toOne ? "unicast" : "broadcast",
      net: this,
    };
    const witness = ns.cables.recorder.level === LEVEL.off ? null : new Witness(ns, table, skb.cause);
    const { verdict } = traverse(table, view, witness);
    if (witness !== null) skb.cause = witness.cause;
    if (view.packet.kind === "ipv4") skb.packet = view.packet;
    skb.mark = view.mark;
    return verdict === "ACCEPT" ? "accept" : verdict === "DROP" ? "drop" : "stolen";
  }
}
