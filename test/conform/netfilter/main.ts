// npm run conform -- netfilter --cases N --seed S [--from I] [--jobs N] [--shrink] [--case FILE] [--verbose] [--record]
// Random rules and random packets, in the model and on the real kernel; every difference is shown.
import * as fs from "node:fs";
import { parseArgs } from "node:util";
import { runBatches } from "./batches.ts";
import type { Case } from "./case.ts";
import { emptyTally, type Tally } from "./compare.ts";
import { generate } from "./generate.ts";
import { kindName } from "./lab.ts";
import { whyNotReal } from "./real.ts";

export async function main(words: string[]): Promise<number> {
  const { values } = parseArgs({
    args: words,
    options: {
      cases: { type: "string", default: "100" },
      seed: { type: "string", default: "1" },
      from: { type: "string", default: "0" },
      jobs: { type: "string", default: "2" },
      verbose: { type: "boolean", default: false },
      shrink: { type: "boolean", default: false },
      case: { type: "string" },
    },
  });
  const why = whyNotReal();
  if (why !== null) {
    process.stderr.write(`conform: the real kernel cannot be asked: ${why}\n`);
    return 2;
  }
  const began = Date.now();
  const [from, count] = [Number(values.from), Number(values.cases)];
  function* cases(): Generator<Case> {
    for (let i = 0; i < count; i++) yield generate(`${values.seed}/${from + i}`);
  }
  const chosen = values.case === undefined ? cases() : [JSON.parse(fs.readFileSync(values.case, "utf8")) as Case];
  const total = emptyTally();
  let [done, different, repeated, refused] = [0, 0, 0, 0];
  await runBatches(chosen, { jobs: values.case === undefined ? Number(values.jobs) : 1 }, async (outcome) => {
    const { test, tally, differences, model } = outcome;
    for (const key of Object.keys(total) as (keyof Tally)[]) total[key] += tally[key];
    done++;
    if (outcome.repeated) repeated++;
    if (model.refused !== null) refused++;
    if (differences.length === 0) return;
    different++;
    const shown = differences
      .slice(0, values.verbose ? 100 : 5)
      .map(({ where, model: ours, real }) => `  ${where}\n    model: ${ours}\n    real:  ${real}\n`);
    process.stdout.write(
      `\n--- ${test.name} (${kindName(test.kind)}): ${differences.length} differences\n${shown.join("")}`,
    );
  });
  const seconds = ((Date.now() - began) / 1000).toFixed(0);
  const counted = Object.entries(total).map(([what, n]) => `${n} ${what}`);
  process.stdout.write(
    `${done} cases, ${different} with a difference; compared: ${counted.join(", ")}; ${refused} were refused here and there, ` +
      `${repeated} repeated because they differed at first; ${seconds} s\n`,
  );
  return different === 0 ? 0 : 1;
}
