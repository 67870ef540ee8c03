// A large graph: circles and lines at given positions or where the forces put them, names where there is room.
import { forceLayout } from "./force.ts";
import { MARGIN, Painter, type Scene, SMALL, scene } from "./scene.ts";
import { brief, measure, visible } from "./text.ts";

export interface GraphNode {
  readonly id: string;
  /** Said by pointing at it, and in the table. */
  readonly note?: string;
  /** Drawn larger and in another colour: a bridge, a switch, a router. */
  readonly hub?: boolean;
  readonly x?: number;
  readonly y?: number;
}
export interface GraphLink {
  readonly source: string;
  readonly target: string;
}
export interface NetworkOptions {
  readonly title?: string;
  readonly width?: number;
  readonly height?: number;
  /** Dice for the layout, needed when a node has no position. */
  readonly random?: () => number;
  readonly ticks?: number;
}

interface Spot {
  readonly node: GraphNode;
  readonly x: number;
  readonly y: number;
  readonly r: number;
}

/** Any graph as circles and lines. Nodes without a position are placed by forces. */
export function network(nodes: readonly GraphNode[], links: readonly GraphLink[], options: NetworkOptions = {}): Scene {
  const width = options.width ?? 760;
  const height = options.height ?? 520;
  const spots = place(nodes, links, width, height, options);
  const at = new Map(spots.map((spot) => [spot.node.id, spot]));
  const neighbours = neighboursOf(links);
  const painter = new Painter();
  for (const { source, target } of links) {
    const from = at.get(source);
    const to = at.get(target);
    if (from !== undefined && to !== undefined)
      painter.line(
        [
          [from.x, from.y],
          [to.x, to.y],
        ],
        "link",
      );
  }
  for (const { node, x, y, r } of spots) {
    const says = node.note === undefined ? node.id : `${node.id}: ${node.note}`;
    painter.dot(x, y, r, node.hub ? "hub" : "spot", { tip: brief(says) });
  }
  for (const { text, x, y, w } of names(spots, width)) {
    painter.box(x - 2, y - 11, w + 4, 15, "label", { round: 3 });
    painter.text(x, y, text, w, SMALL);
  }
  return scene({
    title: options.title ?? `A network of ${nodes.length} nodes and ${links.length} links`,
    desc: `${nodes.length} nodes, ${links.length} links.`,
    width,
    height,
    shapes: painter.shapes,
    table: {
      columns: ["node", "note", "linked to"],
      rows: nodes.map((node) => [node.id, node.note ?? "", (neighbours.get(node.id) ?? []).join(", ")]),
    },
  });
}

/** Who is linked to whom, both ways. */
function neighboursOf(links: readonly GraphLink[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const add = (from: string, to: string): void => {
    const list = found.get(from);
    if (list === undefined) found.set(from, [to]);
    else list.push(to);
  };
  for (const { source, target } of links) {
    add(source, target);
    add(target, source);
  }
  return found;
}

function place(
  nodes: readonly GraphNode[],
  links: readonly GraphLink[],
  width: number,
  height: number,
  options: NetworkOptions,
): Spot[] {
  const radius = nodes.length > 60 ? 4.5 : 7;
  const spot = (node: GraphNode, x: number, y: number): Spot => ({ node, x, y, r: node.hub ? radius * 1.5 : radius });
  if (nodes.every((node) => node.x !== undefined && node.y !== undefined))
    return nodes.map((node) => spot(node, node.x as number, node.y as number));
  if (options.random === undefined) throw new RangeError("network: nodes without x and y need dice: pass { random }");
  const index = new Map(nodes.map((node, i) => [node.id, i]));
  const pairs = links.flatMap(({ source, target }): [number, number][] => {
    const from = index.get(source);
    const to = index.get(target);
    return from === undefined || to === undefined || from === to ? [] : [[from, to]];
  });
  const { x, y } = forceLayout(nodes.length, pairs, {
    random: options.random,
    width,
    height,
    ticks: options.ticks ?? 100,
  });
  return scaled(nodes, x, y, width, height, spot);
}

/** Fits what the forces made into the card. */
function scaled(
  nodes: readonly GraphNode[],
  x: Float64Array,
  y: Float64Array,
  width: number,
  height: number,
  spot: (node: GraphNode, x: number, y: number) => Spot,
): Spot[] {
  const inset = MARGIN + 12;
  const [left, right] = [Math.min(...x), Math.max(...x)];
  const [top, bottom] = [Math.min(...y), Math.max(...y)];
  const scale = Math.min(
    (width - 2 * inset) / Math.max(right - left, 1),
    (height - 2 * inset) / Math.max(bottom - top, 1),
    4,
  );
  return nodes.map((node, i) =>
    spot(
      node,
      width / 2 + ((x[i] as number) - (left + right) / 2) * scale,
      height / 2 + ((y[i] as number) - (top + bottom) / 2) * scale,
    ),
  );
}

/** Names beside their circles, hubs first; a name that would touch another name or a circle is left to the tip. */
function names(spots: readonly Spot[], width: number): { text: string; x: number; y: number; w: number }[] {
  const cell = 24;
  const taken = new Map<number, [left: number, top: number, right: number, bottom: number][]>();
  const cells = (l: number, t: number, r: number, b: number): number[] => {
    const found: number[] = [];
    for (let cx = Math.floor(l / cell); cx <= Math.floor(r / cell); cx++)
      for (let cy = Math.floor(t / cell); cy <= Math.floor(b / cell); cy++) found.push(cx * 4096 + cy);
    return found;
  };
  const take = (l: number, t: number, r: number, b: number): void => {
    for (const each of cells(l, t, r, b)) {
      const list = taken.get(each);
      if (list === undefined) taken.set(each, [[l, t, r, b]]);
      else list.push([l, t, r, b]);
    }
  };
  const free = (l: number, t: number, r: number, b: number): boolean =>
    cells(l, t, r, b).every((each) =>
      (taken.get(each) ?? []).every(([l2, t2, r2, b2]) => r2 <= l || l2 >= r || b2 <= t || t2 >= b),
    );
  for (const { x, y, r } of spots) take(x - r - 1, y - r - 1, x + r + 1, y + r + 1);
  const out: { text: string; x: number; y: number; w: number }[] = [];
  for (const { node, x, y, r } of [...spots].sort(
    (a, b) => Number(b.node.hub ?? false) - Number(a.node.hub ?? false),
  )) {
    if (node.id.length > 24) continue;
    const text = visible(node.id);
    const w = measure(text, SMALL);
    const left = x + r + 5;
    if (left + w + 4 > width - MARGIN || !free(left - 2, y - 8, left + w + 2, y + 8)) continue;
    take(left - 2, y - 8, left + w + 2, y + 8);
    out.push({ text, x: left, y: y + 4, w });
  }
  return out;
}
