// What components tell people: Events about an object. The same again counts up instead of being written anew.
// Before you edit: staging/src/k8s.io/client-go/tools/record/{event,events_cache}.go (EventCorrelator), .../tools/events/event_recorder.go.
import { SECOND } from "../../trace/world.ts";
import type { KubeObject } from "../api/object.ts";
import { ApiError } from "../api/status.ts";
import type { Client } from "./client.ts";

export type EventType = "Normal" | "Warning";

/** Ten different messages for one reason in ten minutes: from then on they are one (EventAggregator). */
const ALIKE = 10;
const ALIKE_FOR = 600 * SECOND;

/** An object may have so many events at once, and one more every five minutes (EventSourceObjectSpamFilter). */
const BURST = 25;
const REFILL = 300 * SECOND;

/** Kinds of events an event recorder remembers so as to count them up (maxLruCacheEntries). */
const REMEMBERED = 4096;

/** What was used last, as much of it as a recorder remembers. */
class Recent<Value> {
  private readonly values = new Map<string, Value>();
  /** Stands before the one that was not used for longest: all that was before it is gone or was used again. */
  private oldest: Iterator<string> | null = null;

  get(key: string): Value | undefined {
    return this.values.get(key);
  }

  set(key: string, value: Value): void {
    this.values.delete(key);
    this.values.set(key, value);
    if (this.values.size <= REMEMBERED) return;
    this.oldest ??= this.values.keys();
    this.values.delete(this.oldest.next().value!);
  }
}

/** Nanoseconds since 1970 in hexadecimal digits, of a second and so many of them after it. */
function momentOf(time: string, nanoseconds: number): string {
  if (time !== second.time) second = { time, nanoseconds: BigInt(Date.parse(time)) * 1_000_000n };
  return (second.nanoseconds + BigInt(nanoseconds)).toString(16);
}

/** The second that was read last: many events are of the same. */
let second = { time: "", nanoseconds: 0n };

export class EventRecorder {
  private readonly client: Client;
  private readonly source: { readonly component: string; readonly host?: string };
  private readonly told = new Recent<{ object: KubeObject; count: number }>();
  private readonly alike = new Recent<{ readonly messages: string[]; last: number }>();
  private readonly tokens = new Recent<{ count: number; at: number }>();

  constructor(client: Client, component: string, host?: string) {
    this.client = client;
    this.source = { component, ...(host !== undefined && { host }) };
  }

  /** `said` is what `kubectl describe` shows, `fieldPath` the part of the object that is meant. An event that can't be stored is lost, as in a real cluster. */
  event(about: KubeObject, type: EventType, reason: string, said: string, fieldPath?: string): void {
    const { uid } = about.metadata;
    if (!this.mayTell(uid)) return;
    const message = this.isOneOfMany(`${uid}\n${fieldPath}\n${type}\n${reason}`, said)
      ? `(combined from similar events): ${said}`
      : said;
    const key = `${uid}\n${fieldPath}\n${type}\n${reason}\n${message === said ? said : ""}`;
    const known = this.told.get(key);
    const { time } = this.client.clock;
    try {
      if (known !== undefined) {
        const patch = { count: ++known.count, lastTimestamp: time, message };
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
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
    }
  }

  private isOneOfMany(key: string, message: string): boolean {
    const { now } = this.client.clock;
    let known = this.alike.get(key);
    if (known === undefined || now - known.last > ALIKE_FOR) known = { messages: [], last: now };
    this.alike.set(key, known);
    known.last = now;
    // One more than enough is not remembered: it is enough.
    const { messages } = known;
    if (messages.length < ALIKE && !messages.includes(message)) messages.push(message);
    return messages.length >= ALIKE;
  }

  private mayTell(uid: string): boolean {
    const { now } = this.client.clock;
    const known = this.tokens.get(uid) ?? { count: BURST, at: now };
    const count = Math.min(BURST, known.count + (now - known.at) / REFILL);
    this.tokens.set(uid, { count: count >= 1 ? count - 1 : count, at: now });
    return count >= 1;
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
    const { clock, server } = this.client;
    return {
      metadata: {
        name: `${name}.${momentOf(clock.time, server.store.revision)}`,
        namespace: namespace === "" ? "default" : namespace,
      },
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
