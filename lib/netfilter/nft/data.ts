// Values of the language and their types: how they are read, printed and put in order.
// Before you edit: nftables src/datatype.c, src/mergesort.c (expr_msort_value).
import { Ipv4, ipv4 } from "../../wire/address.ts";
import { Ipv6, ipv6 } from "../../wire/address6.ts";
import { BadInput } from "../../wire/input.ts";
import { servicePort } from "../../wire/services.ts";
import { protocolName, readProtocol } from "../text/protocol.ts";
import * as symbols from "./symbols.ts";

/** A value: a number, 128 bits as a bigint, a name as a string. */
export type Datum = number | bigint | string;

/** What a set or a comparison may hold: all values between two, or one. */
export interface Span {
  readonly from: Datum;
  readonly to: Datum;
}

export interface DataType {
  readonly name: string;
  readonly bits: number;
  /** The value of a word; null: it is none of this type. `quoted` says that it stood in quotes. */
  read(word: string): Datum | null;
  print(value: Datum, numeric?: boolean): string;
  /** As a number in the order of the machine, not of the network; so are names. */
  readonly isHost?: true;
  /** Several at once, joined by commas: a comparison asks for any of them. */
  readonly flags?: symbols.Symbols;
  /** How many elements of a set stand in a line. */
  readonly perLine: number;
  /** What nft says of a number that is too large. */
  readonly tooLarge?: string;
}

function wholeNumber(word: string, bits: number): number | null {
  if (!/^(0x[0-9a-f]+|\d+)$/i.test(word)) return null;
  const value = Number(word);
  return value < 2 ** bits ? value : null;
}

function symbolic(name: string, bits: number, names: symbols.Symbols, perLine: number, isFlags = false): DataType {
  const one = (word: string) => symbols.numberOf(names, word) ?? wholeNumber(word, bits);
  return {
    name,
    bits,
    read: one,
    print(value) {
      if (!isFlags) return symbols.nameOf(names, value as number) ?? `${value}`;
      const set = names.filter(([, bit]) => ((value as number) & bit) !== 0);
      const rest = set.reduce((left, [, bit]) => left & ~bit, value as number);
      return rest !== 0 || set.length === 0 ? `0x${(value as number).toString(16)}` : set.map(([n]) => n).join(",");
    },
    perLine,
    ...(isFlags && { flags: names }),
  };
}

export function integer(bits: number): DataType {
  return { name: "integer", bits, read: (word) => wholeNumber(word, bits), print: String, perLine: 5 };
}

export const IPV4: DataType = {
  name: "ipv4_addr",
  bits: 32,
  read: (word) => unlessBad(() => ipv4(word).bits),
  print: (value) => Ipv4.of(value as number).text,
  perLine: 2,
};
export const IPV6: DataType = {
  name: "ipv6_addr",
  bits: 128,
  read: (word) => unlessBad(() => ipv6(word).bits),
  print: (value) => addressOf6(value as bigint).text,
  perLine: 1,
};
export const PROTO: DataType = {
  name: "inet_proto",
  bits: 8,
  read: (word) => wholeNumber(word, 8) ?? unlessBad(() => readProtocol(word)),
  print: (value, numeric) => (numeric ? null : protocolName(value as number)) ?? `${value}`,
  perLine: 5,
};
export const SERVICE: DataType = {
  name: "inet_service",
  bits: 16,
  read: (word) => wholeNumber(word, 16) ?? servicePort("tcp", word) ?? servicePort("udp", word) ?? null,
  print: String,
  perLine: 5,
  tooLarge: "Service out of range",
};
export const MARK: DataType = {
  name: "mark",
  bits: 32,
  read: (word) => wholeNumber(word, 32),
  print: (value) => `0x${(value as number).toString(16).padStart(8, "0")}`,
  isHost: true,
  perLine: 5,
};
export const IFNAME: DataType = {
  name: "ifname",
  bits: 128,
  read: (word) => (word.length < 16 ? word : null),
  print: (value) => `"${value}"`,
  isHost: true,
  perLine: 1,
};
/** Of `iif`: kept as a name, for the numbers of devices are the namespace's. */
export const IFINDEX: DataType = {
  name: "iface_index",
  bits: 32,
  read: (word) => (word === "0" ? 0 : /^\d/.test(word) ? null : word),
  print: (value) => (typeof value === "number" ? `${value}` : `"${value}"`),
  isHost: true,
  perLine: 5,
};
export const CT_STATE = symbolic("ct_state", 32, symbols.CT_STATE, 2, true);
export const CT_STATUS = symbolic("ct_status", 32, symbols.CT_STATUS, 2, true);
export const CT_DIRECTION = symbolic("ct_dir", 8, symbols.CT_DIRECTION, 5);
export const TCP_FLAG = symbolic("tcp_flag", 8, symbols.TCP_FLAGS, 5, true);
export const PACKET_TYPE = symbolic("pkt_type", 8, symbols.PACKET_TYPES, 2);
export const NFPROTO = symbolic("nf_proto", 8, symbols.NFPROTO, 5);
export const ADDRESS_TYPE = symbolic("fib_addrtype", 32, symbols.ADDRESS_TYPES, 1);
export const ICMP_TYPE = symbolic("icmp_type", 8, symbols.ICMP_TYPES, 1);
export const ICMPV6_TYPE = symbolic("icmpv6_type", 8, symbols.ICMPV6_TYPES, 1);
export const ICMP_CODE = symbolic("icmp_code", 8, symbols.ICMP_CODES, 1);
export const ICMPV6_CODE = symbolic("icmpv6_code", 8, symbols.ICMPV6_CODES, 1);

