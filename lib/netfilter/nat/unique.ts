// Which addresses and ports a connection gets: in the range, and such that its answers can be told from all others.
// Before you edit: net/netfilter/nf_nat_core.c (get_unique_tuple, find_appropriate_src, find_best_ips_proto,
// nf_nat_l4proto_unique_tuple), include/linux/jhash.h (jhash2).
import { type Conn, STATUS, zoneId } from "../conntrack/conn.ts";
import { bearsClash } from "../conntrack/protocols.ts";
import { inverted, ORIGINAL, Tuple } from "../conntrack/tuple.ts";
import type { Nat } from "./nat.ts";
import { addressOf, isBetween, type Range, wordsOf } from "./range.ts";

/** Which end of a packet is changed. */
export type Manip = "source" | "destination";

/** So many ports are tried in a row before the dice say where to begin anew. */
const MOST_ATTEMPTS = 128;

/** The tuple that packets of the connection shall have from now on, made of the one they have. */
export function uniqueTuple(nat: Nat, original: Tuple, range: Range, conn: Conn, manip: Manip): Tuple {
  const isRandom = range.random || range.randomFully;
  if (manip === "source" && !isRandom) {
    // What fits already stays; else a client that was translated before keeps what it has.
    if (isInRange(original, range)) {
      if (!isUsedByOther(nat, original, conn)) return original;
    } else {
      const known = sameSource(nat, original, range, conn);
      if (known !== null && !isUsed(nat, known, conn)) return known;
    }
  }
  const tuple = withBestAddress(original, range, conn, manip);
  if (!isRandom) {
    if (range.ports === null) {
      if (!isUsed(nat, tuple, conn)) return tuple;
    } else if (
      range.base === null &&
      isPortInRange(tuple, manip, range.ports) &&
      (range.ports[0] === range.ports[1] || !isUsed(nat, tuple, conn))
    )
      return tuple;
  }
  return withFreePort(nat, tuple, range, conn, manip);
}

function isUsed({ conntrack }: Nat, tuple: Tuple, conn: Conn): boolean {
  const reply = inverted(tuple);
  return reply !== null && conntrack.takenBy(reply, conn) !== null;
}

/**
 * Whether a connection that is not the same flow seen from its other end uses the tuple: nobody is helped by another
 * port for that one, unless its protocol bears no clash. Since Linux 6.12 (nf_nat_used_tuple_new, nf_nat_allow_clash).
 */
function isUsedByOther({ conntrack }: Nat, tuple: Tuple, conn: Conn): boolean {
  const reply = inverted(tuple);
  const other = reply === null ? null : conntrack.takenBy(reply, conn);
  if (other === null) return false;
  return (
    !bearsClash(tuple.protocol) ||
    other.has(STATUS.srcNat | STATUS.dstNat) ||
    !other.original.tuple.equals(conn.reply.tuple) ||
    !other.reply.tuple.equals(conn.original.tuple)
  );
}

/** Whether the tuple, source changed, is as the range wants it. */
function isInRange(tuple: Tuple, { addresses, ports }: Range): boolean {
  if (addresses !== null && !isBetween(tuple.src, addresses)) return false;
  return ports === null || isPortInRange(tuple, "source", ports);
}

function isPortInRange(tuple: Tuple, manip: Manip, [from, to]: readonly [number, number]): boolean {
  if (!tuple.isIcmp && !tuple.hasPorts) return true;
  const port = tuple.isIcmp || manip === "source" ? tuple.from : tuple.to;
  return port >= from && port <= to;
}

/** What another connection of the same source became, if that is in the range. */
function sameSource(nat: Nat, tuple: Tuple, range: Range, conn: Conn): Tuple | null {
  for (const other of nat.bySource(tuple)) {
    const { src, from, protocol } = other.original.tuple;
    if (src !== tuple.src || from !== tuple.from || protocol !== tuple.protocol) continue;
    if (zoneId(other.zone, ORIGINAL) !== zoneId(conn.zone, ORIGINAL)) continue;
    const reply = inverted(other.reply.tuple)!;
    const wanted = new Tuple(reply.src, tuple.dst, protocol, reply.from, tuple.to);
    if (isInRange(wanted, range)) return wanted;
  }
  return null;
}

