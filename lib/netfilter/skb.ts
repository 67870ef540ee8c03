// What a rule looks at: the packet, and what the kernel keeps beside it while it is inside one namespace.
// Before you edit: include/linux/skbuff.h (struct sk_buff), include/linux/netfilter.h (struct nf_hook_state).
import type { Frame, Ipv4Packet, Ipv6Packet } from "../wire/packet.ts";
import type { Nfct } from "./conntrack/conn.ts";
import type { Net } from "./net.ts";

export type IpPacket = Ipv4Packet | Ipv6Packet;

export type HookName = "PREROUTING" | "INPUT" | "FORWARD" | "OUTPUT" | "POSTROUTING";

/** A device as rules know it. */
export interface Port {
  readonly name: string;
  readonly index: number;
}

/**
 * A packet inside a namespace. Targets replace `packet` and `mark`; what has left keeps neither, for they are not on
 * the wire (only `packet` is).
 */
export interface Skb {
  packet: IpPacket;
  /** skb->mark, unsigned 32 bit. */
  mark: number;
  /** What it is to which connection; null: invalid, or not looked up yet. */
  ct: Nfct | null;
  readonly hook: HookName;
  readonly in: Port | null;
  readonly out: Port | null;
  /** The ports of the bridge, while bridge-netfilter has the packet. */
  readonly physIn: Port | null;
  readonly physOut: Port | null;
  /** The frame it came in; null for what was made here. */
  readonly frame: Frame | null;
  readonly kind: "unicast" | "broadcast" | "multicast";
  readonly net: Net;
}
