// What travels: plain readonly values with headers nested as on the wire. Nothing here is ever changed in place;
// a router that lowers the TTL makes a new value. `bytes.ts` and `parse.ts` turn them into octets and back.
import type { Ipv4 } from "./address.ts";
import type { Ipv6 } from "./address6.ts";
import type { Mac } from "./mac.ts";

export const ETHERTYPE = { ipv4: 0x0800, arp: 0x0806, vlan: 0x8100, ipv6: 0x86dd } as const;
export const PROTOCOL = { hopByHop: 0, icmp: 1, ipip: 4, tcp: 6, udp: 17, fragment: 44, icmp6: 58, sctp: 132 } as const;

/** An Ethernet II frame, without preamble and FCS. */
export interface Frame {
  readonly dst: Mac;
  readonly src: Mac;
  readonly vlan?: VlanTag;
  readonly payload: Arp | Ipv4Packet | Ipv6Packet | UnknownPayload;
}

/** IEEE 802.1Q. */
export interface VlanTag {
  /** 0: the tag says only a priority. */
  readonly id: number;
  /** 0 to 7. */
  readonly priority: number;
  readonly dropEligible: boolean;
}

/** What a frame carries when no room models its ethertype; bridges forward it all the same. */
export interface UnknownPayload {
  readonly kind: "unknown";
  readonly ethertype: number;
  readonly data: Uint8Array;
}

/** RFC 826 for Ethernet and IPv4. */
export interface Arp {
  readonly kind: "arp";
  readonly op: "request" | "reply";
  readonly senderMac: Mac;
  readonly senderIp: Ipv4;
  readonly targetMac: Mac;
  readonly targetIp: Ipv4;
}

/** RFC 791. Options are not modelled: `parse` refuses them aloud. */
export interface Ipv4Packet {
  readonly kind: "ipv4";
  readonly src: Ipv4;
  readonly dst: Ipv4;
  readonly ttl: number;
  /** Identification, 16 bit. */
  readonly id: number;
  /** Type of service byte (DSCP and ECN). */
  readonly tos: number;
  readonly dontFragment: boolean;
  readonly moreFragments: boolean;
  /** Offset of this fragment in bytes, a multiple of 8. */
  readonly fragmentOffset: number;
  readonly body: Icmp | Udp | Tcp | Ipip | UnknownBody;
}

/** RFC 8200. Of the extension headers these two are modelled, in this order: `parse` refuses others aloud. */
export interface Ipv6Packet {
  readonly kind: "ipv6";
  readonly src: Ipv6;
  readonly dst: Ipv6;
  readonly hopLimit: number;
  readonly trafficClass: number;
  /** 20 bit. */
  readonly flowLabel: number;
  /** A hop-by-hop header with router alert 0 stands before the rest, as MLD has it (RFC 2711). */
  readonly routerAlert?: true;
  /** Present only in a fragment: then `body` is octets, unless the fragment is whole (offset 0 and no more). */
  readonly fragment?: Fragment6;
  readonly body: Icmp6 | Udp | Tcp | UnknownBody;
}

/** RFC 8200 §4.5. */
export interface Fragment6 {
  /** 32 bit. */
  readonly id: number;
  /** In bytes, a multiple of 8. */
  readonly offset: number;
  readonly more: boolean;
}

/** RFC 4443; the messages of neighbour discovery (RFC 4861) are octets that `nd.ts` reads and makes. */
export interface Icmp6 {
  readonly kind: "icmp6";
  readonly type: number;
  readonly code: number;
  /** The second 32-bit word: id and seq of an echo, the MTU of "packet too big", the flags of an advertisement. */
  readonly rest: number;
  readonly data: Uint8Array;
}

/** A protocol that no room models, or a fragment: only octets. */
export interface UnknownBody {
  readonly kind: "unknown";
  readonly protocol: number;
  readonly data: Uint8Array;
}

