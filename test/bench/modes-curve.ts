// What the first packet of a flow costs under each mode of kube-proxy, the more Services there are, as a picture; beside the
// bars that were published of real clusters.
//   node dist/test/bench/modes-curve.js        measures, and writes assets/cost-of-modes.svg
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { svg } from "../../lib/draw/svg.ts";
import { proxyCosts } from "./kube-proxy.ts";
import { type Curve, plot } from "./plot.ts";
import { kubeProxyRules, packetCosts } from "./rules.ts";

const FILE = fileURLToPath(new URL("../../../assets/cost-of-modes.svg", import.meta.url));
const SERVICES = [100, 300, 1000, 5000, 10_000, 30_000] as const;

/**
 * Microseconds, the hundredth slowest, with 5,000, 10,000 and 30,000 Services; read off the chart, within 4 µs.
 * https://kubernetes.io/blog/2025/02/28/nftables-kube-proxy/
 */
const PUBLISHED = { iptables: [154, 261, 715], nftables: [36, 36, 36] } as const;
const published = (mode: keyof typeof PUBLISHED): Curve => ({
  name: `${mode}, real cluster, p99`,
  ink: mode === "iptables" ? "drop" : "cable",
  costs: [null, null, null, ...PUBLISHED[mode]],
});

const folder = mkdtempSync(join(tmpdir(), "packetwalk-modes-"));
const scan = SERVICES.map((count) => {
  const file = join(folder, `rules-${count}`);
  writeFileSync(file, kubeProxyRules(count));
  return packetCosts(file, count).scan[2] / 1000;
});
rmSync(folder, { recursive: true });
const ours = (["iptables", "ipvs", "nftables"] as const).map(
  (mode): Curve => ({
    name: `${mode}: Packetwalk`,
    ink: mode === "iptables" ? "walk" : mode === "ipvs" ? "replyLine" : "mark",
    costs: SERVICES.map((count) => proxyCosts(mode, count).packet),
  }),
);
const drawn = plot(
  [
    published("iptables"),
    published("nftables"),
    { name: "iptables: table nat, rule by rule", ink: "walk", costs: scan },
    ...ours,
  ],
  {
    title: "The first packet of a flow, by mode of kube-proxy",
    desc: "Microseconds of the first packet of a flow to the last Service, whole packet or table alone. With 30000 Services",
    places: SERVICES,
    across: "Services, two endpoints each",
    costs: [
      [0.1, "0.1 µs"],
      [1, "1 µs"],
      [10, "10 µs"],
      [100, "100 µs"],
      [1000, "1 ms"],
    ],
    unit: "µs",
    column: "µs with so many Services",
  },
);
console.log([drawn.table.columns, ...drawn.table.rows].map((row) => row.join("\t")).join("\n"));
writeFileSync(FILE, `${svg(drawn)}\n`);
