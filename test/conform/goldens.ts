// The fixed set of cases that `npm test` runs, and what the real kernel did with them, recorded for machines that
// cannot ask theirs: `npm run conform -- dataplane --record` writes it anew.
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { runBatches } from "./batches.ts";
import type { Case, Result } from "./case.ts";
import { foundCases } from "./found.ts";
import { generate } from "./generate.ts";
import { THEMES } from "./themes.ts";

const HERE = path.join(path.dirname(fileURLToPath(import.meta.url)), "../../../test/conform");
const CASES = path.join(HERE, "cases");
const GOLDENS = path.join(HERE, "goldens", "dataplane.json.gz");

/** What the real kernel did with a case. */
export interface Golden {
  readonly test: Case;
  readonly real: Result;
  /** `uname -r` of the kernel. */
  readonly kernel: string;
}

/** Cases of these seeds: few, but together they have most of what the generator makes. */
const SEEDS = Array.from({ length: 12 }, (_, i) => `fixed/${i}`);

/** Themes that have no goldens of their own elsewhere, and which cases of each are kept. */
const KEPT = { tcp: [1, 3, 5, 6], commands: [0, 2, 3, 4, 5], multicast: [0, 1, 3, 4], ipv6: [5, 9, 12, 15] } as const;

/** The fixed cases, and those that were once a difference. */
export function fixedCases(): Case[] {
  const kept = fs.existsSync(CASES) ? fs.readdirSync(CASES).filter((name) => name.endsWith(".json")) : [];
  return [
    ...SEEDS.map((seed) => generate(seed)),
    ...Object.entries(KEPT).flatMap(([theme, kept]) => kept.map((i) => THEMES[theme]!(`${theme}/kept/${i}`))),
    ...foundCases(),
    ...kept.sort().map((name) => JSON.parse(fs.readFileSync(path.join(CASES, name), "utf8")) as Case),
  ];
}

export function readGoldens(): Golden[] {
  return JSON.parse(gunzipSync(fs.readFileSync(GOLDENS)).toString("utf8")) as Golden[];
}

/** Asks the real kernel and writes down what it did. */
export async function record(): Promise<void> {
  const kernel = fs.readFileSync("/proc/sys/kernel/osrelease", "utf8").trim();
  const goldens: Golden[] = [];
  await runBatches(fixedCases(), { again: true }, async ({ test, real, differences }) => {
    if (differences.length > 0) throw new Error(`${test.name} differs: ${JSON.stringify(differences[0])}`);
    goldens.push({ test, real, kernel });
  });
  fs.mkdirSync(path.dirname(GOLDENS), { recursive: true });
  fs.writeFileSync(GOLDENS, gzipSync(JSON.stringify(goldens), { level: 9 }));
  process.stdout.write(`recorded: ${goldens.length} cases on Linux ${kernel}\n`);
}
