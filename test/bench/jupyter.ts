// How long a reader waits for the kernel, beside plain tslab in the same run.
//   node dist/test/bench/jupyter.js
import { createRequire } from "node:module";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import { type Client, startClient } from "../jupyter/client.ts";
import { ROOT } from "../jupyter/python.ts";
import type { BenchFigure } from "./figure.ts";

/** How Jupyter starts plain tslab. */
const TSLAB = [
  process.execPath,
  path.join(path.dirname(createRequire(import.meta.url).resolve("tslab/package.json")), "bin", "tslab"),
  "kernel",
  "--config-path",
  "{connection_file}",
];

const STARTS = 3;
const WARM_CELLS = 15;
const TARGETS = { "first reply": 500, "first picture": 350 };
const PICTURE = `import { lab, show } from "packetwalk"
const net = lab({ seed: "bench" })
const node = net.node("node-1")
show(net)`;

type Times = Record<
  "first reply" | "first 1 + 1" | "first result after the start" | "warm cell" | "first picture",
  number
>;

const median = (numbers: number[]) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;

async function timed(kernel: Client, code: string): Promise<number> {
  const start = performance.now();
  const id = kernel.send("shell", "execute_request", { code, silent: false, store_history: true });
  const reply = await kernel.wait((m) => m.channel === "shell" && m.parent.msg_id === id, 60000);
  if (reply.content.status !== "ok") throw new Error(`${code}: ${JSON.stringify(reply.content)}`);
  return performance.now() - start;
}

async function once(argv?: readonly string[]): Promise<Times> {
  // The folder of the chapters, where a reader is.
  const cwd = path.join(ROOT, "notebooks");
  const start = performance.now();
  const kernel = await startClient({ cwd, ...(argv ? { argv } : {}) });
  const waited = performance.now() - start - kernel.readyMs;
  const first = await timed(kernel, "1 + 1");
  const warm: number[] = [];
  for (let i = 0; i < WARM_CELLS; i++) warm.push(await timed(kernel, `const v${i} = ${i}; v${i} * 2`));
  await kernel.stop();

  const fresh = await startClient({ cwd, ...(argv ? { argv } : {}) });
  // Ready is when nothing is loading any more.
  await new Promise((resolve) => setTimeout(resolve, 4000));
  const picture = await timed(fresh, PICTURE);
  await fresh.stop();
  return {
    "first reply": kernel.readyMs,
    "first 1 + 1": first,
    // Without the client's own wait for a welcome, which plain tslab doesn't send.
    "first result after the start": kernel.readyMs + first + (argv ? 0 : waited),
    "warm cell": median(warm),
    "first picture": picture,
  };
}

/** Measures both kernels in turns; the least of some starts, since the machine is shared. */
export async function benchJupyter(): Promise<BenchFigure[]> {
  const ours: Times[] = [];
  const theirs: Times[] = [];
  for (let i = 0; i < STARTS; i++) {
    ours.push(await once());
    theirs.push(await once(TSLAB));
  }
  const least = (times: Times[], name: keyof Times) => Math.round(Math.min(...times.map((t) => t[name])) * 10) / 10;
  return (Object.keys(ours[0] ?? {}) as (keyof Times)[]).map((name) => ({
    name: `kernel: ${name}`,
    ours: least(ours, name),
    theirs: least(theirs, name),
    unit: "ms",
    peer: "plain tslab 1.0.22",
    ...(name in TARGETS ? { target: TARGETS[name as keyof typeof TARGETS] } : {}),
  }));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) console.table(await benchJupyter());
