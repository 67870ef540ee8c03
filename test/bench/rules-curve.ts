// What the first packet of a flow costs, the more Services there are, and what it costs to load their rules: ours and this
// machine's kernel, as a picture.
//   node dist/test/bench/rules-curve.js        measures, and writes assets/cost-of-services.svg
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { svg } from "../../lib/draw/svg.ts";
import { type Curve, plot } from "./plot.ts";
import { KernelServices, kubeProxyRules, loadCost, packetCosts, whyNoTool } from "./rules.ts";

const FILE = fileURLToPath(new URL("../../../assets/cost-of-services.svg", import.meta.url));
const SERVICES = [100, 300, 1000, 5000, 20000] as const;

interface Costs {
  /** Microseconds. */
  readonly index: number;
  readonly scan: number;
  readonly load: number;
  readonly kernel: number;
  readonly kernelLoad: number;
}

function measure(folder: string, count: number): Costs {
  const file = join(folder, `rules-${count}`);
  writeFileSync(file, kubeProxyRules(count));
  const { index, scan } = packetCosts(file, count);
  const ours = { index: index[2] / 1000, scan: scan[2] / 1000, load: 1000 * loadCost(file) };
  const services = new KernelServices(`bench-${process.pid}`);
  try {
    const kernelLoad = 1000 * services.run(`iptables-legacy-restore ${file}`);
    return { ...ours, kernelLoad, kernel: services.flow("drop", count - 1, 2000) };
  } finally {
    services.close();
  }
}

const why = whyNoTool();
if (why !== null) throw new Error(`the picture shows the kernel, too: ${why}`);
const folder = mkdtempSync(join(tmpdir(), "packetwalk-rules-"));
const all = SERVICES.map((count) => measure(folder, count));
rmSync(folder, { recursive: true });
const curve = (name: string, ink: Curve["ink"], cost: (costs: Costs) => number): Curve => ({
  name,
  ink,
  costs: all.map(cost),
});
const drawn = plot(
  [
    curve("load: iptables-legacy-restore", "drop", ({ kernelLoad }) => kernelLoad),
    curve("load: Packetwalk, with node", "replyLine", ({ load }) => load),
    curve("packet: Linux, rule by rule", "cable", ({ kernel }) => kernel),
    curve("packet: rule by rule", "walk", ({ scan }) => scan),
    curve("packet: Packetwalk, by index", "walk", ({ index }) => index),
  ],
  {
    title: "What many Services cost: the last one's first packet, and loading",
    desc: "Microseconds of the first packet of a flow to the last Service, and of loading all rules. With 20000 Services",
    places: SERVICES,
    across: "Services, eight rules each",
    costs: [
      [0.1, "0.1 µs"],
      [10, "10 µs"],
      [1000, "1 ms"],
      [100_000, "100 ms"],
      [10_000_000, "10 s"],
    ],
    unit: "µs",
    column: "µs with so many Services",
  },
);
console.log([drawn.table.columns, ...drawn.table.rows].map((row) => row.join("\t")).join("\n"));
writeFileSync(FILE, `${svg(drawn)}\n`);
