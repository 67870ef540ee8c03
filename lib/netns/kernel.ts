// What all namespaces of a machine share: the table of neighbours, the kernel's log, and what packets bring in memory
// besides their octets.
// Before you edit: net/ipv4/arp.c (arp_tbl), net/ipv6/ndisc.c (nd_tbl), include/net/sock.h (sock_confirm_neigh), kernel/printk, lib/ratelimit.c, net/core/utils.c (net_ratelimit).
import { NeighbourParms } from "../ip/neighbour-parms.ts";
import { NeighbourTable } from "../ip/neighbour-table.ts";
import { SECOND, type World } from "../trace/world.ts";
import { Waitable } from "./wait.ts";

/** net_ratelimit: so many lines in so long a time. */
const BURST = 10;
const INTERVAL = 5 * SECOND;

export class Kernel {
  readonly arp: NeighbourTable;
  /** What the neighbours of IPv6 begin with on a device: they have no table with an end (nd_tbl). */
  readonly nd = new NeighbourParms({ random: () => 0.5 });
  /** What `dmesg` prints: the time in nanoseconds since the machine began, and the line. */
  readonly log: { readonly time: number; readonly line: string }[] = [];
  /**
   * Bodies of packets that bring the word of who sent them that the way works (skb dst_pending_confirm): it survives a
   * veth and a tunnel on this machine, but no cable. Null until there is one.
   */
  pendingConfirm: WeakSet<object> | null = null;
  /** What it mixes into the first numbers of connections (net_secret). */
  readonly secret: number;
  /** Wakes when a carrier comes or goes, as RTNLGRP_LINK tells programs. */
  readonly links = new Waitable();
  private readonly world: World;
  private begin = Number.NEGATIVE_INFINITY;
  private said = 0;
  private missed = 0;

  constructor(world: World, secret: number) {
    this.world = world;
    this.secret = secret;
    const defaults = new NeighbourParms({ random: () => 0.5 });
    this.arp = new NeighbourTable("arp_cache", world, defaults, () =>
      this.say(() => [`neighbour: ${this.arp.id}: neighbor table overflow!`]),
    );
  }

  /** skb_set_dst_pending_confirm: every neighbour that gets the packet on this machine needs no probe. */
  setPendingConfirm(body: object): void {
    this.pendingConfirm ??= new WeakSet();
    this.pendingConfirm.add(body);
  }

  /** What is put around a packet, or taken out of one, brings the same word. */
  keepPendingConfirm(from: object, to: object): void {
    if (this.pendingConfirm?.has(from)) this.pendingConfirm.add(to);
  }

  /** Lines of the network that come too often are left out, and counted (net_ratelimit). */
  say(lines: () => readonly string[]): void {
    const { now } = this.world;
    if (now > this.begin + INTERVAL) {
      if (this.missed > 0) this.print(`net_ratelimit: ${this.missed} callbacks suppressed`);
      this.begin = now;
      this.said = 0;
      this.missed = 0;
    }
    if (this.said >= BURST) this.missed++;
    else {
      this.said++;
      for (const line of lines()) this.print(line);
    }
  }

  /** A line that is never left out. */
  print(line: string): void {
    this.log.push({ time: this.world.now, line });
  }
}
