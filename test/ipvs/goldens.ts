// What a real kernel did with random histories, for machines that have none to ask.
//   node dist/test/ipvs/goldens.js PLAYER [COUNT] [SEED]
// records them anew: PLAYER is a program that is given a file with {"scenarios": [...]} and prints {"kernel", "scenarios"}.
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import type { History, Outcome } from "../../lib/tools/ipvs-histories/history.ts";
import { readHistories } from "../../lib/tools/ipvs-histories/read.ts";
import { generate } from "./generate.ts";
import { play } from "./player.ts";

const HERE = path.join(path.dirname(fileURLToPath(import.meta.url)), "../../../test/ipvs");
const GOLDENS = path.join(HERE, "goldens/schedulers.json.gz");
/** What once differed, made small. */
const CASES = path.join(HERE, "cases");
/** Scenarios of one boot of the player's kernel. */
const BATCH = 20;

/** A history, and what a real kernel did with it. */
export interface Recorded {
  readonly scenario: History;
  readonly outcome: Outcome;
}

export interface Golden {
  readonly kernel: string;
  readonly scenarios: readonly Recorded[];
}

/** Read as the command reads a file, so that what it reads is what was recorded. */
export function readGoldens(): Golden {
  const { kernel, scenarios } = JSON.parse(gunzipSync(fs.readFileSync(GOLDENS)).toString("utf8")) as Golden;
  const histories = readHistories(JSON.stringify(scenarios.map(({ scenario }) => scenario)));
  return { kernel, scenarios: scenarios.map(({ outcome }, i) => ({ scenario: histories[i]!, outcome })) };
}

export function readCases(): Recorded[] {
  const files = fs.existsSync(CASES) ? fs.readdirSync(CASES) : [];
  return files.map((file) => JSON.parse(fs.readFileSync(path.join(CASES, file), "utf8")) as Recorded);
}

/** Keeps a history as a test; the file's name. */
export function keep(recorded: Recorded): string {
  fs.mkdirSync(CASES, { recursive: true });
  const file = path.join(CASES, `${recorded.scenario.name.replaceAll(/[^A-Za-z0-9]+/g, "-")}.json`);
  fs.writeFileSync(file, `${JSON.stringify(recorded, null, 2)}\n`);
  return file;
}

async function record(player: string, count: number, seed: string): Promise<void> {
  const all = Array.from({ length: count }, (_, i) => generate(`${seed}/${i}`));
  const recorded: Recorded[] = [];
  for (let from = 0; from < count; from += BATCH) {
    const batch = all.slice(from, from + BATCH);
    const { kernel, scenarios } = await play(player, batch);
    recorded.push(...batch.map((scenario, i) => ({ scenario, outcome: scenarios[i]! })));
    fs.mkdirSync(path.dirname(GOLDENS), { recursive: true });
    fs.writeFileSync(GOLDENS, gzipSync(JSON.stringify({ kernel, scenarios: recorded }), { level: 9 }));
    process.stdout.write(`${recorded.length} histories on ${kernel}\n`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [player, count = "200", seed = "fixed"] = process.argv.slice(2);
  if (player === undefined) throw new Error("node dist/test/ipvs/goldens.js PLAYER [COUNT] [SEED]");
  await record(player, Number(count), seed);
}
