// A packet passes a hook: every function registered there, in the order of priorities, says go on or stop.
import type { Device } from "../link/device.ts";
import { LEVEL } from "../trace/step.ts";
import type { Ipv4Packet } from "../wire/packet.ts";
import type { HookName } from "./hooks.ts";
import type { Netns } from "./netns.ts";

/** The packet after the hook, or null when it ended there. */
export function runHook(
  ns: Netns,
  hook: HookName,
  packet: Ipv4Packet,
  inDevice: Device | null,
  outDevice: Device | null,
  cause: number,
): { packet: Ipv4Packet; cause: number } | null {
  const functions = ns.hooks.at(hook);
  if (functions.length === 0 && ns.cables.recorder.level < LEVEL.full) return { packet, cause };
  const step = ns.step(LEVEL.full, cause, null, "hook", packet, () => ({
    hook,
    because:
      functions.length === 0
        ? "no table is registered here: passed"
        : `asks ${functions.map((f) => f.name).join(", ")}`,
  }));
  let passed = { packet, cause: step };
  if (functions.length === 0) return passed;
  const context = { hook, inDevice: inDevice?.name ?? null, outDevice: outDevice?.name ?? null };
  for (const each of functions) {
    const said = each.run(passed.packet, context, passed.cause);
    if (said.verdict !== "accept") return null;
    passed = said;
  }
  return passed;
}
