// What components tell people: Events about an object. The same again counts up instead of being written anew.
// Before you edit: staging/src/k8s.io/client-go/tools/record/{event,events_cache}.go, .../tools/events/event_recorder.go.
import type { KubeObject } from "../api/object.ts";
import { ApiError } from "../api/status.ts";
import type { Client } from "./client.ts";

export type EventType = "Normal" | "Warning";

/** Kinds of events an event recorder remembers so as to count them up (maxLruCacheEntries). */
const REMEMBERED = 4096;

export class EventRecorder {
  private readonly client: Client;
  private readonly source: { readonly component: string; readonly host?: string };
  private readonly told = new Map<string, { object: KubeObject; count: number }>();

  constructor(client: Client, component: string, host?: string) {
    this.client = client;
    this.source = { component, ...(host !== undefined && { host }) };
  }

  /** `message` is what `kubectl describe` shows, `fieldPath` the part of the object that is meant. An event that can't be stored is lost, as in a real cluster. */
  event(about: KubeObject, type: EventType, reason: string, message: string, fieldPath?: string): void {
    const { uid } = about.metadata;
    const key = `${uid}\n${fieldPath}\n${type}\n${reason}\n${message}`;
    const known = this.told.get(key);
    const { time } = this.client.clock;
    try {
      if (known !== undefined) {
        const patch = { count: ++known.count, lastTimestamp: time };
        this.client.patch("events", known.object, patch);
        return;
      }
      const { component } = this.source;
      const body = {
        ...this.named(about, fieldPath),
        reason,
        message,
        type,
        source: this.source,
        firstTimestamp: time,
        lastTimestamp: time,
        count: 1,
        eventTime: null,
        reportingComponent: component,
        reportingInstance: this.source.host ?? "",
      };
      this.told.set(key, { object: this.client.create("events", body.metadata.namespace, body), count: 1 });
      if (this.told.size > REMEMBERED) this.told.delete(this.told.keys().next().value!);
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
    }
  }

  /** As the scheduler tells: by the newer kind of event, which says what was done (events.k8s.io). */
  action(about: KubeObject, type: EventType, reason: string, action: string, message: string): void {
    const { component } = this.source;
    try {
      const body = {
        ...this.named(about),
        reason,
        message,
        type,
        source: {},
        firstTimestamp: null,
        lastTimestamp: null,
        eventTime: this.client.clock.time.replace("Z", ".000000Z"),
        action,
        reportingComponent: component,
        reportingInstance: `${component}-control-plane`,
      };
      this.client.create("events", body.metadata.namespace, body);
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
    }
  }

  /** Named after what it is about and the moment; the sequence stands for nanoseconds that pass in a real component. */
  private named({ apiVersion, kind, metadata }: KubeObject, fieldPath?: string) {
    const { namespace = "", name, uid, resourceVersion } = metadata;
    const moment = BigInt(Date.parse(this.client.clock.time)) * 1_000_000n + BigInt(this.client.server.store.revision);
    return {
      metadata: { name: `${name}.${moment.toString(16)}`, namespace: namespace === "" ? "default" : namespace },
      involvedObject: {
        kind,
        ...(namespace !== "" && { namespace }),
        name,
        uid,
        apiVersion,
        ...(resourceVersion !== "" && { resourceVersion }),
        ...(fieldPath !== undefined && { fieldPath }),
      },
    };
  }
}