/** RFC 792. For echo, `rest` is identifier * 65536 + sequence number; for errors, `data` quotes the packet at fault. */
export interface Icmp {
  readonly kind: "icmp";
  readonly type: number;
  readonly code: number;
  /** The second 32-bit word of the header: id and seq of an echo, the MTU of "fragmentation needed". */
  readonly rest: number;
  readonly data: Uint8Array;
}

/** RFC 2003: an IPv4 packet in an IPv4 packet. */
export interface Ipip {
  readonly kind: "ipip";
  readonly packet: Ipv4Packet;
}

/** RFC 768. What a tunnel carries in it stays octets: only the tunnel's port tells that they are a frame (vxlan.ts). */
export interface Udp {
  readonly kind: "udp";
  readonly srcPort: number;
  readonly dstPort: number;
  /** The sender left the checksum out: the field is zero. */
  readonly unchecked?: true;
  readonly data: Uint8Array;
}

/** RFC 9293. Options beyond those named here are kept out by `parse`. */
export interface Tcp {
  readonly kind: "tcp";
  readonly srcPort: number;
  readonly dstPort: number;
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  readonly window: number;
  readonly options: TcpOptions;
  readonly data: Uint8Array;
}

export interface TcpOptions {
  readonly mss?: number;
  readonly sackPermitted?: boolean;
  /** TSval and TSecr of RFC 7323, 32 bit each. */
  readonly timestamps?: readonly [value: number, echo: number];
  readonly windowScale?: number;
  /** Blocks of RFC 2018: what came beyond the acknowledgement, first and after last; at most three beside timestamps. */
  readonly sack?: readonly (readonly [from: number, to: number])[];
}

export const TCP_FLAG = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32 } as const;

export const ICMP = {
  echoReply: 0,
  unreachable: 3,
  redirect: 5,
  echoRequest: 8,
  timeExceeded: 11,
  parameterProblem: 12,
} as const;

export const ICMP_CODE = {
  net: 0,
  host: 1,
  protocol: 2,
  port: 3,
  fragmentationNeeded: 4,
  sourceRouteFailed: 5,
  netProhibited: 9,
  hostProhibited: 10,
  filtered: 13,
} as const;

/** RFC 4443 §2.1, RFC 4861 §4, RFC 3810 §5. */
export const ICMP6 = {
  unreachable: 1,
  packetTooBig: 2,
  timeExceeded: 3,
  parameterProblem: 4,
  echoRequest: 128,
  echoReply: 129,
  routerSolicitation: 133,
  routerAdvertisement: 134,
  neighbourSolicitation: 135,
  neighbourAdvertisement: 136,
  redirect: 137,
  mldReport: 143,
} as const;

/** Codes of "destination unreachable" (RFC 4443 §3.1). */
export const ICMP6_CODE = {
  noRoute: 0,
  prohibited: 1,
  beyondScope: 2,
  address: 3,
  port: 4,
  policy: 5,
  reject: 6,
} as const;

/** The protocol number of a packet's body. */
export function protocolOf({ body }: Ipv4Packet | Ipv6Packet): number {
  return body.kind === "unknown" ? body.protocol : PROTOCOL[body.kind];
}

/** The packet with another TTL. Written out: spreading an object costs twenty times as much, and routers do this for a living. */
export function withTtl(packet: Ipv4Packet, ttl: number): Ipv4Packet {
  const { src, dst, id, tos, dontFragment, moreFragments, fragmentOffset, body } = packet;
  return { kind: "ipv4", src, dst, ttl, id, tos, dontFragment, moreFragments, fragmentOffset, body };
}

/** The packet with another hop limit; written out for the same reason. */
export function withHopLimit(packet: Ipv6Packet, hopLimit: number): Ipv6Packet {
  const { src, dst, trafficClass, flowLabel, fragment, routerAlert, body } = packet;
  if (routerAlert) return { ...packet, hopLimit };
  if (fragment === undefined) return { kind: "ipv6", src, dst, hopLimit, trafficClass, flowLabel, body };
  return { kind: "ipv6", src, dst, hopLimit, trafficClass, flowLabel, fragment, body };
}
