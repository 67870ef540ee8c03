// Address translation: what the first packet of a connection is made into, all others are too, and answers back.
// Before you edit: net/netfilter/nf_nat_core.c (nf_nat_setup_info, nf_nat_alloc_null_binding, nf_nat_inet_fn,
// nf_nat_packet), nf_nat_proto.c (nf_nat_ipv4_fn, nf_nat_icmp_reply_translation).
import { ICMP, ICMP6 } from "../../wire/packet.ts";
import { type Conn, directionOf, INFO, STATUS, type Tracked } from "../conntrack/conn.ts";
import type { Conntrack } from "../conntrack/conntrack.ts";
import { inverted, type Tuple } from "../conntrack/tuple.ts";
import type { HookName, IpPacket } from "../skb.ts";
import { manipulated, quoteManipulated } from "./manip.ts";
import { type Range, toAddress } from "./range.ts";
import { type Manip, uniqueTuple } from "./unique.ts";

/** What the hook does to a packet: behind routing its source changes, before it its destination. */
export function manipAt(hook: HookName): Manip {
  return hook === "POSTROUTING" || hook === "INPUT" ? "source" : "destination";
}

const NAT_BITS = STATUS.srcNat | STATUS.dstNat;
const DONE_BITS = STATUS.srcNatDone | STATUS.dstNatDone;

export class Nat {
  readonly conntrack: Conntrack;
  private readonly random: () => number;
  private readonly sources = new Map<number, Set<Conn>>();

  constructor(conntrack: Conntrack, random: () => number) {
    this.conntrack = conntrack;
    this.random = random;
    conntrack.nat = this;
  }

  /** Any number of 16 bits. */
  random16(): number {
    return Math.floor(this.random() * 65536);
  }

  /** Connections that come from the same address and port, the newest first. */
  bySource(tuple: Tuple): readonly Conn[] {
    return [...(this.sources.get(sourceKey(tuple)) ?? [])].reverse();
  }

  /** nf_nat_setup_info: decides for the connection what one end of its packets becomes. Only once for each end. */
  setup(conn: Conn, range: Range, manip: Manip): "accept" | "drop" {
    if (conn.isConfirmed) return "accept";
    const done = manip === "source" ? STATUS.srcNatDone : STATUS.dstNatDone;
    if (conn.has(done)) return "drop";
    const current = inverted(conn.reply.tuple)!;
    const tuple = uniqueTuple(this, current, range, conn, manip);
    if (!tuple.equals(current)) {
      conn.reply.tuple = inverted(tuple)!;
      conn.status |= manip === "source" ? STATUS.srcNat : STATUS.dstNat;
    }
    conn.status |= done;
    return "accept";
  }

  /** No rule wanted anything: the address stays, and the port too unless another connection has it. */
  private bindNull(conn: Conn, manip: Manip): "accept" | "drop" {
    const { src, dst } = conn.reply.tuple;
    return this.setup(conn, toAddress(manip === "source" ? dst : src), manip);
  }

  /**
   * A packet passes a hook. `asks` have the rules asked, which happens for the first packet of a connection only, once for
   * each end. Returns the packet as it goes on, or what the rules said.
   */
  pass(
    packet: IpPacket,
    { conn, info }: Tracked,
    hook: HookName,
    out: number,
    asks: readonly (() => "accept" | "drop" | "stolen")[],
  ): IpPacket | "drop" | "stolen" {
    const manip = manipAt(hook);
    const { body } = packet;
    const isRelated = info === INFO.related || info === INFO.relatedReply;
    if (isRelated && (body.kind === "icmp" || body.kind === "icmp6"))
      return this.translateError(packet, conn, info, manip);
    if (info === INFO.new || isRelated) {
      const done = manip === "source" ? STATUS.srcNatDone : STATUS.dstNatDone;
      if (!conn.has(done)) {
        for (const ask of asks) {
          const said = ask();
          if (said !== "accept") return said;
          if (conn.has(done)) break;
        }
        if (!conn.has(done) && this.bindNull(conn, manip) === "drop") return "drop";
      } else if (this.wayChanged(conn, hook, info, out)) return "drop";
    } else if (this.wayChanged(conn, hook, info, out)) return "drop";
    const direction = directionOf(info);
    if (!conn.has(bitOf(manip, direction))) return packet;
    return manipulated(packet, inverted(conn.tuple(direction === 0 ? 1 : 0))!, manip);
  }

  /** Masqueraded by another device than the one it leaves by now: the connection is over (nf_nat_oif_changed). */
  private wayChanged(conn: Conn, hook: HookName, info: Tracked["info"], out: number): boolean {
    if (conn.masqueraded === 0 || hook !== "POSTROUTING" || directionOf(info) !== 0) return false;
    if (conn.masqueraded === out) return false;
    this.conntrack.kill(conn);
    return true;
  }

  private translateError(packet: IpPacket, conn: Conn, info: Tracked["info"], manip: Manip): IpPacket | "drop" {
    const { body } = packet;
    if (body.kind !== "icmp" && body.kind !== "icmp6") return packet;
    if (body.type === (body.kind === "icmp" ? ICMP.redirect : ICMP6.redirect)) {
      // What it advises is about other addresses than the receiver knows.
      if ((conn.status & DONE_BITS) !== DONE_BITS || conn.has(NAT_BITS)) return "drop";
    }
    const direction = directionOf(info);
    if (!conn.has(bitOf(manip, direction))) return packet;
    const other = conn.tuple(direction === 0 ? 1 : 0);
    // What the error quotes went the other way, so its other end is changed.
    const inner = quoteManipulated(packet.src.family, body.data, other, manip === "source" ? "destination" : "source");
    return manipulated({ ...packet, body: { ...body, data: inner } } as IpPacket, inverted(other)!, manip);
  }

  /** A connection whose source is settled got into the table. */
  remember(conn: Conn): void {
    const key = sourceKey(conn.original.tuple);
    let known = this.sources.get(key);
    if (known === undefined) {
      known = new Set();
      this.sources.set(key, known);
    }
    known.add(conn);
  }

  forget(conn: Conn): void {
    const key = sourceKey(conn.original.tuple);
    const known = this.sources.get(key);
    known?.delete(conn);
    if (known?.size === 0) this.sources.delete(key);
  }
}

/** Which translation a packet of this direction meets: answers are changed at the other end. */
function bitOf(manip: Manip, direction: 0 | 1): number {
  return (manip === "source") === (direction === 0) ? STATUS.srcNat : STATUS.dstNat;
}

function sourceKey({ src, from, protocol }: Tuple): number {
  const word = src.family === 4 ? src.bits : src.w0 ^ src.w1 ^ src.w2 ^ src.w3;
  return (Math.imul(word ^ protocol, 0x9e3779b1) ^ Math.imul(from, 0x85ebca6b)) | 0;
}
