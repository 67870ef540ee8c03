// The sets of a namespace, and what rules do with them for a packet.
// Before you edit: net/netfilter/ipset/ip_set_core.c (ip_set_test, ip_set_add, ip_set_match_extensions),
// ip_set_getport.c (get_port), ip_set_list_set.c (list_set_ktest), ip_set_bitmap_port.c.
import { ipLength } from "../../wire/bytes.ts";
import { protocolOf } from "../../wire/packet.ts";
import { isLaterFragment } from "../condition.ts";
import { cut } from "../mask.ts";
import type { IpPacket, Skb } from "../skb.ts";
import { destinationPort, icmpTypeCode, NONE, sourcePort } from "../transport.ts";
import type { Item } from "./element.ts";
import type { Element, IpSet, SkbInfo } from "./ip-set.ts";

/** Which address, port or MAC each part of an element is compared with. */
export type Directions = readonly ("src" | "dst")[];

/** What a rule asks of the counters of the element that was found. */
export interface Question {
  readonly returnNomatch: boolean;
  readonly updatesCounters: boolean;
  readonly updatesSubcounters: boolean;
  readonly packets: CounterTest | null;
  readonly bytes: CounterTest | null;
}

/** Asks nothing but whether it is there, and counts. */
export const WHETHER: Question = {
  returnNomatch: false,
  updatesCounters: true,
  updatesSubcounters: true,
  packets: null,
  bytes: null,
};
export interface CounterTest {
  readonly sign: "eq" | "ne" | "lt" | "gt";
  readonly value: number;
}

export class Sets {
  /** By name, in the order of their making. */
  private byName = new Map<string, IpSet>();

  get(name: string): IpSet | undefined {
    return this.byName.get(name);
  }

  all(): IpSet[] {
    return [...this.byName.values()];
  }

  /** Lists behind the sets they are made of. */
  inOrder(): IpSet[] {
    const isList = ({ type }: IpSet) => type.store === "list";
    const all = this.all();
    return [...all.filter((set) => !isList(set)), ...all.filter(isList)];
  }

  put(set: IpSet): void {
    this.byName.set(set.name, set);
  }

  drop(set: IpSet): void {
    this.byName.delete(set.name);
  }

  rename(set: IpSet, name: string): void {
    set.name = name;
    this.byName = new Map(this.all().map((each) => [each.name, each]));
  }

  /** Each gets the other's name, and who asks by name the other's elements. */
  swap(one: IpSet, other: IpSet): void {
    const { name, lists } = one;
    this.byName.set(other.name, one);
    this.byName.set(name, other);
    one.name = other.name;
    other.name = name;
    one.lists = other.lists;
    other.lists = lists;
  }

  /** Whether a set has what the packet shows (ip_set_test). */
  test(name: string, skb: Skb, directions: Directions, question: Question): boolean {
    return this.ask(name, skb, directions, question) !== null;
  }

  /** What the element that the packet shows says for -j SET --map-set; null when there is none. */
  map(name: string, skb: Skb, directions: Directions): SkbInfo | null {
    return this.ask(name, skb, directions, WHETHER);
  }

  private ask(name: string, skb: Skb, directions: Directions, question: Question): SkbInfo | null {
    const set = this.byName.get(name);
    if (set === undefined || directions.length < set.type.parts.length) return null;
    const { now } = skb.net;
    if (set.type.store === "list") return this.askList(set, skb, directions, question, now);
    const items = itemsOf(set, skb, directions);
    if (items === null) return null;
    const found = set.find(items, now, (element) => countersAgree(set, element, skb, question));
    if (found === null) return null;
    return found.nomatch === question.returnNomatch || !set.type.parts.includes("net") ? found.skbinfo : null;
  }

  /** What a list's own element says is said last. */
  private askList(list: IpSet, skb: Skb, directions: Directions, question: Question, now: number): SkbInfo | null {
    // Counters are only asked of the list's own elements.
    const { updatesCounters, updatesSubcounters } = question;
    const below = {
      ...question,
      updatesCounters: updatesCounters && updatesSubcounters,
      packets: null,
      bytes: null,
    };
    for (const element of list.living(now)) {
      const [item] = element.items;
      const found = item?.kind === "set" ? this.ask(item.name, skb, directions, below) : null;
      if (found !== null && countersAgree(list, element, skb, question))
        return list.options.skbinfo ? element.skbinfo : found;
    }
    return null;
  }

