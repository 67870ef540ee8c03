// What a rule may look at: fields of headers, what the kernel keeps beside a packet, dice.
// Before you edit: net/netfilter/nft_payload.c, nft_meta.c, nft_ct.c, nft_fib.c, nft_numgen.c; nftables src/proto.c,
// src/meta.c, src/ct.c, src/fib.c.

import type { Ip } from "../../wire/address.ts";
import { ipLength } from "../../wire/bytes.ts";
import { PROTOCOL, protocolOf } from "../../wire/packet.ts";
import { directionOf, INFO, type Tracked } from "../conntrack/conn.ts";
import type { Skb } from "../skb.ts";
import { destinationPort, icmpTypeCode, NONE, sourcePort, tcpFlags } from "../transport.ts";
import * as data from "./data.ts";
import { type DataType, type Datum, IPV4, IPV6, integer, SERVICE } from "./data.ts";

/** Protocols a field belongs to: its rule is about no packet of another. */
export interface Needs {
  readonly network?: "ip" | "ip6";
  readonly transport?: number | "any";
}

export interface Selector {
  /** As it is listed. */
  readonly text: string;
  readonly type: DataType;
  /** The value in this packet; undefined: it has none, and the rule is not about it. */
  read(skb: Skb): Datum | undefined;
  readonly needs: Needs;
  readonly tracks?: true;
}

function field(text: string, type: DataType, read: Selector["read"], needs: Needs = {}): Selector {
  return { text, type, read, needs };
}

const datumOf = (address: Ip): Datum => address.bits;

function port(name: string, protocol: number | "any", end: "sport" | "dport"): Selector {
  const of = end === "sport" ? sourcePort : destinationPort;
  const read = ({ packet }: Skb) => {
    if (protocol !== "any" && protocolOf(packet) !== protocol) return undefined;
    const found = of(packet);
    return found === NONE ? undefined : found;
  };
  return field(`${name} ${end}`, SERVICE, read, { transport: protocol });
}

/** One of the two numbers an ICMP message begins with. */
function icmp(text: string, type: DataType, protocol: number, isCode: boolean): Selector {
  const read = ({ packet }: Skb) => {
    const found = protocolOf(packet) === protocol ? icmpTypeCode(packet) : NONE;
    return found === NONE ? undefined : isCode ? found & 255 : found >> 8;
  };
  return field(text, type, read, { transport: protocol });
}

const four = (name: string, type: DataType, read: (packet: Skb["packet"] & { kind: "ipv4" }) => Datum) =>
  field(`ip ${name}`, type, ({ packet }) => (packet.kind === "ipv4" ? read(packet) : undefined), { network: "ip" });
const six = (name: string, type: DataType, read: (packet: Skb["packet"] & { kind: "ipv6" }) => Datum) =>
  field(`ip6 ${name}`, type, ({ packet }) => (packet.kind === "ipv6" ? read(packet) : undefined), { network: "ip6" });

const IN_STATE = {
  [INFO.established]: 2,
  [INFO.related]: 4,
  [INFO.new]: 8,
  [INFO.establishedReply]: 2,
  [INFO.relatedReply]: 4,
};

function stateOf({ ct }: Skb): number {
  if (ct === null || ct.kind === "answer") return 1;
  if (ct.kind === "untracked") return 64;
  return ct.kind === "template" ? 8 : IN_STATE[ct.info];
}

/** Of a packet without a connection nothing is known. */
function ofConnection(text: string, type: DataType, read: (tracked: Tracked) => Datum | undefined): Selector {
  return { ...field(`ct ${text}`, type, ({ ct }) => (ct?.kind === "tracked" ? read(ct) : undefined)), tracks: true };
}

const ends = (["original", "reply"] as const).flatMap((name, direction) => {
  const tuple = ({ conn }: Tracked) => conn.tuple(direction as 0 | 1);
  const address = (family: 4 | 6, which: "src" | "dst") => (tracked: Tracked) => {
    const found = tuple(tracked)[which];
    return found.family === family ? datumOf(found) : undefined;
  };
  return [
    ofConnection(`${name} ip saddr`, IPV4, address(4, "src")),
    ofConnection(`${name} ip daddr`, IPV4, address(4, "dst")),
    ofConnection(`${name} ip6 saddr`, IPV6, address(6, "src")),
    ofConnection(`${name} ip6 daddr`, IPV6, address(6, "dst")),
    ofConnection(`${name} proto-src`, SERVICE, (tracked) => tuple(tracked).from),
    ofConnection(`${name} proto-dst`, SERVICE, (tracked) => tuple(tracked).to),
  ];
});

const device = (text: string, which: "in" | "out", type: DataType) =>
  // A packet that no device had has the empty name.
  field(text, type, (skb) => skb[which]?.name ?? (type === data.IFNAME ? "" : undefined));

