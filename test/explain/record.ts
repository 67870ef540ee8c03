// Records what a real router does with packets: `node dist/test/explain/record.js` as root.
import { writeFileSync } from "node:fs";
import { record } from "./router.ts";

const recording = await record("pwxr-");
const file = new URL("../../../test/explain/goldens/router.json", import.meta.url);
writeFileSync(file, `${JSON.stringify(recording, null, 2)}\n`);
process.stdout.write(`${recording.met.length + recording.later.length} packets\n`);
