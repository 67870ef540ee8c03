// The order in which a packet meets the kernel's hooks. One table for every hook function there is; a room that
// filters, translates or balances registers its function here, and nowhere else decides "what comes first".
// Before you edit: include/uapi/linux/netfilter_ipv4.h (enum nf_ip_hook_priorities), net/netfilter/core.c
// (nf_hook_entries_grow).
import type { Device } from "../link/device.ts";
import type { Netns } from "./netns.ts";
import type { Skb } from "./skb.ts";

export type HookName = "PREROUTING" | "INPUT" | "FORWARD" | "OUTPUT" | "POSTROUTING";

/** Priorities as the kernel has them: the smallest runs first. */
export const PRIORITY = {
  defragment: -400,
  raw: -300,
  conntrack: -200,
  mangle: -150,
  dnat: -100,
  filter: 0,
  security: 50,
  snat: 100,
  confirm: 2147483647,
} as const;

/**
 * What a hook function says: go on (with whatever it changed in the skb), end here, or "I have it now": who steals a
 * packet may let it go on later (`reinject`), as a queue to a program does.
 */
export type Verdict = "accept" | "drop" | "stolen";

/** What follows behind a hook (okfn). */
export type Okay<S> = (ns: Netns, skb: S) => void;

/** Where a packet is while hook functions look at it (struct nf_hook_state). */
export interface HookState<S = Skb> {
  readonly hook: HookName;
  /** Null at OUTPUT, and at POSTROUTING for what is made here. */
  readonly in: Device | null;
  /** Null at PREROUTING and INPUT. */
  readonly out: Device | null;
  readonly okay: Okay<S>;
  /** The function that looks at it now. */
  readonly by: HookFunction<S>;
}

export interface HookFunction<S = Skb> {
  readonly name: string;
  readonly priority: number;
  /** Says of a drop why in a step of its own; `skb.cause` is the step that came before. */
  run(ns: Netns, skb: S, state: HookState<S>): Verdict;
}

type Lists<S> = Readonly<Record<HookName, readonly HookFunction<S>[]>>;

const NONE: readonly never[] = [];

/** What namespaces share until something is registered in them. */
const NOTHING: Lists<never> = { PREROUTING: [], INPUT: [], FORWARD: [], OUTPUT: [], POSTROUTING: [] };

/** The functions registered at each hook of one namespace, in the order they run. */
export class Hooks<S = Skb> {
  private lists: Lists<S> = NOTHING;

  /** Puts a function before those of the same or a greater priority. Returns what takes it away again. */
  register(hook: HookName, added: HookFunction<S>): () => void {
    const list = this.lists[hook];
    const at = list.findIndex(({ priority }) => priority >= added.priority);
    this.lists = { ...this.lists, [hook]: list.toSpliced(at === -1 ? list.length : at, 0, added) };
    return () => {
      this.lists = { ...this.lists, [hook]: this.lists[hook].filter((each) => each !== added) };
    };
  }

  at(hook: HookName): readonly HookFunction<S>[] {
    return this.lists === NOTHING ? NONE : this.lists[hook];
  }
}
