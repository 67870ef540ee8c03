// What tells one connection from another: two addresses, the protocol, and two numbers of it.
// Before you edit: include/net/netfilter/nf_conntrack_tuple.h, net/netfilter/nf_conntrack_core.c (nf_ct_get_tuple,
// nf_ct_invert_tuple), nf_conntrack_proto_icmp.c, nf_conntrack_proto_icmpv6.c (invmap).
import { type Ip, ip } from "../../wire/address.ts";
import { PROTOCOL, protocolOf } from "../../wire/packet.ts";
import type { IpPacket } from "../skb.ts";

export type Direction = 0 | 1;
export const ORIGINAL: Direction = 0;
export const REPLY: Direction = 1;

/** Nobody changes a tuple: NAT gives a connection another one. */
export class Tuple {
  readonly src: Ip;
  readonly dst: Ip;
  readonly protocol: number;
  /** Source port; of an ICMP message its identifier; else 0. */
  readonly from: number;
  /** Destination port; of an ICMP message type * 256 + code; else 0. */
  readonly to: number;

  constructor(src: Ip, dst: Ip, protocol: number, from: number, to: number) {
    this.src = src;
    this.dst = dst;
    this.protocol = protocol;
    this.from = from;
    this.to = to;
  }

  equals(other: Tuple): boolean {
    return (
      this.from === other.from &&
      this.to === other.to &&
      this.src === other.src &&
      this.dst === other.dst &&
      this.protocol === other.protocol
    );
  }

  /** Unsigned 32 bit. */
  get hash(): number {
    let hash = Math.imul(this.from * 65536 + this.to + 0x9e3779b9, 0x85ebca6b);
    hash = mix(hash, wordOf(this.src));
    hash = mix(hash, wordOf(this.dst));
    hash = mix(hash, this.protocol);
    hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
    return (hash ^ (hash >>> 13)) >>> 0;
  }

  get hasPorts(): boolean {
    return hasPorts(this.protocol);
  }
  get isIcmp(): boolean {
    return this.protocol === PROTOCOL.icmp || this.protocol === PROTOCOL.icmp6;
  }
}

/** Protocols whose connections are told apart by ports. */
export function hasPorts(protocol: number): boolean {
  return protocol === PROTOCOL.tcp || protocol === PROTOCOL.udp || protocol === PROTOCOL.sctp;
}

function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0xcc9e2d51);
  return (mixed << 13) | (mixed >>> 19);
}

function wordOf(address: Ip): number {
  return address.family === 4
    ? address.bits
    : Math.imul(Math.imul(address.w0 ^ 0x27d4eb2f, 31) ^ address.w1, 0x9e3779b1) ^
        Math.imul(address.w2, 31) ^
        address.w3;
}

/** The tuple of a packet; null of a later fragment, which has no ports. */
export function tupleOf(packet: IpPacket): Tuple | null {
  const { src, dst, body } = packet;
  switch (body.kind) {
    case "tcp":
    case "udp":
      return new Tuple(src, dst, PROTOCOL[body.kind], body.srcPort, body.dstPort);
    case "icmp":
    case "icmp6":
      return new Tuple(src, dst, PROTOCOL[body.kind], body.rest >>> 16, body.type * 256 + body.code);
    default:
      if (packet.kind === "ipv4" ? packet.fragmentOffset > 0 : (packet.fragment?.offset ?? 0) > 0) return null;
      if (body.kind === "unknown" && body.protocol === PROTOCOL.sctp) return sctpTuple(src, dst, body.data);
      return new Tuple(src, dst, protocolOf(packet), 0, 0);
  }
}

function sctpTuple(src: Ip, dst: Ip, data: Uint8Array): Tuple | null {
  if (data.length < 8) return null;
  return new Tuple(src, dst, PROTOCOL.sctp, (data[0]! << 8) | data[1]!, (data[2]! << 8) | data[3]!);
}

/** The tuple of the packet that an ICMP error quotes, read from its octets; null when it quotes too little. */
export function quotedTuple(family: 4 | 6, quoted: Uint8Array): Tuple | null {
  const at = headerEnd(family, quoted);
  if (at === null) return null;
  const { src, dst, protocol, end } = at;
  const word = (offset: number) => (quoted[end + offset]! << 8) | quoted[end + offset + 1]!;
  if (hasPorts(protocol)) return quoted.length < end + 8 ? null : new Tuple(src, dst, protocol, word(0), word(2));
  if (protocol === PROTOCOL.icmp || protocol === PROTOCOL.icmp6)
    return quoted.length < end + 8 ? null : new Tuple(src, dst, protocol, word(4), word(0));
  return new Tuple(src, dst, protocol, 0, 0);
}

/** Where the header of a quoted packet ends, and what it says. */
export function headerEnd(
  family: 4 | 6,
  octets: Uint8Array,
): { readonly src: Ip; readonly dst: Ip; readonly protocol: number; readonly end: number } | null {
  const version = (octets[0] ?? 0) >>> 4;
  if (version !== family || octets.length < (family === 4 ? 20 : 40)) return null;
  if (family === 4) {
    // Of a later fragment nobody can tell whose it was.
    if ((((octets[6]! << 8) | octets[7]!) & 0x1fff) !== 0) return null;
    const four = (at: number) => ip([...octets.subarray(at, at + 4)].join("."));
    return { src: four(12), dst: four(16), protocol: octets[9]!, end: (octets[0]! & 15) * 4 };
  }
  const view = new DataView(octets.buffer, octets.byteOffset);
  const six = (at: number) => ip([0, 2, 4, 6, 8, 10, 12, 14].map((i) => view.getUint16(at + i).toString(16)).join(":"));
  return { src: six(8), dst: six(24), protocol: octets[6]!, end: 40 };
}

/** Questions of ICMP and their answers. */
const ANSWER = new Map([
  [8, 0],
  [0, 8],
  [13, 14],
  [14, 13],
  [15, 16],
  [16, 15],
  [17, 18],
  [18, 17],
]);
const ANSWER6 = new Map([
  [128, 129],
  [129, 128],
  [139, 140],
  [140, 139],
]);

/** The tuple of an answer; null for an ICMP message that has none. */
export function inverted({ src, dst, protocol, from, to }: Tuple): Tuple | null {
  if (protocol !== PROTOCOL.icmp && protocol !== PROTOCOL.icmp6) return new Tuple(dst, src, protocol, to, from);
  const type = (protocol === PROTOCOL.icmp ? ANSWER : ANSWER6).get(to >>> 8);
  return type === undefined ? null : new Tuple(dst, src, protocol, from, type * 256 + (to & 255));
}
