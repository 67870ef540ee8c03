// A kernel that is used all day: cells as a student writes them, thousands in one kernel, and its memory meanwhile.
//   node dist/test/bench/endurance.js [CELLS]
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { type Client, startClient } from "../jupyter/client.ts";
import { ROOT } from "../jupyter/python.ts";
import type { BenchFigure } from "./figure.ts";

const CELLS = 10_000;
/** Compilers and caches have grown to what they need by then. */
const WARM = 2_000;

/** The n-th cell: labs and walks, values, functions and types declared anew, errors of both kinds, a print, a table. */
function cell(n: number): string {
  switch (n % 8) {
    case 0:
      return `import { lab, sh, walk } from "packetwalk";
const net = lab({ seed: "day ${n}" });
const node = net.node("node-1");
node.bridge("cni0", { address: "10.244.1.1/24" });
for (const i of [2, 3]) node.pod(\`pod\${i}\`, { bridge: "cni0", address: \`10.244.1.\${i}/24\`, gateway: "10.244.1.1" });
walk("pod2", "ping -c 1 10.244.1.3")`;
    case 1:
      return 'sh("node-1", "ip addr; ip route; bridge fdb")';
    case 2:
      return `const numbers${n % 400} = Array.from({ length: 100 }, (_, i) => i * ${n}); numbers${n % 400}.length`;
    case 3:
      return `interface Pair${n % 50} { a: number; b: string }\nconst pair = (a: number): Pair${n % 50} => ({ a, b: String(a) });\npair(${n})`;
    case 4:
      return `let wrong: string = ${n}`;
    case 5:
      return `throw new Error("mistake ${n}")`;
    case 6:
      return `for (let i = 0; i < 50; i++) console.log("line", i, ${n})`;
    default:
      return `%%sh pod2\nping -c 1 10.244.1.3; ip neigh`;
  }
}

const fails = (n: number) => n % 8 === 4 || n % 8 === 5;

/** What the kernel's process holds, in MB. */
function memory(kernel: Client): number {
  const status = readFileSync(`/proc/${kernel.process.pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

const median = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;

/** Memory and the time of a cell, after each thousand; throws when a cell answers otherwise than it should. */
export async function endure(cells: number, told: (cells: number, mb: number, ms: number) => void): Promise<void> {
  const kernel = await startClient({ cwd: path.join(ROOT, "notebooks") });
  let times: number[] = [];
  try {
    for (let n = 0; n < cells; n++) {
      const start = performance.now();
      const { reply } = await kernel.execute(cell(n));
      times.push(performance.now() - start);
      const expected = fails(n) ? "error" : "ok";
      if (reply.content.status !== expected)
        throw new Error(`cell ${n} is ${reply.content.status}, not ${expected}: ${JSON.stringify(reply.content)}`);
      if ((n + 1) % 1000 !== 0) continue;
      told(n + 1, memory(kernel), median(times));
      times = [];
    }
  } finally {
    await kernel.stop();
  }
}

/** Rows of the benchmark: the memory at the end, with that after warming up as what it is held against. */
export async function benchEndurance(): Promise<BenchFigure[]> {
  if (process.platform !== "linux") return [];
  const memories = new Map<number, number>();
  const times: number[] = [];
  await endure(CELLS, (cells, mb, ms) => {
    memories.set(cells, mb);
    times.push(ms);
  });
  const peer = `the same after ${WARM.toLocaleString("en")} cells`;
  const name = `memory after ${CELLS.toLocaleString("en")} cells`;
  return [
    { name, ours: memories.get(CELLS)!, theirs: memories.get(WARM)!, unit: "MB", peer },
    { name: "a cell then", ours: times.at(-1)!, theirs: times[WARM / 1000 - 1]!, unit: "ms", peer },
  ];
}

if (process.argv[1] === import.meta.filename)
  await endure(Number(process.argv[2] ?? CELLS), (cells, mb, ms) =>
    console.log(`${String(cells).padStart(6)} cells: ${mb.toFixed(0)} MB, a cell ${ms.toFixed(1)} ms`),
  );
