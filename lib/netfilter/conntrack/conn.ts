// A connection that is tracked, and what a packet carries of it.
// Before you edit: include/net/netfilter/nf_conntrack.h (struct nf_conn), include/uapi/linux/netfilter/
// nf_conntrack_common.h (enum ip_conntrack_info, enum ip_conntrack_status).
import type { SctpState } from "./sctp.ts";
import type { TcpState } from "./tcp-window.ts";
import type { Direction, Tuple } from "./tuple.ts";

/** Bits of a connection's status (IPS_*). */
export const STATUS = {
  expected: 1,
  seenReply: 2,
  assured: 4,
  confirmed: 8,
  srcNat: 16,
  dstNat: 32,
  srcNatDone: 128,
  dstNatDone: 256,
  dying: 512,
  fixedTimeout: 1024,
  natClash: 4096,
} as const;

/** What a packet is to its connection (IP_CT_*). Replies begin with 3. */
export const INFO = { established: 0, related: 1, new: 2, establishedReply: 3, relatedReply: 4 } as const;
export type Info = (typeof INFO)[keyof typeof INFO];

export function directionOf(info: Info): Direction {
  return info >= INFO.establishedReply ? 1 : 0;
}

/** A zone: the same tuple can be another connection there. `directions` as bits: 1 the original, 2 the reply. */
export interface Zone {
  readonly id: number;
  readonly directions: number;
}
export const DEFAULT_ZONE: Zone = { id: 0, directions: 3 };

export function zoneId({ id, directions }: Zone, direction: Direction): number {
  return (directions & (1 << direction)) === 0 ? 0 : id;
}

/** What connection tracking attached to a packet (skb->_nfct). */
export type Nfct =
  | Tracked
  /** -j NOTRACK: nobody shall ask. */
  | { readonly kind: "untracked" }
  /** It answers what nobody asked about: -j CT leaves it alone, and it is looked up all the same. */
  | { readonly kind: "answer" }
  /** -j CT: how it shall be tracked when it is. */
  | { readonly kind: "template"; readonly zone: Zone; readonly told: number };

export interface Tracked {
  readonly kind: "tracked";
  readonly conn: Conn;
  readonly info: Info;
}

export const UNTRACKED: Nfct = { kind: "untracked" };
const ANSWER: Nfct = { kind: "answer" };

/** What somebody who watches connections is told of at the end of a packet's way (IPCT_*). */
export const EVENT = { new: 1, related: 2, destroy: 4, reply: 8, assured: 16, protoinfo: 32, mark: 256 } as const;
export const ALL_EVENTS = 0xffff;

/** One direction of a connection in the table. */
export class TupleHash {
  tuple: Tuple;
  readonly conn: Conn;
  readonly direction: Direction;
  /** The next of the same bucket. */
  next: TupleHash | null = null;
  bucket = -1;

  constructor(tuple: Tuple, conn: Conn, direction: Direction) {
    this.tuple = tuple;
    this.conn = conn;
    this.direction = direction;
  }
}

export class Conn {
  readonly original: TupleHash;
  readonly reply: TupleHash;
  readonly zone: Zone;
  status = 0;
  mark = 0;
  /** While it is not confirmed: how long it will live; then: when it ends. In nanoseconds. */
  timeout = 0;
  tcp: TcpState | null = null;
  sctp: SctpState | null = null;
  /** From when on an answered UDP flow is a stream. */
  streamFrom = 0;
  /** The device whose address it was masqueraded with, by index; 0: none. */
  masqueraded = 0;
  /** Packets and octets of both directions, while net.netfilter.nf_conntrack_acct is 1. */
  readonly counters: Float64Array | null;
  readonly id: number;
  /** When it was confirmed, for nf_conntrack_timestamp. */
  begin = 0;
  events = 0;
  /** Of which events anybody is told (-j CT --ctevents). */
  told: number = ALL_EVENTS;
  private readonly attached: (Tracked | undefined)[] = [];

  constructor(original: Tuple, reply: Tuple, zone: Zone, id: number, isCounted: boolean) {
    this.original = new TupleHash(original, this, 0);
    this.reply = new TupleHash(reply, this, 1);
    this.zone = zone;
    this.id = id;
    this.counters = isCounted ? new Float64Array(4) : null;
  }

  has(bits: number): boolean {
    return (this.status & bits) !== 0;
  }
  get isConfirmed(): boolean {
    return (this.status & STATUS.confirmed) !== 0;
  }
  tuple(direction: Direction): Tuple {
    return direction === 0 ? this.original.tuple : this.reply.tuple;
  }
  get family(): 4 | 6 {
    return this.original.tuple.src.family;
  }
  get protocol(): number {
    return this.original.tuple.protocol;
  }

  /** What a packet carries that is this to the connection; one object for each. */
  as(info: Info): Tracked {
    let tracked = this.attached[info];
    if (tracked === undefined) {
      tracked = { kind: "tracked", conn: this, info };
      this.attached[info] = tracked;
    }
    return tracked;
  }
}

/** What an answer is to the connection of the packet it answers (nf_conntrack_attach). */
export function attached(ct: Nfct | null): Nfct | null {
  if (ct === null || ct.kind === "template") return null;
  if (ct.kind !== "tracked") return ANSWER;
  return ct.conn.as(directionOf(ct.info) === 0 ? INFO.relatedReply : INFO.related);
}
