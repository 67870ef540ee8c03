// Writes the goldens anew with the real tools of this machine (Linux, root, iproute2 6.1.0, net-tools 2.10):
// npm run build && node dist/test/tools/record.js
import { mkdirSync, writeFileSync } from "node:fs";
import { CASES, linesOf } from "./cases.ts";
import { normal } from "./compare.ts";
import { printReal, QUESTIONS } from "./printer.ts";
import { runReal, unavailable } from "./real.ts";

const why = unavailable();
if (why !== null) throw new Error(`The real tools cannot be asked here: ${why}.`);
mkdirSync("test/tools/goldens", { recursive: true });
for (const [name, script] of Object.entries(CASES)) {
  const said = normal(runReal(linesOf(script)));
  writeFileSync(`test/tools/goldens/${name}.json`, `${JSON.stringify(said, null, 1)}\n`);
  process.stdout.write(`${name}: ${said.length} lines\n`);
}
for (const [name, questions] of Object.entries(QUESTIONS)) {
  writeFileSync(`test/tools/goldens/${name}.json`, `${JSON.stringify(printReal(questions), null, 1)}\n`);
  process.stdout.write(`${name}\n`);
}
