// What a rule says an address or a port may become.
// Before you edit: include/uapi/linux/netfilter/nf_nat.h (struct nf_nat_range2, NF_NAT_RANGE_*).
import { type Ip, Ipv4 } from "../../wire/address.ts";
import { Ipv6 } from "../../wire/address6.ts";

export interface Range {
  /** From and to; null: the address stays. */
  readonly addresses: readonly [from: Ip, to: Ip] | null;
  /** Ports, or identifiers of ICMP; null: the kernel chooses if it must. */
  readonly ports: readonly [from: number, to: number] | null;
  /** The port that the first of `ports` stands for: all others are moved by as much. */
  readonly base: number | null;
  readonly random: boolean;
  readonly randomFully: boolean;
  /** A client keeps its address for all destinations. */
  readonly persistent: boolean;
}

export const NO_RANGE: Range = {
  addresses: null,
  ports: null,
  base: null,
  random: false,
  randomFully: false,
  persistent: false,
};

/** To this address and no other. */
export function toAddress(address: Ip, range: Range = NO_RANGE): Range {
  return { ...range, addresses: [address, address] };
}

/** An address as words of 32 bits, most significant first; four, as the kernel's union has. */
export function wordsOf(address: Ip): [number, number, number, number] {
  return address.family === 4 ? [address.bits, 0, 0, 0] : [address.w0, address.w1, address.w2, address.w3];
}

export function addressOf(family: 4 | 6, [w0, w1, w2, w3]: readonly number[]): Ip {
  return family === 4 ? Ipv4.of(w0!) : Ipv6.of(w0!, w1!, w2!, w3!);
}

export function isBetween(address: Ip, [from, to]: readonly [Ip, Ip]): boolean {
  return compare(address, from) >= 0 && compare(address, to) <= 0;
}

function compare(a: Ip, b: Ip): number {
  const [left, right] = [wordsOf(a), wordsOf(b)];
  for (let i = 0; i < 4; i++) if (left[i] !== right[i]) return left[i]! < right[i]! ? -1 : 1;
  return 0;
}
