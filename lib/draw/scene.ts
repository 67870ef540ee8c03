// A picture as plain data, between the state it shows and the SVG it becomes: a list of shapes in painter's order.
// JSON keeps all of it, tests measure it, and `svg`, `figure` and `interactive` only read it.
import type { Ink } from "./ink.ts";
import { brief, measure, shorten, type Type } from "./text.ts";

export type Point = readonly [x: number, y: number];

interface Common {
  readonly ink: Ink;
  /** What the reader gets by pointing at it where scripts may run, and a screen reader by its title. */
  readonly tip?: string;
  /** The number on the way that this shape belongs to; the interactive picture steps through them. */
  readonly step?: number;
}
export interface Box extends Common {
  readonly shape: "box";
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
  readonly round?: number;
}
/** An open line through points; dashes and width come from the ink. */
export interface Line extends Common {
  readonly shape: "line";
  readonly points: readonly Point[];
}
/** A filled polygon: an arrow's head. */
export interface Area extends Common {
  readonly shape: "area";
  readonly points: readonly Point[];
}
export interface Text extends Common {
  readonly shape: "text";
  readonly x: number;
  /** The baseline. */
  readonly y: number;
  readonly text: string;
  readonly type: Type;
  readonly anchor: "start" | "middle" | "end";
  /** The distance from character to character, where columns must stand under each other in every font. */
  readonly pitch?: number;
}
/** Circles of a large graph. */
export interface Dot extends Common {
  readonly shape: "dot";
  readonly x: number;
  readonly y: number;
  readonly r: number;
}
export type Shape = Box | Line | Area | Text | Dot;

/** The text twin: everything the picture says, as rows. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Scene {
  readonly title: string;
  /** A paragraph for who cannot see the picture. */
  readonly desc: string;
  readonly width: number;
  readonly height: number;
  readonly shapes: readonly Shape[];
  readonly table: Table;
}

export const SIZE = 13;
export const BODY: Type = { font: "sans", size: SIZE };
export const STRONG: Type = { font: "sans", size: SIZE, bold: true };
export const CODE: Type = { font: "mono", size: SIZE };
export const STRONG_CODE: Type = { font: "mono", size: SIZE, bold: true };
export const SMALL: Type = { font: "sans", size: 12 };
export const SMALL_CODE: Type = { font: "mono", size: 12 };
export const LINE = 18;
/** White around everything, inside the card. */
export const MARGIN = 14;
/** Pictures stay this narrow unless the state forces more: a notebook's column on a laptop. */
export const WIDEST = 760;

/** The rectangle a text needs: what was measured wide, ascender to descender high. */
export function extent(text: Text): { x: number; y: number; w: number; h: number } {
  const w = text.pitch === undefined ? measure(text.text, text.type) : text.text.length * text.pitch;
  const left = text.anchor === "start" ? 0 : text.anchor === "middle" ? w / 2 : w;
  return { x: text.x - left, y: text.y - text.type.size * 0.95, w, h: text.type.size * 1.2 };
}

interface Options {
  readonly tip?: string;
  readonly step?: number | undefined;
}

/** Collects shapes. Every method says what is drawn; nothing is measured twice. */
export class Painter {
  readonly shapes: Shape[] = [];

  box(x: number, y: number, w: number, h: number, ink: Ink, options: Options & { round?: number } = {}): void {
    this.shapes.push({
      shape: "box",
      x,
      y,
      w,
      h,
      ink,
      ...(options.round ? { round: options.round } : {}),
      ...kept(options),
    });
  }
  line(points: readonly Point[], ink: Ink, options: Options = {}): void {
    this.shapes.push({ shape: "line", points, ink, ...kept(options) });
  }
  area(points: readonly Point[], ink: Ink, options: Options = {}): void {
    this.shapes.push({ shape: "area", points, ink, ...kept(options) });
  }
  dot(x: number, y: number, r: number, ink: Ink, options: Options = {}): void {
    this.shapes.push({ shape: "dot", x, y, r, ink, ...kept(options) });
  }

