// Whole clusters: from nothing until every pod is ready to ping, with kube-proxy and CoreDNS; beside the same small cluster's
// namespaces, cables, addresses, routes and rules on this machine's kernel.
import { execFileSync, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { YOUNG_MEGABYTES } from "../../lib/jupyter/spec.ts";
import { type BenchFigure, milliseconds } from "./figure.ts";
import type { KubeCosts } from "./kube-load.ts";
import { whyNoKernel } from "./peers.ts";

const LOAD = fileURLToPath(new URL("kube-load.js", import.meta.url));

/** A cluster of so many nodes, pods and Services, in a process of its own. */
export function kubeCosts(nodes: number, pods: number, services: number): KubeCosts {
  return JSON.parse(load(nodes, pods, services)) as KubeCosts;
}

function load(...args: readonly (number | string)[]): string {
  // As the kernel is started.
  const young = `--max-semi-space-size=${YOUNG_MEGABYTES}`;
  const words = ["--max-old-space-size=4096", young, LOAD, ...args.map(String)];
  return execFileSync(process.execPath, words, { encoding: "utf8", maxBuffer: 2 ** 28 });
}

/** Milliseconds in which this machine's kernel has the wiring of a cluster; a text is why not. */
function kernelWiring(script: string): number | string {
  const why = whyNoKernel();
  if (why !== null) return why;
  const env = { ...process.env, PREFIX: `b${process.pid}-` };
  let said = "";
  const time = milliseconds(() => {
    const { status, stderr } = spawnSync("sh", { input: script, env, encoding: "utf8" });
    if (status !== 0) said = stderr;
  });
  spawnSync("sh", ["-s", "down"], { input: script, env });
  return said === "" ? time : `the script failed: ${said}`;
}

export function benchKube(): BenchFigure[] {
  const small = Array.from({ length: 5 }, () => kubeCosts(3, 10, 1)).sort((a, b) => a.cpu - b.cpu)[2]!;
  const wiring = kernelWiring(load(3, 10, 1, "script"));
  const large = kubeCosts(500, 10_000, 1000);
  const by = { theirs: null, peer: "" };
  const isBuilt = typeof wiring === "number";
  return [
    {
      name: "K1 3 nodes, 10 pods: CPU until ready to ping",
      ours: 1000 * small.cpu,
      theirs: isBuilt ? wiring : null,
      unit: "ms",
      peer: isBuilt ? "ip netns: its wiring alone, by a script" : `ip netns: left out, ${wiring}`,
      target: 300,
    },
    { name: "K2 500 nodes, 10000 pods, 1000 Services: CPU", ours: large.cpu, unit: "s", target: 10, ...by },
    { name: "   its memory", ours: large.memory, unit: "MB", target: 1536, ...by },
    { name: "   its calls of the API", ours: large.calls / 1000, unit: "k", ...by },
    {
      name: "K3 a ping to another node among 10000 pods",
      ours: large.ping,
      theirs: small.ping,
      unit: "µs",
      peer: "among 10 pods",
    },
    { name: "   the first one, rules of Services included", ours: large.firstPing / 1000, unit: "ms", ...by },
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.table(benchKube());
