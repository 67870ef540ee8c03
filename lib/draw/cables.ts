// Cables at right angles through the gaps between bands. Each horizontal stretch has a track of its own, so no
// two cables lie on each other; a cable that must pass a band runs down the side. Gaps grow with what is in them.
import { blockHeight, CHANNEL, type NodeBox, PAD } from "./bands.ts";
import type { Block, Slot } from "./nest.ts";
import type { Point } from "./scene.ts";

const TRACK = 10;
const NAME_H = 26;
/** One row of numbers beside a cable. */
export const BADGE_ROW = 31;

/** A horizontal space that cables cross: between two bands, or between two tiers of nodes. */
interface Gap {
  /** Taken stretches of each track. */
  readonly tracks: (readonly [left: number, right: number])[][];
  /** Room for numbers under the band above and over the band below. */
  upper: number;
  lower: number;
  /** Where the tracks begin, known at the end. */
  y: number;
}

/** Down or up to a track of a gap, then along it to x. */
interface Leg {
  readonly gap: Gap;
  readonly track: number;
  readonly x: number;
}

export interface Cable {
  readonly a: Slot;
  readonly b: Slot;
  /** The end at which the numbers stand. */
  readonly quiet: Slot;
  points: readonly Point[];
}

/** Where a node's name is written, and how wide it may be. */
export interface NameSpot {
  readonly x: number;
  readonly y: number;
  readonly room: number;
}

export interface Plan {
  readonly cables: readonly Cable[];
  readonly width: number;
  readonly height: number;
  /** Names stand where no cable runs through them. */
  readonly names: ReadonlyMap<NodeBox, NameSpot>;
}

/** Sets every y and routes every cable. `badgeRows` says how many rows of numbers stand at a cable's end. */
export function route(
  boxes: readonly NodeBox[],
  badgeRows: (slot: Slot) => number,
  top: number,
  nameWidth: (box: NodeBox) => number,
): Plan {
  const gapsOf = new Map(boxes.map((box) => [box, Array.from({ length: box.bands.length + 1 }, newGap)]));
  const tierGaps = Array.from({ length: Math.max(0, ...boxes.map((box) => box.tier)) + 1 }, newGap);
  const home = new Map<Block, readonly [box: NodeBox, band: number]>();
  for (const box of boxes)
    for (const [i, band] of box.bands.entries()) for (const block of band) home.set(block, [box, i]);
  const exits = new Map<NodeBox, number[]>();

  const boxOf = (slot: Slot): NodeBox => (home.get(slot.block) as readonly [NodeBox, number])[0];
  const indexOf = (slot: Slot): number =>
    (home.get(slot.block) as readonly [NodeBox, number])[1] + (slot.side === "top" ? 0 : 1);
  const gapOf = (slot: Slot): Gap => (gapsOf.get(boxOf(slot)) as Gap[])[indexOf(slot)] as Gap;
  const used = new Map<NodeBox, number>();
  const channel = (box: NodeBox): number => {
    const count = (used.get(box) ?? 0) + 1;
    used.set(box, count);
    return box.x + box.w - count * CHANNEL;
  };

  /** Out of a slot to its node's edge: the legs, and the x at which it leaves. */
  const leave = (slot: Slot): { legs: Leg[]; x: number } => {
    const box = boxOf(slot);
    const edge = slot.side === "top" ? 0 : box.bands.length;
    const straight = indexOf(slot) === edge;
    const x = straight ? centre(slot) : channel(box);
    if (edge === 0) exits.set(box, [...(exits.get(box) ?? []), x]);
    return { legs: straight ? [] : leg(gapOf(slot), centre(slot), x), x };
  };
  const inside = (a: Slot, b: Slot): Leg[] => {
    if (gapOf(a) === gapOf(b)) return leg(gapOf(a), centre(a), centre(b));
    const x = channel(boxOf(a));
    return [...leg(gapOf(a), centre(a), x), ...leg(gapOf(b), x, centre(b))];
  };

  const cables: Cable[] = pairs(boxes).map(([a, b]) => {
    const quiet = a.block.slots.length <= b.block.slots.length ? a : b;
    const side = quiet.side === "top" ? "lower" : "upper";
    const gap = gapOf(quiet);
    const rows = badgeRows(quiet);
    gap[side] = Math.max(gap[side], rows === 0 ? 10 : rows * BADGE_ROW + 10);
    return { a, b, quiet, points: [] };
  });
  const within = new Map(
    cables.filter(({ a, b }) => boxOf(a) === boxOf(b)).map((cable) => [cable, inside(cable.a, cable.b)]),
  );
  const ends = new Map(
    cables.filter((cable) => !within.has(cable)).map((cable) => [cable, [leave(cable.a), leave(cable.b)] as const]),
  );
  let right = Math.max(0, ...boxes.map((box) => box.x + box.w));

  const across = (
    { a, b }: Cable,
    [out, into]: readonly [{ legs: Leg[]; x: number }, { legs: Leg[]; x: number }],
  ): Leg[] => {
    const from = tierGaps[boxOf(a).tier - (a.side === "top" ? 1 : 0)] as Gap;
    const to = tierGaps[boxOf(b).tier - (b.side === "top" ? 1 : 0)] as Gap;
    const last = into.legs.map((step) => ({ ...step, x: centre(b) }));
    if (from === to) return [...out.legs, ...leg(from, out.x, into.x), ...last];
    right += CHANNEL;
    return [...out.legs, ...leg(from, out.x, right), ...leg(to, right, into.x), ...last];
  };
  const legs = new Map([...within, ...[...ends].map(([cable, sides]) => [cable, across(cable, sides)] as const)]);

  const names = new Map<NodeBox, NameSpot>();
  const height = placeDown(boxes, gapsOf, tierGaps, top, (box, y) => {
    names.set(box, { ...freeSpot(box, exits.get(box) ?? [], nameWidth(box)), y: y + 19 });
  });
  for (const cable of cables) cable.points = trace(cable.a, cable.b, legs.get(cable) as Leg[]);
  return { cables, width: Math.max(right, ...boxes.map((box) => box.x + box.w)), height, names };
}

