// Connections counted by a key. Those that are over are found when the next one of the key comes, once in a jiffy.
// Before you edit: net/netfilter/nf_conncount.c (__nf_conncount_add, find_or_evict, already_closed, count_tree).
import { type Conn, DEFAULT_ZONE, type Nfct, STATUS, type Zone } from "../conntrack/conn.ts";
import { TCP } from "../conntrack/tcp-states.ts";
import { type Tuple, tupleOf } from "../conntrack/tuple.ts";
import { jiffiesAt } from "../jiffies.ts";
import type { Skb } from "../skb.ts";

/** CONNCOUNT_GC_MAX_COLLECT: with so many new ones the list is looked through although it was in this jiffy. */
const MOST_UNSWEPT = 64;

interface Counted {
  readonly tuple: Tuple;
  readonly zone: Zone;
}
interface Group {
  counted: Counted[];
  /** The jiffy it was looked through last, and how many it had then. */
  swept: number;
  left: number;
}

/** In which zone a packet is looked up. */
export function zoneOf(ct: Nfct | null): Zone {
  if (ct?.kind === "template") return ct.zone;
  return ct?.kind === "tracked" ? ct.conn.zone : DEFAULT_ZONE;
}

/** What one rule counts. */
export class ConnCount {
  private readonly groups = new Map<string, Group>();

  /** How many connections the key has, the packet's own counted; 0 if the packet can belong to none, or all are over. */
  countWith(skb: Skb, key: string): number {
    const { ct, net } = skb;
    const now = jiffiesAt(net.now);
    const zone = zoneOf(ct);
    const tuple = ct?.kind === "tracked" ? ct.conn.original.tuple : tupleOf(skb.packet);
    if (tuple === null) return 0;
    const group = this.groups.get(key);
    if (group === undefined) {
      this.groups.set(key, { counted: [{ tuple, zone }], swept: now, left: 0 });
      return 1;
    }
    const conn = ct?.kind === "tracked" ? ct.conn : net.conntrack.find(tuple, zone)?.conn;
    if (conn?.has(STATUS.assured)) {
      // It was counted when it began.
      if (group.swept !== now) sweep(group, skb, now);
      return group.counted.length;
    }
    const isSettled = conn?.isConfirmed === true;
    const isFresh = group.swept === now && group.counted.length - group.left < MOST_UNSWEPT;
    if (isSettled || !isFresh) {
      if (has(group, skb, tuple, zone)) return group.counted.length;
      group.swept = now;
      group.left = group.counted.length;
    }
    group.counted.push({ tuple, zone });
    return group.counted.length;
  }
}

/** Takes away what is over. */
function sweep(group: Group, skb: Skb, now: number): void {
  group.counted = group.counted.filter((each) => isThere(each, skb));
  group.swept = now;
  group.left = group.counted.length;
}

/** Whether this very connection was counted; what is over before it in the list goes on the way. */
function has(group: Group, skb: Skb, tuple: Tuple, zone: Zone): boolean {
  const { counted } = group;
  const at = counted.findIndex((each) => {
    const conn = connOf(each, skb);
    return conn !== undefined && each.tuple.equals(tuple) && conn.zone.id === zone.id;
  });
  const before = at === -1 ? counted : counted.slice(0, at);
  group.counted = [...before.filter((each) => isThere(each, skb)), ...(at === -1 ? [] : counted.slice(at))];
  return at !== -1;
}

function connOf({ tuple, zone }: Counted, { net }: Skb): Conn | undefined {
  return net.conntrack.find(tuple, zone)?.conn;
}

/** Not forgotten, and of TCP neither in TIME_WAIT nor closed. */
function isThere(counted: Counted, skb: Skb): boolean {
  const conn = connOf(counted, skb);
  return conn !== undefined && conn.tcp?.state !== TCP.timeWait && conn.tcp?.state !== TCP.close;
}
