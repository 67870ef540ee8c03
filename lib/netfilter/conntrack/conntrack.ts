// Connection tracking of one namespace: every packet belongs to a connection, begins one, or is invalid.
// Before you edit: net/netfilter/nf_conntrack_core.c (nf_conntrack_in, resolve_normal_ct, __nf_conntrack_confirm,
// nf_ct_resolve_clash, early_drop, gc_worker).
import { SECOND } from "../../trace/world.ts";
import type { IpPacket } from "../skb.ts";
import {
  Conn,
  DEFAULT_ZONE,
  directionOf,
  EVENT,
  INFO,
  type Nfct,
  STATUS,
  type Tracked,
  type TupleHash,
  type Zone,
  zoneId,
} from "./conn.ts";
import { relatedTo } from "./icmp.ts";
import { bearsClash, trackPacket } from "./protocols.ts";
import { Settings } from "./settings.ts";
import { ConnTable } from "./table.ts";
import { type Direction, inverted, ORIGINAL, REPLY, type Tuple, tupleOf } from "./tuple.ts";

/** What connection tracking needs of the world around it. */
export interface Surroundings {
  /** Virtual time in nanoseconds. */
  readonly now: number;
  /** A line of the kernel's log, left out when they come too often. */
  complain(line: string): void;
  /** Runs something after so many nanoseconds, if the namespace is still there; nobody waits for it. */
  later(delay: number, action: () => void): void;
}

/** A packet as far as connection tracking is concerned. */
export interface Tracks {
  readonly packet: IpPacket;
  ct: Nfct | null;
}

/** What `conntrack -S` shows of one CPU. */
export class Stats {
  found = 0;
  invalid = 0;
  insert = 0;
  insertFailed = 0;
  drop = 0;
  earlyDrop = 0;
  error = 0;
  searchRestart = 0;
  clashResolve = 0;
  chainTooLong = 0;
}

export type Happening = "NEW" | "UPDATE" | "DESTROY";

/** Dead entries are collected at least so often. */
const COLLECTION = 60 * SECOND;

export class Conntrack {
  readonly settings = new Settings();
  readonly stats = new Stats();
  /** Address translation remembers who is translated how, while the connection lasts. */
  nat: { remember(conn: Conn): void; forget(conn: Conn): void } | null = null;
  /** Called for each event, as programs that listen on netlink are. */
  readonly listeners = new Set<(happening: Happening, conn: Conn) => void>();
  private readonly table = new ConnTable();
  private readonly world: Surroundings;
  private nextId = 1;
  private isCollecting = false;

  constructor(world: Surroundings) {
    this.world = world;
  }

  get now(): number {
    return this.world.now;
  }
  get count(): number {
    this.collect();
    return this.table.size;
  }

  /** The connections there are, oldest first. */
  list(): Conn[] {
    this.collect();
    return [...this.table.conns];
  }

  /** nf_conntrack_find_get: first where connections of the zone begin, then where their answers are. */
  find(tuple: Tuple, zone: Zone = DEFAULT_ZONE): TupleHash | null {
    const found = this.findOf(tuple, zone, ORIGINAL);
    return found !== null || zone.id === 0 || zone.directions === 3 ? found : this.findOf(tuple, zone, REPLY);
  }

  private findOf(tuple: Tuple, zone: Zone, direction: Direction): TupleHash | null {
    const found = this.table.find(tuple, zone, direction, this.settings.buckets);
    if (found === null || found.conn.timeout > this.world.now) return found;
    this.kill(found.conn);
    return null;
  }

  /** Another connection that already has the tuple of an answer, so that NAT must take another one, or null. */
  takenBy(tuple: Tuple, conn: Conn): Conn | null {
    const other = this.findOf(tuple, conn.zone, REPLY)?.conn ?? null;
    if (other === null || other === conn) return null;
    // The same flow twice: that is settled when it is confirmed.
    const isInZone = zoneId(other.zone, ORIGINAL) === zoneId(conn.zone, ORIGINAL);
    if (isInZone && other.original.tuple.equals(conn.original.tuple)) return null;
    this.stats.found++;
    return other;
  }

  /** nf_conntrack_in: attaches to the packet what it is to which connection; nothing when it is invalid. */
  enter(skb: Tracks): "accept" | "drop" {
    const { ct } = skb;
    if (ct !== null && (ct.kind === "tracked" || ct.kind === "untracked")) return "accept";
    const template = ct?.kind === "template" ? ct : null;
    const zone = template?.zone ?? DEFAULT_ZONE;
    skb.ct = null;
    const { packet } = skb;
    const { body } = packet;
    if (body.kind === "icmp" || body.kind === "icmp6") {
      const related = relatedTo(this, packet, body, zone);
      if (related === "invalid") {
        this.stats.error++;
        return "accept";
      }
      if (related !== null) {
        skb.ct = related;
        return "accept";
      }
    }
    for (;;) {
      const tracked = this.resolve(packet, zone);
      if (tracked === "full") {
        this.stats.drop++;
        return "drop";
      }
      if (tracked === null) {
        this.stats.invalid++;
        return "accept";
      }
      const { conn, info } = tracked;
      if (template !== null && !conn.isConfirmed) conn.told = template.told;
      const said = trackPacket(this, conn, info, packet);
      if (said === "repeat") {
        this.kill(conn);
        continue;
      }
      if (said === "invalid") {
        this.stats.invalid++;
        return "accept";
      }
      skb.ct = tracked;
      if (said === "kill") this.kill(conn);
      else if (said !== "unchanged" && !conn.has(STATUS.fixedTimeout)) {
        const life = said * SECOND;
        conn.timeout = conn.isConfirmed ? this.world.now + life : life;
      }
      if (info === INFO.establishedReply && !conn.has(STATUS.seenReply)) {
        conn.status |= STATUS.seenReply;
        conn.events |= EVENT.reply;
      }
      return "accept";
    }
  }

