// What a cluster costs, the more pods there are, as a picture: twenty pods a node, ten a Service.
//   node dist/test/bench/kube-curve.js        measures, and writes assets/cost-of-pods.svg
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Ink } from "../../lib/draw/ink.ts";
import { svg } from "../../lib/draw/svg.ts";
import { kubeCosts } from "./kube.ts";
import type { KubeCosts } from "./kube-load.ts";
import { type Curve, plot } from "./plot.ts";

const FILE = fileURLToPath(new URL("../../../assets/cost-of-pods.svg", import.meta.url));
const PODS = [20, 100, 1000, 10_000] as const;

const all = PODS.map((pods) => kubeCosts(Math.max(2, pods / 20), pods, pods / 10));
const curve = (name: string, ink: Ink, cost: (costs: KubeCosts) => number): Curve => ({
  name,
  ink,
  costs: all.map(cost),
});
const drawn = plot(
  [
    curve("all pods ready: CPU", "walk", ({ cpu }) => 1000 * cpu),
    curve("the first ping to another node", "drop", ({ firstPing }) => firstPing / 1000),
    curve("a ping to another node", "replyLine", ({ ping }) => ping / 1000),
  ],
  {
    title: "What a cluster costs, the more pods there are",
    desc: "Milliseconds of CPU until all pods are ready, and of a ping between nodes. With 10000 pods",
    places: PODS,
    across: "pods, twenty a node and ten a Service",
    costs: [
      [0.1, "0.1 ms"],
      [1, "1 ms"],
      [10, "10 ms"],
      [100, "100 ms"],
      [1000, "1 s"],
      [10_000, "10 s"],
      [100_000, "100 s"],
    ],
    unit: "ms",
    column: "ms with so many pods",
  },
);
console.log([drawn.table.columns, ...drawn.table.rows].map((row) => row.join("\t")).join("\n"));
writeFileSync(FILE, `${svg(drawn)}\n`);
