// IPv6 addresses and prefixes as values. Before you edit: RFC 4291 (architecture, EUI-64), RFC 5952 (text) and glibc's
// inet_ntop.c, which prints the IPv4 address in ::ffff:10.0.0.1; RFC 2464 §7 (multicast on Ethernet); include/net/ipv6.h.
import { createRequire } from "node:module";
import type ipaddr from "ipaddr.js";
import { BadInput } from "./input.ts";
import { Mac } from "./mac.ts";

/** By a hash of the words; what shares a hash is chained. */
const known = new Map<number, Ipv6>();

/**
 * An IPv6 address. There is one object for each address, so `===` compares; it prints as people write it. The dataplane
 * compares the four words, most significant first, each an unsigned 32-bit number: arithmetic of bigints is slow.
 */
export class Ipv6 {
  readonly family = 6;
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
  readonly text: string;
  private next: Ipv6 | undefined;

  private constructor(w0: number, w1: number, w2: number, w3: number, next: Ipv6 | undefined) {
    this.w0 = w0;
    this.w1 = w1;
    this.w2 = w2;
    this.w3 = w3;
    this.text = textOf([w0, w1, w2, w3]);
    this.next = next;
  }

  /** The one object for these four 32-bit words. */
  static of(w0: number, w1: number, w2: number, w3: number): Ipv6 {
    const hash = Math.imul(Math.imul(Math.imul(w0, 31) ^ w1, 0x9e3779b1) ^ w2, 0x85ebca6b) ^ w3;
    const first = known.get(hash);
    const [a, b, c, d] = [w0 >>> 0, w1 >>> 0, w2 >>> 0, w3 >>> 0];
    for (let each = first; each !== undefined; each = each.next)
      if (each.w3 === d && each.w2 === c && each.w1 === b && each.w0 === a) return each;
    const address = new Ipv6(a, b, c, d, first);
    known.set(hash, address);
    return address;
  }

  /** The address as a 128-bit number, for arithmetic off the packets' way. */
  get bits(): bigint {
    const { w0, w1, w2, w3 } = this;
    return (BigInt(w0) << 96n) | (BigInt(w1) << 64n) | (BigInt(w2) << 32n) | BigInt(w3);
  }
  /** `::` */
  get isUnspecified(): boolean {
    return this === UNSPECIFIED6;
  }
  /** `::1` */
  get isLoopback(): boolean {
    return this === LOOPBACK6;
  }
  /** ff00::/8 */
  get isMulticast(): boolean {
    return this.w0 >>> 24 === 0xff;
  }
  /** fe80::/10 */
  get isLinkLocal(): boolean {
    return this.w0 >>> 22 === 0xfe80 >>> 6;
  }
  /** ff02::/16 and ff12::/16: a group of the link (ipv6_addr_is_ll_mc…: scope 2, whatever the flags). */
  get isLinkLocalMulticast(): boolean {
    return (this.w0 & 0xff0f0000) >>> 0 === 0xff020000;
  }
  /** ff01::/16: a group of this machine alone. */
  get isInterfaceLocalMulticast(): boolean {
    return (this.w0 & 0xff0f0000) >>> 0 === 0xff010000;
  }
  /** ff02::1:ff00:0/104, where neighbours ask who has an address. */
  get isSolicitedNode(): boolean {
    return this.w0 === 0xff020000 && this.w1 === 0 && this.w2 === 1 && this.w3 >>> 24 === 0xff;
  }
  /** ::ffff:0:0/96, an IPv4 address as sockets of both families show it. */
  get isMapped(): boolean {
    return this.w0 === 0 && this.w1 === 0 && this.w2 === 0xffff;
  }
  toString(): string {
    return this.text;
  }
  toJSON(): string {
    return this.text;
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.text;
  }
}

/** `::`, no address yet. */
export const UNSPECIFIED6 = Ipv6.of(0, 0, 0, 0);
/** `::1` */
export const LOOPBACK6 = Ipv6.of(0, 0, 0, 1);
/** `ff02::1` */
export const ALL_NODES = Ipv6.of(0xff020000, 0, 0, 1);
/** `ff02::2` */
export const ALL_ROUTERS = Ipv6.of(0xff020000, 0, 0, 2);
/** `ff02::16` (RFC 3810), where reports of multicast listeners go. */
export const ALL_MLD_ROUTERS = Ipv6.of(0xff020000, 0, 0, 0x16);

/** As inet_ntop prints: the longest run of two or more zero groups is `::`, of equal ones the first. */
function textOf(words: readonly number[]): string {
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff]);
  let start = -1;
  let length = 1;
  for (let at = 0; at < 8; at++) {
    let end = at;
    while (end < 8 && groups[end] === 0) end++;
    if (end - at > length) [start, length] = [at, end - at];
  }
  const hex = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(":");
  const low = words[3]!;
  if (start === 0 && (length === 6 || (length === 5 && groups[5] === 0xffff)))
    return `::${length === 5 ? "ffff:" : ""}${low >>> 24}.${(low >>> 16) & 255}.${(low >>> 8) & 255}.${low & 255}`;
  return start === -1 ? hex(0, 8) : `${hex(0, start)}::${hex(start + length, 8)}`;
}