/** Those a set may be declared with. */
export const TYPES: ReadonlyMap<string, DataType> = new Map(
  [
    ...[IPV4, IPV6, PROTO, SERVICE, MARK, IFNAME, CT_STATE, CT_STATUS, TCP_FLAG, PACKET_TYPE, NFPROTO],
    ...[ADDRESS_TYPE, ICMP_TYPE, ICMPV6_TYPE, ICMP_CODE, ICMPV6_CODE],
  ].map((type) => [type.name, type]),
);

export function addressOf6(value: bigint): Ipv6 {
  const word = (shift: bigint) => Number((value >> shift) & 0xffffffffn);
  return Ipv6.of(word(96n), word(64n), word(32n), word(0n));
}

/** The span of a network: `bits` of the type beyond the first `length` may be anything. */
export function prefixSpan({ bits }: DataType, value: Datum, length: number): Span {
  const size = 2n ** BigInt(bits - length);
  const from = (BigInt(value) / size) * size;
  const to = from + size - 1n;
  return typeof value === "bigint" ? { from, to } : { from: Number(from), to: Number(to) };
}

/** As `10.0.0.0/8` where a span is a network, else as `a-b`, or one value. */
export function spanText(type: DataType, { from, to }: Span, numeric: boolean, asNetwork: boolean): string {
  if (from === to) return type.print(from, numeric);
  if (asNetwork && (type === IPV4 || type === IPV6)) {
    const size = BigInt(to) - BigInt(from) + 1n;
    if ((size & (size - 1n)) === 0n && BigInt(from) % size === 0n)
      return `${type.print(from, numeric)}/${type.bits - (size.toString(2).length - 1)}`;
  }
  return `${type.print(from, numeric)}-${type.print(to, numeric)}`;
}

export const next = (value: Datum): Datum => (typeof value === "bigint" ? value + 1n : (value as number) + 1);

/** The octets of a value as they stand in a register, read as one number of a little-endian machine. */
export function littleEndian(types: readonly DataType[], values: readonly Datum[]): bigint {
  let sum = 0n;
  let shift = 0n;
  types.forEach((type, i) => {
    const value = values[i]!;
    const length = type.bits / 8;
    for (let at = 0; at < length; at++, shift += 8n) sum |= octetAt(type, value, at, length) << shift;
  });
  return sum;
}

function octetAt({ isHost }: DataType, value: Datum, at: number, length: number): bigint {
  if (typeof value === "string") return BigInt(at < value.length ? value.charCodeAt(at) : 0);
  return (BigInt(value) >> BigInt(8 * (isHost === true ? at : length - 1 - at))) & 255n;
}

function unlessBad<Value>(read: () => Value): Value | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof BadInput || (error as Error).name === "Refused") return null;
    throw error;
  }
}
