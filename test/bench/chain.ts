// What a hop costs, T1 to T4: untraced, traced, across a bridge, and in memory; beside ns-3 and the real kernel.
import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { LEVEL } from "packetwalk/lab";
import { type BenchFigure, median, milliseconds } from "./figure.ts";
import { chain, echo, hopCost, star } from "./hops.ts";
import { kernelChain, type Measured, Ns3, whyNoKernel } from "./peers.ts";

const NODES = 10;
const HOSTS = 100;
const ECHOES = 4000;
const RUNS = 9;
const WARM = 4;

const number = (measured: Measured): number | null => (typeof measured === "number" ? measured : null);

/** What each hop adds to an echo of the real kernel: the programs at the ends are woken however long the way is. */
async function kernelHop(): Promise<Measured> {
  const [short, long] = [await kernelChain(2), await kernelChain(50)];
  return typeof short === "string" || typeof long === "string" ? (whyNoKernel() ?? "") : (long - short) / 96;
}

/** Microseconds for a hop to tell what was recorded of it. */
function telling(): number {
  const traffic = chain(NODES);
  const { recorder } = traffic.lab;
  recorder.level = LEVEL.full;
  return median(() => {
    echo(traffic, 50);
    return (milliseconds(() => recorder.take()) * 1000) / (50 * traffic.hopsPerEcho);
  });
}

/** Resident memory in MB of a process that sent so many echoes: at most, and grown since a tenth of them. */
function memory(echoes: number): { peak: number; grown: number } {
  const own = fileURLToPath(import.meta.url);
  return JSON.parse(execFileSync(process.execPath, [own, "--memory", `${echoes}`], { encoding: "utf8" }));
}

/** Figures T1 to T4. */
export async function benchChain(): Promise<BenchFigure[]> {
  const ns3 = new Ns3();
  const traffic = chain(NODES);
  const cost = (level: 0 | 1 | 2) =>
    median(() => hopCost(traffic, level === 0 ? ECHOES * 2 : ECHOES, level), RUNS, WARM);
  const untraced = cost(LEVEL.off);
  const theirs = median(() => number(ns3.hop("chain", NODES, 5000)) ?? 0, 3, 0);
  const bridged = star(HOSTS);
  const theirBridge = median(() => number(ns3.hop("star", HOSTS, 5000)) ?? 0, 3, 0);
  ns3.close();
  const kernel = await kernelHop();
  const simulator = ns3.why === null ? "ns-3 (Debian's build), nothing traced" : `ns-3: left out, ${ns3.why}`;
  const by = (value: number) => (ns3.why === null ? value : null);
  const { peak, grown } = memory(1_000_000);
  const empty = Number(
    execFileSync(process.execPath, ["-p", "process.resourceUsage().maxRSS / 1024"], { encoding: "utf8" }),
  );
  const unit = "µs";
  return [
    {
      name: `T1 a hop through a chain of ${NODES}`,
      ours: untraced,
      theirs: by(theirs),
      unit,
      peer: simulator,
      target: 0.5,
    },
    {
      name: "   beside the kernel itself",
      ours: untraced,
      theirs: number(kernel),
      unit,
      peer:
        typeof kernel === "string" ? `the kernel: left out, ${kernel}` : "the kernel: what a router adds to an echo",
    },
    {
      name: "T2 the same, hops recorded",
      ours: cost(LEVEL.path),
      theirs: by(theirs),
      unit,
      peer: simulator,
      target: 1,
    },
    {
      name: "T2 the same, every step recorded",
      ours: cost(LEVEL.full),
      theirs: by(theirs),
      unit,
      peer: simulator,
      target: 1,
    },
    { name: "   and read afterwards", ours: telling(), theirs: null, unit, peer: "steps made of what was recorded" },
    {
      name: `T3 a hop between ${HOSTS} hosts of a bridge`,
      ours: median(() => hopCost(bridged, ECHOES * 5), RUNS, WARM),
      theirs: by(theirBridge),
      unit,
      peer: simulator,
      target: 0.7,
    },
    {
      name: "T4 memory beyond node's own, 1e6 echoes",
      ours: peak - empty,
      theirs: empty,
      unit: "MB",
      peer: "node -e 0",
      target: 16,
    },
    {
      name: "   grown since the first 1e5",
      ours: Math.max(grown, 0.01),
      theirs: null,
      unit: "MB",
      peer: "flat in packets",
    },
  ];
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [what, count = ""] = process.argv.slice(2);
  if (what !== "--memory") console.table(await benchChain());
  else {
    const traffic = chain(NODES);
    echo(traffic, Number(count) / 10);
    const before = process.memoryUsage.rss();
    echo(traffic, (Number(count) / 10) * 9);
    const grown = (process.memoryUsage.rss() - before) / 2 ** 20;
    console.log(JSON.stringify({ peak: process.resourceUsage().maxRSS / 1024, grown }));
  }
}