  private resolve(packet: IpPacket, zone: Zone): Tracked | "full" | null {
    const tuple = tupleOf(packet);
    if (tuple === null) return null;
    const found = this.find(tuple, zone);
    if (found === null) {
      const conn = this.make(tuple, zone);
      return conn === null || conn === "full" ? conn : conn.as(INFO.new);
    }
    const { conn, direction } = found;
    if (direction === REPLY) return conn.as(INFO.establishedReply);
    if (conn.has(STATUS.seenReply)) return conn.as(INFO.established);
    return conn.as(conn.has(STATUS.expected) ? INFO.related : INFO.new);
  }

  private make(tuple: Tuple, zone: Zone): Conn | "full" | null {
    const reply = inverted(tuple);
    if (reply === null) return null;
    const { max, accounts } = this.settings;
    if (max !== 0 && this.table.size >= max && !this.makeRoom(tuple, zone)) {
      this.world.complain("nf_conntrack: nf_conntrack: table full, dropping packet");
      return "full";
    }
    return new Conn(tuple, reply, zone, this.takeId(), accounts !== 0);
  }

  takeId(): number {
    return this.nextId++;
  }

  /** early_drop: connections near by in the table that are not assured go. */
  private makeRoom(tuple: Tuple, zone: Zone): boolean {
    this.collect();
    if (this.table.size < this.settings.max) return true;
    for (const conns of this.table.near(tuple, zone, this.settings.buckets)) {
      let dropped = 0;
      for (const conn of conns) if (!conn.has(STATUS.assured) && this.kill(conn)) dropped++;
      this.stats.earlyDrop += dropped;
      if (dropped > 0) return true;
    }
    return false;
  }

  /** nf_confirm, at the end of a packet's way: the connection gets into the table, and listeners are told. */
  confirm(skb: Tracks): "accept" | "drop" {
    const { ct } = skb;
    if (ct === null || ct.kind !== "tracked") return "accept";
    const { conn, info } = ct;
    if (!conn.isConfirmed && directionOf(info) === 0 && this.insert(skb, ct) === "drop") return "drop";
    if (conn.events !== 0) this.tell(conn);
    return "accept";
  }

  private insert(skb: Tracks, { conn, info }: Tracked): "accept" | "drop" {
    if (conn.has(STATUS.dying)) {
      this.stats.insertFailed++;
      return "drop";
    }
    const clash =
      this.findOf(conn.original.tuple, conn.zone, ORIGINAL) ?? this.findOf(conn.reply.tuple, conn.zone, REPLY);
    if (clash !== null) return this.resolveClash(skb, conn, info, clash.conn);
    conn.timeout += this.world.now;
    conn.begin = this.world.now;
    this.put(conn);
    conn.events |= EVENT.new;
    return "accept";
  }

  /** Puts a connection into the table: one that was confirmed, or one that a program made. */
  put(conn: Conn): void {
    this.table.add(conn, this.settings.buckets);
    this.stats.insert++;
    conn.status |= STATUS.confirmed;
    if (conn.has(STATUS.srcNatDone)) this.nat?.remember(conn);
    if (this.isCollecting) return;
    this.isCollecting = true;
    this.world.later(COLLECTION, () => this.collectLater());
  }

  /** Two packets began the same connection: the second one joins it if nothing was translated, or the same way. */
  private resolveClash(skb: Tracks, conn: Conn, info: Tracked["info"], first: Conn): "accept" | "drop" {
    const isSame = first.original.tuple.equals(conn.original.tuple) && first.reply.tuple.equals(conn.reply.tuple);
    const isFree = !first.has(STATUS.srcNatDone | STATUS.dstNatDone);
    if (bearsClash(conn.protocol) && !first.has(STATUS.dying) && (isFree || isSame)) {
      if (conn.counters !== null && first.counters !== null)
        for (let i = 0; i < 4; i++) first.counters[i]! += conn.counters[i]!;
      skb.ct = first.as(info);
      this.stats.clashResolve++;
      return "accept";
    }
    this.stats.drop++;
    this.stats.insertFailed++;
    return "drop";
  }

  private tell(conn: Conn): void {
    const { events } = conn;
    conn.events = 0;
    if (conn.has(STATUS.dying) || !conn.isConfirmed || this.settings.events === 0 || (events & conn.told) === 0) return;
    const happening = (events & (EVENT.new | EVENT.related)) === 0 ? "UPDATE" : "NEW";
    for (const listener of this.listeners) listener(happening, conn);
  }

  /** Something else than a packet changed a connection. */
  changed(conn: Conn, events: number): void {
    conn.events |= events;
    this.tell(conn);
  }

  /** Takes a connection away; false when it was not there. */
  kill(conn: Conn): boolean {
    conn.status |= STATUS.dying;
    if (!this.table.delete(conn)) return false;
    this.nat?.forget(conn);
    if (this.settings.events !== 0 && (conn.told & EVENT.destroy) !== 0)
      for (const listener of this.listeners) listener("DESTROY", conn);
    return true;
  }

  /** Takes away what somebody names (nf_ct_iterate_cleanup). */
  killWhere(isMeant: (conn: Conn) => boolean): void {
    for (const conn of this.list()) if (isMeant(conn)) this.kill(conn);
  }

  private collect(): void {
    const { now } = this.world;
    for (const conn of this.table.conns) if (conn.timeout <= now) this.kill(conn);
  }

  private collectLater(): void {
    this.collect();
    this.isCollecting = this.table.size > 0;
    if (this.isCollecting) this.world.later(COLLECTION, () => this.collectLater());
  }
}
