// A scene becomes SVG text through D3: one join for the shapes, attributes from data. No scripts, no outside
// fonts or pictures, its own light card, an id that depends on nothing but the content.
import { createHash } from "node:crypto";
import { type BaseType, type Selection, select } from "d3";
import { MicroDocument, type MicroElement } from "./dom.ts";
import { paint } from "./ink.ts";
import type { Point, Scene, Shape } from "./scene.ts";
import { brief, FONT_STACK } from "./text.ts";

const TAG = { box: "rect", line: "path", area: "path", text: "text", dot: "circle" } as const;

type Shapes<S extends Shape> = Selection<BaseType, S, BaseType, unknown>;

/** Two decimals are a hundredth of a pixel: smaller files, and the same bytes on every machine. */
export function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** The scene as a script-free SVG document: deterministic bytes, readable on any background. */
export function svg(scene: Scene): string {
  return draw(scene).outerHTML;
}

/** An id that is the same for the same picture and differs for another, so that figures can stand on one page. */
export function idOf(scene: Scene): string {
  return `pw-${createHash("sha256").update(JSON.stringify(scene)).digest("hex").slice(0, 12)}`;
}

/** The scene as an element tree; `interactive` adds to it. */
export function draw(scene: Scene): MicroElement {
  const root = new MicroDocument().documentElement;
  const id = idOf(scene);
  const picture = select(root as BaseType)
    .attr("id", id)
    .attr("viewBox", `0 0 ${scene.width} ${scene.height}`)
    .attr("width", scene.width)
    .attr("height", scene.height)
    .attr("role", "img")
    .attr("aria-labelledby", `${id}-title ${id}-desc`)
    .attr("font-family", FONT_STACK.sans);
  picture.append("title").attr("id", `${id}-title`).text(scene.title);
  picture.append("desc").attr("id", `${id}-desc`).text(brief(scene.desc, 2000));
  // `.m` is written once instead of the whole stack on each text; the id keeps it inside this picture.
  picture.append("style").text(`#${id} .m{font-family:${FONT_STACK.mono}}`);
  const shapes = picture
    .append("g")
    .selectAll<BaseType, Shape>("*")
    .data(scene.shapes)
    .join((enter) => enter.append((shape) => root.ownerDocument.createElementNS("", TAG[shape.shape]) as never));
  shapes.filter((shape) => shape.step !== undefined).attr("data-step", (shape) => shape.step as number);
  boxes(shapes.filter((shape) => shape.shape === "box") as never);
  lines(shapes.filter((shape) => shape.shape === "line" || shape.shape === "area") as never);
  texts(shapes.filter((shape) => shape.shape === "text") as never);
  dots(shapes.filter((shape) => shape.shape === "dot") as never);
  shapes
    .filter((shape) => shape.tip !== undefined)
    .append("title")
    .text((shape) => shape.tip as string);
  return root;
}

function boxes(selection: Shapes<Extract<Shape, { shape: "box" }>>): void {
  selection
    .attr("x", (box) => round(box.x))
    .attr("y", (box) => round(box.y))
    .attr("width", (box) => round(box.w))
    .attr("height", (box) => round(box.h))
    .attr("rx", (box) => box.round ?? 4);
  ground(selection);
  outline(selection);
}

function lines(selection: Shapes<Extract<Shape, { shape: "line" | "area" }>>): void {
  selection.attr("d", (line) => path(line.points) + (line.shape === "area" ? "Z" : ""));
  ground(selection.filter((line) => line.shape === "area"));
  const open = selection
    .filter((line) => line.shape === "line")
    .attr("fill", "none")
    .attr("stroke-linejoin", "round");
  outline(open);
}

function texts(selection: Shapes<Extract<Shape, { shape: "text" }>>): void {
  selection
    .attr("x", ({ x, text, pitch }) =>
      pitch === undefined ? round(x) : Array.from(text, (_, i) => round(x + i * pitch)).join(" "),
    )
    .attr("y", (text) => round(text.y))
    .attr("font-size", (text) => text.type.size)
    .attr("fill", (text) => paint(text.ink).text ?? null)
    .attr("class", (text) => (text.type.font === "mono" ? "m" : null))
    .attr("font-weight", (text) => (text.type.bold ? "bold" : null))
    .attr("text-anchor", (text) => (text.anchor === "start" ? null : text.anchor))
    .text((text) => text.text);
}

function dots(selection: Shapes<Extract<Shape, { shape: "dot" }>>): void {
  selection
    .attr("cx", (dot) => round(dot.x))
    .attr("cy", (dot) => round(dot.y))
    .attr("r", (dot) => round(dot.r));
  ground(selection);
  outline(selection);
}

function ground<S extends Shape>(selection: Shapes<S>): void {
  selection.attr("fill", (shape) => paint(shape.ink).fill ?? "none");
}

function outline<S extends Shape>(selection: Shapes<S>): void {
  selection
    .attr("stroke", (shape) => paint(shape.ink).stroke ?? null)
    .attr("stroke-width", (shape) => paint(shape.ink).width ?? null)
    .attr("stroke-dasharray", (shape) => paint(shape.ink).dash ?? null);
}

function path(points: readonly Point[]): string {
  let out = "";
  for (const [x, y] of points) out += `${out === "" ? "M" : "L"}${round(x)},${round(y)}`;
  return out;
}
