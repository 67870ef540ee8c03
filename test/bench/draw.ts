// Pictures against jsdom under D3 where it is installed, against text written by hand, and against d3-force.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import {
  forceCenter,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type SimulationNodeDatum,
  select,
} from "d3";
import seedrandom from "seedrandom";
import { forceLayout } from "../../lib/draw/force.ts";
import { network } from "../../lib/draw/network.ts";
import { svg } from "../../lib/draw/svg.ts";
import { type BenchFigure, median, milliseconds } from "./figure.ts";

const NODES = 300;
const LINKS = 600;
const SIZE = { width: 960, height: 600 };

type Pair = [number, number];
type Spot = { id: string; note: string; hub: boolean; x: number; y: number };
type Selected = ReturnType<typeof select>;

function pairs(): Pair[] {
  const dice = seedrandom.alea("bench");
  const all: Pair[] = Array.from({ length: NODES - 1 }, (_, i) => [i >> 2, i + 1]);
  while (all.length < LINKS) {
    const [a, b] = [Math.floor(dice() * NODES), Math.floor(dice() * NODES)];
    if (a !== b) all.push([a, b]);
  }
  return all;
}

function spots(): Spot[] {
  const { x, y } = forceLayout(NODES, pairs(), { ...SIZE, random: seedrandom.alea("bench") });
  return Array.from(x, (left, i) => ({
    id: `pod-${i}`,
    note: `10.244.${i >> 8}.${i & 255}`,
    hub: i % 10 === 0,
    x: left,
    y: y[i] as number,
  }));
}

/** Lines, circles, names and titles as they would be drawn without thinking of names that overlap. */
function drawWithD3(root: Selected, nodes: readonly Spot[], links: readonly Pair[]): void {
  const picture = root.append("svg").attr("xmlns", "http://www.w3.org/2000/svg").attr("viewBox", "0 0 960 600");
  const at = (i: number): Spot => nodes[i] as Spot;
  picture
    .append("g")
    .selectAll("line")
    .data(links)
    .join("line")
    .attr("x1", ([a]) => at(a).x.toFixed(2))
    .attr("y1", ([a]) => at(a).y.toFixed(2))
    .attr("x2", ([, b]) => at(b).x.toFixed(2))
    .attr("y2", ([, b]) => at(b).y.toFixed(2))
    .attr("stroke", "#999");
  const groups = picture
    .append("g")
    .selectAll("g")
    .data(nodes)
    .join("g")
    .attr("transform", ({ x, y }) => `translate(${x.toFixed(2)},${y.toFixed(2)})`);
  groups.append("circle").attr("r", ({ hub }) => (hub ? 8 : 5));
  groups
    .append("text")
    .attr("dx", 8)
    .attr("font-size", 9)
    .text(({ id }) => id);
  groups.append("title").text(({ note }) => note);
}

/** One warm drawing of the same graph in jsdom, in milliseconds; null when jsdom is not installed. */
function jsdomDraw(nodes: readonly Spot[], links: readonly Pair[]): number | null {
  const require = createRequire(import.meta.url);
  try {
    require.resolve("jsdom");
  } catch {
    return null;
  }
  const { JSDOM } = require("jsdom") as {
    JSDOM: new (html: string) => { window: { document: { body: { innerHTML: string } }; close(): void } };
  };
  return median(
    () => {
      const { window } = new JSDOM("<!doctype html><body></body>");
      const time = milliseconds(() => {
        drawWithD3(select(window.document.body as never), nodes, links);
        if (window.document.body.innerHTML.length < 10_000) throw new Error("jsdom drew nothing");
      });
      window.close();
      return time;
    },
    5,
    1,
  );
}

/** The floor: the same shapes as text, written by hand. */
function writeByHand(nodes: readonly Spot[], links: readonly Pair[]): string {
  let out = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 600"><g>';
  for (const [a, b] of links) {
    const [from, to] = [nodes[a] as Spot, nodes[b] as Spot];
    out += `<line x1="${from.x.toFixed(2)}" y1="${from.y.toFixed(2)}" x2="${to.x.toFixed(2)}" y2="${to.y.toFixed(2)}" stroke="#999"/>`;
  }
  for (const { id, note, hub, x, y } of nodes)
    out += `<g transform="translate(${x.toFixed(2)},${y.toFixed(2)})"><circle r="${hub ? 8 : 5}"/><text dx="8" font-size="9">${id}</text><title>${note}</title></g>`;
  return `${out}</g></svg>`;
}

function d3Force(links: readonly Pair[]): void {
  const dice = seedrandom.alea("bench");
  const nodes = Array.from({ length: NODES }, (): SimulationNodeDatum => ({}));
  forceSimulation(nodes)
    .randomSource(dice)
    .force("link", forceLink(links.map(([source, target]) => ({ source, target }))).distance(30))
    .force("charge", forceManyBody().strength(-60))
    .force("center", forceCenter(SIZE.width / 2, SIZE.height / 2))
    .force("x", forceX(SIZE.width / 2))
    .force("y", forceY(SIZE.height / 2))
    .stop()
    .tick(100);
}

/** A whole process, in milliseconds. */
function processTime(script: string): number {
  return median(
    () =>
      milliseconds(() => {
        const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
          encoding: "utf8",
        });
        if (status !== 0) throw new Error(stderr);
      }),
    7,
    1,
  );
}

/** Figures T14, T15 and T16 of the speed targets. */
export async function benchDraw(): Promise<BenchFigure[]> {
  const links = pairs();
  const nodes = spots();
  const named = links.map(([a, b]) => ({ source: `pod-${a}`, target: `pod-${b}` }));
  const draw = median(() => milliseconds(() => svg(network(nodes, named, SIZE))), 15, 15);
  const byHand = median(() => milliseconds(() => writeByHand(nodes, links)), 15, 15);
  const inJsdom = jsdomDraw(nodes, links);
  const at = (file: string): string => JSON.stringify(new URL(`../../lib/draw/${file}`, import.meta.url).href);
  const cold = processTime(
    `import { network } from ${at("network.js")}; import { svg } from ${at("svg.js")};
     const nodes = Array.from({ length: 30 }, (_, i) => ({ id: "pod-" + i, x: 20 + i * 20, y: 20 + (i % 7) * 40 }));
     process.stdout.write(svg(network(nodes, nodes.slice(1).map(({ id }) => ({ source: "pod-0", target: id })))));`,
  );
  const empty = processTime("0");
  const ours = median(() =>
    milliseconds(() => forceLayout(NODES, links, { ...SIZE, random: seedrandom.alea("bench") })),
  );
  const theirs = median(() => milliseconds(() => d3Force(links)), 5, 1);
  return [
    {
      name: `T14 a picture of ${NODES} nodes and ${LINKS} links, drawn warm through D3`,
      ours: draw,
      theirs: inJsdom ?? byHand,
      unit: "ms",
      peer: inJsdom === null ? "text written by hand, no document (jsdom is not installed)" : "D3 in jsdom",
      target: 20,
    },
    {
      name: "T15 one picture, cold process",
      ours: cold,
      theirs: empty,
      unit: "ms",
      peer: "node -e 0",
      target: empty * 1.5,
    },
    { name: "T16 force layout of it, 100 ticks", ours, theirs, unit: "ms", peer: "d3-force", target: 45 },
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.table(await benchDraw());
