// What a weave router knows: behind which peer a MAC lives. It learns from frames, and sends to all what nobody taught it.
// Before you edit: github.com/weaveworks/weave router/{network_router,mac_cache}.go (handleCapturedPacket,
// handleForwardedPacket).
import { SECOND } from "../../../trace/world.ts";
import type { Mac } from "../../../wire/mac.ts";

/** macMaxAge: ten minutes after the last frame a MAC is forgotten. */
const MAX_AGE = 600 * SECOND;

export class MacCache {
  private readonly entries = new Map<Mac, { peer: Mac; seen: number }>();

  learn(address: Mac, peer: Mac, now: number): void {
    const entry = this.entries.get(address);
    if (entry === undefined) this.entries.set(address, { peer, seen: now });
    else {
      entry.peer = peer;
      entry.seen = now;
    }
  }

  find(address: Mac, now: number): Mac | undefined {
    const entry = this.entries.get(address);
    return entry === undefined || now - entry.seen > MAX_AGE ? undefined : entry.peer;
  }
}
