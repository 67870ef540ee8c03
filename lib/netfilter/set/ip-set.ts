// One set: its elements, in the order they came, with what is kept of each.
// Before you edit: net/netfilter/ipset/ip_set_hash_gen.h (mtype_add, mtype_del, mtype_test_cidrs), ip_set_core.c
// (ip_set_match_extensions), include/linux/netfilter/ipset/ip_set_timeout.h, ip_set_counter.h.
import { cut } from "../mask.ts";
import { type Item, keyOf } from "./element.ts";
import type { SetOptions, SetType } from "./type.ts";

/** Why a set refuses (IPSET_ERR_*). */
export type SetErrno = "exists" | "missing" | "full" | "no timeout" | "no counters" | "no comment" | "no skbinfo";

/** What -j SET --map-set writes on a packet (struct ip_set_skbinfo). */
export interface SkbInfo {
  readonly mark: number;
  readonly mask: number;
  readonly major: number;
  readonly minor: number;
  readonly queue: number;
}
export const NO_SKBINFO: SkbInfo = { mark: 0, mask: 0, major: 0, minor: 0, queue: 0 };

export interface Element {
  readonly items: readonly Item[];
  nomatch: boolean;
  /** Virtual time in nanoseconds; null: it stays. */
  expires: number | null;
  packets: number;
  bytes: number;
  comment: string;
  skbinfo: SkbInfo;
}

/** What is said of an element when it is added; what is missing is as usual for the set. */
export interface Extras {
  readonly timeout?: number;
  readonly packets?: number;
  readonly bytes?: number;
  readonly comment?: string;
  readonly skbinfo?: SkbInfo;
  readonly nomatch?: boolean;
}

const SECOND = 1e9;

export class IpSet {
  name: string;
  readonly type: SetType;
  readonly options: SetOptions;
  /** Lists that have it as an element. */
  lists = 0;
  private readonly elements = new Map<string, Element>();
  /** How many networks of each length there are, for each part that is one: the longest that fits decides. */
  private readonly lengths: number[][];

  constructor(name: string, type: SetType, options: SetOptions) {
    this.name = name;
    this.type = type;
    this.options = options;
    this.lengths = type.parts.map(() => []);
  }

  /** Those that are not over, in the order they came. */
  *living(now: number): Generator<Element> {
    for (const element of this.elements.values()) if (!isOver(element, now)) yield element;
  }

  count(now: number): number {
    let count = 0;
    for (const _ of this.living(now)) count++;
    return count;
  }

  /** Adds an element; one that is there is only changed if `mayExist`. */
  add(items: readonly Item[], extras: Extras, mayExist: boolean, now: number): SetErrno | null {
    const { options } = this;
    if (extras.timeout !== undefined && options.timeout === null) return "no timeout";
    if ((extras.packets !== undefined || extras.bytes !== undefined) && !options.counters) return "no counters";
    if (extras.comment !== undefined && !options.comment) return "no comment";
    if (extras.skbinfo !== undefined && !options.skbinfo) return "no skbinfo";
    const key = keyOf(items);
    const old = this.elements.get(key);
    const isThere = old !== undefined && !isOver(old, now);
    if (isThere && !mayExist) return "exists";
    if (old === undefined && this.elements.size >= this.room && this.count(now) >= this.room) return "full";
    const timeout = extras.timeout ?? options.timeout ?? 0;
    const element: Element = {
      items,
      nomatch: extras.nomatch ?? false,
      expires: timeout === 0 ? null : now + timeout * SECOND,
      packets: extras.packets ?? 0,
      bytes: extras.bytes ?? 0,
      comment: extras.comment ?? "",
      skbinfo: extras.skbinfo ?? NO_SKBINFO,
    };
    this.elements.set(key, element);
    if (old === undefined) this.countLengths(items, 1);
    return null;
  }

  /** Puts a list's element before or behind another. */
  place(items: readonly Item[], where: "before" | "after", other: readonly Item[]): void {
    const key = keyOf(items);
    const element = this.elements.get(key)!;
    this.elements.delete(key);
    const rest = [...this.elements];
    const at = rest.findIndex(([each]) => each === keyOf(other));
    this.elements.clear();
    rest.splice(where === "before" ? at : at + 1, 0, [key, element]);
    for (const [each, value] of rest) this.elements.set(each, value);
  }

  delete(items: readonly Item[], now: number): SetErrno | null {
    const key = keyOf(items);
    const element = this.elements.get(key);
    if (element === undefined) return "missing";
    this.elements.delete(key);
    this.countLengths(items, -1);
    return isOver(element, now) ? "missing" : null;
  }

  flush(): void {
    this.elements.clear();
    for (const counts of this.lengths) counts.length = 0;
  }

  /** This very element, as it was added. */
  get(items: readonly Item[], now: number): Element | null {
    const element = this.elements.get(keyOf(items));
    return element === undefined || isOver(element, now) ? null : element;
  }

  /** The element that is about these and suits: of networks the longest, the last part's last. */
  find(items: readonly Item[], now: number, suits: (element: Element) => boolean = () => true): Element | null {
    return this.findFrom(items, 0, now, suits);
  }

  private findFrom(
    items: readonly Item[],
    from: number,
    now: number,
    suits: (element: Element) => boolean,
  ): Element | null {
    const at = this.type.parts.indexOf("net", from);
    if (at === -1) {
      const element = this.get(items, now);
      return element !== null && suits(element) ? element : null;
    }
    const { address } = items[at] as Item & { kind: "net" };
    for (let length = this.lengths[at]!.length - 1; length >= 0; length--) {
      if (!this.lengths[at]![length]) continue;
      const narrowed = items.with(at, { kind: "net", address: cut(address, length), length });
      const found = this.findFrom(narrowed, at + 1, now, suits);
      if (found !== null) return found;
    }
    return null;
  }

  /** The longest network of a part; a packet's address is added as one of those. */
  longest(at: number): number | null {
    const counts = this.lengths[at]!;
    for (let length = counts.length - 1; length >= 0; length--) if (counts[length]) return length;
    return null;
  }

  private get room(): number {
    const { store } = this.type;
    return store === "hash" ? this.options.maxelem : store === "list" ? this.options.size : Number.POSITIVE_INFINITY;
  }

  private countLengths(items: readonly Item[], change: number): void {
    this.type.parts.forEach((part, at) => {
      const item = items[at]!;
      if (part !== "net" || item.kind !== "net") return;
      const counts = this.lengths[at]!;
      while (counts.length <= item.length) counts.push(0);
      counts[item.length]! += change;
    });
  }
}

function isOver({ expires }: Element, now: number): boolean {
  return expires !== null && now >= expires;
}

/** Whole seconds it still has, at least one; 0 for ever. */
export function secondsLeft({ expires }: Element, now: number): number {
  return expires === null ? 0 : Math.max(Math.floor((expires - now) / SECOND), 1);
}