const ALL: readonly Selector[] = [
  four("saddr", IPV4, ({ src }) => src.bits),
  four("daddr", IPV4, ({ dst }) => dst.bits),
  four("protocol", data.PROTO, protocolOf),
  four("ttl", integer(8), ({ ttl }) => ttl),
  four("length", integer(16), ipLength),
  six("saddr", IPV6, ({ src }) => src.bits),
  six("daddr", IPV6, ({ dst }) => dst.bits),
  six("nexthdr", data.PROTO, protocolOf),
  six("hoplimit", integer(8), ({ hopLimit }) => hopLimit),
  ...(["sport", "dport"] as const).flatMap((end) => [
    port("tcp", PROTOCOL.tcp, end),
    port("udp", PROTOCOL.udp, end),
    port("sctp", PROTOCOL.sctp, end),
    port("th", "any", end),
  ]),
  field(
    "tcp flags",
    data.TCP_FLAG,
    ({ packet }) => {
      const flags = tcpFlags(packet);
      return flags === NONE ? undefined : flags;
    },
    { transport: PROTOCOL.tcp },
  ),
  icmp("icmp type", data.ICMP_TYPE, PROTOCOL.icmp, false),
  icmp("icmp code", data.ICMP_CODE, PROTOCOL.icmp, true),
  icmp("icmpv6 type", data.ICMPV6_TYPE, PROTOCOL.icmp6, false),
  icmp("icmpv6 code", data.ICMPV6_CODE, PROTOCOL.icmp6, true),
  field("meta l4proto", data.PROTO, ({ packet }) => protocolOf(packet)),
  field("meta nfproto", data.NFPROTO, ({ packet }) => (packet.kind === "ipv4" ? 2 : 10)),
  field("meta mark", data.MARK, ({ mark }) => mark),
  field("meta length", integer(32), ({ packet }) => ipLength(packet)),
  field("meta pkttype", data.PACKET_TYPE, ({ kind }) => ({ unicast: 0, broadcast: 1, multicast: 2 })[kind]),
  device("iif", "in", data.IFINDEX),
  device("oif", "out", data.IFINDEX),
  device("iifname", "in", data.IFNAME),
  device("oifname", "out", data.IFNAME),
  { ...field("ct state", data.CT_STATE, stateOf), tracks: true },
  ofConnection("status", data.CT_STATUS, ({ conn }) => conn.status),
  ofConnection("mark", data.MARK, ({ conn }) => conn.mark),
  ofConnection("direction", data.CT_DIRECTION, ({ info }) => directionOf(info)),
  ...ends,
];

/** By their words; those of `meta` that need no `meta` before them have both. */
export const SELECTORS: ReadonlyMap<string, Selector> = new Map([
  ...ALL.map((each) => [each.text, each] as const),
  ...ALL.filter(({ text }) => /^([io]if|[io]ifname)$/.test(text)).map((each) => [`meta ${each.text}`, each] as const),
  ...ALL.filter(({ text }) => text === "meta mark").map((each) => ["mark", each] as const),
  ...ends.map((each) => [each.text.replace(/ ip (?=[sd]addr)/, " "), each] as const).reverse(),
]);

/** First words of selectors, known to nft whether they are modelled or not. */
export const FIRST_WORDS: ReadonlySet<string> = new Set([
  ...["ip", "ip6", "tcp", "udp", "sctp", "th", "icmp", "icmpv6", "meta", "mark", "iif", "oif", "iifname", "oifname"],
  ...["ct", "fib", "numgen", "jhash", "symhash", "ether", "arp", "vlan", "udplite", "dccp", "esp", "ah", "comp", "rt"],
  ...["skuid", "skgid", "nftrace", "rtclassid", "iiftype", "oiftype", "cgroup", "exthdr", "socket", "osf", "ipsec"],
  ...["dst", "frag", "hbh", "mh", "day", "hour", "time", "cpu", "priority", "pkttype", "random", "igmp", "xfrm"],
]);

/** `fib daddr . iif type`: what the routing tables say of an end of the packet. */
export function fib(end: "saddr" | "daddr", withDevice: boolean, what: "type" | "oif"): Selector {
  const text = `fib ${end}${withDevice ? " . iif" : ""} ${what}`;
  if (what === "type")
    return field(text, data.ADDRESS_TYPE, (skb) => {
      const { net, packet } = skb;
      const name = net.addressType(end === "saddr" ? packet.src : packet.dst, withDevice ? skb.in : null);
      return data.ADDRESS_TYPE.read(name.toLowerCase())!;
    });
  return field(text, data.IFINDEX, (skb) =>
    skb.net.hasReversePath(skb, { isLoose: false, usesMark: false, acceptsLocal: true }) ? skb.in!.name : 0,
  );
}

/** `numgen random mod 3`: the dice, or one after the other; `offset` is added. */
export function numgen(isRandom: boolean, modulus: number, offset: number): Selector {
  const text = `numgen ${isRandom ? "random" : "inc"} mod ${modulus}${offset === 0 ? "" : ` offset ${offset}`}`;
  const type = integer(32);
  if (isRandom) return field(text, type, ({ net }) => net.below(modulus) + offset);
  let count = modulus - 1;
  return field(text, type, () => {
    count = (count + 1) % modulus;
    return count + offset;
  });
}
