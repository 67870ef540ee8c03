// The way that steps tell: which cable was crossed when, in which direction, by which message, and where it ended.
import type { Step, Where } from "../trace/step.ts";
import { caption, conversation, frameOf, goesBack, identity, innermost, type Packet } from "./packet.ts";

/** One frame through one cable, or once around loopback. */
export interface Crossing {
  /** From 1, in the order of time: the number in the picture. Branches of a flood share it. */
  readonly number: number;
  readonly from: Place;
  readonly to: Place;
  readonly time: number;
  readonly message: Message;
  /** The step with the packet as it was on the cable. */
  readonly step: Step;
  /** Whether it led to something: another cable, an answer, a delivery. */
  led: boolean;
}

export interface Place {
  readonly node: string;
  readonly netns: string;
  readonly device: string;
}

/** One packet from its maker to its end, however many cables it crosses. */
export interface Message {
  /** Its place among the messages. */
  readonly index: number;
  readonly caption: string;
  readonly back: boolean;
  readonly packet: Packet;
  readonly crossings: Crossing[];
  /** Where and why it was dropped, each branch of a flood by itself. */
  readonly drops: Step[];
  /** Whether somebody took it: then the drops are only the branches of a flood that it was not meant for. */
  arrived: boolean;
}

export interface Way {
  readonly crossings: readonly Crossing[];
  readonly messages: readonly Message[];
  readonly drops: readonly Step[];
}

/** Where the other end of a cable is; undefined for a device without one. */
export type PeerOf = (place: Place) => Place | undefined;

/** A way knows the cables from the lab; without one they are what the steps have shown. */
export function way(steps: readonly Step[], peerOf: PeerOf = cablesSeen(steps)): Way {
  const found = new Messages();
  const crossings: Crossing[] = [];
  /** The last cable on the way to a step. */
  const last = new Map<number, Crossing>();
  const numbers = new Map<string, number>();
  let next = 1;

  const cross = (step: Step, packet: Packet, from: Place, to: Place): void => {
    const before = last.get(step.id);
    const message = found.of(packet, from);
    if (before !== undefined) {
      before.led = true;
      // Whoever only asks on behalf of a packet where it should go next has not taken it.
      if (before.message !== message && (!isArp(message) || isArp(before.message))) before.message.arrived = true;
    }
    // Branches of a flood follow from one step.
    const branch = `${message.index} ${step.cause ?? -1 - step.id}`;
    const number = numbers.get(branch) ?? next++;
    numbers.set(branch, number);
    const crossing = { number, from, to, time: step.time, message, step, led: false };
    crossings.push(crossing);
    message.crossings.push(crossing);
    last.set(step.id, crossing);
  };

  for (const step of steps) {
    const before = step.cause === null ? undefined : last.get(step.cause);
    // What a drop causes (an ICMP error) is not where the packet went.
    if (before !== undefined && step.what !== "drop") last.set(step.id, before);
    const { packet } = step;
    if (packet === undefined) continue;
    const here = place(step.where);
    if (step.what === "drop") found.of(packet).drops.push(step);
    else if (step.what === "deliver") {
      if (before !== undefined) before.led = before.message.arrived = true;
    } else if (here !== undefined && frameOf(packet) !== undefined) {
      if (step.what === "send") {
        const to = peerOf(here);
        if (to === undefined) continue;
        cross(step, packet, here, to);
      } else if (step.what === "receive" && step.cause === null) {
        // The recording began while this frame was on its cable.
        const from = peerOf(here);
        if (from !== undefined) cross(step, packet, from, here);
      }
    }
  }
  const messages = found.all.filter((message) => message.crossings.length + message.drops.length > 0);
  const drops = messages.flatMap((message) => (message.arrived ? [] : message.drops));
  return { crossings, messages, drops };
}

function isArp(message: Message): boolean {
  return innermost(message.packet)?.kind === "arp";
}

/** Sorts packets into messages: the same words again from the same place are a new message (a question asked again). */
class Messages {
  readonly all: Message[] = [];
  readonly #latest = new Map<string, Message>();
  /** For each conversation the end that spoke first. */
  readonly #opening = new Map<string, string>();

  of(packet: Packet, from?: Place): Message {
    const key = identity(packet);
    const known = this.#latest.get(key);
    const first = known?.crossings[0]?.from;
    if (known !== undefined && !(from !== undefined && first !== undefined && same(first, from))) return known;
    const body = innermost(packet);
    if (body?.kind === "ipv4" || body?.kind === "ipv6") {
      const { key: both, from: end } = conversation(body);
      if (!this.#opening.has(both)) this.#opening.set(both, end);
    }
    const message: Message = {
      index: this.all.length,
      caption: caption(packet),
      back: goesBack(packet, this.#opening),
      packet,
      crossings: [],
      drops: [],
      arrived: false,
    };
    this.all.push(message);
    this.#latest.set(key, message);
    return message;
  }
}

function same(a: Place, b: Place): boolean {
  return a.netns === b.netns && a.device === b.device && a.node === b.node;
}

/** Whether this was a branch of a flood that led nowhere, while another branch led on. */
export function isHeard(crossing: Crossing): boolean {
  return crossing.message.arrived && !crossing.led;
}

/** A frame that left one device and came to another shows a cable. */
function cablesSeen(steps: readonly Step[]): PeerOf {
  const sends = new Map(steps.filter((step) => step.what === "send").map((step) => [step.id, place(step.where)]));
  const ends = new Map<string, Place>();
  /** Devices that send by another device of their namespace, as a VLAN's do: no cable is theirs. */
  const above = new Set<string>();
  for (const { what, cause, where } of steps) {
    const from = cause === null ? undefined : sends.get(cause);
    const to = place(where);
    if (from === undefined || to === undefined) continue;
    if (what === "send" && from.netns === to.netns) above.add(keyOf(from));
    if (what !== "receive" && what !== "drop") continue;
    ends.set(keyOf(from), to);
    ends.set(keyOf(to), from);
  }
  for (const key of above) ends.delete(key);
  return (at) => ends.get(keyOf(at));
}

/** One text for each device of a lab. */
export function keyOf(place: { readonly netns: string; readonly device: string }): string {
  return JSON.stringify([place.netns, place.device]);
}

function place(where: Where): Place | undefined {
  return where.device === undefined ? undefined : { node: where.node, netns: where.netns, device: where.device };
}

/** Where a step was, in one word or two. */
export function placeName(where: Where): string {
  return where.device === undefined ? where.netns : `${where.netns} ${where.device}`;
}

/** Virtual time since the first step, in the unit that keeps it short. */
export function since(time: number, start: number): string {
  const nanoseconds = time - start;
  if (nanoseconds < 1e6) return `${trim(nanoseconds / 1e3, 3)} µs`;
  if (nanoseconds < 1e9) return `${trim(nanoseconds / 1e6, 3)} ms`;
  return `${trim(nanoseconds / 1e9, 6)} s`;
}

function trim(value: number, decimals: number): string {
  return value === 0 ? "0" : value.toFixed(decimals).replace(/\.?0+$/, "");
}
