// What an echo costs, the longer its way: ours untraced and traced, ns-3, and this machine's kernel, as a picture.
//   node dist/test/bench/curve.js        measures, and writes assets/cost-of-hops.svg
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Ink } from "../../lib/draw/ink.ts";
import { BODY, MARGIN, Painter, type Point, type Scene, SMALL, STRONG, scene } from "../../lib/draw/scene.ts";
import { svg } from "../../lib/draw/svg.ts";
import { LEVEL, type Level } from "../../lib/trace/step.ts";
import { median } from "./figure.ts";
import { chain, hopCost } from "./hops.ts";
import { kernelChain, type Measured, Ns3 } from "./peers.ts";

const FILE = fileURLToPath(new URL("../../../assets/cost-of-hops.svg", import.meta.url));
/** Machines in the row, hosts at its ends included. */
const NODES = [2, 3, 5, 10, 20, 50] as const;
const hopsOf = (nodes: number) => 2 * (nodes - 1);

/** Microseconds for a whole echo, by the number of machines. */
interface Curve {
  readonly name: string;
  readonly ink: Ink;
  readonly costs: readonly number[];
}

async function measure(): Promise<Curve[]> {
  const ours = (level: Level) =>
    NODES.map((nodes) => {
      const traffic = chain(nodes);
      const echoes = Math.ceil(60_000 / traffic.hopsPerEcho);
      return median(() => hopCost(traffic, echoes, level), 7, 4) * traffic.hopsPerEcho;
    });
  const ns3 = new Ns3();
  const simulated = NODES.map((nodes) => {
    const cost = ns3.hop("chain", nodes, Math.ceil(30_000 / hopsOf(nodes)));
    return typeof cost === "number" ? cost * hopsOf(nodes) : cost;
  });
  ns3.close();
  const kernel: Measured[] = [];
  for (const nodes of NODES) {
    const times: Measured[] = [];
    for (let i = 0; i < 3; i++) times.push(await kernelChain(nodes));
    kernel.push(times.sort((a, b) => Number(a) - Number(b))[1]!);
  }
  const all: readonly (readonly [string, Ink, readonly Measured[]])[] = [
    ["Packetwalk", "walk", ours(LEVEL.off)],
    ["Packetwalk, every step recorded", "replyLine", ours(LEVEL.full)],
    ["ns-3, nothing traced", "drop", simulated],
    ["Linux, waking two programs", "cable", kernel],
  ];
  const curves: Curve[] = [];
  for (const [name, ink, costs] of all) {
    const why = costs.find((cost) => typeof cost === "string");
    if (why === undefined) curves.push({ name, ink, costs: costs as number[] });
    else console.log(`left out: ${name}: ${why}`);
  }
  return curves;
}

const WIDTH = 720;
const HEIGHT = 380;
const LEFT = 62;
const RIGHT = WIDTH - 246;
const TOP = 52;
const BOTTOM = HEIGHT - 50;
const COSTS = [1, 10, 100, 1000] as const;

const short = (cost: number) => (cost < 10 ? cost.toFixed(1) : cost.toFixed(0));
const share = (value: number, first: number, last: number) => Math.log(value / first) / Math.log(last / first);
const across = (hops: number) => LEFT + share(hops, hopsOf(NODES[0]), hopsOf(50)) * (RIGHT - LEFT);
const up = (cost: number) => BOTTOM - share(cost, COSTS[0], COSTS[3]) * (BOTTOM - TOP);

/** Both axes grow by factors, so a line that rises as its way grows costs the same for each hop. */
function picture(curves: readonly Curve[]): Scene {
  const painter = new Painter();
  const title = "What an echo costs, the longer its way";
  painter.text(MARGIN, 28, title, WIDTH - 2 * MARGIN, STRONG);
  for (const cost of COSTS) {
    painter.line(
      [
        [LEFT, up(cost)],
        [RIGHT, up(cost)],
      ] as Point[],
      "dim",
    );
    painter.text(LEFT - 8, up(cost) + 4, `${cost} µs`, LEFT, SMALL, "muted", { anchor: "end" });
  }
  for (const nodes of NODES)
    painter.text(across(hopsOf(nodes)), BOTTOM + 18, `${hopsOf(nodes)}`, 40, SMALL, "muted", { anchor: "middle" });
  painter.text((LEFT + RIGHT) / 2, BOTTOM + 38, "hops of the echo, there and back", 300, SMALL, "muted", {
    anchor: "middle",
  });
  // Names stand beside the ends of their lines, and make room for each other.
  const ends = curves.map((curve) => ({ ...curve, y: up(curve.costs.at(-1)!) })).sort((a, b) => a.y - b.y);
  let least = TOP;
  for (const { name, ink, costs, y } of ends) {
    const points = costs.map((cost, i): Point => [across(hopsOf(NODES[i]!)), up(cost)]);
    painter.line(points, ink);
    for (const [i, [x, at]] of points.entries())
      painter.dot(x, at, 3, "lifelineDot", {
        tip: `${name}: ${hopsOf(NODES[i]!)} hops, ${short(costs[i]!)} µs`,
      });
    const at = Math.max(y, least);
    painter.line(
      [
        [RIGHT + 4, y],
        [RIGHT + 12, at],
      ] as Point[],
      "link",
    );
    painter.text(RIGHT + 16, at + 4, name, WIDTH - RIGHT - 16 - MARGIN, BODY);
    least = at + 22;
  }
  const rows = curves.map(({ name, costs }) => [name, ...costs.map((cost) => short(cost))]);
  const last = (curve: Curve) => `${curve.name} ${short(curve.costs.at(-1)!)} µs`;
  return scene({
    title,
    desc: `Microseconds for a UDP echo through a row of routers. Over 98 hops: ${curves.map(last).join(", ")}.`,
    width: WIDTH,
    height: HEIGHT,
    shapes: painter.shapes,
    table: { columns: ["µs for an echo of so many hops", ...NODES.map((nodes) => `${hopsOf(nodes)}`)], rows },
  });
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const drawn = picture(await measure());
  console.log([drawn.table.columns, ...drawn.table.rows].map((row) => row.join("\t")).join("\n"));
  writeFileSync(FILE, `${svg(drawn)}\n`);
}
