// -j REJECT: an ICMP error, or a TCP reset, in the name of who will not get the packet.
// Before you edit: net/ipv4/netfilter/nf_reject_ipv4.c (nf_send_reset, nf_send_unreach), ipt_REJECT.c, nf_reject.h,
// net/ipv6/netfilter/nf_reject_ipv6.c.
import type { Bridged } from "../../link/device.ts";
import { transmit } from "../../link/forward.ts";
import { attached } from "../../netfilter/conntrack/conn.ts";
import { setClosing } from "../../netfilter/conntrack/tcp.ts";
import { wordsOf } from "../../netfilter/nat/range.ts";
import type { RejectWith } from "../../netfilter/target/reject-names.ts";
import { LEVEL } from "../../trace/step.ts";
import { sum } from "../../wire/checksum.ts";
import { ICMP, ICMP6, type Ipv4Packet, type Ipv6Packet, TCP_FLAG, type Tcp } from "../../wire/packet.ts";
import { icmpError, replyMark } from "../ipv4/icmp.ts";
import { ipLocalOut, routeMeHarder } from "../ipv4/send.ts";
import { icmp6Error } from "../ipv6/icmp.ts";
import { ip6LocalOut, routeMeHarder6 } from "../ipv6/send.ts";
import { Skb6 } from "../ipv6/skb6.ts";
import type { Netns } from "../netns.ts";
import { Skb } from "../skb.ts";
import { type AnySkb, isOf4 } from "./tracking.ts";

export function reject(ns: Netns, skb: AnySkb, { code }: RejectWith): void {
  if (code === "reset") return reset(ns, skb);
  if (!isWhole(skb.packet)) return;
  const { cause } = skb;
  if (isOf4(skb)) icmpError(ns, skb, skb.packet, ICMP.unreachable, code, 0, cause);
  else icmp6Error(ns, skb as Skb6, (skb as Skb6).packet, ICMP6.unreachable, code, 0, cause);
}

/** Protocols with another checksum than the Internet's, or none. */
const OTHER_CHECKSUMS: ReadonlySet<number> = new Set([47, 50, 51, 132, 136, 33]);

/** Of protocols nobody knows it is taken that they have the Internet's checksum: without it nobody is told. */
function isWhole(packet: AnySkb["packet"]): boolean {
  const { body } = packet;
  if (body.kind !== "unknown" || OTHER_CHECKSUMS.has(body.protocol)) return true;
  const { data, protocol } = body;
  const words = packet.kind === "ipv4" ? [] : [...wordsOf(packet.src), ...wordsOf(packet.dst), data.length, protocol];
  const pseudo = words.reduce((total, word) => total + (word >>> 16) + (word & 0xffff), 0);
  return sum(data, 0, data.length, pseudo) % 0xffff === 0;
}

/** Nobody resets a reset, nor what was for everybody. */
function reset(ns: Netns, skb: AnySkb): void {
  const { packet, ct } = skb;
  const { body } = packet;
  if (body.kind !== "tcp" || (body.flags & TCP_FLAG.rst) !== 0) return;
  if (skb.toAll || packet.dst.isMulticast || skb.dst?.type === "broadcast") return;
  const sent = isOf4(skb) ? answer4(ns, skb, resetOf(body)) : answer6(skb as Skb6, resetOf(body));
  sent.cause = ns.step(LEVEL.path, skb.cause, null, "socket", sent.packet, () => ({
    because: `${packet.src} gets a reset, as if ${packet.dst} refused`,
  }));
  if (!(isOf4(sent) ? routeMeHarder(ns, sent) : routeMeHarder6(ns, sent as Skb6))) return;
  sent.ct = attached(ct);
  if (ct?.kind === "tracked") setClosing(ct.conn, ns.tracking.conntrack.settings, ns.cables.now);
  if (skb.bridged !== null) asIfBridged(ns, skb.bridged, sent.packet, sent.cause);
  else if (isOf4(sent)) ipLocalOut(ns, sent);
  else ip6LocalOut(ns, sent as Skb6);
}

/** What answers a bridged packet leaves by the port it came in by, under the MAC that was meant, and passes no hook. */
function asIfBridged(ns: Netns, { frame, input }: Bridged, payload: Ipv4Packet | Ipv6Packet, cause: number): void {
  transmit(ns.cables, input, { dst: frame.src, src: frame.dst, payload }, cause);
}

function answer4(ns: Netns, skb: Skb, body: Tcp): Skb {
  const { packet, device, cause } = skb;
  const answer: Ipv4Packet = {
    kind: "ipv4",
    src: packet.dst,
    dst: packet.src,
    ttl: ns.sysctls.get("net.ipv4.ip_default_ttl"),
    id: 0,
    tos: 0,
    dontFragment: true,
    moreFragments: false,
    fragmentOffset: 0,
    body,
  };
  const sent = new Skb(answer, cause, device);
  sent.mark = replyMark(ns, skb.mark);
  return sent;
}

function answer6({ packet, device, cause, dst }: Skb6, body: Tcp): Skb6 {
  const { src, dst: to } = packet;
  const answer = { kind: "ipv6", src: to, dst: src, hopLimit: 64, trafficClass: 0, flowLabel: 0, body } as const;
  const sent = new Skb6(answer, cause, device);
  sent.dst = dst;
  return sent;
}

/** RFC 9293 §3.5.2: a reset at the number that the peer waits for, else one that acknowledges all it sent. */
function resetOf({ srcPort, dstPort, seq, ack, flags, data }: Tcp): Tcp {
  const hasAck = (flags & TCP_FLAG.ack) !== 0;
  const length = data.length + ((flags & TCP_FLAG.syn) !== 0 ? 1 : 0) + ((flags & TCP_FLAG.fin) !== 0 ? 1 : 0);
  return {
    kind: "tcp",
    srcPort: dstPort,
    dstPort: srcPort,
    seq: hasAck ? ack : 0,
    ack: hasAck ? 0 : (seq + length) >>> 0,
    flags: hasAck ? TCP_FLAG.rst : TCP_FLAG.rst | TCP_FLAG.ack,
    window: 0,
    options: {},
    data: new Uint8Array(),
  };
}
