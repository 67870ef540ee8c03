// Ethernet (MAC) addresses. Before you edit: IEEE 802-2014 §8 (group and locally administered bits).
import { BadInput } from "./input.ts";

const known = new Map<number, Mac>();

/**
 * An Ethernet address. There is one object for each address, so `===` compares; it prints, and goes into
 * JSON, as people write it; `bits` is the address as a 48-bit number.
 */
export class Mac {
  readonly bits: number;
  private written: string | null = null;
  /** The group bit: broadcast or multicast, so a bridge floods it. */
  readonly isGroup: boolean;

  private constructor(bits: number) {
    this.bits = bits;
    this.isGroup = (Math.floor(bits / 2 ** 40) & 1) === 1;
  }

  /** The one object for these 48 bits. */
  static of(bits: number): Mac {
    let mac = known.get(bits);
    if (mac === undefined) {
      mac = new Mac(bits);
      known.set(bits, mac);
    }
    return mac;
  }

  /** As people write it; put together when it is first asked for, because most are never printed. */
  get text(): string {
    this.written ??= this.bits
      .toString(16)
      .padStart(12, "0")
      .replace(/..(?=.)/g, "$&:");
    return this.written;
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

/** Reads `"02:00:00:00:00:01"` (case does not matter). Throws BadInput for anything else. */
export function mac(text: string | Mac): Mac {
  if (text instanceof Mac) return text;
  if (!/^[0-9a-fA-F]{1,2}(:[0-9a-fA-F]{1,2}){5}$/.test(text))
    throw new BadInput("not an Ethernet address", text, "Write six bytes in hex, as 02:00:00:00:00:01.");
  return Mac.of(text.split(":").reduce((bits, byte) => bits * 256 + Number.parseInt(byte, 16), 0));
}

/** ff:ff:ff:ff:ff:ff, everybody on the link. */
export const BROADCAST_MAC = Mac.of(2 ** 48 - 1);
/** 00:00:00:00:00:00, what loopback carries and what an ARP request leaves open. */
export const ZERO_MAC = Mac.of(0);