  /** A text no wider than `max`; what is cut off stays as its tip, unless another one says more. */
  text(
    x: number,
    y: number,
    text: string,
    max: number,
    type: Type = BODY,
    ink: Ink = "text",
    options: Options & { anchor?: Text["anchor"] } = {},
  ): void {
    const shown = shorten(text, max, type);
    const cut = options.tip ?? (shown !== text ? brief(text) : undefined);
    this.shapes.push({
      shape: "text",
      x,
      y,
      text: shown,
      type,
      ink,
      anchor: options.anchor ?? "start",
      ...kept({ step: options.step, ...(cut === undefined ? {} : { tip: cut }) }),
    });
  }

  /** Digits at a fixed distance from each other. */
  digits(x: number, y: number, text: string, pitch: number, type: Type, ink: Ink): void {
    this.shapes.push({ shape: "text", x, y, text, type, ink, anchor: "start", pitch });
  }

  /** An arrow's head with its point at x, y. */
  head(x: number, y: number, direction: "up" | "down" | "left" | "right", ink: Ink, options: Options = {}): void {
    const [dx, dy] = { up: [0, -1], down: [0, 1], left: [-1, 0], right: [1, 0] }[direction] as [number, number];
    const back = 9;
    const half = 6.5;
    this.area(
      [
        [x, y],
        [x - dx * back + dy * half, y - dy * back + dx * half],
        [x - dx * back - dy * half, y - dy * back - dx * half],
      ],
      ink,
      options,
    );
  }

  /** The cross of a drop. */
  cross(x: number, y: number, half: number, options: Options = {}): void {
    this.line(
      [
        [x - half, y - half],
        [x + half, y + half],
      ],
      "drop",
      options,
    );
    this.line(
      [
        [x - half, y + half],
        [x + half, y - half],
      ],
      "drop",
      options,
    );
  }

  /** The number of a step in a pill around x, y: filled for a request, hollow and dashed for a reply. */
  badge(x: number, y: number, label: string, kind: BadgeKind, options: Options = {}): void {
    const w = badgeWidth(label);
    this.box(x - w / 2, y - 10, w, 20, kind, { round: 10, ...options });
    this.text(x, y + 4.3, label, w, BADGE, kind === "walk" ? "onWalk" : kind, { anchor: "middle", ...options });
  }
}

/** Draws what is shown of `count` packets below each other, then what is said of the rest, or of none; the next y. */
export function drawPackets<T>(
  painter: Painter,
  shown: readonly T[],
  count: number,
  none: string,
  top: number,
  draw: (painter: Painter, each: T, y: number) => number,
): number {
  let y = top;
  for (const each of shown) y = draw(painter, each, y);
  const more = count - shown.length;
  if (count > 0 && more === 0) return y;
  const rest = count === 0 ? none : `and ${more} more packets, in the table`;
  painter.text(MARGIN, y + 14, rest, WIDEST - 2 * MARGIN, BODY, "muted");
  return y + 20;
}

/** A packet on its way there, on its way back, heard by somebody it was not meant for, or lost. */
export type BadgeKind = "walk" | "reply" | "heard" | "drop";
const BADGE: Type = { font: "sans", size: 12, bold: true };

/** A badge is round for one and two digits and grows for longer labels. */
export function badgeWidth(label: string): number {
  return Math.max(20, Math.ceil(measure(label, BADGE)) + 6);
}

function kept(options: Options): { tip?: string; step?: number } {
  return {
    ...(options.tip === undefined ? {} : { tip: options.tip }),
    ...(options.step === undefined ? {} : { step: options.step }),
  };
}

/** Longer cells help nobody, and a name of a megabyte must not come back with every row. */
const LONGEST_CELL = 200;

/** Puts the white card under the shapes, and bounds the texts. */
export function scene(parts: Scene): Scene {
  const width = Math.ceil(parts.width);
  const height = Math.ceil(parts.height);
  const card: Box = { shape: "box", x: 0.5, y: 0.5, w: width - 1, h: height - 1, ink: "card", round: 8 };
  const { columns, rows } = parts.table;
  return {
    title: brief(parts.title, 160),
    desc: brief(parts.desc, 1200),
    width,
    height,
    shapes: [card, ...parts.shapes],
    table: { columns, rows: rows.map((row) => row.map((cell) => brief(cell, LONGEST_CELL))) },
  };
}
