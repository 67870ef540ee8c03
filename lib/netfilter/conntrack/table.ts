// The connections there are, found by the tuple of either direction.
// Before you edit: net/netfilter/nf_conntrack_core.c (hash_conntrack_raw, __nf_conntrack_find_get, nf_ct_key_equal,
// early_drop).
import { type Conn, type TupleHash, type Zone, zoneId } from "./conn.ts";
import { type Direction, ORIGINAL, type Tuple } from "./tuple.ts";

/** So many buckets are searched for one that may go. */
const EVICTION_RANGE = 8;

/** Buckets that hold something. How many there could be is a sysctl: what shares one may have to make room. */
export class ConnTable {
  private readonly buckets = new Map<number, TupleHash>();
  private readonly all = new Set<Conn>();

  get size(): number {
    return this.all.size;
  }
  /** In the order of making. */
  get conns(): Iterable<Conn> {
    return this.all;
  }

  /**
   * The direction of a connection that has the tuple in this zone, among those that are kept under the zone's number
   * for one direction: with a zone of one direction only, each sees others.
   */
  find(tuple: Tuple, zone: Zone, of: Direction, buckets: number): TupleHash | null {
    const id = zoneId(zone, of);
    let each = this.buckets.get(bucketOf(tuple, id, buckets)) ?? null;
    for (; each !== null; each = each.next) {
      const { conn, direction } = each;
      // Two buckets may be one; entries of another number are not meant then either.
      if (zoneId(conn.zone, direction) === id && zoneId(zone, direction) === id && each.tuple.equals(tuple))
        return each;
    }
    return null;
  }

  add(conn: Conn, buckets: number): void {
    this.all.add(conn);
    this.link(conn.original, buckets);
    this.link(conn.reply, buckets);
  }

  delete(conn: Conn): boolean {
    if (!this.all.delete(conn)) return false;
    this.unlink(conn.original);
    this.unlink(conn.reply);
    return true;
  }

  /** Those in the buckets that follow the tuple's, one bucket after the other, as long as somebody wants more. */
  *near(tuple: Tuple, zone: Zone, buckets: number): Iterable<readonly Conn[]> {
    const first = bucketOf(tuple, zoneId(zone, ORIGINAL), buckets);
    for (let i = 0; i < EVICTION_RANGE; i++) {
      const found: Conn[] = [];
      let each = this.buckets.get((first + i) % buckets) ?? null;
      for (; each !== null; each = each.next) found.push(each.conn);
      if (found.length > 0) yield found;
    }
  }

  private link(node: TupleHash, buckets: number): void {
    node.bucket = bucketOf(node.tuple, zoneId(node.conn.zone, node.direction), buckets);
    node.next = this.buckets.get(node.bucket) ?? null;
    this.buckets.set(node.bucket, node);
  }

  private unlink(node: TupleHash): void {
    const first = this.buckets.get(node.bucket);
    if (first === node) {
      if (node.next === null) this.buckets.delete(node.bucket);
      else this.buckets.set(node.bucket, node.next);
    } else
      for (let each = first; each !== undefined; each = each.next ?? undefined) {
        if (each.next !== node) continue;
        each.next = node.next;
        break;
      }
    node.next = null;
    node.bucket = -1;
  }
}

function bucketOf(tuple: Tuple, zone: number, buckets: number): number {
  return Math.floor((((tuple.hash ^ Math.imul(zone, 0x9e3779b1)) >>> 0) * buckets) / 0x100000000);
}
