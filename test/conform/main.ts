// npm run conform -- dataplane --cases N --seed S [--shrink] [--keep]
// Random labs and random traffic, in the model and on the real kernel; every difference is shown.
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runBatches } from "./batches.ts";
import type { Case } from "./case.ts";
import { type Difference, emptyTally, type Tally } from "./compare.ts";
import { generate } from "./generate.ts";
import { record } from "./goldens.ts";
import { whyNotReal } from "./real.ts";
import { shrink } from "./shrink.ts";

const CASES = path.join(path.dirname(fileURLToPath(import.meta.url)), "../../../test/conform/cases");

const USAGE = "npm run conform -- dataplane --cases N --seed S [--from I] [--shrink] [--keep] [--case FILE] [--record]";

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      cases: { type: "string", default: "100" },
      seed: { type: "string", default: "1" },
      from: { type: "string", default: "0" },
      shrink: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
      case: { type: "string" },
      record: { type: "boolean", default: false },
    },
  });
  if (positionals.length > 1 || (positionals[0] ?? "dataplane") !== "dataplane") {
    process.stderr.write(`conform: what is "${positionals.join(" ")}"? ${USAGE}\n`);
    return 2;
  }
  const why = whyNotReal();
  if (why !== null) {
    process.stderr.write(`conform: the real kernel cannot be asked: ${why}. Run it as root on Linux.\n`);
    return 2;
  }
  if (values.record) {
    await record();
    return 0;
  }
  const began = Date.now();
  const from = Number(values.from);
  const cases =
    values.case !== undefined
      ? [JSON.parse(fs.readFileSync(values.case, "utf8")) as Case]
      : Array.from({ length: Number(values.cases) }, (_, i) => generate(`${values.seed}/${from + i}`));
  const total = emptyTally();
  let different = 0;
  let disturbed = 0;
  await runBatches(cases, { keep: values.keep }, async (outcome) => {
    for (const key of Object.keys(total) as (keyof Tally)[]) total[key] += outcome.tally[key];
    disturbed += outcome.disturbed;
    if (outcome.differences.length === 0) return;
    different++;
    print(outcome.test, outcome.differences, values.shrink ? 1 : 8);
    if (!values.shrink) return;
    const small = await shrink(outcome.test, async (candidates) => {
      const differs = new Map<Case, boolean>();
      await runBatches(candidates, {}, async (each) => {
        differs.set(each.test, each.differences.length > 0);
      });
      return candidates.map((each) => differs.get(each) ?? false);
    });
    fs.mkdirSync(CASES, { recursive: true });
    const file = path.join(CASES, `${small.name.replaceAll(/[^A-Za-z0-9]+/g, "-")}.json`);
    fs.writeFileSync(file, `${JSON.stringify(small, null, 2)}\n`);
    process.stdout.write(`shrunk: ${file}\n`);
  });
  const seconds = ((Date.now() - began) / 1000).toFixed(0);
  const counted = Object.entries(total)
    .map(([what, n]) => `${n} ${what}`)
    .join(", ");
  process.stdout.write(
    `${cases.length} cases, ${different} with a difference; compared: ${counted}; ` +
      `${disturbed} runs repeated because the machine was disturbed; ${seconds} s\n`,
  );
  return different === 0 ? 0 : 1;
}

function print(test: Case, differences: readonly Difference[], most: number): void {
  const shown = differences
    .slice(0, most)
    .map(({ where, model, real }) => `  ${where}\n    model: ${model}\n    real:  ${real}\n`);
  process.stdout.write(
    `\n--- ${test.name}: ${differences.length} differences\n${shown.join("")}  lab: ${JSON.stringify(test.lab)}\n  traffic: ${JSON.stringify(test.traffic)}\n`,
  );
}

process.exitCode = await main();
