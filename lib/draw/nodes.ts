// Draws what `nest`, `bands` and `cables` have laid out.
import { BAR_GAP, BAR_H, middleHeight, type NodeBox, PAD, rowHeight } from "./bands.ts";
import { BADGE_ROW, type Cable, type NameSpot } from "./cables.ts";
import type { Ink } from "./ink.ts";
import {
  type Bar,
  type Block,
  CELL_H,
  CELL_W,
  CELLS_IN_ROW,
  CHIP_H,
  DEVICE_LINE,
  MOST_CELLS,
  MOST_LOOPS,
  nameWidth,
  type Slot,
  widthOf,
} from "./nest.ts";
import { type BadgeKind, BODY, badgeWidth, type Painter, type Point, SMALL, STRONG } from "./scene.ts";
import { brief } from "./text.ts";
import { type Crossing, isHeard } from "./way.ts";

/** What passed where. */
export interface Visits {
  readonly out: Map<Slot, Crossing[]>;
  readonly into: Map<Slot, Crossing[]>;
  /** From device to device inside one namespace. */
  readonly moves: { from: Slot; to: Slot; back: boolean; step: number }[];
}

const MOST_BADGES = 4;

export function drawNode(painter: Painter, box: NodeBox, name: NameSpot): void {
  painter.box(box.x, box.y, box.w, box.h, "node", { round: 8, tip: `node ${brief(box.name)}` });
  painter.text(name.x, name.y, box.name, name.room, STRONG);
}

export function drawBlock(painter: Painter, block: Block, visits: Visits): void {
  const title = block.own ? `root namespace of ${block.node}` : `namespace ${block.netns.name}`;
  painter.box(block.x, block.y, block.w, block.h, block.own ? "netns" : block.cells ? "crowd" : "pod", {
    round: 6,
    tip: brief(title),
  });
  const middle = block.y + PAD + rowHeight(block, "top");
  for (const bar of block.bars) drawBar(painter, block, bar, middle + (middleHeight(block) - BAR_H) / 2, visits);
  for (const move of visits.moves) if (move.from.block === block) drawMove(painter, block, move, middle);
  drawHeader(painter, block);
  if (block.cells) drawCells(painter, block, middle + 8);
  for (const slot of block.slots) drawSlot(painter, slot, visits);
}

function drawHeader(painter: Painter, block: Block): void {
  const x = block.headerX;
  let y = block.headerSide === "top" ? block.y + PAD : block.y + block.h - PAD - block.headerH;
  for (const words of block.header) {
    const indent = words.ink === "drop" ? 16 : 0;
    if (words.cross) painter.cross(x + 6, y + DEVICE_LINE / 2 + 0.5, 4.5);
    painter.text(x + indent, y + 12.5, words.text, widthOf(words) - indent, words.type, words.ink);
    y += DEVICE_LINE;
  }
  if (block.chips.length > 0) y += 4;
  for (const chip of block.chips) {
    const w = nameWidth(chip, BODY) + 16;
    painter.box(x, y, w, CHIP_H, "container", { round: 11, tip: `container ${brief(chip)}` });
    painter.text(x + 8, y + 15.5, chip, w - 14, BODY);
    y += CHIP_H + 4;
  }
}

function drawCells(painter: Painter, block: Block, y: number): void {
  const cells = block.cells ?? [];
  cells.slice(0, MOST_CELLS).forEach((pod, i) => {
    const x = block.x + PAD + (i % CELLS_IN_ROW) * CELL_W;
    const top = y + Math.floor(i / CELLS_IN_ROW) * CELL_H;
    const address =
      pod.devices.flatMap((device) => (device.kind === "loopback" ? [] : device.addresses))[0]?.address ?? "";
    painter.box(x, top, CELL_W - 4, CELL_H - 3, "dim", { round: 3 });
    const left = cells.length - MOST_CELLS;
    const name = i === MOST_CELLS - 1 && left > 0 ? `and ${left + 1} more` : pod.name;
    painter.text(x + 4, top + 13, name, CELL_W - 12, SMALL, "text", { tip: brief(`${pod.name} ${address}`) });
  });
}

