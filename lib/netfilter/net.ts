// What rules may ask of the namespace they stand in. netns/ answers: this room knows neither routes nor devices.
import type { Ip } from "../wire/address.ts";
import type { Accounts } from "./accounts.ts";
import type { Conntrack } from "./conntrack/conntrack.ts";
import type { VirtualConnection } from "./match/ipvs.ts";
import type { RecentLists } from "./match/recent-table.ts";
import type { Nat } from "./nat/nat.ts";
import type { Sets } from "./set/sets.ts";
import type { Port, Skb } from "./skb.ts";
import type { RejectWith } from "./target/reject-names.ts";

/** What an address is for this namespace (include/uapi/linux/rtnetlink.h, RTN_*). */
export type AddressType =
  | "UNSPEC"
  | "UNICAST"
  | "LOCAL"
  | "BROADCAST"
  | "ANYCAST"
  | "MULTICAST"
  | "BLACKHOLE"
  | "UNREACHABLE"
  | "PROHIBIT"
  | "THROW";

/** How a way back is looked for (xt_rpfilter). */
export interface ReversePath {
  /** By any device. */
  readonly isLoose: boolean;
  readonly usesMark: boolean;
  /** An address of this machine is one too. */
  readonly acceptsLocal: boolean;
}

export interface Net {
  /** Virtual time in nanoseconds. */
  readonly now: number;
  /** The lab's dice: from 0, below 1. */
  random(): number;
  /** The lab's dice: a whole number from 0, below `n`. */
  below(n: number): number;
  /** A line for the kernel's log, as `dmesg` shows it. */
  log(line: string): void;
  /** What the routing tables say of an address; with a device, only of routes by it (inet_addr_type, inet_dev_addr_type). */
  addressType(address: Ip, device: Port | null): AddressType;
  /** Whether an answer would leave by the device that the packet came in by. */
  hasReversePath(skb: Skb, how: ReversePath): boolean;
  /** The MTU of the packet's way, or of the way back to its sender where that is smaller. */
  pathMtu(skb: Skb): number;
  readonly sets: Sets;
  readonly recent: RecentLists;
  readonly accounts: Accounts;
  /** What a packet is to IPVS: "none" if it never had it, "unknown" if it had and knows no connection of it. */
  virtualConnection(skb: Skb): VirtualConnection | "none" | "unknown";
  readonly conntrack: Conntrack;
  readonly nat: Nat;
  /** The address of the device that the packet's next hop would be told (inet_select_addr); null when there is none. */
  masqueradeAddress(skb: Skb): Ip | null;
  /** The first address of the device that a packet came in by, for its scope; null when there is none. */
  redirectAddress(skb: Skb): Ip | null;
  /** Answers a packet that will not go on. */
  reject(skb: Skb, how: RejectWith): void;
}
