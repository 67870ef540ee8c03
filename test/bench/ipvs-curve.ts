// What a pick costs, the more real servers there are, beside the kernel's walk through the list, as a picture.
//   node dist/test/bench/ipvs-curve.js        measures, and writes assets/cost-of-picks.svg
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Ink } from "../../lib/draw/ink.ts";
import { svg } from "../../lib/draw/svg.ts";
import { pickCost, SERVERS } from "./ipvs.ts";
import { type Curve, plot } from "./plot.ts";

const FILE = fileURLToPath(new URL("../../../assets/cost-of-picks.svg", import.meta.url));

const curve = (name: string, ink: Ink, scheduler: string, isKernel: boolean): Curve => ({
  name,
  ink,
  costs: SERVERS.map((servers) => pickCost(scheduler, servers, isKernel) / 1000),
});
const drawn = plot(
  [
    curve("wlc, the list walked", "drop", "wlc", true),
    curve("nq, the list walked", "cable", "nq", true),
    curve("wlc", "walk", "wlc", false),
    curve("nq", "replyLine", "nq", false),
    curve("mh", "walk", "mh", false),
    curve("wrr", "walk", "wrr", false),
  ],
  {
    title: "What a pick costs, the more real servers there are",
    desc: "Microseconds of a pick, its connection's beginning and another's end. Among 10000 servers",
    places: SERVERS,
    across: "real servers",
    costs: [
      [0.01, "10 ns"],
      [0.1, "0.1 µs"],
      [1, "1 µs"],
      [10, "10 µs"],
      [100, "100 µs"],
    ],
    unit: "µs",
    column: "µs among so many servers",
  },
);
console.log([drawn.table.columns, ...drawn.table.rows].map((row) => row.join("\t")).join("\n"));
writeFileSync(FILE, `${svg(drawn)}\n`);
