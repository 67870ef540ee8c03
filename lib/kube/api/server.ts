// The API server: every reading and every change of a cluster is one call to it, and stands in its log.
// Before you edit: staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go, .../endpoints/handlers/*.go,
// .../registry/rest/{create,update,delete}.go.
import { MILLISECOND } from "../../trace/world.ts";
import {
  type ApplyOptions,
  Call,
  type DeleteOptions,
  type Door,
  type List,
  type ListOptions,
  type Options,
  type Surroundings,
  type Verb,
} from "./call.ts";
import { ended } from "./ending.ts";
import { Expiry } from "./expiry.ts";
import { Journal } from "./journal.ts";
import { applied, type Owners, ownersAfter, withOwners } from "./managed-fields.ts";
import type { NodeProxy } from "./node-proxy.ts";
import { type Draft, type KubeObject, sameJson } from "./object.ts";
import { notPatched, type PatchType, patchedBy } from "./patch.ts";
import { apiVersionOf, collectionOf, keyOf, type Registry, type Resource } from "./resource.ts";
import { typeOf, type WrongType } from "./schema.ts";
import { ApiError, alreadyExists, badRequest, expired, forbidden, notFound } from "./status.ts";
import { type Change, Store } from "./store.ts";
import { eventFor, isSelected, selectionOf, type Told, type Watch, type WatchEvent, Watchers } from "./watchers.ts";
import { changed, created, mustBeNamed, readObject } from "./write.ts";

/** How long it takes from a change until a watch is told of it. */
const WATCH_DELAY = MILLISECOND;

export class ApiServer implements Registry {
  readonly store = new Store();
  readonly calls = new Journal<Call>();
  readonly serviceRange: string;
  /** The kubelets behind it, if there are any. */
  nodes: NodeProxy | null = null;
  private readonly world: Surroundings;
  private readonly resources: readonly Resource[];
  private readonly watchers = new Map<Resource, Watchers>();
  private readonly expiries = new Map<Resource, Expiry>();
  /** While a watch tells of a change: its resourceVersion, the reason of what is called meanwhile. */
  private telling: number | null = null;

  constructor(world: Surroundings, resources: readonly Resource[], serviceRange = "10.96.0.0/12") {
    this.world = world;
    this.serviceRange = serviceRange;
    this.resources = resources;
    for (const resource of resources) {
      const watchers = new Watchers(resource);
      this.watchers.set(resource, watchers);
      if (resource.ttl !== undefined) this.expiries.set(resource, this.expiry(resource, resource.ttl));
      this.store.watch(collectionOf(resource), 0, (change) => this.announce(watchers.toldOf(change), change.revision));
    }
  }

  get time(): string {
    return this.world.time;
  }
  random(): number {
    return this.world.random();
  }
  /** Every kind that is served. */
  get all(): readonly Resource[] {
    return this.resources;
  }

  /** The resource of this plural name, `pods` or `deployments`; undefined when none is served. */
  resource(name: string, group?: string): Resource | undefined {
    return this.resources.find((each) => each.resource === name && (group === undefined || each.group === group));
  }

  find(resource: Resource, namespace: string, name: string): KubeObject | undefined {
    return this.store.get(collectionOf(resource), keyOf(resource, namespace, name));
  }

  get(agent: string, door: Door): KubeObject {
    return this.log(agent, "get", door, () => this.must(door));
  }

  list(agent: string, resource: Resource, options: ListOptions = {}): List {
    const { namespace = null } = options;
    return this.log(agent, "list", { resource, namespace, name: "" }, () => this.selected(resource, options));
  }

  /**
   * Tells `listener` of every change after `revision` (a list's), a little later each, until the function it returns is
   * called. Throws ApiError (410 Expired) if the server has forgotten what happened since then: list anew.
   */
  watch(
    agent: string,
    resource: Resource,
    options: ListOptions & { readonly revision: number },
    listener: (event: WatchEvent) => void,
  ): () => void {
    return this.log(agent, "watch", { resource, namespace: options.namespace ?? null, name: "" }, () => {
      const selection = selectionOf(resource, options);
      if (options.revision < this.store.oldest) throw expired(options.revision, this.store.oldest);
      const watcher = { agent, resource, selection, listener, isOpen: true };
      const { revision } = options;
      this.store.watch(collectionOf(resource), revision, (change: Change) => {
        const event = eventFor(resource, selection, change);
        if (event !== null) this.announce([{ watchers: [watcher], event }], change.revision);
      })();
      return this.watchers.get(resource)!.add(watcher);
    });
  }

