// The cheapest real server without looking at all of them: pairs of neighbours in the list play, then the winners, and
// when a server's counts change only its own matches are played again. The winner is whom a walk through the list finds:
// the smallest cost for its weight, and of equals the one that comes first.
// Before you edit: net/netfilter/ipvs/ip_vs_wlc.c, ip_vs_sed.c, ip_vs_lc.c, ip_vs_nq.c: what is played for.
import type { Board, Destination } from "../destination.ts";
import type { Service } from "../service.ts";
import { isDearer } from "../weights.ts";

const NOBODY = -1;
const SMALLEST = 16;

/** What a server's cost is divided by, where not by its weight. */
export type Share = (dest: Destination) => number;

export class Tournament implements Board {
  private readonly service: Service;
  private readonly cost: (dest: Destination) => number;
  private readonly share: Share;
  /** A server for each place; the list's order is that of places, and its end is the last one. */
  private dests: (Destination | null)[] = [];
  private costs = new Float64Array(0);
  private shares = new Float64Array(0);
  /** A heap of places: the winner of all at 1, of `i` between 2i and 2i + 1, the places themselves behind. */
  private winners = new Int32Array(0);
  /** The place of the list's head. */
  private head = 0;
  /** Whose counts have changed since the last question. */
  private readonly stale: Destination[] = [];

  constructor(service: Service, cost: (dest: Destination) => number, share: Share) {
    this.service = service;
    this.cost = cost;
    this.share = share;
    this.seat();
  }

  /** The winner; null: no server may be given a connection. */
  least(): Destination | null {
    for (let dest = this.stale.pop(); dest !== undefined; dest = this.stale.pop()) {
      // One that is gone may be somebody else's by now.
      if (dest.board === this) this.play(dest);
    }
    const winner = this.winners[1]!;
    return winner === NOBODY ? null : this.dests[winner]!;
  }

  /** A server's weight, counts or overload changed. */
  changed(dest: Destination): void {
    this.stale.push(dest);
  }

  /** The list has a new head. */
  added(): void {
    if (this.head === 0) return this.seat();
    this.sit(this.service.first!, --this.head);
  }

  removed(dest: Destination): void {
    this.dests[dest.place] = null;
    dest.board = null;
    this.settle(dest.place, false);
  }

  release(): void {
    for (const dest of this.service.destinations()) dest.board = null;
  }

  /** Everybody gets a place, at the end of at least twice as many. */
  private seat(): void {
    const { count } = this.service;
    let size = SMALLEST;
    while (size < count * 2) size *= 2;
    this.dests = new Array(size).fill(null);
    this.costs = new Float64Array(size);
    this.shares = new Float64Array(size);
    this.winners = new Int32Array(size * 2).fill(NOBODY);
    this.head = size - count;
    let place = this.head;
    for (const dest of this.service.destinations()) this.sit(dest, place++);
  }

  private sit(dest: Destination, place: number): void {
    this.dests[place] = dest;
    dest.board = this;
    dest.place = place;
    this.play(dest);
  }

  private play(dest: Destination): void {
    const { place } = dest;
    dest.isStale = false;
    this.costs[place] = this.cost(dest);
    this.shares[place] = this.share(dest);
    this.settle(place, dest.isUsable);
  }

  /** Plays the matches of a place again, until one that it neither won nor wins. */
  private settle(place: number, isUsable: boolean): void {
    const { winners, costs, shares } = this;
    let at = (winners.length >> 1) + place;
    winners[at] = isUsable ? place : NOBODY;
    for (at >>= 1; at > 0; at >>= 1) {
      const [left, right] = [winners[at * 2]!, winners[at * 2 + 1]!];
      const isRight =
        left === NOBODY || (right !== NOBODY && isDearer(costs[left]!, shares[left]!, costs[right]!, shares[right]!));
      const winner = isRight ? right : left;
      if (winner === winners[at] && winner !== place) return;
      winners[at] = winner;
    }
  }
}
