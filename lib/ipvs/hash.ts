// Hashes of schedulers.
// Before you edit: include/linux/hash.h (hash_32), lib/siphash.c (hsiphash_1u32 of 64-bit machines: SipHash-1-3),
// net/netfilter/ipvs/ip_vs_mh.c (generate_hash_secret).
import type { Ip } from "../wire/address.ts";

/** An address as one unsigned 32-bit word: IPv6's four are folded. */
export function fold(address: Ip): number {
  if (address.family === 4) return address.bits;
  return (address.w0 ^ address.w1 ^ address.w2 ^ address.w3) >>> 0;
}

/** The upper bits of a product with 2^32 divided by the golden ratio. */
export function hash32(value: number, bits: number): number {
  return Math.imul(value, 0x61c88647) >>> (32 - bits);
}

/** The state of SipHash before any input: four words of 64 bits, upper halves at even places. */
export function sipKey(key: number): Int32Array {
  const start = [0x736f6d65, 0x70736575, 0x646f7261, 0x6e646f6d, 0x6c796765, 0x6e657261, 0x74656462, 0x79746573];
  return Int32Array.from(start, (word, i) => (i % 2 === 0 ? word : word ^ key));
}

const v = new Int32Array(8);

/** The lower 32 bits of SipHash-1-3 of one word. */
export function hsiphash(value: number, key: Int32Array): number {
  v.set(key);
  // The length of the input is in the uppermost octet of the last word.
  const upper = 4 << 24;
  v[6]! ^= upper;
  v[7]! ^= value;
  round();
  v[0]! ^= upper;
  v[1]! ^= value;
  v[5]! ^= 0xff;
  round();
  round();
  round();
  return (v[1]! ^ v[3]! ^ v[5]! ^ v[7]!) >>> 0;
}

function round(): void {
  add(0, 2);
  rotate(2, 13);
  xor(2, 0);
  swap(0);
  add(4, 6);
  rotate(6, 16);
  xor(6, 4);
  add(0, 6);
  rotate(6, 21);
  xor(6, 0);
  add(4, 2);
  rotate(2, 17);
  xor(2, 4);
  swap(4);
}

function add(to: number, from: number): void {
  const lower = (v[to + 1]! >>> 0) + (v[from + 1]! >>> 0);
  v[to] = v[to]! + v[from]! + (lower > 0xffffffff ? 1 : 0);
  v[to + 1] = lower;
}

function xor(to: number, from: number): void {
  v[to]! ^= v[from]!;
  v[to + 1]! ^= v[from + 1]!;
}

/** To the left, by less than 32. */
function rotate(at: number, by: number): void {
  const [upper, lower] = [v[at]!, v[at + 1]!];
  v[at] = (upper << by) | (lower >>> (32 - by));
  v[at + 1] = (lower << by) | (upper >>> (32 - by));
}

/** To the left by 32. */
function swap(at: number): void {
  const upper = v[at]!;
  v[at] = v[at + 1]!;
  v[at + 1] = upper;
}