  /** Every watch that is open, by its kind. */
  *watches(): Generator<Watch> {
    for (const watchers of this.watchers.values()) yield* watchers.open();
  }

  /** One timer for all who are told: in a large cluster every node watches. */
  private announce(told: readonly Told[], revision: number): void {
    if (told.length === 0) return;
    this.world.later(WATCH_DELAY, () =>
      this.because(revision, () => {
        for (const { watchers, event } of told)
          for (const watcher of watchers) if (watcher.isOpen) watcher.listener(event);
      }),
    );
  }

  /** Runs `action` as somebody who acts because of the change `revision`: what it calls is logged so. */
  because<Value>(revision: number | null, action: () => Value): Value {
    const before = this.telling;
    this.telling = revision;
    try {
      return action();
    } finally {
      this.telling = before;
    }
  }
  get cause(): number | null {
    return this.telling;
  }

  create(agent: string, door: Door, body: unknown, options: Options = {}): KubeObject {
    return this.log(agent, "create", door, () => this.make(door, readObject(door.resource, body, options), options));
  }

  update(agent: string, door: Door, body: unknown, options: Options = {}): KubeObject {
    return this.log(agent, "update", door, () => {
      const { resource, namespace, name } = door;
      const old = this.find(resource, namespace ?? "", name) ?? null;
      const draft = readObject(resource, body, options, old);
      mustBeNamed(draft, name);
      if (old === null && resource.madeByUpdate) return this.make(door, draft, options);
      return this.change(door, this.must(door), draft, options);
    });
  }

  patch(agent: string, door: Door, patch: unknown, type: PatchType, options: Options = {}): KubeObject {
    return this.log(agent, "patch", door, () => {
      const old = this.must(door);
      const patched = patchedBy(old, patch, type, typeOf(door.resource));
      const refusal = (wrong: WrongType) => notPatched(patch, patched, type, wrong);
      const unknown: string[] = [];
      const told = { ...options, warn: (text: string) => unknown.push(text) };
      const draft = readObject(door.resource, patched, told, old, refusal);
      for (const each of unknown.sort()) options.warn?.(each);
      mustBeNamed(draft, door.name);
      return this.change(door, old, draft, options);
    });
  }

  /** Server-side apply: who says a field owns it. What is not there is made. Throws ApiError (409). */
  apply(agent: string, door: Door, config: Draft, options: ApplyOptions): KubeObject {
    return this.log(agent, "patch", door, () => {
      const { resource, namespace, name, subresource = "" } = door;
      const live = this.find(resource, namespace ?? "", name) ?? null;
      const who = { manager: options.fieldManager, apiVersion: apiVersionOf(resource), subresource, time: this.time };
      const { object, owners } = applied(live, config, typeOf(resource), who, options.force);
      const draft = readObject(resource, object, options, live);
      if (live === null) delete draft.metadata.resourceVersion;
      return live === null ? this.make(door, draft, options, owners) : this.change(door, live, draft, options, owners);
    });
  }

  /** The object as it was last, or as it now waits for its end. */
  delete(agent: string, door: Door, options: DeleteOptions = {}): KubeObject {
    return this.log(agent, "delete", door, () => this.end(door, options));
  }

  /** Deletes all that is selected; what there was. */
  deleteCollection(agent: string, resource: Resource, options: ListOptions & DeleteOptions): List {
    const { namespace = null } = options;
    return this.log(agent, "deletecollection", { resource, namespace, name: "" }, () => {
      const found = this.selected(resource, options);
      for (const { metadata } of found.items)
        this.end({ resource, namespace: metadata.namespace ?? null, name: metadata.name }, options);
      return found;
    });
  }

  /** Writes what `change` makes of an object, as one call: what a part with a shape of its own does to the whole. */
  rewrite(
    agent: string,
    verb: "create" | "update" | "patch",
    door: Door,
    change: (old: KubeObject) => Draft,
    options: Options = { fieldManager: agent },
  ): KubeObject {
    return this.log(agent, verb, door, () => {
      const old = this.must(door);
      return this.change(door, old, change(old), options);
    });
  }

  private end(door: Door, options: DeleteOptions): KubeObject {
    const { resource, name } = door;
    const refusal = resource.strategy.refusesEnd?.(name);
    if (refusal !== undefined) throw forbidden(resource, name, refusal);
    const old = this.must(door);
    const { object, isOver } = ended(resource, old, options, Date.parse(this.time));
    if (options.dryRun) return object;
    if (isOver) return this.remove(resource, object);
    return sameJson(object, old) ? old : this.put(resource, object, old);
  }

