// npm run conform -- netfilter --cases N --seed S [--from I] [--jobs N] [--shrink] [--case FILE] [--verbose]
// [--coverage] [--record]: random rules and random packets, in the model and on the real kernel; every difference is
// shown. With --coverage the kernel is not asked: which options the cases meet and do not meet is counted.
import * as fs from "node:fs";
import { parseArgs } from "node:util";
import type { Difference } from "../compare.ts";
import { runBatches } from "./batches.ts";
import type { Case } from "./case.ts";
import { emptyTally, type Tally } from "./compare.ts";
import { exercised } from "./exercised.ts";
import { generate } from "./generate.ts";
import { keep, record } from "./goldens.ts";
import { kindName } from "./lab.ts";
import { runModel } from "./model.ts";
import { whyNotReal } from "./real.ts";
import { shrink } from "./shrink.ts";

/** The command, without its first word; its exit status. */
export async function main(words: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      cases: { type: "string", default: "100" },
      seed: { type: "string", default: "1" },
      from: { type: "string", default: "0" },
      jobs: { type: "string", default: "2" },
      verbose: { type: "boolean", default: false },
      shrink: { type: "boolean", default: false },
      case: { type: "string" },
      coverage: { type: "boolean", default: false },
      record: { type: "boolean", default: false },
    },
  });
  const [from, count] = [Number(values.from), Number(values.cases)];
  function* cases(): Generator<Case> {
    for (let i = 0; i < count; i++) yield generate(`${values.seed}/${from + i}`);
  }
  if (values.coverage) return tellCoverage(cases());
  const why = whyNotReal();
  if (why !== null) {
    process.stderr.write(`conform: the real kernel cannot be asked: ${why}\n`);
    return 2;
  }
  if (values.record) {
    process.stdout.write(`recorded: ${await record()} cases\n`);
    return 0;
  }
  const began = Date.now();
  const chosen = values.case === undefined ? cases() : [JSON.parse(fs.readFileSync(values.case, "utf8")) as Case];
  const jobs = values.case === undefined ? Number(values.jobs) : 1;
  const total = emptyTally();
  let [done, different, repeated, refused] = [0, 0, 0, 0];
  const differing: Case[] = [];
  await runBatches(chosen, { jobs }, async (outcome) => {
    const { test, tally, differences, model } = outcome;
    for (const key of Object.keys(total) as (keyof Tally)[]) total[key] += tally[key];
    done++;
    if (outcome.repeated) repeated++;
    if (model.refused !== null) refused++;
    if (differences.length === 0) return;
    different++;
    differing.push(test);
    print(test, differences, values.verbose);
  });
  const seconds = ((Date.now() - began) / 1000).toFixed(0);
  const counted = Object.entries(total).map(([what, n]) => `${n} ${what}`);
  process.stdout.write(
    `${done} cases, ${different} with a difference; compared: ${counted.join(", ")}; ${refused} were refused here and there, ` +
      `${repeated} repeated because they differed at first; ${seconds} s\n`,
  );
  if (values.shrink) for (const test of differing) process.stdout.write(`shrunk: ${keep(await shrink(test))}\n`);
  return different === 0 ? 0 : 1;
}

/** What differs first; with `verbose` all of it. */
function print(test: Case, differences: readonly Difference[], verbose: boolean): void {
  const shown = differences
    .slice(0, verbose ? 100 : 5)
    .map(({ where, model, real }) => `  ${where}\n    model: ${model}\n    real:  ${real}\n`);
  process.stdout.write(
    `\n--- ${test.name} (${kindName(test.kind)}): ${differences.length} differences\n${shown.join("")}`,
  );
}

/** By option: how many packets met it, and how many did not because of it alone. */
function tellCoverage(cases: Iterable<Case>): number {
  const counts = exercised(() => {
    for (const test of cases) runModel(test);
  });
  for (const [option, { met, missed }] of [...counts].sort())
    process.stdout.write(`${option.padEnd(40)} ${`${met}`.padStart(7)} ${`${missed}`.padStart(7)}\n`);
  return 0;
}
