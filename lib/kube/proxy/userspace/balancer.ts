// Who gets a Service's next connection in the userspace mode: one endpoint after the other, in an order drawn once.
// Before you edit: pkg/proxy/userspace/roundrobin.go of v1.25.
import { SECOND } from "../../../trace/world.ts";
import type { Endpoint } from "../endpoints.ts";

interface Sticky {
  endpoint: Endpoint;
  lastUsed: number;
}

export class RoundRobin {
  private readonly world: { readonly now: number; random(): number };
  private endpoints: readonly Endpoint[] = [];
  private index = 0;
  private readonly clients = new Map<string, Sticky>();
  /** Seconds that a client keeps its endpoint for after it was last used; null: not at all. */
  affinity: number | null = null;

  constructor(world: RoundRobin["world"]) {
    this.world = world;
  }

  /** In their present order. */
  get all(): readonly Endpoint[] {
    return this.endpoints;
  }

  /** Others than before are shuffled, and their first comes next; clients of those that are gone are forgotten. */
  set(wanted: readonly Endpoint[]): void {
    const texts = new Set(wanted.map(({ text }) => text));
    if (texts.size === this.endpoints.length && this.endpoints.every(({ text }) => texts.has(text))) return;
    for (const [client, { endpoint }] of this.clients) if (!texts.has(endpoint.text)) this.clients.delete(client);
    const shuffled = [...wanted];
    for (let i = shuffled.length - 1; i > 0; i--) {
      const k = Math.floor(this.world.random() * (i + 1));
      [shuffled[i], shuffled[k]] = [shuffled[k]!, shuffled[i]!];
    }
    this.endpoints = shuffled;
    this.index = 0;
  }

  /** For a client; `anew`: the one it had does not answer. Null when there is none. */
  next(client: string, anew: boolean): Endpoint | null {
    const { endpoints, affinity, clients, world } = this;
    if (endpoints.length === 0) return null;
    const sticky = affinity === null ? undefined : clients.get(client);
    if (sticky !== undefined && !anew && Math.floor((world.now - sticky.lastUsed) / SECOND) < affinity!) {
      sticky.lastUsed = world.now;
      return sticky.endpoint;
    }
    const endpoint = endpoints[this.index]!;
    this.index = (this.index + 1) % endpoints.length;
    if (affinity !== null) clients.set(client, { endpoint, lastUsed: world.now });
    return endpoint;
  }
}
