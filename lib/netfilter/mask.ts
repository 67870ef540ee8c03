// Addresses cut to what a mask, or a length, leaves of them.
import { type Ip, Ipv4 } from "../wire/address.ts";
import { Ipv6 } from "../wire/address6.ts";

/** The bits of an address that the mask has. */
export function masked(address: Ip, mask: Ip): Ip {
  if (address.family === 4) return mask.family === 4 ? Ipv4.of(address.bits & mask.bits) : address;
  if (mask.family === 4) return address;
  return Ipv6.of(address.w0 & mask.w0, address.w1 & mask.w1, address.w2 & mask.w2, address.w3 & mask.w3);
}

/** The first bits of an address; the others are 0. */
export function cut(address: Ip, length: number): Ip {
  const word = (bits: number, from: number) => {
    const left = length - from;
    return left <= 0 ? 0 : left >= 32 ? bits : bits & (-1 << (32 - left));
  };
  if (address.family === 4) return length >= 32 ? address : Ipv4.of(word(address.bits, 0));
  if (length >= 128) return address;
  return Ipv6.of(word(address.w0, 0), word(address.w1, 32), word(address.w2, 64), word(address.w3, 96));
}
