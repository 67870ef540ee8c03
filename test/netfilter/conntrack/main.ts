// Writes the goldens of npm test anew (needs root and the real tools): node dist/test/netfilter/conntrack/main.js
// With numbers it hunts for TCP segments that are tracked differently: node dist/test/netfilter/conntrack/main.js CASES [SEED]
import { record } from "./goldens.ts";
import { difference, modelEntries, randomSegments, realEntries, recordSegments } from "./segments.ts";

const [, , count, seed = "hunt"] = process.argv;
if (count === undefined) {
  record();
  recordSegments();
} else {
  const cases = Array.from({ length: Number(count) }, (_, i) => randomSegments(`${seed} ${i}`, 14));
  const [real, model] = [realEntries(cases), modelEntries(cases)];
  const found = cases.map((segments, i) => difference(segments, real[i]!, model[i]!)).filter((each) => each !== null);
  for (const each of found.slice(0, 3)) process.stdout.write(`${each}\n\n`);
  process.stdout.write(`${cases.length} cases, ${found.length} with differences\n`);
}
