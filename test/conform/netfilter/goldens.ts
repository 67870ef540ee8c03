// The fixed set of cases that `npm test` runs, and what the real kernel did with them, recorded for machines that
// cannot ask theirs: `npm run conform -- netfilter --record` writes it anew. Cases that once differed are in cases/.
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { runBatches } from "./batches.ts";
import type { Case, Result } from "./case.ts";
import { generate } from "./generate.ts";
import { KEPT } from "./kept.ts";

const HERE = path.join(path.dirname(fileURLToPath(import.meta.url)), "../../../../test/conform/netfilter");
const CASES = path.join(HERE, "cases");
const GOLDENS = path.join(HERE, "goldens.json.gz");
const FIXED = 150;

/** What the real kernel did with a case. */
export interface Golden {
  readonly test: Case;
  readonly real: Result;
}

/** Cases that once differed, made small by hand or by --shrink. */
function keptCases(): Case[] {
  const names = fs.existsSync(CASES) ? fs.readdirSync(CASES).sort() : [];
  return [...KEPT, ...names.map((name) => JSON.parse(fs.readFileSync(path.join(CASES, name), "utf8")) as Case)];
}

export function fixedCases(): Case[] {
  return [...keptCases(), ...Array.from({ length: FIXED }, (_, i) => generate(`fixed/${i}`))];
}

/** Writes a case down among those that are kept; where. */
export function keep(test: Case): string {
  fs.mkdirSync(CASES, { recursive: true });
  const file = path.join(CASES, `${test.name.replaceAll(/[^A-Za-z0-9]+/g, "-")}.json`);
  fs.writeFileSync(file, `${JSON.stringify(test, null, 1)}\n`);
  return file;
}

export function readGoldens(): Golden[] {
  return JSON.parse(gunzipSync(fs.readFileSync(GOLDENS)).toString("utf8")) as Golden[];
}

/** Asks the real kernel and writes down what it did; of how many cases. */
export async function record(): Promise<number> {
  const goldens: Golden[] = [];
  await runBatches(fixedCases(), {}, async ({ test, real, differences }) => {
    if (differences.length > 0) throw new Error(`${test.name} differs: ${JSON.stringify(differences[0])}`);
    goldens.push({ test, real });
  });
  fs.writeFileSync(GOLDENS, gzipSync(JSON.stringify(goldens), { level: 9 }));
  return goldens.length;
}
