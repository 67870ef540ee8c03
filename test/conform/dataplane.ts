// npm run conform -- dataplane: random labs and random traffic, in the model and on the real kernel; every difference is
// shown.
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Outcome, runBatches } from "./batches.ts";
import type { Case } from "./case.ts";
import { type Difference, emptyTally, type Tally } from "./compare.ts";
import { record } from "./goldens.ts";
import { makeRoom, whyNotReal } from "./real.ts";
import { shrink } from "./shrink.ts";
import { caseOf, THEMES } from "./themes.ts";
import { hasTshark, wrongFrames } from "./tshark.ts";

const CASES = path.join(path.dirname(fileURLToPath(import.meta.url)), "../../../test/conform/cases");

/** The command, without its first word; its exit status. */
export async function main(words: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      cases: { type: "string", default: "100" },
      seed: { type: "string", default: "1" },
      from: { type: "string", default: "0" },
      themes: { type: "string", default: Object.keys(THEMES).join(",") },
      jobs: { type: "string", default: "2" },
      verbose: { type: "boolean", default: false },
      shrink: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
      case: { type: "string" },
      record: { type: "boolean", default: false },
    },
  });
  const themes = values.themes.split(",");
  const unknown = themes.find((theme) => !Object.hasOwn(THEMES, theme));
  if (unknown !== undefined) {
    process.stderr.write(`conform: no theme is called "${unknown}"; there are: ${Object.keys(THEMES).join(", ")}\n`);
    return 2;
  }
  const why = whyNotReal();
  if (why !== null) {
    process.stderr.write(`conform: the real kernel cannot be asked: ${why}. Run it as root on Linux.\n`);
    return 2;
  }
  makeRoom();
  if (values.record) {
    await record();
    return 0;
  }
  const began = Date.now();
  const from = Number(values.from);
  const cases =
    values.case !== undefined
      ? [JSON.parse(fs.readFileSync(values.case, "utf8")) as Case]
      : Array.from({ length: Number(values.cases) }, (_, i) => caseOf(themes, values.seed, from + i));
  const total = emptyTally();
  let different = 0;
  let disturbed = 0;
  let repeated = 0;
  let unstable = 0;
  const captures = new Map<Case, Outcome["captured"]>();
  const running = { keep: values.keep, jobs: Number(values.jobs), again: true };
  await runBatches(cases, running, async (outcome) => {
    for (const key of Object.keys(total) as (keyof Tally)[]) total[key] += outcome.tally[key];
    disturbed += outcome.disturbed;
    captures.set(outcome.test, outcome.captured);
    if (outcome.isUnstable) unstable++;
    else if (outcome.differences.length > 0) different++;
    else if (outcome.repeated > 0) repeated++;
    if (outcome.isUnstable)
      process.stdout.write(`\n${outcome.test.name}: ${outcome.repeated} runs, and never the same twice`);
    else if (outcome.differences.length === 0) return;
    print(outcome.test, outcome.differences, values.verbose);
    if (!values.shrink || outcome.isUnstable) return;
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
    `${cases.length} cases, ${different} with a difference, ${unstable} never the same twice; compared: ${counted}; ` +
      `${repeated} cases differed once and not in two further runs, ${disturbed} runs repeated because the machine was disturbed; ${seconds} s\n`,
  );
  if (!hasTshark()) process.stdout.write("no tshark here: the captures were not read\n");
  else {
    const { frames, wrong } = wrongFrames(captures);
    process.stdout.write(`tshark: ${frames} captured frames, ${wrong.length} malformed or with a wrong checksum\n`);
    for (const line of wrong.slice(0, 5)) process.stdout.write(`  ${line}\n`);
    different += wrong.length;
  }
  return different + unstable === 0 ? 0 : 1;
}

/** What differs first; with `verbose` all of it, and the case. */
function print(test: Case, differences: readonly Difference[], verbose: boolean): void {
  const shown = differences
    .slice(0, verbose ? 100 : 4)
    .map(({ where, model, real }) => `  ${where}\n    model: ${model}\n    real:  ${real}\n`);
  process.stdout.write(
    `\n--- ${test.name}: ${differences.length} differences\n${shown.join("")}${verbose ? `  lab: ${JSON.stringify(test.lab)}\n  traffic: ${JSON.stringify(test.traffic)}\n` : ""}`,
  );
}
