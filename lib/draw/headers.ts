// The headers as strips, hop by hop: a field that differs from the hop before is framed, bold and says what it was.
import type { Step } from "../trace/step.ts";
import { type Field, type Layer, layers } from "./layers.ts";
import {
  BODY,
  badgeWidth,
  CODE,
  extent,
  LINE,
  MARGIN,
  Painter,
  type Scene,
  type Shape,
  SMALL,
  SMALL_CODE,
  STRONG,
  STRONG_CODE,
  scene,
  WIDEST,
} from "./scene.ts";
import { measure, visible } from "./text.ts";
import { type Crossing, isHeard, type Message, placeName, type Way, way } from "./way.ts";

export interface HeadersOptions {
  readonly title?: string;
  /** Packets drawn; the table has all. */
  readonly most?: number;
}

/** A field as one hop has it. */
export interface Cell extends Field {
  readonly was?: string;
}
interface Hop {
  readonly crossing: Crossing;
  readonly layers: readonly { readonly name: string; readonly cells: readonly Cell[] }[];
  readonly changes: number;
  /** Headers that a tunnel put around it since the hop before, or, below zero, took off. */
  readonly tunnel: number;
}

const LABEL_W = 84;
export const CELL_H = 40;
export const WAS_H = 15;

/** For each packet of the steps: its headers on the first cable, then what each further hop changed. */
export function headers(steps: readonly Step[], options: HeadersOptions = {}): Scene {
  const walked = way(steps);
  const messages = walked.messages.filter((message) => message.crossings.length > 0);
  const shown = messages.slice(0, options.most ?? 6);
  const painter = new Painter();
  const inner = WIDEST - 2 * MARGIN;
  let y = MARGIN;
  for (const message of shown) y = drawMessage(painter, message, y, inner) + 14;
  if (messages.length > shown.length) {
    painter.text(
      MARGIN,
      y + 6,
      `and ${messages.length - shown.length} more packets, in the table`,
      inner,
      BODY,
      "muted",
    );
    y += LINE;
  }
  if (messages.length === 0) {
    painter.text(MARGIN, y + 14, "No frame was on a cable.", inner, BODY, "muted");
    y += 2 * LINE;
  }
  return scene({
    title:
      options.title ??
      (messages.length === 1
        ? `Headers of ${(messages[0] as Message).caption}`
        : `Headers of ${messages.length} packets`),
    desc: describe(messages),
    width: Math.max(360, ...painter.shapes.map(rightOf)) + MARGIN,
    height: y,
    shapes: painter.shapes,
    table: table(walked),
  });
}

function rightOf(shape: Shape): number {
  if (shape.shape === "box") return shape.x + shape.w;
  return shape.shape === "text" ? extent(shape).x + extent(shape).w : 0;
}

function hopsOf(message: Message): Hop[] {
  const hops: Hop[] = [];
  let before: readonly Layer[] | undefined;
  const seen = new Set<number>();
  // Branches of a flood carry the same octets: the one that arrived stands for all.
  for (const { number } of message.crossings) {
    const branches = message.crossings.filter((crossing) => crossing.number === number);
    const crossing = branches.find((branch) => !isHeard(branch)) ?? (branches[0] as Crossing);
    if (seen.has(number) || crossing.step.packet === undefined) continue;
    seen.add(number);
    const now = layers(crossing.step.packet);
    const compared = now.map(({ name, fields }) => ({
      name,
      cells: fields.map((field) => compare(name, field, before)),
    }));
    const changes = compared.reduce(
      (sum, layer) => sum + layer.cells.filter((cell) => cell.was !== undefined).length,
      0,
    );
    const tunnel = before === undefined ? 0 : now.length - before.length;
    hops.push({ crossing, layers: compared, changes, tunnel });
    before = now;
  }
  return hops;
}

function compare(layer: string, field: Field, before: readonly Layer[] | undefined): Cell {
  const was = before?.find((each) => each.name === layer)?.fields.find((each) => each.name === field.name)?.value;
  return was === undefined || was === field.value ? field : { ...field, was };
}

function drawMessage(painter: Painter, message: Message, top: number, width: number): number {
  painter.text(MARGIN, top + 13, message.caption, width, STRONG);
  let y = top + 24;
  let same: Hop[] = [];
  const flush = (): void => {
    if (same.length === 0) return;
    y = drawSame(painter, same, message, y, width);
    same = [];
  };
  hopsOf(message).forEach((hop, i) => {
    if (i > 0 && hop.changes === 0 && hop.tunnel === 0) {
      same.push(hop);
      return;
    }
    flush();
    y = drawHop(painter, hop, message, y, width, i > 0);
  });
  flush();
  return y;
}

function title(
  painter: Painter,
  numbers: readonly number[],
  message: Message,
  text: string,
  y: number,
  width: number,
): void {
  const label = numbers.length === 1 ? `${numbers[0]}` : `${numbers[0]}–${numbers[numbers.length - 1]}`;
  const w = badgeWidth(label);
  painter.badge(MARGIN + w / 2, y + 10, label, message.back ? "reply" : "walk", { step: numbers[0] });
  painter.text(MARGIN + w + 8, y + 14.5, text, width - w - 8, BODY, "muted");
}

