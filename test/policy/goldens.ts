// The fixed cases that `npm test` runs, and what a real kernel and real tools made of them, for machines that cannot ask
// theirs: node dist/test/policy/main.js --record writes them anew.
import * as fs from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { runBatches } from "../conform/batches.ts";
import type { Case, Result } from "../conform/case.ts";
import { normal } from "../tools/compare.ts";
import { runReal, type Said } from "../tools/real.ts";
import { policyCase } from "./generate.ts";
import { LINES } from "./lines.ts";

const FOLDER = "test/policy/goldens";

export interface Goldens {
  /** `uname -r` of the kernel. */
  readonly kernel: string;
  readonly cases: readonly { readonly name: string; readonly real: Result }[];
  readonly lines: readonly Said[];
}

export function fixedCases(): Case[] {
  return Array.from({ length: 18 }, (_, i) => policyCase(`policy/fixed/${i}`));
}

export function readGoldens(): Goldens {
  return JSON.parse(gunzipSync(fs.readFileSync(`${FOLDER}/policy.json.gz`)).toString("utf8")) as Goldens;
}

/** What the real tools say to the lines; what only lets time pass is left out. */
export function realLines(): Said[] {
  return normal(runReal(LINES)).filter(({ line }) => !line.startsWith("sleep"));
}

export async function record(): Promise<void> {
  const kernel = fs.readFileSync("/proc/sys/kernel/osrelease", "utf8").trim();
  const cases: { name: string; real: Result }[] = [];
  await runBatches(fixedCases(), {}, async ({ test, real, differences }) => {
    if (differences.length > 0) throw new Error(`${test.name} differs: ${JSON.stringify(differences[0])}`);
    cases.push({ name: test.name, real });
  });
  cases.sort((a, b) => (a.name < b.name ? -1 : 1));
  fs.mkdirSync(FOLDER, { recursive: true });
  const goldens: Goldens = { kernel, cases, lines: realLines() };
  fs.writeFileSync(`${FOLDER}/policy.json.gz`, gzipSync(JSON.stringify(goldens), { level: 9 }));
  process.stdout.write(`recorded: ${cases.length} cases and ${goldens.lines.length} lines on Linux ${kernel}\n`);
}
