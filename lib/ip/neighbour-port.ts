// What a neighbour entry needs of the namespace around it, and what waits in its queue.
// Before you edit: include/net/neighbour.h (struct neigh_ops), net/core/skbuff.c (SKB_TRUESIZE, kmalloc_size_roundup).
import type { World } from "../trace/world.ts";
import type { Ipv4 } from "../wire/address.ts";
import type { Ipv6 } from "../wire/address6.ts";
import { ipLength } from "../wire/bytes.ts";
import type { Ipv4Packet, Ipv6Packet } from "../wire/packet.ts";
import type { Neighbour } from "./neighbour.ts";
import type { NeighbourParms } from "./neighbour-parms.ts";
import type { NeighbourTable } from "./neighbour-table.ts";

export type NeighbourState = "INCOMPLETE" | "REACHABLE" | "STALE" | "DELAY" | "PROBE" | "FAILED" | "PERMANENT";

/** What a packet takes in memory: its head, in one of the sizes that memory comes in, and a struct sk_buff. */
export function truesize(packet: Ipv4Packet | Ipv6Packet): number {
  // __ip_append_data: room for the link's header and alignment; behind it struct skb_shared_info.
  const head = ((ipLength(packet) + 31 + 63) & ~63) + 320;
  const size = head <= 576 ? 576 : 2 ** Math.ceil(Math.log2(head));
  return size + 256;
}

/** What waits for an address of a family. */
export type PacketOf<Address> = Address extends Ipv6 ? Ipv6Packet : Ipv4Packet;

/** A packet that waits for its next hop's MAC, with the step that led here. */
export interface Waiting<Address extends Ipv4 | Ipv6 = Ipv4> {
  readonly packet: PacketOf<Address>;
  readonly cause: number;
  /** The route it was to take, for whom that matters. */
  readonly route: object | null;
}

/** What a neighbour entry asks of its namespace. */
export interface NeighbourPort<Address extends Ipv4 | Ipv6 = Ipv4> {
  readonly world: World;
  readonly parms: NeighbourParms;
  /** The table of the whole machine. */
  readonly table: NeighbourTable | null;
  /** The device's own list loses the entry. */
  forget(neighbour: Neighbour<Address>): void;
  /** Asks: everybody, or the MAC the entry has. */
  solicit(neighbour: Neighbour<Address>, unicast: boolean, cause: number): void;
  /** The MAC is known: these go out now. */
  send(neighbour: Neighbour<Address>, waiting: Waiting<Address>): void;
  /** Nobody answered: this one will never go out, of which its sender is told or not. */
  unreachable(neighbour: Neighbour<Address>, waiting: Waiting<Address>, isTold: boolean): void;
  /** It has another MAC, is being deleted, or goes: who listens is told (__neigh_notify). */
  notify?(neighbour: Neighbour<Address>, isGone: boolean): void;
  /** The state changed, for the trace and for who listens. Returns the step to be the cause of what follows. */
  changed(neighbour: Neighbour<Address>, from: NeighbourState | null, because: string, cause: number): number;
}

/** That somebody is asked, or will be, is told to nobody; nor that nobody can be (__neigh_event_send). */
export function isTold(from: NeighbourState | null, state: NeighbourState): boolean {
  if (state === "FAILED") return from === "INCOMPLETE" || from === "PROBE";
  return from !== state && state !== "INCOMPLETE" && state !== "DELAY";
}
