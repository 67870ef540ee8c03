// A scene becomes SVG text through D3: one join for the shapes, attributes from data. No scripts, no outside
// fonts or pictures, its own light card, an id that depends on nothing but the content.
import { createHash } from "node:crypto";
import { type BaseType, type Selection, select } from "d3-selection";
import { MicroDocument, type MicroElement, SVG_NAMESPACE } from "./dom.ts";
import { paint } from "./ink.ts";
import type { Area, Box, Dot, Line, Point, Scene, Shape, Text } from "./scene.ts";
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
  // Neighbours that look alike stand in one group that carries their look: a third of the bytes and of the time.
  const groups = picture.selectAll<BaseType, Run>("g").data(runs(scene.shapes)).join("g");
  look(groups);
  const shapes = groups
    .selectAll<BaseType, Shape>("*")
    .data((run) => run)
    .join((enter) =>
      enter.append((shape) => root.ownerDocument.createElementNS(SVG_NAMESPACE, TAG[shape.shape]) as never),
    );
  boxes(only(shapes, "box"));
  lines(only(shapes, "line"));
  lines(only(shapes, "area"));
  texts(only(shapes, "text"));
  dots(only(shapes, "dot"));
  shapes.filter((shape) => shape.step !== undefined).attr("data-step", (shape) => shape.step as number);
  shapes
    .filter((shape) => shape.tip !== undefined)
    .append("title")
    .text((shape) => shape.tip as string);
  return root;
}

/** Shapes of one kind and look, in painter's order. */
type Run = readonly [Shape, ...Shape[]];

function runs(shapes: readonly Shape[]): Run[] {
  const found: [Shape, ...Shape[]][] = [];
  for (const shape of shapes) {
    const last = found[found.length - 1];
    if (last !== undefined && looksLike(last[0], shape)) last.push(shape);
    else found.push([shape]);
  }
  return found;
}

function looksLike(a: Shape, b: Shape): boolean {
  if (a.shape !== b.shape || a.ink !== b.ink) return false;
  if (a.shape !== "text" || b.shape !== "text") return true;
  const same =
    a.type.font === b.type.font && a.type.size === b.type.size && (a.type.bold ?? false) === (b.type.bold ?? false);
  return same && a.anchor === b.anchor;
}

function look(groups: Selection<BaseType, Run, BaseType, unknown>): void {
  const attribute = (name: string, value: (shape: Shape) => string | number | undefined): void => {
    groups.attr(name, ([first]) => value(first) ?? null);
  };
  attribute("fill", ({ shape, ink }) =>
    shape === "line" ? "none" : shape === "text" ? paint(ink).text : (paint(ink).fill ?? "none"),
  );
  attribute("stroke", ({ shape, ink }) => (shape === "text" || shape === "area" ? undefined : paint(ink).stroke));
  attribute("stroke-width", ({ shape, ink }) => (shape === "text" || shape === "area" ? undefined : paint(ink).width));
  attribute("stroke-dasharray", ({ shape, ink }) =>
    shape === "text" || shape === "area" ? undefined : paint(ink).dash,
  );
  attribute("stroke-linejoin", ({ shape }) => (shape === "line" ? "round" : undefined));
  attribute("class", (shape) => (shape.shape === "text" && shape.type.font === "mono" ? "m" : undefined));
  attribute("font-size", (shape) => (shape.shape === "text" ? shape.type.size : undefined));
  attribute("font-weight", (shape) => (shape.shape === "text" && shape.type.bold ? "bold" : undefined));
  attribute("text-anchor", (shape) => (shape.shape === "text" && shape.anchor !== "start" ? shape.anchor : undefined));
}

function only<K extends Shape["shape"]>(shapes: Shapes<Shape>, kind: K): Shapes<Extract<Shape, { shape: K }>> {
  return shapes.filter((shape) => shape.shape === kind) as never;
}

function boxes(selection: Shapes<Box>): void {
  selection
    .attr("x", (box) => round(box.x))
    .attr("y", (box) => round(box.y))
    .attr("width", (box) => round(box.w))
    .attr("height", (box) => round(box.h))
    .attr("rx", (box) => box.round ?? 4);
}

function lines(selection: Shapes<Line> | Shapes<Area>): void {
  (selection as Shapes<Line | Area>).attr("d", (line) => path(line.points) + (line.shape === "area" ? "Z" : ""));
}

function texts(selection: Shapes<Text>): void {
  selection
    .attr("x", ({ x, text, pitch }) =>
      pitch === undefined ? round(x) : Array.from(text, (_, i) => round(x + i * pitch)).join(" "),
    )
    .attr("y", (text) => round(text.y))
    .text((text) => text.text);
}

function dots(selection: Shapes<Dot>): void {
  selection
    .attr("cx", (dot) => round(dot.x))
    .attr("cy", (dot) => round(dot.y))
    .attr("r", (dot) => round(dot.r));
}

function path(points: readonly Point[]): string {
  let out = "";
  for (const [x, y] of points) out += `${out === "" ? "M" : "L"}${round(x)},${round(y)}`;
  return out;
}
