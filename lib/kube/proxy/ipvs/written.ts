// What the IPVS mode has written, Service by Service, so that a sync touches only what changes.
// Before you edit: plan.ts.
import type { Contribution, Forbidden, IpvsPlan, VirtualServer } from "./plan.ts";
import { SET_NAMES, type SetName } from "./sets.ts";

/** What changes of a set. */
export interface Changes {
  readonly came: readonly string[];
  readonly gone: readonly string[];
}

/** Elements and servers may be of several Services at once: each is there while somebody wants it. */
export class WrittenPlan implements IpvsPlan {
  readonly sets = new Map(SET_NAMES.map((name) => [name, new Map<string, number>()]));
  readonly servers = new Map<string, VirtualServer>();
  private readonly wanted = new Map<string, readonly VirtualServer[]>();
  private readonly byService = new Map<string, Contribution>();
  private readonly guarded = new Set<Contribution>();
  /** What was touched since `takeChanges`, and whether it was there before. */
  private readonly touched = new Map(SET_NAMES.map((name) => [name, new Map<string, boolean>()]));
  private touchedServers = new Set<string>();

  get services(): Iterable<string> {
    return this.byService.keys();
  }

  get forbidden(): readonly Forbidden[] {
    return [...this.guarded].flatMap(({ forbidden }) => forbidden);
  }

  /** Null: the Service is gone. */
  replace(service: string, now: Contribution | null): void {
    const before = this.byService.get(service);
    if (before !== undefined) this.take(before);
    if (now === null) this.byService.delete(service);
    else {
      this.byService.set(service, now);
      this.put(now);
    }
  }

  private take(contribution: Contribution): void {
    for (const [name, element] of contribution.elements) this.count(name, element, -1);
    for (const [key, server] of contribution.servers) {
      const left = this.wanted.get(key)!.filter((each) => each !== server);
      if (left.length === 0) this.wanted.delete(key);
      else this.wanted.set(key, left);
      this.touchedServers.add(key);
    }
    this.guarded.delete(contribution);
  }

  private put(contribution: Contribution): void {
    for (const [name, element] of contribution.elements) this.count(name, element, 1);
    for (const [key, server] of contribution.servers) {
      const others = this.wanted.get(key);
      this.wanted.set(key, others === undefined ? [server] : [...others, server]);
      this.touchedServers.add(key);
    }
    if (contribution.forbidden.length > 0) this.guarded.add(contribution);
  }

  private count(name: SetName, element: string, more: 1 | -1): void {
    const counts = this.sets.get(name)!;
    const count = counts.get(element) ?? 0;
    const touched = this.touched.get(name)!;
    if (!touched.has(element)) touched.set(element, count > 0);
    if (count + more === 0) counts.delete(element);
    else counts.set(element, count + more);
  }

  /** Elements that came or are gone since this was asked last. */
  takeElements(name: SetName): Changes {
    const touched = this.touched.get(name)!;
    const counts = this.sets.get(name)!;
    const came: string[] = [];
    const gone: string[] = [];
    for (const [element, wasThere] of touched)
      if (counts.has(element) !== wasThere) (wasThere ? gone : came).push(element);
    touched.clear();
    return { came, gone };
  }

  /** The virtual servers that are to be looked at again; null: it is wanted no more. */
  takeServers(): ReadonlyMap<string, VirtualServer | null> {
    const found = new Map<string, VirtualServer | null>();
    for (const key of this.touchedServers) {
      const server = this.wanted.get(key)?.at(-1) ?? null;
      if (server === null) this.servers.delete(key);
      else this.servers.set(key, server);
      found.set(key, server);
    }
    this.touchedServers = new Set();
    return found;
  }
}
