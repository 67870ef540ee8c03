// Many random cases of policy routing against this machine's kernel, to hunt for differences:
// npm run build && node dist/test/policy/main.js [CASES] [SEED]
// With --record the goldens of npm test are written anew.
import { runBatches } from "../conform/batches.ts";
import { policyCase } from "./generate.ts";
import { record } from "./goldens.ts";

const [, , count = "40", seed = "hunt"] = process.argv;
if (count === "--record") await record();
else {
  const cases = Array.from({ length: Number(count) }, (_, i) => policyCase(`policy/${seed}/${i}`));
  let different = 0;
  await runBatches(cases, {}, async ({ test, differences: all }) => {
    // A busy machine is said on standard error, and proves nothing either way.
    const differences = all.filter(({ where }) => where !== "the machine");
    if (differences.length === 0) return;
    different++;
    process.stdout.write(`${test.name}: ${differences.length} differences\n`);
    for (const { where, model, real } of differences.slice(0, 3))
      process.stdout.write(`  ${where}\n    model: ${model}\n    real:  ${real}\n`);
  });
  process.stdout.write(`${cases.length} cases, ${different} with differences\n`);
}