/** Reads `"2001:db8::1"`. Throws BadInput for anything else; a zone (`%eth0`) is not part of an address. */
export function ipv6(text: string | Ipv6): Ipv6 {
  if (text instanceof Ipv6) return text;
  const groups = groupsOf(text);
  if (groups === null) throw new BadInput("not an IPv6 address", text, "Write groups of hex digits, as 2001:db8::1.");
  const word = (i: number) => groups[i]! * 65536 + groups[i + 1]!;
  return Ipv6.of(word(0), word(2), word(4), word(6));
}

/** Loaded with the first IPv6 address that is read: it is a tenth of the library's start, and most labs have none. */
let reader: typeof ipaddr.IPv6 | null = null;

/** Eight numbers of 16 bits; null for what is no address. */
function groupsOf(text: string): readonly number[] | null {
  // ipaddr.js takes ::10.0.0.1 for the mapped ::ffff:10.0.0.1, so it is given groups only.
  const hex = text.replace(/(?<=:)(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/, (tail, ...parts) =>
    isFourPartDecimal(tail)
      ? [0, 2].map((i) => (parts[i] * 256 + Number(parts[i + 1])).toString(16)).join(":")
      : "none",
  );
  reader ??= (createRequire(import.meta.url)("ipaddr.js") as typeof ipaddr).IPv6;
  return /^[0-9a-fA-F:]+$/.test(hex) && reader.isValid(hex) ? reader.parse(hex).parts : null;
}

/** Four numbers from 0 to 255 without zeros before them. */
export function isFourPartDecimal(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256);
}

/** The 32 bits of word `index` that a prefix length covers: `maskWord(40, 1)` is 0xff000000. */
function maskWord(length: number, index: number): number {
  const bits = length - 32 * index;
  if (bits <= 0) return 0;
  return bits >= 32 ? 0xffffffff : (0xffffffff << (32 - bits)) >>> 0;
}

/** An IPv6 network: address bits beyond the length are zero. Prints as `2001:db8::/64`. */
export class Prefix6 {
  readonly family = 6;
  readonly address: Ipv6;
  readonly length: number;
  private readonly m0: number;
  private readonly m1: number;
  private readonly m2: number;
  private readonly m3: number;

  constructor({ w0, w1, w2, w3 }: Ipv6, length: number) {
    this.m0 = maskWord(length, 0);
    this.m1 = maskWord(length, 1);
    this.m2 = maskWord(length, 2);
    this.m3 = maskWord(length, 3);
    this.address = Ipv6.of(w0 & this.m0, w1 & this.m1, w2 & this.m2, w3 & this.m3);
    this.length = length;
  }

  contains({ w0, w1, w2, w3 }: Ipv6): boolean {
    const { address, m0, m1, m2, m3 } = this;
    return (
      ((w0 ^ address.w0) & m0) === 0 &&
      ((w1 ^ address.w1) & m1) === 0 &&
      ((w2 ^ address.w2) & m2) === 0 &&
      ((w3 ^ address.w3) & m3) === 0
    );
  }
  toString(): string {
    return `${this.address.text}/${this.length}`;
  }
  toJSON(): string {
    return this.toString();
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** An address together with the length of its network, as `ip -6 addr add` takes it. */
export interface AddressWithLength6 {
  readonly address: Ipv6;
  readonly length: number;
}

/** Reads `"2001:db8::5/64"`; without a slash the length is 128, as iproute2 reads it. Throws BadInput. */
export function addressWithLength6(text: string): AddressWithLength6 {
  const [address = "", length = "128", ...rest] = text.split("/");
  if (rest.length > 0 || !/^\d{1,3}$/.test(length) || Number(length) > 128)
    throw new BadInput("not an address with a prefix length", text, "Write it as 2001:db8::5/64, length 0 to 128.");
  return { address: ipv6(address), length: Number(length) };
}

/** Reads a network; `default` is ::/0. Throws BadInput when host bits are set, as `ip route` does. */
export function prefix6(text: string | Prefix6): Prefix6 {
  if (text instanceof Prefix6) return text;
  if (text === "default") return new Prefix6(UNSPECIFIED6, 0);
  const { address, length } = addressWithLength6(text);
  const prefix = new Prefix6(address, length);
  if (prefix.address !== address)
    throw new BadInput("host bits are set in a network", text, `The network is ${prefix}.`);
  return prefix;
}

/** The group where neighbours ask who has this address: ff02::1:ff and its last 24 bits (RFC 4291 §2.7.1). */
export function solicitedNode(address: Ipv6): Ipv6 {
  return Ipv6.of(0xff020000, 0, 1, 0xff000000 | (address.w3 & 0xffffff));
}

/** fe80:: and the EUI-64 of a device (addrconf_ifid_eui48): the universal bit flipped, ff:fe in the middle. */
export function linkLocalOf(mac: Mac): Ipv6 {
  const high = Math.floor(mac.bits / 2 ** 24);
  return Ipv6.of(0xfe800000, 0, ((high ^ 0x020000) << 8) | 0xff, 0xfe000000 | (mac.bits % 2 ** 24));
}

/** 33:33 and the last 32 bits of a group (RFC 2464 §7). */
export function groupMac(group: Ipv6): Mac {
  return Mac.of(0x3333 * 2 ** 32 + group.w3);
}
