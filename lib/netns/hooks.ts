// The order in which a packet meets the kernel's hooks. One table for every hook function there is; a room that
// filters, translates or balances registers its function here, and nowhere else decides "what comes first".
// Before you edit: include/uapi/linux/netfilter_ipv4.h (enum nf_ip_hook_priorities), net/netfilter/core.c.
import type { Ipv4Packet } from "../wire/packet.ts";

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
  confirm: Number.MAX_SAFE_INTEGER,
} as const;

/** What a hook function says: pass on (perhaps another packet), or end here. */
export type Verdict =
  | { readonly verdict: "accept"; readonly packet: Ipv4Packet; readonly cause: number }
  | { readonly verdict: "drop" | "stolen" };

export interface HookContext {
  readonly hook: HookName;
  readonly inDevice: string | null;
  readonly outDevice: string | null;
}

export interface HookFunction {
  readonly name: string;
  readonly priority: number;
  run(packet: Ipv4Packet, context: HookContext, cause: number): Verdict;
}

const NONE: readonly HookFunction[] = [];

/** The functions registered at each hook of one namespace, in the order they run. */
export class Hooks {
  private lists: Partial<Record<HookName, readonly HookFunction[]>> = NOTHING_REGISTERED;

  /** Puts a function behind those of the same or a smaller priority. */
  register(hook: HookName, added: HookFunction): void {
    const list = this.at(hook);
    const at = list.findIndex((other) => other.priority > added.priority);
    this.lists = { ...this.lists, [hook]: list.toSpliced(at === -1 ? list.length : at, 0, added) };
  }

  at(hook: HookName): readonly HookFunction[] {
    return this.lists[hook] ?? NONE;
  }
}

/** What namespaces share until something is registered in them. */
const NOTHING_REGISTERED: Partial<Record<HookName, readonly HookFunction[]>> = {};
