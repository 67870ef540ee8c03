// Writes the goldens of npm test anew (needs root and the real tools): node dist/test/stack/main.js
// With numbers it hunts for counters that differ, in so many random cases: node dist/test/stack/main.js CASES [SEED]
import { atLeast, runBatches } from "../conform/batches.ts";
import { runModel } from "../conform/model.ts";
import { countedCase, differing } from "./counters.ts";
import { record } from "./goldens.ts";

const [, , count, seed = "hunt"] = process.argv;
if (count === undefined) record();
else {
  const cases = Array.from({ length: Number(count) }, (_, i) => countedCase(i, seed));
  let different = 0;
  await runBatches(cases, {}, async ({ test, model, real }) => {
    // The machine is asked a while after the model stopped: what is yet to come may have come.
    const late = new Set(
      differing(runModel(test, atLeast(test) + 9000).result, real).map((each) => each.split(":")[0]),
    );
    const found = differing(model, real).filter((each) => late.has(each.split(":")[0]));
    if (found.length === 0) return;
    different++;
    process.stdout.write(`${test.name}: ${found.slice(0, 6).join("; ")}\n`);
  });
  process.stdout.write(`${cases.length} cases, ${different} with differences\n`);
}
