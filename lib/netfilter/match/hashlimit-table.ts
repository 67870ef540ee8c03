// The tables of -m hashlimit: a bucket of credit for each group of addresses and ports. Rules of one name share a table,
// and the first of them says how it works.
// Before you edit: net/netfilter/xt_hashlimit.c (hashlimit_mt_common, rateinfo_recalc, rateinfo_init, htable_gc).
import { ipLength } from "../../wire/bytes.ts";
import { protocolOf } from "../../wire/packet.ts";
import { HZ, jiffiesAt } from "../jiffies.ts";
import { cut } from "../mask.ts";
import type { Net } from "../net.ts";
import type { Skb } from "../skb.ts";
import { destinationPort, sourcePort } from "../transport.ts";
import type { HashlimitValue } from "./hashlimit.ts";

/** Parts of a second that rates are kept in (XT_HASHLIMIT_SCALE_v2). */
export const SCALE = 1000000;
/** Credit of a jiffy (CREDITS_PER_JIFFY), and of the parts of a second that a rate is given in (user2credits). */
const PER_JIFFY = 2n ** 39n;
const PER_PART = (BigInt(HZ) * PER_JIFFY) / BigInt(SCALE);
/** Credit of a jiffy where octets are counted (CREDITS_PER_JIFFY_BYTES); a second's is the most an entry has. */
const PER_JIFFY_BYTES = 2n ** 24n;
const FULL_BYTES = PER_JIFFY_BYTES * BigInt(HZ);

interface Entry {
  /** Jiffies. */
  expires: number;
  prev: number;
  credit: bigint;
  /** Packets: the most credit. Octets: how often the credit is filled up when it runs out. */
  cap: bigint;
  readonly cost: bigint;
  /** Of rate-match: whether the window before was too full, and what this one has. */
  wasFull: boolean;
  current: number;
}
interface Table {
  readonly value: HashlimitValue;
  readonly entries: Map<string, Entry>;
  swept: number;
}

/** By the name; what a namespace remembers goes with it. */
const TABLES = new WeakMap<Net, Map<string, Table>>();

function tableOf(net: Net, value: HashlimitValue, now: number): Table {
  let tables = TABLES.get(net);
  if (tables === undefined) {
    tables = new Map();
    TABLES.set(net, tables);
  }
  let table = tables.get(value.name);
  if (table === undefined) {
    table = { value, entries: new Map(), swept: now };
    tables.set(value.name, table);
  }
  return table;
}

/** Tables that no rule of the family names go. */
export function keepHashlimits(net: Net, names: ReadonlySet<string>): void {
  const tables = TABLES.get(net);
  for (const name of tables?.keys() ?? []) if (!names.has(name)) tables!.delete(name);
}

/** Whether the rule is about the packet; takes the packet off its bucket. */
export function matchHashlimit(value: HashlimitValue, skb: Skb): boolean {
  const now = jiffiesAt(skb.net.now);
  const table = tableOf(skb.net, value, now);
  sweep(table, now);
  const config = table.value;
  const key = keyOf(config, skb);
  let entry = table.entries.get(key);
  if (entry === undefined) {
    entry = fresh(config, now);
    table.entries.set(key, entry);
  } else recalculate(config, entry, now);
  entry.expires = now + Math.ceil((config.expire * HZ) / 1000);
  return isWithin(value, entry, skb) !== value.above;
}

/** Entries idle for too long go, as often as the table is looked through (htable_gc). */
function sweep(table: Table, now: number): void {
  const { entries, value } = table;
  const interval = Math.ceil((value.gcInterval * HZ) / 1000);
  const runs = Math.floor((now - table.swept) / interval);
  if (runs === 0) return;
  table.swept += runs * interval;
  for (const [key, { expires }] of entries) if (table.swept >= expires) entries.delete(key);
}

function keyOf({ modes, srcMask, dstMask }: HashlimitValue, { packet }: Skb): string {
  let key = "";
  for (const mode of modes)
    switch (mode) {
      case "srcip":
        key += `${cut(packet.src, srcMask)} `;
        break;
      case "dstip":
        key += `${cut(packet.dst, dstMask)} `;
        break;
      case "srcport":
        key += `${hasPorts(packet) ? sourcePort(packet, true) : 0} `;
        break;
      case "dstport":
        key += `${hasPorts(packet) ? destinationPort(packet, true) : 0} `;
    }
  return key;
}

/** Protocols that begin with ports, or are taken to (proto_ports_offset); pieces are read as if they did. */
const WITH_PORTS: ReadonlySet<number> = new Set([6, 17, 33, 50, 132, 136]);

function hasPorts(packet: Skb["packet"]): boolean {
  return WITH_PORTS.has(protocolOf(packet));
}

/** What so many packets cost, in the 64 bits that the kernel has for it (user2credits). */
export function creditsOf(average: number, packets: number): bigint {
  return BigInt.asUintN(64, BigInt(average) * BigInt(packets) * PER_PART);
}

/** What 16 octets cost (user2credits_byte). */
export function byteCredits(average: number): bigint {
  return (BigInt(average) * FULL_BYTES) >> 32n;
}

function fresh({ isBytes, average, burst }: HashlimitValue, now: number): Entry {
  const about = { expires: 0, prev: now, wasFull: false, current: 0 };
  if (!isBytes) {
    const cap = creditsOf(average, burst);
    return { ...about, credit: cap, cap, cost: creditsOf(average, 1) };
  }
  return { ...about, credit: FULL_BYTES, cap: BigInt(burst), cost: byteCredits(average) };
}

function recalculate({ rateMatch, interval, isBytes, average }: HashlimitValue, entry: Entry, now: number): void {
  const delta = now - entry.prev;
  if (delta === 0) return;
  if (rateMatch) {
    const window = interval * HZ;
    if (delta < window) return;
    entry.prev = now;
    entry.wasFull = entry.current * window > delta * rateOf(isBytes, average);
    entry.current = 0;
    return;
  }
  entry.prev = now;
  entry.credit += (isBytes ? PER_JIFFY_BYTES : PER_JIFFY) * BigInt(delta);
  const most = isBytes ? FULL_BYTES : entry.cap;
  if (entry.credit > most) entry.credit = most;
}

function rateOf(isBytes: boolean, average: number): number {
  return isBytes ? (Math.floor(0xffffffff / average) - 1) * 16 : Math.floor(SCALE / average);
}

function isWithin({ rateMatch, isBytes, average, burst }: HashlimitValue, entry: Entry, { packet }: Skb): boolean {
  if (rateMatch) {
    const rate = rateOf(isBytes, average);
    entry.current += isBytes ? ipLength(packet) : 1;
    const most = isBytes ? rate * Math.max(burst, 1) : burst + rate;
    return !entry.wasFull && entry.current <= most;
  }
  const cost = isBytes ? byteCost(entry, ipLength(packet)) : entry.cost;
  if (entry.credit < cost) return false;
  entry.credit -= cost;
  return true;
}

/** In units of 16 octets. An empty bucket is filled again as often as the burst allows. */
function byteCost(entry: Entry, length: number): bigint {
  const whole = BigInt((length >> 4) + 1) * entry.cost;
  const cost = whole > FULL_BYTES ? FULL_BYTES : whole;
  if (entry.credit < cost && entry.cap > 0n) {
    entry.cap--;
    entry.credit = FULL_BYTES;
  }
  return cost;
}