  private selected(resource: Resource, options: ListOptions): List {
    const { namespace = null } = options;
    const selection = selectionOf(resource, options);
    const prefix = namespace === null ? `${collectionOf(resource)}/` : keyOf(resource, namespace, "");
    const all = this.store.list(collectionOf(resource), prefix);
    return { revision: this.store.revision, items: all.filter((each) => isSelected(resource, selection, each)) };
  }

  private make({ resource, namespace }: Door, draft: Draft, { dryRun }: Options, owners?: Owners): KubeObject {
    draft.metadata ??= {};
    const { metadata } = draft;
    if (resource.namespaced) {
      metadata.namespace ??= namespace;
      if (metadata.namespace !== namespace)
        throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
      this.mustBeOpen(resource, metadata.namespace, metadata.name ?? "");
    } else delete metadata.namespace;
    const object = created(resource, draft, this);
    if (owners !== undefined) metadata.managedFields = owners;
    const other = this.find(resource, metadata.namespace ?? "", metadata.name);
    if (other !== undefined)
      throw alreadyExists(resource, metadata.name, other.metadata.deletionTimestamp !== undefined);
    return dryRun ? object : this.put(resource, object, null);
  }

  private change(door: Door, old: KubeObject, draft: Draft, options: Options, owners?: Owners): KubeObject {
    const { resource, subresource = "" } = door;
    const { dryRun, fieldManager: manager = "unknown" } = options;
    const written = changed(resource, old, draft, subresource, this);
    const who = { manager, apiVersion: apiVersionOf(resource), subresource, time: this.time };
    const object = withOwners(written, old, owners ?? ownersAfter(old, written, typeOf(resource), who));
    // A change that changes nothing is not stored: no new version, nobody is told.
    if (object === old || dryRun) return object;
    const { deletionTimestamp, deletionGracePeriodSeconds: grace = 0, finalizers = [] } = object.metadata;
    const isEnd = deletionTimestamp !== undefined && finalizers.length === 0 && grace === 0;
    if (!isEnd || resource.strategy.held?.(object)) return this.put(resource, object, old);
    this.remove(resource, object);
    return object;
  }

  private put(resource: Resource, object: KubeObject, old: KubeObject | null): KubeObject {
    const { namespace = "", name } = object.metadata;
    const stored = this.store.put(collectionOf(resource), keyOf(resource, namespace, name), object);
    resource.strategy.stored?.(stored, old, this);
    this.expiries.get(resource)?.add(stored);
    return stored;
  }

  private remove(resource: Resource, object: KubeObject): KubeObject {
    const { namespace = "", name } = object.metadata;
    resource.strategy.deleted?.(object, this);
    return this.store.delete(collectionOf(resource), keyOf(resource, namespace, name), object);
  }

  private expiry(resource: Resource, seconds: number): Expiry {
    return new Expiry(this.world, seconds, (object) => {
      const { namespace = "", name } = object.metadata;
      if (this.find(resource, namespace, name) === object) this.remove(resource, object);
    });
  }

  private must({ resource, namespace, name }: Door): KubeObject {
    const object = this.find(resource, namespace ?? "", name);
    if (object === undefined) throw notFound(resource, name);
    return object;
  }

  /** Nothing new in a namespace that is not there or that is going (plugin NamespaceLifecycle). */
  private mustBeOpen(resource: Resource, namespace: string, name: string): void {
    const namespaces = this.resource("namespaces", "")!;
    const found = this.find(namespaces, "", namespace);
    if (found === undefined) throw notFound(namespaces, namespace);
    if (found.metadata.deletionTimestamp === undefined) return;
    const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
    const message = `namespace ${namespace} is being terminated`;
    throw forbidden(resource, name, why, [{ reason: "NamespaceTerminating", message, field: "metadata.namespace" }]);
  }

  private log<Value>(agent: string, verb: Verb, door: Door, action: () => Value): Value {
    let code = verb === "create" ? 201 : 200;
    try {
      return action();
    } catch (failure) {
      code = failure instanceof ApiError ? failure.status.code! : 500;
      throw failure;
    } finally {
      const { world, store, telling: because } = this;
      this.calls.push(new Call({ at: world.now, agent, verb, code, revision: store.revision, because }, door));
    }
  }
}
