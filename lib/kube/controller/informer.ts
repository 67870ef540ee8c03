// What a component knows of a kind: a list, and then a watch that keeps it true. Readers ask the copy, never the server.
// Before you edit: staging/src/k8s.io/client-go/tools/cache/{reflector,shared_informer,thread_safe_store}.go.
import type { ListOptions } from "../api/call.ts";
import type { KubeObject } from "../api/object.ts";
import type { WatchEvent } from "../api/watchers.ts";
import type { Client } from "./client.ts";

/** `namespace/name`, or the name alone of what is in no namespace. */
export function keyOf({ metadata: { namespace, name } }: KubeObject): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

let told: KubeObject | null = null;
let toldKey = "";

/** The same, put together once for all who are told of an object one after the other. */
function keyOfTold(object: KubeObject): string {
  if (object !== told) {
    told = object;
    toldKey = keyOf(object);
  }
  return toldKey;
}

/** `null` before it was there and after it is gone. */
export type Handler<Of> = (now: Of | null, before: Of | null) => void;

const NOTHING: ReadonlySet<never> = new Set();
const NOWHERE: readonly string[] = [];

/** Objects by a value they have, several or none; kept as they change. */
export class Index<Of extends KubeObject> {
  private readonly sets = new Map<string, Set<Of>>();
  private readonly values: (object: Of) => readonly string[];

  constructor(values: (object: Of) => readonly string[]) {
    this.values = values;
  }

  of(value: string): ReadonlySet<Of> {
    return this.sets.get(value) ?? NOTHING;
  }

  change(now: Of | null, before: Of | null): void {
    for (const value of before === null ? NOWHERE : this.values(before)) {
      const set = this.sets.get(value);
      set?.delete(before!);
      if (set?.size === 0) this.sets.delete(value);
    }
    for (const value of now === null ? NOWHERE : this.values(now)) {
      const set = this.sets.get(value);
      if (set === undefined) this.sets.set(value, new Set([now!]));
      else set.add(now!);
    }
  }
}

export class Informer<Of extends KubeObject> {
  readonly objects = new Map<string, Of>();
  private readonly client: Client;
  private readonly name: string;
  private readonly options: ListOptions;
  private readonly handlers: Handler<Of>[] = [];
  private readonly indexes: Index<Of>[] = [];
  private close: (() => void) | null = null;
  private keeps = true;

  /** Of all objects of the kind with this plural, or of those `options` select. */
  constructor(client: Client, name: string, options: ListOptions = {}) {
    this.client = client;
    this.name = name;
    this.options = options;
  }

  get(key: string): Of | undefined {
    return this.objects.get(key);
  }

  /** Calls `handler` with every change, also those the list brings. Before `start`. */
  on(handler: Handler<Of>): this {
    this.handlers.push(handler);
    return this;
  }

  /** An index of what is here and will be. Before `start`. */
  index(values: (object: Of) => readonly string[]): Index<Of> {
    const index = new Index(values);
    this.indexes.push(index);
    return index;
  }

  /** From now on it keeps no copy: who acts on changes as they come needs none, and in a large cluster every node watches. */
  letGo(): this {
    this.keeps = false;
    this.objects.clear();
    return this;
  }

  /** Lists and watches; once it does, nothing. */
  start(): void {
    if (this.close === null) this.list();
  }

  stop(): void {
    this.close?.();
    this.close = null;
  }

  private list(): void {
    const { server, agent } = this.client;
    const { items, revision } = server.list(agent, this.client.resource(this.name), this.options);
    for (const item of items as readonly Of[]) this.set(keyOf(item), item, null);
    const selection = { ...this.options, revision };
    this.close = server.watch(agent, this.client.resource(this.name), selection, (event) => this.hear(event));
  }

  private hear({ type, object, before }: WatchEvent): void {
    this.set(keyOfTold(object), type === "DELETED" ? null : (object as Of), before as Of | null);
  }

  private set(key: string, now: Of | null, before: Of | null): void {
    if (this.keeps)
      if (now === null) this.objects.delete(key);
      else this.objects.set(key, now);
    for (const each of this.indexes) each.change(now, before);
    for (const each of this.handlers) each(now, before);
  }
}
