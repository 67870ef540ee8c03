// `ipset list` and `ipset save`: sets as they are printed. Elements stand in the order they came; the kernel's order is
// that of its hash, which has a random seed.
// Before you edit: ipset's lib/session.c (list_create, print_set_done), net/netfilter/ipset/ip_set_hash_gen.h (mtype_list).
import { headerText } from "../netfilter/set/create.ts";
import type { IpSet } from "../netfilter/set/ip-set.ts";
import { elementLine } from "../netfilter/set/saved.ts";
import { setReferences } from "../netns/netfilter/set-uses.ts";
import type { Netns } from "../netns/netns.ts";
import type { Call } from "./command.ts";

export interface Listing {
  readonly form: "plain" | "save";
  readonly namesOnly: boolean;
  readonly terse: boolean;
  readonly sorted: boolean;
}

/** Rules that ask it, and lists it is in. */
export function referencesOf(ns: Netns, set: IpSet): number {
  return set.lists + setReferences(ns, set.name);
}

export function list({ ns, out }: Call, said: Listing, sets: readonly IpSet[]): void {
  if (said.namesOnly) {
    for (const { name } of sets) out(`${name}\n`);
    return;
  }
  const { now } = ns.cables;
  sets.forEach((set, at) => {
    const lines = [...set.living(now)].map((element) => elementLine(set, element, now));
    // A bitmap's are in their own order.
    if (said.sorted || set.type.store === "bitmap") lines.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
    if (said.form === "save") {
      out(`create ${set.name} ${set.type.name} ${headerText(set)}\n`);
      for (const line of lines) out(`add ${set.name} ${line}\n`);
      return;
    }
    if (at > 0) out("\n");
    out(`Name: ${set.name}\nType: ${set.type.name}\nRevision: ${set.type.revision}\nHeader: ${headerText(set)}\n`);
    out(`Size in memory: ${sizeOf(set, lines.length)}\nReferences: ${referencesOf(ns, set)}\n`);
    out(`Number of entries: ${lines.length}\n`);
    if (said.terse) return;
    out("Members:\n");
    for (const line of lines) out(`${line}\n`);
  });
}

/** About what the kernel says: it counts buckets that its random seed fills. */
function sizeOf({ type, options }: IpSet, count: number): number {
  const each = 8 * type.parts.length + (options.timeout === null ? 0 : 8) + (options.counters ? 16 : 0);
  return 200 + count * (each + 16);
}
