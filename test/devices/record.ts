// Writes the goldens of tunnels anew, with kernels that have them (root; PACKETWALK_KERNEL for what this one lacks):
// npm run build && PACKETWALK_KERNEL=PROGRAM node dist/test/devices/record.js [SET...]
import * as fs from "node:fs";
import * as path from "node:path";
import { gzipSync } from "node:zlib";
import { GOLDENS, SETS } from "./goldens.ts";
import { askKernel } from "./kernels.ts";

fs.mkdirSync(GOLDENS, { recursive: true });
const named = process.argv.slice(2);
for (const set of SETS.filter(({ name }) => named.length === 0 || named.includes(name))) {
  const live = await askKernel(set);
  if (live === null) throw new Error(`no kernel with ${set.device} here: name one with PACKETWALK_KERNEL`);
  const { asked, how } = live;
  const found = asked.cases.flatMap(({ differences }) => differences);
  if (found.length > 0) throw new Error(`${set.name} differs: ${JSON.stringify(found[0])}`);
  fs.writeFileSync(path.join(GOLDENS, `${set.name}.json.gz`), gzipSync(JSON.stringify(asked), { level: 9 }));
  process.stdout.write(`${set.name}: ${asked.cases.length} labs, ${how}\n`);
}
