// A walk as moments: who has the packet, what was decided because of what, and the headers as they are then.
// A flood is one moment; its branches that led nowhere are told with it.
import type { Step, Tried } from "../trace/step.ts";
import { type Layer, layers } from "./layers.ts";
import { caption, conversation, goesBack, identity, innermost } from "./packet.ts";
import { type Crossing, isHeard, placeName, since, type Way } from "./way.ts";

/** A field that is not what it was: which header, which field of it, and its value before. */
export type Change = readonly [layer: number, field: number, was: string];

export interface Moment {
  readonly step: Step;
  readonly time: string;
  /** Of one packet, from who made it to who took it. */
  readonly thread: Thread;
  /** The moment that led here; null for the first. */
  readonly before: Moment | null;
  /** The cables that it crosses now, those of a flood together; the first is the one that led on. */
  readonly crossings: readonly Crossing[];
  /** The headers as they are; none before there is a packet. */
  readonly headers: readonly Layer[];
  readonly changes: readonly Change[];
  /** Headers that were put around it since the moment before, and names of those taken off. */
  readonly added: readonly number[];
  readonly removed: readonly string[];
  /** Moments whose entries decided that this cable is crossed. */
  readonly decidedBy: readonly Moment[];
  /** Others who heard a flood, and what each made of it in the end. */
  readonly heard: Map<string, string>;
}

export interface Thread {
  caption: string;
  back: boolean;
  /** What a packet of this thread is: IPv4, IPv6, ARP. */
  kind: string | undefined;
  /** Whether it was delivered, dropped or answered: what follows is another packet. */
  isEnded: boolean;
  /** As it was seen last, and on the cable that it crossed last. */
  last: Look | null;
  crossed: Look | null;
}

/** How a packet looked. */
interface Look {
  /** Each header as it was last: a packet inside the stack has no Ethernet header, and gets another one later. */
  readonly layers: ReadonlyMap<string, Layer>;
  /** The headers it had. */
  readonly names: readonly string[];
}

/** What a step hands on to those that it causes. */
interface Line {
  readonly thread: Thread;
  readonly moment: Moment | null;
  readonly headers: readonly Layer[];
  /** The moment of a flood whose branch this is, if the branch led nowhere. */
  readonly aside: Moment | null;
}

/** Rules that every machine has: that they were asked says nothing. */
const EVERYBODYS = /^(0|32766|32767):/;
const ENDS = new Set(["deliver", "drop", "icmp error"]);
const DECIDES = new Set(["ip rule", "route", "rule", "chain", "neighbour", "fdb", "nat", "ipvs", "balance"]);

/** The moments of the steps, in the order of time. */
export function momentsOf(steps: readonly Step[], { crossings, drops }: Way): Moment[] {
  const found: Moment[] = [];
  const lines = new Map<number, Line>();
  const crossingOf = new Map(crossings.map((crossing) => [crossing.step.id, crossing]));
  const threads = new Map<string, Thread>();
  const opening = new Map<string, string>();
  /** The moment of each flood, by the number of its crossings. */
  const floods = new Map<number, Moment>();
  const lost = new Set(drops);
  const start = steps[0]?.time ?? 0;

  for (const step of steps) {
    const before = step.cause === null ? undefined : lines.get(step.cause);
    if (before?.aside) {
      lines.set(step.id, before);
      before.aside.heard.set(placeName(step.where), step.because);
      continue;
    }
    const { packet } = step;
    const thread = threadOf(step, before?.thread, threads, opening);
    const headers = packet === undefined ? (before?.thread === thread ? before.headers : []) : layers(packet);
    const crossing = crossingOf.get(step.id);
    // Hop by hop everything is marked that changed since the hop before.
    const compared = packet === undefined ? UNCHANGED : compare(headers, (crossing && thread.crossed) ?? thread.last);
    if (packet !== undefined) thread.last = lookOf(headers, thread.last);
    const flood = crossing && floods.get(crossing.number);
    if (crossing !== undefined && flood !== undefined) {
      const isMain = !isHeard(crossing) && isHeard(flood.crossings[0]!);
      (flood.crossings as Crossing[])[isMain ? "unshift" : "push"](crossing);
      lines.set(step.id, { thread, moment: flood, headers, aside: crossing.led ? null : flood });
      continue;
    }
    const isBranch = step.what === "drop" && !lost.has(step);
    if (isBranch) before?.moment?.heard.set(placeName(step.where), step.because);
    if (isBranch || !isTold(step)) {
      lines.set(step.id, { thread, moment: before?.moment ?? null, headers, aside: null });
      continue;
    }
    const moment: Moment = {
      step,
      time: since(step.time, start),
      thread,
      before: before?.moment ?? null,
      crossings: crossing === undefined ? [] : [crossing],
      headers,
      ...compared,
      decidedBy: crossing === undefined ? [] : decisions(found, thread),
      heard: new Map(),
    };
    found.push(moment);
    if (crossing !== undefined) {
      floods.set(crossing.number, moment);
      thread.crossed = thread.last;
    }
    if (ENDS.has(step.what)) thread.isEnded = true;
    const isAside = crossing !== undefined && isHeard(crossing);
    lines.set(step.id, { thread, moment, headers, aside: isAside ? moment : null });
  }
  return found;
}

