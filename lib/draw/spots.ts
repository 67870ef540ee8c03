// Machines as boxes at places that a lecturer chose, and lines between them that end at their borders.
import { BadInput } from "../wire/input.ts";
import type { Ink } from "./ink.ts";
import { LINE, MARGIN, type Painter, type Point, SMALL_CODE, STRONG, WIDEST } from "./scene.ts";
import { visible } from "./text.ts";

/** Column and row of each namespace; whole numbers or what is between them. */
export type Places = Readonly<Record<string, readonly [column: number, row: number]>>;

export interface Spot {
  readonly name: string;
  readonly lines: readonly string[];
  /** The middle. */
  readonly x: number;
  readonly y: number;
  readonly h: number;
}
/** What stands at a place. */
export interface Standing {
  readonly name: string;
  readonly lines: readonly string[];
  /** A box at least so high, as arrows that end at its side need. */
  readonly least?: number;
}

export const BOX_W = 168;
export const MOST_LINES = 3;
const NAME_H = 24;
export const TALLEST = NAME_H + MOST_LINES * LINE + 8;
const ROW_PITCH = 110;
const COLUMN_GAP = 70;

/** Boxes at their places; who has none stands in a row of three, and who finds his place taken stands below. */
export function spotsAt(shown: readonly Standing[], places: Places): Spot[] {
  const taken = new Set<string>();
  let free = 0;
  const at = shown.map(({ name }): readonly [number, number] => {
    const [column, first] = places[name] ?? snake(free++);
    if (!isPlace(column) || !isPlace(first))
      throw new BadInput("not a place", `${name}: ${column}, ${first}`, "Write a column and a row, from 0 on.");
    let row = first;
    while (taken.has(`${column} ${row}`)) row++;
    taken.add(`${column} ${row}`);
    return [column, row];
  });
  const last = Math.max(1, ...at.map(([column]) => column));
  const pitch = Math.max(BOX_W + COLUMN_GAP, (WIDEST - 2 * MARGIN - BOX_W) / last);
  return shown.map(({ name, lines, least = 0 }, i) => {
    const [column, row] = at[i]!;
    const h = Math.max(least, heightOf(lines));
    return { name, lines, h, x: MARGIN + BOX_W / 2 + column * pitch, y: MARGIN + TALLEST / 2 + row * ROW_PITCH };
  });
}

/** Three in a row, there and back again, so that who follows stands beside or below. */
function snake(i: number): readonly [number, number] {
  const row = Math.floor(i / 3);
  return [row % 2 === 0 ? i % 3 : 2 - (i % 3), row];
}

function isPlace(value: number): boolean {
  return Number.isFinite(value) && value >= 0 && value <= 1000;
}

const heightOf = (lines: readonly string[]): number => NAME_H + LINE * lines.length + 8;

/** A box with its name and lines; what ended there has a cross. */
export function drawSpot(painter: Painter, { name, lines, x, y, h }: Spot, ink: Ink): void {
  const left = x - BOX_W / 2;
  painter.box(left, y - h / 2, BOX_W, h, ink, { round: 6 });
  const top = y - heightOf(lines) / 2;
  painter.text(x, top + 18, visible(name), BOX_W - 12, STRONG, "text", { anchor: "middle" });
  lines.forEach((line, i) => {
    painter.text(x, top + NAME_H + 12 + i * LINE, line, BOX_W - 8, SMALL_CODE, "text", { anchor: "middle" });
  });
  if (ink === "miss") painter.cross(left + BOX_W - 16, y - h / 2 + 14, 6);
}

/** Where the line between two middles, moved aside, leaves the box of `spot`. */
export function border(spot: Spot, other: Spot, [dx, dy]: Point = [0, 0]): Point {
  const [vx, vy] = [other.x - spot.x, other.y - spot.y];
  const room = (v: number, half: number, moved: number) =>
    v === 0 ? Number.POSITIVE_INFINITY : (half - Math.sign(v) * moved) / Math.abs(v);
  const t = Math.min(room(vx, BOX_W / 2 + 3, dx), room(vy, spot.h / 2 + 3, dy));
  return [spot.x + dx + vx * t, spot.y + dy + vy * t];
}