function drawSame(painter: Painter, hops: readonly Hop[], message: Message, y: number, width: number): number {
  const last = (hops[hops.length - 1] as Hop).crossing;
  const first = (hops[0] as Hop).crossing;
  title(
    painter,
    hops.map((hop) => hop.crossing.number),
    message,
    `${placeName(first.from)} → ${placeName(last.to)}: the same octets`,
    y,
    width,
  );
  return y + 30;
}

function drawHop(
  painter: Painter,
  hop: Hop,
  message: Message,
  top: number,
  width: number,
  onlyChanges: boolean,
): number {
  const { crossing } = hop;
  const fields = `${hop.changes} ${hop.changes === 1 ? "field" : "fields"} changed`;
  const tunnel =
    hop.tunnel === 0 ? "" : `${Math.abs(hop.tunnel)} headers ${hop.tunnel > 0 ? "put around it" : "taken off"}, `;
  const changed = onlyChanges ? `: ${tunnel}${fields}` : "";
  title(
    painter,
    [crossing.number],
    message,
    `${placeName(crossing.from)} → ${placeName(crossing.to)}${changed}`,
    top,
    width,
  );
  let y = top + 26;
  for (const layer of hop.layers) y = drawLayer(painter, layer, y, width, crossing.number);
  return y + 8;
}

function drawLayer(painter: Painter, layer: Hop["layers"][number], top: number, width: number, step: number): number {
  const hasWas = layer.cells.some((cell) => cell.was !== undefined);
  const h = CELL_H + (hasWas ? WAS_H : 0);
  let x = MARGIN + LABEL_W;
  let y = top;
  const label = y;
  for (const cell of layer.cells) {
    const w = cellWidth(cell);
    if (x + w > MARGIN + width && x > MARGIN + LABEL_W) {
      x = MARGIN + LABEL_W;
      y += h;
    }
    drawCell(painter, cell, x, y, Math.min(w, width - LABEL_W), h, step);
    x += w;
  }
  painter.box(MARGIN, label, LABEL_W, y + h - label, "header", { round: 2 });
  painter.text(MARGIN + 7, label + 24, layer.name, LABEL_W - 8, STRONG);
  return y + h + 3;
}

/** A field with its name over it, and under it what it was. */
export function drawCell(
  painter: Painter,
  cell: Cell,
  x: number,
  y: number,
  w: number,
  h: number,
  step?: number,
): void {
  const changed = cell.was !== undefined;
  const inset = changed ? 1.5 : 0;
  painter.box(x + inset, y + inset, w - 2 * inset, h - 2 * inset, changed ? "changed" : "field", { round: 2, step });
  painter.text(x + 7, y + 15, cell.name, w - 10, SMALL, changed ? "changed" : "muted", { step });
  painter.text(x + 7, y + 32, cell.value, w - 10, changed ? STRONG_CODE : CODE, changed ? "changed" : "text", { step });
  if (changed) painter.text(x + 7, y + 47, `was ${cell.was}`, w - 10, SMALL_CODE, "muted", { step });
}

function cellWidth(cell: Cell): number {
  const wide = (text: string, type = CODE): number => measure(visible(text), type);
  return Math.ceil(
    Math.max(
      wide(cell.name, SMALL),
      wide(cell.value, STRONG_CODE),
      cell.was === undefined ? 0 : wide(`was ${cell.was}`, SMALL_CODE),
    ) + 15,
  );
}

function describe(messages: readonly Message[]): string {
  const parts = messages.slice(0, 8).map((message) => {
    const changes = hopsOf(message)
      .slice(1)
      .filter((hop) => hop.changes > 0 || hop.tunnel !== 0)
      .map((hop) => {
        const fields = hop.layers.flatMap((layer) =>
          layer.cells
            .filter((cell) => cell.was !== undefined)
            .map((cell) => `${layer.name} ${cell.name} from ${cell.was} to ${cell.value}`),
        );
        if (hop.tunnel !== 0) fields.unshift(`${Math.abs(hop.tunnel)} headers ${hop.tunnel > 0 ? "more" : "less"}`);
        return `at hop ${hop.crossing.number} ${fields.join(", ")}`;
      });
    return `${message.caption}: ${changes.length === 0 ? "the same on every cable" : changes.join("; ")}.`;
  });
  return parts.join(" ") || "No frame was on a cable.";
}

function table(walked: Way): Scene["table"] {
  const rows = walked.messages.flatMap((message) =>
    hopsOf(message).flatMap((hop) =>
      hop.layers.flatMap((layer) =>
        layer.cells.map((cell) => [`${hop.crossing.number}`, layer.name, cell.name, cell.value, cell.was ?? ""]),
      ),
    ),
  );
  return { columns: ["hop", "header", "field", "value", "was"], rows };
}
