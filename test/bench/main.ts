// npm run bench [-- NAME...]: speed, as ratios to real peers measured in the same run.
import { benchChain } from "./chain.ts";
import { benchDataplane } from "./dataplane.ts";
import { benchDraw } from "./draw.ts";
import { benchEndurance } from "./endurance.ts";
import type { BenchFigure } from "./figure.ts";
import { benchIpvs } from "./ipvs.ts";
import { benchJupyter } from "./jupyter.ts";
import { benchKube } from "./kube.ts";
import { benchKubeProxy } from "./kube-proxy.ts";
import { benchRules } from "./rules.ts";

const BENCHES: Readonly<Record<string, () => BenchFigure[] | Promise<BenchFigure[]>>> = {
  chain: benchChain,
  dataplane: benchDataplane,
  draw: benchDraw,
  endurance: benchEndurance,
  ipvs: benchIpvs,
  jupyter: benchJupyter,
  kube: benchKube,
  "kube-proxy": benchKubeProxy,
  rules: benchRules,
};

function row({ name, ours, theirs, unit, peer, target }: BenchFigure): string {
  const ratio = theirs === null ? "" : `${short(theirs / ours)} x`;
  const verdict = target === undefined ? "" : ours <= target ? `<= ${target}` : `> ${target}, the target`;
  const cells = [
    name.padEnd(44),
    `${short(ours)} ${unit}`.padStart(12),
    theirs === null ? "".padStart(12) : `${short(theirs)} ${unit}`.padStart(12),
  ];
  return [...cells, ratio.padStart(9), verdict.padEnd(18), peer].join("  ");
}

function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toPrecision(2);
}

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => BENCHES[name] === undefined);
if (unknown.length > 0) {
  console.error(`bench: there is no ${unknown.join(", ")}; there are ${Object.keys(BENCHES).join(", ")}`);
  process.exit(2);
}
console.log(
  [
    "what".padEnd(44),
    "ours".padStart(12),
    "peer".padStart(12),
    "ratio".padStart(9),
    "target".padEnd(18),
    "the peer",
  ].join("  "),
);
for (const [name, bench] of Object.entries(BENCHES)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  for (const figure of await bench()) console.log(row(figure));
}
