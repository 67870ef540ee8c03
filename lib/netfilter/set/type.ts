// The types of sets: what an element is made of, and what a set of the type can be told when it is made.
// Before you edit: net/netfilter/ipset/ip_set_*.c (revisions, dimensions), ipset's lib/ipset_hash_*.c, ipset_bitmap_*.c.

/** A part of an element; each is one direction (src, dst) of a rule. */
export type Part = "ip" | "net" | "port" | "mac" | "set";

export interface SetType {
  readonly name: string;
  readonly parts: readonly Part[];
  readonly store: "hash" | "bitmap" | "list";
  readonly revision: number;
  /** What may be said of it besides timeout, counters and comment. */
  readonly options: readonly string[];
}

const HASH = ["family", "hashsize", "maxelem", "bucketsize", "initval"];

export const SET_TYPES: readonly SetType[] = [
  { name: "hash:ip", parts: ["ip"], store: "hash", revision: 6, options: [...HASH, "netmask"] },
  { name: "hash:net", parts: ["net"], store: "hash", revision: 7, options: HASH },
  { name: "hash:ip,port", parts: ["ip", "port"], store: "hash", revision: 7, options: HASH },
  { name: "hash:ip,port,ip", parts: ["ip", "port", "ip"], store: "hash", revision: 6, options: HASH },
  { name: "hash:ip,port,net", parts: ["ip", "port", "net"], store: "hash", revision: 8, options: HASH },
  { name: "hash:mac", parts: ["mac"], store: "hash", revision: 1, options: HASH.filter((name) => name !== "family") },
  { name: "bitmap:port", parts: ["port"], store: "bitmap", revision: 3, options: ["range"] },
  { name: "bitmap:ip", parts: ["ip"], store: "bitmap", revision: 3, options: ["range", "netmask"] },
  { name: "list:set", parts: ["set"], store: "list", revision: 3, options: ["size"] },
];

/** What ipset knows besides. */
export const TYPES_NOT_MODELLED: ReadonlySet<string> = new Set([
  "bitmap:ip,mac",
  "hash:ip,mac",
  "hash:ip,mark",
  "hash:net,net",
  "hash:net,port",
  "hash:net,port,net",
  "hash:net,iface",
]);

/** What a set was made with. */
export interface SetOptions {
  /** Of its addresses; null where there are none. */
  readonly family: 4 | 6 | null;
  readonly hashsize: number;
  readonly maxelem: number;
  readonly bucketsize: number;
  readonly initval: number;
  /** Prefix length that addresses are cut to; null: whole. */
  readonly netmask: number | null;
  /** Of a bitmap: numbers of the first and last port or address. */
  readonly range: readonly [first: number, last: number] | null;
  /** Of a list. */
  readonly size: number;
  /** Seconds an element stays if nothing else is said; 0 for ever; null: elements have no timeout. */
  readonly timeout: number | null;
  readonly counters: boolean;
  readonly comment: boolean;
  /** Elements say what -j SET --map-set writes on packets. */
  readonly skbinfo: boolean;
}
