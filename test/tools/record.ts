// Writes the goldens anew with the real tools of this machine (Linux, root, iproute2 6.1.0, net-tools 2.10):
// npm run build && node dist/test/tools/record.js [NAME...], all of them or those that are named.
import { mkdirSync, writeFileSync } from "node:fs";
import { CASES, linesOf } from "./cases.ts";
import { normal } from "./compare.ts";
import { printReal, QUESTIONS } from "./printer.ts";
import { runReal, unavailable } from "./real.ts";

const why = unavailable();
if (why !== null) throw new Error(`The real tools cannot be asked here: ${why}.`);
const named = process.argv.slice(2);
const isAsked = (name: string) => named.length === 0 || named.includes(name);
mkdirSync("test/tools/goldens", { recursive: true });
for (const [name, script] of Object.entries(CASES)) {
  if (!isAsked(name)) continue;
  const said = normal(runReal(linesOf(script)));
  writeFileSync(`test/tools/goldens/${name}.json`, `${JSON.stringify(said, null, 1)}\n`);
  process.stdout.write(`${name}: ${said.length} lines\n`);
}
for (const [name, questions] of Object.entries(QUESTIONS)) {
  if (!isAsked(name)) continue;
  writeFileSync(`test/tools/goldens/${name}.json`, `${JSON.stringify(printReal(questions), null, 1)}\n`);
  process.stdout.write(`${name}\n`);
}