  /** -j SET --add-set: what the packet shows becomes an element. */
  add(name: string, skb: Skb, directions: Directions, timeout: number | null, mayExist: boolean): void {
    const set = this.byName.get(name);
    const items = set === undefined ? null : elementFrom(set, skb, directions);
    if (items === null) return;
    const { options } = set!;
    // The packet that brings an element is the first that is counted (IP_SET_INIT_KEXT).
    const extras = {
      ...(timeout !== null && options.timeout !== null && { timeout }),
      ...(options.counters && { packets: 1, bytes: ipLength(skb.packet) }),
    };
    set!.add(items, extras, mayExist, skb.net.now);
  }

  delete(name: string, skb: Skb, directions: Directions): void {
    const set = this.byName.get(name);
    const items = set === undefined ? null : elementFrom(set, skb, directions);
    if (items !== null) set!.delete(items, skb.net.now);
  }
}

/** Counts the packet, and says whether the counters are as the rule wants them. */
function countersAgree(set: IpSet, element: Element, { packet }: Skb, question: Question): boolean {
  if (!set.options.counters) return true;
  if (question.updatesCounters) {
    element.packets++;
    element.bytes += ipLength(packet);
  }
  return agrees(question.packets, element.packets) && agrees(question.bytes, element.bytes);
}

function agrees(test: CounterTest | null, had: number): boolean {
  if (test === null) return true;
  const { sign, value } = test;
  if (sign === "eq") return had === value;
  if (sign === "ne") return had !== value;
  return sign === "lt" ? had < value : had > value;
}

/** Networks are added as long as the longest there is. */
function elementFrom(set: IpSet, skb: Skb, directions: Directions): Item[] | null {
  if (set.type.store === "list" || directions.length < set.type.parts.length) return null;
  const items = itemsOf(set, skb, directions);
  return (
    items?.map((item, at) => {
      if (item.kind !== "net" || set.type.parts[at] !== "net") return item;
      const length = set.longest(at) ?? item.length;
      return { ...item, address: cut(item.address, length), length };
    }) ?? null
  );
}

/** What the packet shows for each part; null when it has no such thing. */
function itemsOf(set: IpSet, { packet, frame }: Skb, directions: Directions): Item[] | null {
  const { type, options } = set;
  if (options.family !== null && options.family !== (packet.kind === "ipv4" ? 4 : 6)) return null;
  const items: Item[] = [];
  for (let at = 0; at < type.parts.length; at++) {
    const direction = directions[at]!;
    let item: Item | null;
    switch (type.parts[at]!) {
      case "ip": {
        const whole = packet.kind === "ipv4" ? 32 : 128;
        const address = cut(packet[direction], options.netmask ?? whole);
        if (type.store === "bitmap" && !isInRange(set, address.family === 4 ? address.bits : -1)) return null;
        item = { kind: "net", address, length: whole };
        break;
      }
      case "net":
        item = { kind: "net", address: packet[direction], length: packet.kind === "ipv4" ? 32 : 128 };
        break;
      case "port":
        item = portOf(packet, direction, type.store === "bitmap");
        if (type.store === "bitmap" && item?.kind === "port" && !isInRange(set, item.port)) return null;
        break;
      case "mac":
        item = frame === null ? null : { kind: "mac", mac: frame[direction] };
        break;
      default:
        item = null;
    }
    if (item === null) return null;
    items.push(item);
  }
  return items;
}

function isInRange({ options: { range } }: IpSet, number: number): boolean {
  return range !== null && number >= range[0] && number <= range[1];
}

/** Protocol and port; of ICMP type and code. A bitmap has ports of TCP and UDP alike, and no others. */
function portOf(packet: IpPacket, direction: "src" | "dst", isBitmap: boolean): Item | null {
  if (isLaterFragment(packet)) return null;
  const protocol = protocolOf(packet);
  const hasPorts = protocol === 6 || protocol === 17 || (!isBitmap && (protocol === 132 || protocol === 136));
  if (hasPorts) {
    const port = direction === "src" ? sourcePort(packet) : destinationPort(packet);
    return port === NONE ? null : { kind: "port", protocol: isBitmap ? 0 : protocol, port };
  }
  if (isBitmap) return null;
  if (protocol === 1 || protocol === 58) {
    const typeCode = icmpTypeCode(packet);
    return typeCode === NONE ? null : { kind: "port", protocol, port: typeCode };
  }
  return { kind: "port", protocol, port: 0 };
}
