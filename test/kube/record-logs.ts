// Writes goldens/logs-read.json anew: what a real kubectl prints of logs of a cluster of the model:
// npm run build && KUBECTL=BIN/kubectl node dist/test/kube/record-logs.js
import { writeFileSync } from "node:fs";
import { askReal } from "./kubectl-ask.ts";
import { alike, MANIFEST, QUESTIONS } from "./logs.ts";
import { serve } from "./serve.ts";

const { KUBECTL = "kubectl" } = process.env;
const { config, stop } = await serve("--nodes", "1");
const ask = (line: string, input?: string) => askReal(KUBECTL, config, line.split(" "), input);
await ask("apply -f -", MANIFEST);
await ask("wait pod/talks --for=condition=Ready");
const heard: object[] = [];
for (const question of QUESTIONS) heard.push({ [question]: alike(await ask(question)) });
stop();
writeFileSync("test/kube/goldens/logs-read.json", `${JSON.stringify(heard, null, 1)}\n`);
