// What the kube-proxies of a cluster hear of Services and EndpointSlices, read and kept once for all of them: each lists
// and watches in its own name, and takes in what it has not taken in yet when it comes to that.
// Before you edit: pkg/proxy/config/config.go, staging/src/k8s.io/client-go/tools/cache/shared_informer.go.
import type { KubeObject } from "../api/object.ts";
import type { WatchEvent } from "../api/watchers.ts";
import type { Client } from "../controller/client.ts";
import { keyOf } from "../controller/informer.ts";
import type { Family } from "./address.ts";
import { type ProxiedSlice, serviceOf } from "./endpoints.ts";
import { haveSamePorts, type ProxiedService, servicePorts } from "./service-port.ts";

/** An object as it is and as it was; null when it is gone, and when it was not there. */
export interface Change {
  readonly now: ProxiedService | ProxiedSlice | null;
  readonly before: ProxiedService | ProxiedSlice | null;
}

/** A change that matters to proxies. Readers hold the one they took in last, so what all have taken in is forgotten. */
interface Heard extends Change {
  readonly revision: number;
  /** How many there were up to this one. */
  readonly number: number;
  next: Heard | null;
}

const KINDS = ["services", "endpointslices"] as const;

export class ProxyNews {
  readonly family: Family;
  /** healthCheckNodePort by Service, of those that have one. */
  readonly healthPorts = new Map<string, number>();
  last: Heard = { now: null, before: null, revision: 0, number: 0, next: null };
  /** Who is to be told that there is something new. */
  readonly sleeping = new Set<NewsReader>();
  private told: WatchEvent | null = null;

  constructor(family: Family) {
    this.family = family;
  }

  /** Lists and watches in the client's name; `wake` is called when something comes after the reader slept. */
  join(client: Client, wake: () => void): NewsReader {
    const { server, agent } = client;
    const listed: Change[] = [];
    const closes: (() => void)[] = [];
    for (const name of KINDS) {
      const kind = client.resource(name);
      const { items, revision } = server.list(agent, kind, {});
      for (const now of items) if (this.matters(now, null)) listed.push({ now, before: null } as Change);
      closes.push(server.watch(agent, kind, { revision }, this.hear));
    }
    return new NewsReader(this, server.store.revision, listed, closes, wake);
  }

  /** Everybody is told of the same event, one after the other; it is read once. */
  private readonly hear = (event: WatchEvent): void => {
    if (event === this.told) return;
    this.told = event;
    const { type, object, before, revision } = event;
    const now = type === "DELETED" ? null : object;
    if (!this.matters(now, before)) return;
    const heard = { now, before, revision, number: this.last.number + 1, next: null } as Heard;
    this.last.next = heard;
    this.last = heard;
    for (const reader of this.sleeping) if (revision > reader.since) reader.wake();
  };

  private matters(now: KubeObject | null, before: KubeObject | null): boolean {
    const { family } = this;
    const object = (now ?? before)!;
    if ("addressType" in object) return serviceOf(object as ProxiedSlice, family) !== null;
    if (haveSamePorts(now as ProxiedService | null, before as ProxiedService | null, family)) return false;
    const ports = now === null ? [] : servicePorts(now as ProxiedService, family);
    const port = ports.find(({ healthCheckNodePort }) => healthCheckNodePort !== 0)?.healthCheckNodePort;
    if (port === undefined) this.healthPorts.delete(keyOf(object));
    else this.healthPorts.set(keyOf(object), port);
    return true;
  }
}

/** What one proxy has not taken in yet. */
export class NewsReader {
  /** The lists are of this revision: a watch's word of what was before is old. */
  readonly since: number;
  private readonly news: ProxyNews;
  private listed: readonly Change[];
  private readonly closes: readonly (() => void)[];
  private readonly ring: () => void;
  private last: Heard;

  constructor(
    news: ProxyNews,
    since: number,
    listed: readonly Change[],
    closes: readonly (() => void)[],
    ring: () => void,
  ) {
    this.news = news;
    this.since = since;
    this.listed = listed;
    this.closes = closes;
    this.ring = ring;
    this.last = news.last;
  }

  /** The next that comes wakes it. */
  sleep(): void {
    this.news.sleeping.add(this);
  }

  wake(): void {
    this.news.sleeping.delete(this);
    this.ring();
  }

  /** How far there is something to be taken in, and how many changes that is. */
  get end(): number {
    return this.news.last.number;
  }
  get waiting(): number {
    return this.listed.length + this.news.last.number - this.last.number;
  }

  /** What came up to `end`, in the order in which it came; it is taken in with that. */
  *take(end: number): Generator<Change> {
    const { listed } = this;
    this.listed = [];
    yield* listed;
    while (this.last.number < end) {
      this.last = this.last.next!;
      if (this.last.revision > this.since) yield this.last;
    }
  }

  stop(): void {
    this.news.sleeping.delete(this);
    for (const close of this.closes) close();
  }
}