function drawSlot(painter: Painter, slot: Slot, visits: Visits): void {
  const passed = [...(visits.out.get(slot) ?? []), ...(visits.into.get(slot) ?? [])];
  const ink: Ink = passed.some((crossing) => !isHeard(crossing)) ? "lit" : "device";
  painter.box(slot.x, slot.y, slot.w, slot.h, ink, {
    tip: brief(`${slot.device.name} in ${slot.block.netns.name}, mtu ${slot.device.mtu}, state ${slot.device.state}`),
  });
  slot.words.forEach((words, i) => {
    painter.text(slot.x + 8, slot.y + 16 + i * DEVICE_LINE, words.text, slot.w - 14, words.type, words.ink);
  });
  if (slot.device.kind === "loopback" && passed.length > 0) drawLoop(painter, slot, passed);
}

/** Loopback has no cable: an arrow out of the device and back into it, with the numbers beside it. */
function drawLoop(painter: Painter, slot: Slot, passed: readonly Crossing[]): void {
  const x = slot.x + slot.w;
  const y = slot.y + slot.h / 2;
  painter.line(
    [
      [x, y - 8],
      [x + 16, y - 8],
      [x + 16, y + 8],
      [x + 6, y + 8],
    ],
    "walk",
  );
  painter.head(x + 1, y + 8, "left", "walk");
  const shown = labels(passed, MOST_LOOPS);
  let at = x + 22;
  for (const { label, kind, step } of shown) {
    const w = badgeWidth(label);
    painter.badge(at + w / 2, y, label, kind, { step });
    at += w + 4;
  }
}

/** A bridge with its ports' connections; a port that frames passed is connected by a thick line. */
function drawBar(painter: Painter, block: Block, bar: Bar, y: number, visits: Visits): void {
  for (const slot of block.slots) {
    if (slot.device.master !== bar.device.name) continue;
    const ink = cableInk([...(visits.out.get(slot) ?? []), ...(visits.into.get(slot) ?? [])]);
    painter.line(attachment(block, bar, slot, y, 0), ink);
  }
  const { x, w } = span(block, bar);
  painter.box(x, y, w, BAR_H, "bridge", { tip: brief(`bridge ${bar.device.name}`) });
  let at = x + 10;
  for (const words of bar.words) {
    const room = Math.min(widthOf(words), x + w - 6 - at);
    if (room < 20) break;
    painter.text(at, y + 17.5, words.text, room, words.type, words.ink);
    at += widthOf(words) + 14;
  }
}

/** Bridges of one namespace stand side by side. */
export function span(block: Block, bar: Bar): { x: number; w: number } {
  const w = (block.w - 2 * PAD - (block.bars.length - 1) * BAR_GAP) / block.bars.length;
  return { x: block.x + PAD + block.bars.indexOf(bar) * (w + BAR_GAP), w };
}

/** From a device to the edge of a bridge at y that faces it. */
function attachment(block: Block, bar: Bar, slot: Slot, y: number, shift: number): Point[] {
  const { x, w } = span(block, bar);
  const centre = slot.x + slot.w / 2 + shift;
  const meets = Math.min(Math.max(centre, x + 12), x + w - 12);
  const top = slot.side === "top";
  const to = top ? y : y + BAR_H;
  const half = top ? y - 8 : y + BAR_H + 8;
  if (meets === centre)
    return [
      [centre, inner(slot)],
      [centre, to],
    ];
  return [
    [centre, inner(slot)],
    [centre, half],
    [meets, half],
    [meets, to],
  ];
}

/** The edge of a device that faces the middle of its namespace. */
function inner(slot: Slot): number {
  return slot.side === "top" ? slot.y + slot.h : slot.y;
}

