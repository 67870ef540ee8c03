// Writes the goldens anew with the real tools of this machine (Linux, root, traceroute 2.1.2, iputils 20221126,
// net-tools 2.10, iproute2 6.1): npm run build && node dist/test/tools-classic/record.js [CASE...]
import { mkdirSync, writeFileSync } from "node:fs";
import { runReal } from "../tools/real.ts";
import { CASES, linesOf } from "./cases.ts";
import { plain } from "./compare.ts";
import { unavailable } from "./real.ts";

const why = unavailable();
if (why !== null) throw new Error(`The real tools cannot be asked here: ${why}.`);
mkdirSync("test/tools-classic/goldens", { recursive: true });
const only = process.argv.slice(2);
for (const [name, script] of Object.entries(CASES)) {
  if (only.length > 0 && !only.includes(name)) continue;
  const said = plain(runReal(linesOf(script)));
  writeFileSync(`test/tools-classic/goldens/${name}.json`, `${JSON.stringify(said, null, 1)}\n`);
  process.stdout.write(`${name}: ${said.length} lines\n`);
}
