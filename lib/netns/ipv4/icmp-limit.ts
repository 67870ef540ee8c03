// How many errors a namespace may still send to each destination.
// Before you edit: net/ipv4/icmp.c (icmpv4_xrlim_allow), inetpeer.c (inet_getpeer, inet_peer_xrlim_allow).
import { SECOND } from "../../trace/world.ts";
import type { Ip, Ipv4 } from "../../wire/address.ts";

/** icmp_ratelimit: a second's worth for each error to one destination, saved up to six. */
export const BURST = 6;
/** A router that knows no way first counts for itself, in the same account: error_burst and error_cost of route.c. */
export const NO_ROUTE_BURST = 5;

/** What is remembered of a destination: what may still be told, and how often it was told of a shorter way. */
export interface Peer {
  tokens: number;
  last: number;
  redirects: number;
}

/** Nobody was told anything for so long when a peer is new (inet_getpeer). */
const LONG_AGO = 60 * SECOND;

/** How many errors may still go to each destination (inet_peer_xrlim_allow). */
export class IcmpLimit<Address extends Ip = Ipv4> {
  private peers: Map<Address, Peer> | null = null;

  peer(destination: Address, now: number): Peer {
    this.peers ??= new Map();
    let peer = this.peers.get(destination);
    if (peer === undefined) {
      peer = { tokens: 0, last: now - LONG_AGO, redirects: 0 };
      this.peers.set(destination, peer);
    }
    return peer;
  }

  /** `price` is the time that earns one more. */
  allow(destination: Address, now: number, burst = BURST, price = SECOND): boolean {
    const peer = this.peer(destination, now);
    peer.tokens = Math.min(peer.tokens + now - peer.last, burst * price);
    peer.last = now;
    if (peer.tokens < price) return false;
    peer.tokens -= price;
    return true;
  }
}