/**
 * A packet that is forwarded goes through its namespace: from device to device, or between a device and a bridge.
 * Ports of one bridge are joined by it already.
 */
function drawMove(painter: Painter, block: Block, move: Visits["moves"][number], middle: number): void {
  const { from, to } = move;
  const bar = (slot: Slot): Bar | undefined => block.bars.find((each) => each.device.name === slot.device.master);
  const ink = move.back ? "reply" : "walk";
  const shift = move.back ? 4 : -4;
  const y = middle + middleHeight(block) / 2;
  const joined = bar(from) ?? bar(to);
  if (bar(from) !== undefined && bar(to) !== undefined) return;
  if (joined !== undefined) {
    painter.line(attachment(block, joined, bar(from) === undefined ? from : to, y - BAR_H / 2, shift), ink);
    return;
  }
  const a = from.x + from.w / 2 + shift;
  const b = to.x + to.w / 2 + shift;
  painter.line(
    [
      [a, inner(from)],
      [a, y + shift],
      [b, y + shift],
      [b, inner(to)],
    ],
    ink,
  );
}

export function drawCable(painter: Painter, cable: Cable, visits: Visits): void {
  const { a, b, quiet, points } = cable;
  const away = visits.out.get(quiet) ?? [];
  const towards = visits.into.get(quiet) ?? [];
  const passed = [...away, ...towards];
  const ink = cableInk(passed);
  painter.line(points, ink, {
    tip: brief(`cable from ${a.block.netns.name} ${a.device.name} to ${b.block.netns.name} ${b.device.name}`),
  });
  const down = quiet.side === "bottom";
  const x = quiet.x + quiet.w / 2;
  const edge = down ? quiet.block.y + quiet.block.h : quiet.block.y;
  column(painter, x, edge, down, away, "left", down);
  column(painter, x, edge, down, towards, "right", !down);
}

/** Thick where a packet went to somebody who wanted it, dotted where a flood was only heard. */
function cableInk(passed: readonly Crossing[]): Ink {
  if (passed.length === 0) return "cable";
  if (passed.every(isHeard)) return "heard";
  return passed.every((crossing) => crossing.message.back) ? "replyLine" : "walk";
}

/** Numbers in a column beside a cable, each with a point in the direction it went. */
function column(
  painter: Painter,
  x: number,
  edge: number,
  down: boolean,
  passed: readonly Crossing[],
  side: "left" | "right",
  goesDown: boolean,
): void {
  const shown = labels(passed, MOST_BADGES);
  shown.forEach(({ label, kind, step }, i) => {
    const w = badgeWidth(label);
    const at = side === "left" ? x - 7 - w / 2 : x + 7 + w / 2;
    // The first in time stands where the packet meets it first.
    const row = goesDown === down ? i : shown.length - 1 - i;
    const y = (down ? edge + 19 : edge - 19) + (down ? 1 : -1) * row * BADGE_ROW;
    painter.head(at, goesDown ? y + 17 : y - 17, goesDown ? "down" : "up", kind === "reply" ? "replyHead" : "walk", {
      step,
    });
    painter.badge(at, y, label, kind, { step });
  });
}

/** At most so many labels; the last one says how many more there are. */
function labels(passed: readonly Crossing[], most: number): { label: string; kind: BadgeKind; step: number }[] {
  const all = passed.map((crossing) => ({
    label: `${crossing.number}`,
    kind: crossing.message.back ? ("reply" as const) : isHeard(crossing) ? ("heard" as const) : ("walk" as const),
    step: crossing.number,
  }));
  if (all.length <= most) return all;
  const [first] = all.slice(most - 1);
  return [
    ...all.slice(0, most - 1),
    { label: `+${all.length - most + 1}`, kind: first?.kind ?? "walk", step: first?.step ?? 0 },
  ];
}
