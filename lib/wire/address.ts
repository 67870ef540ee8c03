// IPv4 addresses and prefixes as values, and addresses of either family (address6.ts has IPv6's own).
// Before you edit: RFC 6890 (special blocks).
import {
  type AddressWithLength6,
  addressWithLength6,
  Ipv6,
  ipv6,
  isFourPartDecimal,
  type Prefix6,
  prefix6,
} from "./address6.ts";
import { BadInput } from "./input.ts";

const known = new Map<number, Ipv4>();

/**
 * An IPv4 address. There is one object for each address, so `===` compares; it prints as people write it;
 * `bits` is the address as an unsigned 32-bit number, so nothing parses text on a packet's way.
 */
export class Ipv4 {
  readonly family = 4;
  readonly bits: number;
  private written: string | null = null;

  private constructor(bits: number) {
    this.bits = bits;
  }

  /** The one object for these 32 bits. */
  static of(bits: number): Ipv4 {
    const unsigned = bits >>> 0;
    let address = known.get(unsigned);
    if (address === undefined) {
      address = new Ipv4(unsigned);
      known.set(unsigned, address);
    }
    return address;
  }

  /** As people write it; put together when it is first asked for. */
  get text(): string {
    const { bits } = this;
    this.written ??= `${bits >>> 24}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}`;
    return this.written;
  }
  /** 127.0.0.0/8 */
  get isLoopback(): boolean {
    return this.bits >>> 24 === 127;
  }
  /** 224.0.0.0/4 */
  get isMulticast(): boolean {
    return this.bits >>> 28 === 14;
  }
  /** 0.0.0.0/8, "this network" */
  get isZeroNet(): boolean {
    return this.bits >>> 24 === 0;
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

export type Ip = Ipv4 | Ipv6;

/** Reads `"10.244.1.5"`. Throws BadInput for anything but four decimal parts (no octal, no short forms). */
export function ipv4(text: string | Ipv4): Ipv4 {
  if (text instanceof Ipv4) return text;
  if (!isFourPartDecimal(text))
    throw new BadInput("not an IPv4 address", text, "Write four numbers from 0 to 255, as 10.244.1.5.");
  return Ipv4.of(text.split(".").reduce((bits, part) => bits * 256 + Number(part), 0));
}

/** Reads an address of either family; the colon decides. */
export function ip(text: string | Ip): Ip {
  if (typeof text !== "string") return text;
  return text.includes(":") ? ipv6(text) : ipv4(text);
}

/** ::ffff:10.0.0.1, an IPv4 address as a socket of both families shows it (RFC 4291 §2.5.5.2). */
export function mapped(address: Ipv4): Ipv6 {
  return Ipv6.of(0, 0, 0xffff, address.bits);
}

/** The IPv4 address in ::ffff:10.0.0.1; any other address as it is. */
export function unmapped(address: Ip): Ip {
  return address.family === 6 && address.isMapped ? Ipv4.of(address.w3) : address;
}

/** The netmask of a prefix length as an unsigned 32-bit number: `mask4(24)` is 0xffffff00. */
export function mask4(length: number): number {
  return length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0;
}

/** Prefixes that were made lately, each in the place its bits choose. */
const recent: (Prefix4 | undefined)[] = new Array(64).fill(undefined);

/** An IPv4 network: address bits beyond the length are zero. Prints as `10.244.1.0/24`. */
export class Prefix4 {
  readonly family = 4;
  readonly address: Ipv4;
  readonly length: number;
  /** Netmask, unsigned 32 bit. */
  readonly mask: number;

  constructor(address: Ipv4, length: number) {
    this.mask = mask4(length);
    this.address = Ipv4.of(address.bits & this.mask);
    this.length = length;
  }

  /** The same; networks that many ask for in a row are one object, so a thousand pods share theirs. */
  static of(address: Ipv4, length: number): Prefix4 {
    const bits = (address.bits & mask4(length)) >>> 0;
    const at = (bits ^ (bits >>> 8) ^ (bits >>> 16) ^ (length << 1)) & (recent.length - 1);
    const found = recent[at];
    if (found?.length === length && found.address.bits === bits) return found;
    const made = new Prefix4(address, length);
    recent[at] = made;
    return made;
  }

  contains(address: Ipv4): boolean {
    return (address.bits & this.mask) >>> 0 === this.address.bits;
  }
  /** All host bits set: 10.244.1.255 of 10.244.1.0/24. */
  get broadcast(): Ipv4 {
    return Ipv4.of(this.address.bits | ~this.mask);
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

/** An address together with the length of its network, as `ip addr add` takes it. */
export interface AddressWithLength {
  readonly address: Ipv4;
  readonly length: number;
}

/** Reads `"10.244.1.5/24"`; without a slash the length is 32, as iproute2 reads it. Throws BadInput. */
export function addressWithLength(text: string): AddressWithLength {
  const [address = "", length = "32", ...rest] = text.split("/");
  if (rest.length > 0 || !/^\d{1,2}$/.test(length) || Number(length) > 32)
    throw new BadInput("not an address with a prefix length", text, "Write it as 10.244.1.5/24, length 0 to 32.");
  return { address: ipv4(address), length: Number(length) };
}

/** Reads a network; `default` is 0.0.0.0/0. Throws BadInput when host bits are set, as `ip route` does. */
export function prefix4(text: string | Prefix4): Prefix4 {
  if (text instanceof Prefix4) return text;
  if (text === "default" || text === "0/0") return new Prefix4(Ipv4.of(0), 0);
  const { address, length } = addressWithLength(text);
  const prefix = new Prefix4(address, length);
  if (prefix.address !== address)
    throw new BadInput("host bits are set in a network", text, `The network is ${prefix}.`);
  return prefix;
}

/** A network of either family. */
export type Prefix = Prefix4 | Prefix6;

/** Reads a network of either family; the colon decides, and `default` is IPv4's. */
export function prefix(text: string | Prefix): Prefix {
  if (typeof text !== "string") return text;
  return text.includes(":") ? prefix6(text) : prefix4(text);
}

/** Reads an address with a prefix length of either family; the colon decides. */
export function ipWithLength(text: string): AddressWithLength | AddressWithLength6 {
  return text.includes(":") ? addressWithLength6(text) : addressWithLength(text);
}
