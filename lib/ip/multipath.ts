// Which way of a multipath route a packet takes: a hash of its two addresses, the same for every packet of a flow.
// Before you edit: net/ipv4/route.c (fib_multipath_hash, policy 0), net/ipv6/route.c (rt6_multipath_hash,
// rt6_upper_bound_set, fib6_select_path), net/ipv4/fib_semantics.c (fib_rebalance,
// fib_select_multipath), include/net/ip_fib.h (fib_multipath_hash_from_keys), net/core/flow_dissector.c, lib/siphash.c.
import type { Ipv4 } from "../wire/address.ts";
import type { Ipv6 } from "../wire/address6.ts";
import { isDead, type Nexthop } from "./route.ts";
import type { Nexthop6 } from "./route6.ts";

const MASK = (1n << 64n) - 1n;

function rotate(word: bigint, by: bigint): bigint {
  return ((word << by) | (word >> (64n - by))) & MASK;
}

/** SipHash-2-4 of 64-bit words, least octet first. */
function siphash(words: readonly bigint[], key: bigint): bigint {
  let a = 0x736f6d6570736575n ^ key;
  let b = 0x646f72616e646f6dn ^ key;
  let c = 0x6c7967656e657261n ^ key;
  let d = 0x7465646279746573n ^ key;
  const round = (times: number) => {
    for (let i = 0; i < times; i++) {
      a = (a + b) & MASK;
      b = rotate(b, 13n) ^ a;
      a = rotate(a, 32n);
      c = (c + d) & MASK;
      d = rotate(d, 16n) ^ c;
      a = (a + d) & MASK;
      d = rotate(d, 21n) ^ a;
      c = (c + b) & MASK;
      b = rotate(b, 17n) ^ c;
      c = rotate(c, 32n);
    }
  };
  for (const word of [...words, BigInt(8 * words.length) << 56n]) {
    d ^= word;
    round(2);
    a ^= word;
  }
  c ^= 0xffn;
  round(4);
  return a ^ b ^ c ^ d;
}

/**
 * The 31 bits that choose the way. Both directions of a flow have the same, because the addresses are put in order
 * first. `seed` is net.ipv4.fib_multipath_hash_seed; an address that is not chosen yet counts as 0.0.0.0.
 */
export function multipathHash(seed: number, src: Ipv4 | null, dst: Ipv4): number {
  let first = swapped(src?.bits ?? 0);
  let second = swapped(dst.bits);
  if (second < first) [first, second] = [second, first];
  // struct flow_keys behind its control part: nothing but the two addresses is filled in, at octets 36 and 40 of 48.
  const words = [0n, 0n, 0n, 0n, BigInt(first) << 32n, BigInt(second)];
  return hashOf(siphash(words, keyOf(seed)));
}

/** The same for IPv6, where the protocol counts too: 72 octets with the two addresses at 36 and 52. Flow labels are 0. */
export function multipathHash6(seed: number, src: Ipv6 | null, dst: Ipv6, protocol: number): number {
  const octets = new DataView(new ArrayBuffer(72));
  octets.setUint8(2, protocol);
  const [low, high] = src === null || src.bits <= dst.bits ? [src, dst] : [dst, src];
  for (const [at, address] of [[36, low] as const, [52, high] as const]) {
    if (address === null) continue;
    const { w0, w1, w2, w3 } = address;
    for (const [i, word] of [w0, w1, w2, w3].entries()) octets.setUint32(at + 4 * i, word);
  }
  const words = Array.from({ length: 9 }, (_, i) => octets.getBigUint64(8 * i, true));
  return hashOf(siphash(words, keyOf(seed)));
}

function keyOf(seed: number): bigint {
  return (BigInt(seed) << 32n) | BigInt(seed);
}

function hashOf(hash: bigint): number {
  const low = Number(hash & 0xffffffffn);
  return (low === 0 ? 1 : low) >>> 1;
}

/** The number that a little-endian machine reads from an address in network order. */
function swapped(bits: number): number {
  return (((bits & 0xff) << 24) | ((bits & 0xff00) << 8) | ((bits >>> 8) & 0xff00) | (bits >>> 24)) >>> 0;
}

/** The upper bound of each way in the space of 31-bit hashes; -1 for one that is dead. */
export function upperBounds(nexthops: readonly (Nexthop | Nexthop6)[]): number[] {
  const total = nexthops.reduce((sum, hop) => sum + (isDead(hop) ? 0 : hop.weight), 0);
  let sum = 0;
  return nexthops.map((hop) => {
    if (isDead(hop)) return -1;
    sum += hop.weight;
    return Math.floor((sum * 2 ** 31 + Math.floor(total / 2)) / total) - 1;
  });
}

/**
 * The way a packet takes. One whose own source address the packet has already (`sourceOf` says which that is) goes before
 * one that only the hash says.
 */
export function chooseNexthop(
  nexthops: readonly Nexthop[],
  hash: number,
  src: Ipv4 | null,
  sourceOf: (hop: Nexthop) => Ipv4 | null,
): Nexthop {
  const bounds = upperBounds(nexthops);
  let best: Nexthop | null = null;
  let most = -1;
  for (const [i, hop] of nexthops.entries()) {
    const bound = bounds[i]!;
    if (bound === -1) continue;
    const score = (src !== null && sourceOf(hop) === src ? 2 : 0) + (hash <= bound ? 1 : 0);
    if (score <= most) continue;
    best = hop;
    most = score;
    if (score === 3 || (src === null && score === 1)) break;
  }
  return best ?? nexthops[0]!;
}