const UNCHANGED = { changes: [], added: [], removed: [] };

/** Hooks that were only passed, the end of a chain without rules, a port that hands on to its bridge: nothing happens. */
function isTold({ what, because, evidence, tried = [], where }: Step): boolean {
  if (what === "hook") return false;
  if (what === "ip rule") return evidence !== undefined && !EVERYBODYS.test(evidence.text);
  if (what === "chain") return tried.length > 0;
  return what !== "receive" || where.device === undefined || !because.startsWith("a port of");
}

/** Which packet a step is about: that of its cause unless that one ended, one that is known and waited, or a new one. */
function threadOf(
  { packet }: Step,
  led: Thread | undefined,
  threads: Map<string, Thread>,
  opening: Map<string, string>,
): Thread {
  if (packet === undefined) return led !== undefined && !led.isEnded ? led : newThread();
  const body = innermost(packet);
  const key = identity(packet);
  const known = threads.get(key);
  let thread = led !== undefined && !led.isEnded && goesOn(led, body?.kind, known) ? led : undefined;
  thread ??= known !== undefined && !known.isEnded ? known : newThread();
  if (thread.kind === undefined) {
    if (body?.kind === "ipv4" || body?.kind === "ipv6") {
      const { key: both, from } = conversation(body);
      if (!opening.has(both)) opening.set(both, from);
    }
    thread.kind = body?.kind ?? "frame";
    thread.caption = caption(packet);
    thread.back = goesBack(packet, opening);
  }
  threads.set(key, thread);
  return thread;
}

/** An ARP answer is another packet than its question; an IP packet stays itself when its addresses are translated. */
function goesOn(led: Thread, kind: string | undefined, known: Thread | undefined): boolean {
  if (led.kind === undefined || led === known) return true;
  return led.kind === kind && kind !== "arp" && known === undefined;
}

function newThread(): Thread {
  return { caption: "", back: false, kind: undefined, isEnded: false, last: null, crossed: null };
}

function compare(headers: readonly Layer[], before: Look | null): Pick<Moment, "changes" | "added" | "removed"> {
  if (before === null) return UNCHANGED;
  const changes: Change[] = [];
  headers.forEach(({ name, fields }, layer) => {
    const last = before.layers.get(name);
    fields.forEach((field, i) => {
      const was = last?.fields.find((each) => each.name === field.name)?.value;
      if (was !== undefined && was !== field.value) changes.push([layer, i, was]);
    });
  });
  const names = headers.map(({ name }) => name);
  return {
    changes,
    added: [...names.keys()].filter((i) => isTunnel(names[i]!) && !before.names.includes(names[i]!)),
    removed: before.names.filter((name) => isTunnel(name) && !names.includes(name)),
  };
}

function lookOf(headers: readonly Layer[], before: Look | null): Look {
  const own = headers.map((layer) => [layer.name, layer] as const);
  return { layers: new Map([...(before?.layers ?? []), ...own]), names: headers.map(({ name }) => name) };
}

/** Headers that layers.ts names so because a tunnel put them around. */
function isTunnel(name: string): boolean {
  return name === "VXLAN" || name.startsWith("outer ");
}

/** What was decided about this packet since it crossed a cable last. */
function decisions(moments: readonly Moment[], thread: Thread): Moment[] {
  const found: Moment[] = [];
  for (let i = moments.length - 1; i >= 0; i--) {
    const moment = moments[i]!;
    if (moment.thread !== thread) continue;
    if (moment.crossings.length > 0) break;
    if (DECIDES.has(moment.step.what)) found.unshift(moment);
  }
  return found;
}

/** Of many that were tried those that came last: they stand next to what decided. */
export function lastTried({ tried = [] }: Step, most: number): { left: number; tried: readonly Tried[] } {
  const left = Math.max(0, tried.length - most);
  return { left, tried: tried.slice(left) };
}
