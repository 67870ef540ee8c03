// What components tell people: Events about an object. The same again counts up instead of being written anew.
// Before you edit: staging/src/k8s.io/client-go/tools/record/{event,events_cache}.go (EventCorrelator), .../tools/events/event_recorder.go.
import { SECOND } from "../../trace/world.ts";
import type { Draft, KubeObject } from "../api/object.ts";
import { ApiError } from "../api/status.ts";
import type { Client } from "./client.ts";

export type EventType = "Normal" | "Warning";

/** Ten different messages for one reason in ten minutes: from then on they are one (EventAggregator). */
const ALIKE = 10;
const ALIKE_FOR = 600 * SECOND;

/** An object may have so many events at once, and one more every five minutes (EventSourceObjectSpamFilter). */
const BURST = 25;
const REFILL = 300 * SECOND;

/** Objects whose events an event recorder remembers so as to count them up (maxLruCacheEntries). */
const REMEMBERED = 4096;

/** What was told of one object, and how often something may still be told of it. client-go has a cache for each of these. */
interface Known {
  tokens: number;
  at: number;
  /** By part of the object, type and reason. */
  readonly alike: Map<string, Alike>;
}

interface Alike {
  messages: string[];
  last: number;
  /** By message; "" is the one that stands for many. */
  readonly told: Recent<{ readonly object: KubeObject; count: number }>;
}

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
  private readonly known = new Recent<Known>();

  constructor(client: Client, component: string, host?: string) {
    this.client = client;
    this.source = { component, ...(host !== undefined && { host }) };
  }

  /** `said` is what `kubectl describe` shows, `fieldPath` the part of the object that is meant. An event that can't be stored is lost, as in a real cluster. */
  event(about: KubeObject, type: EventType, reason: string, said: string, fieldPath?: string): void {
    const known = this.knownOf(about.metadata.uid);
    if (!this.mayTell(known)) return;
    const alike = this.alikeOf(known, `${fieldPath}\n${type}\n${reason}`);
    const isOneOfMany = this.isOneOfMany(alike, said);
    const message = isOneOfMany ? `(combined from similar events): ${said}` : said;
    const told = alike.told.get(isOneOfMany ? "" : said);
    const { time } = this.client.clock;
    try {
      if (told !== undefined) {
        const patch = { count: ++told.count, lastTimestamp: time, message };
        this.client.patch("events", told.object, patch);
        return;
      }
      const { source } = this;
      const metadata = this.nameOf(about);
      const body = {
        metadata,
        involvedObject: referenceTo(about, fieldPath),
        reason,
        message,
        type,
        source,
        firstTimestamp: time,
        lastTimestamp: time,
        count: 1,
        reportingComponent: source.component,
        reportingInstance: source.host ?? "",
      };
      const object = this.client.create("events", metadata.namespace, body);
      alike.told.set(isOneOfMany ? "" : said, { object, count: 1 });
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
    }
  }

  private knownOf(uid: string): Known {
    const known = this.known.get(uid) ?? { tokens: BURST, at: this.client.clock.now, alike: new Map() };
    this.known.set(uid, known);
    return known;
  }

  private alikeOf({ alike }: Known, kind: string): Alike {
    let found = alike.get(kind);
    if (found === undefined) {
      found = { messages: [], last: this.client.clock.now, told: new Recent() };
      alike.set(kind, found);
    }
    return found;
  }

  private isOneOfMany(alike: Alike, message: string): boolean {
    const { now } = this.client.clock;
    if (now - alike.last > ALIKE_FOR) alike.messages = [];
    alike.last = now;
    // One more than enough is not remembered: it is enough.
    const { messages } = alike;
    if (messages.length < ALIKE && !messages.includes(message)) messages.push(message);
    return messages.length >= ALIKE;
  }

  private mayTell(known: Known): boolean {
    const { now } = this.client.clock;
    const tokens = Math.min(BURST, known.tokens + (now - known.at) / REFILL);
    known.tokens = tokens >= 1 ? tokens - 1 : tokens;
    known.at = now;
    return tokens >= 1;
  }

  /** As the scheduler tells: by the newer kind of event, which says what was done (events.k8s.io). */
  action(about: KubeObject, type: EventType, reason: string, action: string, message: string): void {
    const { component } = this.source;
    try {
      const metadata = this.nameOf(about);
      this.client.create("events", metadata.namespace, {
        metadata,
        involvedObject: referenceTo(about),
        reason,
        message,
        type,
        source: {},
        eventTime: this.client.clock.time.replace("Z", ".000000Z"),
        action,
        reportingComponent: component,
        reportingInstance: `${component}-control-plane`,
      });
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
    }
  }

  /** Named after what it is about and the moment; the sequence stands for nanoseconds that pass in a real component. */
  private nameOf({ metadata: { name, namespace = "default" } }: KubeObject): { name: string; namespace: string } {
    const { clock, server } = this.client;
    return { name: `${name}.${momentOf(clock.time, server.store.revision)}`, namespace };
  }
}

/** GetReference. */
function referenceTo({ apiVersion, kind, metadata }: KubeObject, fieldPath?: string): Draft {
  const { namespace = "", name, uid, resourceVersion } = metadata;
  const reference: Draft =
    namespace === "" ? { kind, name, uid, apiVersion } : { kind, namespace, name, uid, apiVersion };
  if (resourceVersion !== "") reference.resourceVersion = resourceVersion;
  if (fieldPath !== undefined) reference.fieldPath = fieldPath;
  return reference;
}