/** Of several addresses a hash of source and destination says which; with --persistent of the source alone. */
function withBestAddress(tuple: Tuple, { addresses, persistent }: Range, { zone }: Conn, manip: Manip): Tuple {
  if (addresses === null) return tuple;
  const [from, to] = addresses;
  const { family } = tuple.src;
  if (from === to) return withAddress(tuple, from, manip);
  const last = family === 4 ? 0 : 3;
  const destination = wordsOf(tuple.dst);
  let hash = jhash2(wordsOf(tuple.src).map(swapped), persistent ? 0 : swapped(destination[last]!) ^ zone.id);
  const [low, high] = [wordsOf(from), wordsOf(to)];
  const chosen = wordsOf(from);
  let isFull = false;
  for (let i = 0; i <= last; i++) {
    chosen[i] = isFull ? scaled(hash, 0xffffffff) : low[i]! + scaled(hash, high[i]! - low[i]! + 1);
    if (chosen[i] !== high[i]) isFull = true;
    // The destination is read where the choice is written, if it is the destination that is chosen.
    if (!persistent) hash = (hash ^ swapped(manip === "destination" ? chosen[i]! : destination[i]!)) >>> 0;
  }
  return withAddress(tuple, addressOf(family, chosen), manip);
}

function withAddress({ src, dst, protocol, from, to }: Tuple, address: Tuple["src"], manip: Manip): Tuple {
  return manip === "source" ? new Tuple(address, dst, protocol, from, to) : new Tuple(src, address, protocol, from, to);
}

/**
 * The first free port. For a source the dice choose where the search begins, for a destination only --random has them
 * choose (since Linux 6.8). Where nothing is free the last one tried: it will clash.
 */
function withFreePort(nat: Nat, tuple: Tuple, range: Range, conn: Conn, manip: Manip): Tuple {
  const { src, dst, protocol, from, to } = tuple;
  const { ports, base } = range;
  const isSource = manip === "source" || tuple.isIcmp;
  const port = isSource ? from : to;
  if (!tuple.isIcmp && !tuple.hasPorts) return tuple;
  if (!tuple.isIcmp && ports === null && manip === "destination") return tuple;
  const [min, max] = ports === null ? (tuple.isIcmp ? [0, 65535] : usualPorts(port)) : sorted(ports);
  const size = max - min + 1;
  const isDrawn = range.random || range.randomFully || manip === "source";
  let offset = base !== null ? (port - base) & 0xffff : isDrawn ? nat.random16() : 0;
  let attempts = Math.min(size, MOST_ATTEMPTS);
  for (;;) {
    let chosen = tuple;
    for (let i = 0; i < attempts; i++, offset = (offset + 1) & 0xffff) {
      const wanted = min + (offset % size);
      chosen = isSource ? new Tuple(src, dst, protocol, wanted, to) : new Tuple(src, dst, protocol, from, wanted);
      if (!isUsed(nat, chosen, conn)) return chosen;
    }
    if (attempts >= size || attempts < 16) return chosen;
    attempts = attempts >>> 1;
    offset = nat.random16();
  }
}

/** Ports that may mean a privilege stay among their like. */
function usualPorts(port: number): readonly [number, number] {
  if (port < 512) return [1, 511];
  return port < 1024 ? [600, 1023] : [1024, 65535];
}

function sorted([a, b]: readonly [number, number]): readonly [number, number] {
  return a <= b ? [a, b] : [b, a];
}

/** hash * size / 2^32, exactly (reciprocal_scale). */
function scaled(hash: number, size: number): number {
  const low = Math.floor(((hash & 0xffff) * size) / 65536);
  return Math.floor(((hash >>> 16) * size + low) / 65536);
}

/** The number that a little-endian machine reads of a word in network order. */
function swapped(word: number): number {
  return ((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}

function rol(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

/** Jenkins' hash of four words. Unsigned 32 bit. */
function jhash2([k0, k1, k2, k3]: readonly number[], initial: number): number {
  let a = (0xdeadbeef + 16 + initial) | 0;
  let b = a;
  let c = a;
  a = (a + k0!) | 0;
  b = (b + k1!) | 0;
  c = (c + k2!) | 0;
  a = ((a - c) ^ rol(c, 4)) | 0;
  c = (c + b) | 0;
  b = ((b - a) ^ rol(a, 6)) | 0;
  a = (a + c) | 0;
  c = ((c - b) ^ rol(b, 8)) | 0;
  b = (b + a) | 0;
  a = ((a - c) ^ rol(c, 16)) | 0;
  c = (c + b) | 0;
  b = ((b - a) ^ rol(a, 19)) | 0;
  a = (a + c) | 0;
  c = ((c - b) ^ rol(b, 4)) | 0;
  b = (b + a) | 0;
  a = (a + k3!) | 0;
  c = ((c ^ b) - rol(b, 14)) | 0;
  a = ((a ^ c) - rol(c, 11)) | 0;
  b = ((b ^ a) - rol(a, 25)) | 0;
  c = ((c ^ b) - rol(b, 16)) | 0;
  a = ((a ^ c) - rol(c, 4)) | 0;
  b = ((b ^ a) - rol(a, 14)) | 0;
  c = ((c ^ b) - rol(b, 24)) | 0;
  return c >>> 0;
}
