// A packet passes a hook: every function registered there, in the order of priorities, says go on or stop.
// Before you edit: include/linux/netfilter.h (NF_HOOK), net/netfilter/core.c (nf_hook_slow), nf_queue.c (nf_reinject).
import type { Device } from "../link/device.ts";
import type { Told } from "../trace/recorder.ts";
import { LEVEL } from "../trace/step.ts";
import type { Ipv4Packet, Ipv6Packet } from "../wire/packet.ts";
import type { HookFunction, HookName, HookState, Hooks, Okay, Verdict } from "./hooks.ts";
import type { Netns } from "./netns.ts";

/** What a hook needs of a packet of either family. */
interface Passing {
  packet: Ipv4Packet | Ipv6Packet;
  cause: number;
  device: Device;
  readonly input: Device | null;
}

/** NF_HOOK: `okay` follows at once when every function accepts. Where none is registered that is all there is. */
export function passHook<S extends Passing>(
  ns: Netns,
  hooks: Hooks<S>,
  hook: HookName,
  skb: S,
  okay: Okay<S>,
): Verdict {
  const functions = hooks.at(hook);
  if (functions.length > 0) {
    // The devices are those the packet comes to the hook with, also where a function gives it another way.
    const comesIn = hook === "OUTPUT" ? null : skb.input;
    const goesOut = hook === "PREROUTING" || hook === "INPUT" ? null : skb.device;
    return ask(ns, hook, skb, okay, functions, 0, comesIn, goesOut);
  }
  if (ns.cables.recorder.level >= LEVEL.full) skb.cause = note(ns, hook, skb, null);
  okay(ns, skb);
  return "accept";
}

/**
 * A packet that a function stole goes on behind that function, as if it had been accepted. The functions are those that
 * are registered by now.
 */
export function reinject<S extends Passing>(ns: Netns, hooks: Hooks<S>, skb: S, state: HookState<S>): Verdict {
  const functions = hooks.at(state.hook);
  // Whose function is gone loses what it held (nf_queue_nf_hook_drop).
  if (!functions.includes(state.by)) return "drop";
  const { hook, okay, by, in: comesIn, out: goesOut } = state;
  return ask(ns, hook, skb, okay, functions, functions.indexOf(by) + 1, comesIn, goesOut);
}

function ask<S extends Passing>(
  ns: Netns,
  hook: HookName,
  skb: S,
  okay: Okay<S>,
  functions: readonly HookFunction<S>[],
  first: number,
  comesIn: Device | null,
  goesOut: Device | null,
): Verdict {
  for (let i = first; i < functions.length; i++) {
    const by = functions[i]!;
    skb.cause = note(ns, hook, skb, by.name);
    const verdict = by.run(ns, skb, { hook, in: comesIn, out: goesOut, okay, by });
    if (verdict !== "accept") return verdict;
  }
  okay(ns, skb);
  return "accept";
}

function note(ns: Netns, hook: HookName, { packet, cause }: Passing, asked: string | null): number {
  return ns.note(LEVEL.full, cause, null, "hook", packet, tellHook, hook, asked);
}

function tellHook(hook: HookName, asked: string | null): Told {
  return { hook, because: asked === null ? "no table is registered here: passed" : `asks ${asked}` };
}