/** Every cable once. */
function pairs(boxes: readonly NodeBox[]): [Slot, Slot][] {
  const done = new Set<Slot>();
  const found: [Slot, Slot][] = [];
  for (const slot of boxes.flatMap((box) => box.bands.flat().flatMap((block) => block.slots))) {
    const { peer } = slot;
    if (peer === undefined || peer === slot || done.has(slot)) continue;
    done.add(slot).add(peer);
    found.push([slot, peer]);
  }
  return found;
}

function newGap(): Gap {
  return { tracks: [], upper: 0, lower: 0, y: 0 };
}

function centre(slot: Slot): number {
  return slot.x + slot.w / 2;
}

/** A stretch of a gap, on the first track where it lies beside nobody; none if the cable goes straight on. */
function leg(gap: Gap, from: number, to: number): Leg[] {
  if (Math.abs(from - to) < 0.01) return [];
  const left = Math.min(from, to) - 8;
  const right = Math.max(from, to) + 8;
  let track = gap.tracks.findIndex((taken) => taken.every(([l, r]) => r <= left || l >= right));
  if (track < 0) track = gap.tracks.push([]) - 1;
  (gap.tracks[track] as (readonly [number, number])[]).push([left, right]);
  return [{ gap, track, x: to }];
}

function gapHeight(gap: Gap, least: number): number {
  return Math.max(least, gap.upper + gap.lower + (gap.tracks.length > 0 ? (gap.tracks.length + 1) * TRACK : 0));
}

function placeDown(
  boxes: readonly NodeBox[],
  nodeGaps: ReadonlyMap<NodeBox, Gap[]>,
  tierGaps: readonly Gap[],
  top: number,
  name: (box: NodeBox, y: number) => void,
): number {
  let y = top;
  tierGaps.forEach((tierGap, tier) => {
    const row = boxes.filter((box) => box.tier === tier);
    let bottom = y;
    for (const box of row) {
      box.y = y;
      name(box, y);
      let at = y + NAME_H;
      const gaps = nodeGaps.get(box) as Gap[];
      box.bands.forEach((band, i) => {
        at = open(gaps[i] as Gap, at, i === 0 ? 4 : 16);
        const tallest = Math.max(...band.map(blockHeight));
        for (const block of band) placeInside(block, at, tallest);
        at += tallest;
      });
      at = open(gaps[gaps.length - 1] as Gap, at, 12);
      box.h = at - y;
      bottom = Math.max(bottom, at);
    }
    // Boxes of one tier end together: the cables below all start at one height.
    for (const box of row) box.h = bottom - y;
    y = open(tierGap, bottom, tier === tierGaps.length - 1 && tierGap.tracks.length === 0 ? 0 : 22);
  });
  return y;
}

function open(gap: Gap, y: number, least: number): number {
  gap.y = y + gap.upper;
  return y + gapHeight(gap, least);
}

function placeInside(block: Block, y: number, h: number): void {
  block.y = y;
  block.h = h;
  for (const slot of block.slots) slot.y = slot.side === "top" ? y + PAD : y + h - PAD - slot.h;
}

/** The first place along a node's upper edge where a name of this width meets no cable, or the widest there is. */
function freeSpot(box: NodeBox, exits: readonly number[], width: number): { x: number; room: number } {
  const walls = [...exits].sort((a, b) => a - b);
  const starts = [box.x + 12, ...walls.map((x) => x + 10)];
  const spots = starts.map((x, i) => ({ x, room: Math.min(width, (walls[i] ?? box.x + box.w - 2) - 10 - x) }));
  return spots.reduce((best, spot) => (spot.room > best.room ? spot : best));
}

function trace(a: Slot, b: Slot, legs: readonly Leg[]): Point[] {
  const points: Point[] = [[centre(a), edge(a)]];
  let x = centre(a);
  for (const { gap, track, x: to } of legs) {
    const y = gap.y + (track + 1) * TRACK;
    points.push([x, y], [to, y]);
    x = to;
  }
  points.push([centre(b), edge(b)]);
  return points;
}

function edge(slot: Slot): number {
  return slot.side === "top" ? slot.y : slot.y + slot.h;
}
