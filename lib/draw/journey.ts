// One packet's way to who takes it, and its answer's way back: a hop for each link that it crossed in a frame of its
// own. A switch hands the frame on as it is, and makes no hop.
import type { Step } from "../trace/step.ts";
import type { Frame } from "../wire/packet.ts";
import { frameOf, inner, type Packet } from "./packet.ts";

export interface Hop {
  /** From 1, there and back counted through. */
  readonly number: number;
  readonly from: string;
  /** The namespace that took the frame from the link; null when nobody did. */
  to: string | null;
  readonly frame: Frame;
  readonly back: boolean;
}

export interface Journey {
  readonly hops: readonly Hop[];
  /** Where the packet or its answer ended before its goal. */
  readonly lost: Step | null;
  /** Whether it went on: what finds no end turns in circles. */
  readonly isCut: boolean;
}

/** How often one machine may send it in one direction before that is a circle. */
const MOST_TURNS = 3;

/** The way of the first IP packet that was sent, and of what answered it: an error is an answer, too. */
export function journey(steps: readonly Step[]): Journey {
  const hops: Hop[] = [];
  /** For each step that follows from the packet, the hop that led there. */
  const led = new Map<number, Hop>();
  const answers = new Set<number>();
  const followed = new Map<string, Hop>();
  let lost: Step | null = null;
  /** Where hops end that are not listed. */
  let rest: Hop | null = null;
  for (const step of steps) {
    const { id, cause, what, packet, where } = step;
    const hop = cause === null ? undefined : led.get(cause);
    if (hop === undefined && hops.length > 0) continue;
    const back = cause !== null && answers.has(cause);
    if (hop !== undefined) led.set(id, hop);
    if (back) answers.add(id);
    if (packet === undefined || inner(packet)?.kind === "arp") continue;
    if (what === "send" && frameOf(packet) !== undefined) {
      const frame = frameOf(packet)!;
      if (isSame(frame, hop?.frame) || (lost !== null && !back)) continue;
      // Of a packet that was cut the first piece stands for all.
      const place = `${hop?.number} ${back}`;
      const first = followed.get(place);
      const next: Hop = first ?? { number: hops.length + 1, from: where.netns, to: null, frame, back };
      followed.set(place, next);
      const turns = hops.filter((each) => each.from === next.from && each.back === back).length;
      if (rest === null && first === undefined && turns === MOST_TURNS) rest = next;
      else if (rest === null && first === undefined) hops.push(next);
      led.set(id, rest ?? next);
    }
    if (hop === undefined) continue;
    if (isTaken(step, packet)) hop.to = where.netns;
    else if (what === "receive") hop.to ??= where.netns;
    // What a program reads from a tun device it passes on: that is no end.
    if (what === "deliver" && step.evidence?.kind === "link") continue;
    if (what === "deliver" && back) break;
    if (what !== "deliver" && what !== "drop") continue;
    answers.add(id);
    lost = what === "deliver" ? null : (lost ?? step);
  }
  return { hops, lost, isCut: rest !== null };
}

/** Whether IP has seen the packet: others of a flood drop the frame. */
function isTaken({ what }: Step, packet: Packet): boolean {
  return what !== "send" && frameOf(packet) === undefined;
}

function isSame(frame: Frame, before: Frame | undefined): boolean {
  return frame.src === before?.src && frame.dst === before.dst && frame.payload === before.payload;
}
