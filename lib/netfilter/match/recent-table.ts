// The lists of -m recent: addresses with the times they were seen at, the one unseen for the longest first.
// Before you edit: net/netfilter/xt_recent.c (recent_mt, recent_entry_*, recent_seq_show, recent_mt_proc_write).
import type { Ip } from "../../wire/address.ts";
import { HZ } from "../jiffies.ts";
import { masked } from "../mask.ts";
import type { Skb } from "../skb.ts";
import { readNumericAddress } from "../text/address.ts";
import type { RecentValue } from "./recent.ts";

/** ip_list_tot: addresses of a list. */
const MOST_ENTRIES = 100;

interface Entry {
  readonly address: Ip;
  ttl: number;
  /** Where the next time is written, and how many there are. */
  index: number;
  count: number;
  readonly times: number[];
}

interface List {
  readonly mask: Ip;
  /** One less than the times an entry keeps, all bits set. */
  timesMask: number;
  /** In the order they were last seen; by the text of the address, as Ip objects are one for each address. */
  readonly entries: Map<Ip, Entry>;
}

/** The lists of one namespace, for rules of both families. */
export class RecentLists {
  private readonly byName = new Map<string, List>();

  /** A rule that names a list came: the first one makes it, and one that counts further than it can begins it anew. */
  use({ name, mask, hits }: RecentValue): List {
    const timesMask = hits === 0 ? 31 : 2 ** Math.ceil(Math.log2(hits)) - 1;
    let list = this.byName.get(name);
    if (list === undefined) {
      list = { mask, timesMask, entries: new Map() };
      this.byName.set(name, list);
    } else if (timesMask > list.timesMask) {
      list.entries.clear();
      list.timesMask = timesMask;
    }
    return list;
  }

  /** Lists that no rule names go. */
  keepOnly(names: ReadonlySet<string>): void {
    for (const name of this.byName.keys()) if (!names.has(name)) this.byName.delete(name);
  }

  get names(): string[] {
    return [...this.byName.keys()];
  }

  /** Whether the rule is about the packet; writes down what the rule asks for. `now` is in jiffies. */
  matches(value: RecentValue, skb: Skb, now: number): boolean {
    const { action, inverted, seconds, hits } = value;
    const { packet } = skb;
    const list = this.byName.get(value.name) ?? this.use(value);
    const address = masked(value.side === "source" ? packet.src : packet.dst, list.mask);
    const hops = packet.kind === "ipv4" ? packet.ttl : packet.hopLimit;
    // As it was before a router took one away.
    const ttl = skb.out !== null && skb.in !== null ? (hops + 1) & 255 : hops;
    const entry = find(list, address, value.ttl ? ttl : 0);
    if (entry === undefined) {
      if (action !== "set") return inverted;
      add(list, address, ttl, now);
      return !inverted;
    }
    let matches = inverted;
    if (action === "set") matches = !matches;
    else if (action === "remove") {
      list.entries.delete(address);
      matches = !matches;
    } else {
      const since = now - seconds * HZ;
      let had = 0;
      for (let i = 0; i < entry.count; i++) {
        if (seconds > 0 && since > entry.times[i]!) continue;
        if (hits === 0 || ++had >= hits) {
          matches = !matches;
          break;
        }
      }
      if (value.reap) reap(list, since, entry, action === "update" && matches);
    }
    if (action === "set" || (action === "update" && matches)) {
      see(list, entry, now);
      entry.ttl = ttl;
    }
    return matches;
  }

  /** What /proc/net/xt_recent/NAME says, in the order addresses were last seen; null when no rule names the list. */
  text(name: string): string | null {
    const list = this.byName.get(name);
    if (list === undefined) return null;
    return [...list.entries.values()]
      .map(({ address, ttl, index, count, times }) => {
        const last = times[(index - 1) & list.timesMask];
        const said = times.slice(0, count).join(", ");
        return `src=${wholeText(address)} ttl: ${ttl} last_seen: ${last} oldest_pkt: ${index} ${said}\n`;
      })
      .join("");
  }

  /** What is written to that file: `+ADDRESS`, `-ADDRESS`, or `/` for all. False, and nothing done, when it is none of them. */
  write(name: string, text: string, now: number): boolean {
    const list = this.byName.get(name)!;
    if (text.startsWith("/")) {
      list.entries.clear();
      return true;
    }
    const said = text.slice(1).split("\n", 1)[0]!;
    const address = readNumericAddress(said, said.includes(":") ? 6 : 4);
    if (address === null || !/^[+-]/.test(text)) return false;
    const entry = find(list, address, 0);
    if (text.startsWith("-")) list.entries.delete(address);
    else if (entry === undefined) add(list, address, 0, now);
    else see(list, entry, now);
    return true;
  }
}

function find({ entries }: List, address: Ip, ttl: number): Entry | undefined {
  const entry = entries.get(address);
  return entry !== undefined && (ttl === 0 || entry.ttl === 0 || entry.ttl === ttl) ? entry : undefined;
}

function add({ entries }: List, address: Ip, ttl: number, now: number): void {
  if (entries.size >= MOST_ENTRIES) entries.delete(entries.keys().next().value!);
  entries.delete(address);
  entries.set(address, { address, ttl, index: 1, count: 1, times: [now] });
}

function see({ entries, timesMask }: List, entry: Entry, now: number): void {
  entry.index &= timesMask;
  entry.times[entry.index++] = now;
  if (entry.index > entry.count) entry.count = entry.index;
  entries.delete(entry.address);
  entries.set(entry.address, entry);
}

/** Takes the one unseen for the longest away if it is too old. */
function reap({ entries }: List, since: number, working: Entry, isUpdate: boolean): void {
  const oldest: Entry | undefined = entries.values().next().value;
  if (oldest === undefined || (oldest === working && isUpdate)) return;
  if (since > oldest.times[oldest.index - 1]!) entries.delete(oldest.address);
}

/** Of IPv6 all digits, as %pI6 prints it. */
function wholeText(address: Ip): string {
  if (address.family === 4) return address.text;
  const words = [address.w0, address.w1, address.w2, address.w3].map((word) => word.toString(16).padStart(8, "0"));
  return words.flatMap((word) => [word.slice(0, 4), word.slice(4)]).join(":");
}
