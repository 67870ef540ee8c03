// What an echo costs, the longer its way: ours untraced and traced, ns-3, and this machine's kernel, as a picture.
//   node dist/test/bench/curve.js        measures, and writes assets/cost-of-hops.svg
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Ink } from "../../lib/draw/ink.ts";
import { svg } from "../../lib/draw/svg.ts";
import { LEVEL, type Level } from "../../lib/trace/step.ts";
import { median } from "./figure.ts";
import { chain, hopCost } from "./hops.ts";
import { kernelChain, type Measured, Ns3 } from "./peers.ts";
import { type Curve, plot } from "./plot.ts";

const FILE = fileURLToPath(new URL("../../../assets/cost-of-hops.svg", import.meta.url));
/** Machines in the row, hosts at its ends included. */
const NODES = [2, 3, 5, 10, 20, 50] as const;
const hopsOf = (nodes: number) => 2 * (nodes - 1);

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

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const drawn = plot(await measure(), {
    title: "What an echo costs, the longer its way",
    desc: "Microseconds for a UDP echo through a row of routers. Over 98 hops",
    places: NODES.map(hopsOf),
    across: "hops of the echo, there and back",
    costs: [1, 10, 100, 1000].map((cost) => [cost, `${cost} µs`] as const),
    unit: "µs",
    column: "µs for an echo of so many hops",
  });
  console.log([drawn.table.columns, ...drawn.table.rows].map((row) => row.join("\t")).join("\n"));
  writeFileSync(FILE, `${svg(drawn)}\n`);
}
