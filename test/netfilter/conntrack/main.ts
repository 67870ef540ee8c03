// Writes the goldens of npm test anew (needs root and the real tools): node dist/test/netfilter/conntrack/main.js
// With numbers it hunts for TCP segments that are tracked differently: node dist/test/netfilter/conntrack/main.js CASES [SEED]
// and for rules of NAT that translate differently: node dist/test/netfilter/conntrack/main.js nat CASES [SEED]
import { modelScene, realScene, record } from "./goldens.ts";
import { randomNat } from "./random-nat.ts";
import { difference, modelEntries, randomSegments, realEntries, recordSegments } from "./segments.ts";

const [, , count, seed = "hunt"] = process.argv;
if (count === "nat") {
  const [, , , cases = "20", seed = "hunt"] = process.argv;
  let different = 0;
  for (let i = 0; i < Number(cases); i++) {
    const scene = randomNat(`${seed} ${i}`);
    const [real, model] = [realScene(scene), modelScene(scene)];
    const at = real.findIndex((said, line) => JSON.stringify(said) !== JSON.stringify(model[line]));
    if (at === -1) continue;
    different++;
    const lines = scene.split("\n").filter((line) => !line.startsWith("sleep"));
    process.stdout.write(
      `${seed} ${i}:\n${lines.join("\n")}\nreal: ${JSON.stringify(real[at], null, 1)}\nmodel: ${JSON.stringify(model[at], null, 1)}\n`,
    );
  }
  process.stdout.write(`${cases} cases of NAT, ${different} with differences\n`);
} else if (count === undefined) {
  record();
  recordSegments();
} else {
  const cases = Array.from({ length: Number(count) }, (_, i) => randomSegments(`${seed} ${i}`, 14));
  const [real, model] = [realEntries(cases), modelEntries(cases)];
  const found = cases.map((segments, i) => difference(segments, real[i]!, model[i]!)).filter((each) => each !== null);
  for (const each of found.slice(0, 3)) process.stdout.write(`${each}\n\n`);
  process.stdout.write(`${cases.length} cases, ${found.length} with differences\n`);
}
