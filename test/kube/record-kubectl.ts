// Writes goldens/kubectl*.json anew: what a real kubectl prints of the model's API server, with the cluster of
// kubectl-states.ts in it, and what it prints of a real one (oracle/README.md says how to start that; without it, that is
// left as it is): npm run build && KUBECTL=BIN/kubectl [KUBECONFIG=DATA/kubeconfig] node dist/test/kube/record-kubectl.js
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { kubeconfig } from "../../lib/cli/serve.ts";
import { listen } from "../../lib/kube/api/http.ts";
import { agesAlike } from "./kubectl-alike.ts";
import { type Answer, askReal, FILES, serverWith } from "./kubectl-ask.ts";
import { alike, COMMANDS } from "./kubectl-commands.ts";
import { MADE, QUESTIONS } from "./kubectl-questions.ts";
import { states } from "./kubectl-states.ts";

const { KUBECTL = "kubectl", KUBECONFIG } = process.env;
const write = (name: string, value: unknown, indent = 1) =>
  writeFileSync(`test/kube/goldens/${name}.json`, `${JSON.stringify(value, null, indent)}\n`);

const root = process.cwd();
const folder = mkdtempSync(join(tmpdir(), "kubectl-files-"));
for (const [name, text] of Object.entries(FILES)) {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}

if (KUBECONFIG !== undefined) {
  const ask = (args: readonly string[], input?: string) =>
    askReal(KUBECTL, KUBECONFIG, ["--namespace", "talk", ...args], input);
  await ask(["delete", "namespace", "talk", "--ignore-not-found"]);
  const answers: Answer[] = [];
  for (const { args, input } of COMMANDS) answers.push(alike(await ask(args, input)));
  const made: Record<string, Answer>[] = [];
  process.chdir(folder);
  for (const { args, input } of MADE) made.push({ [args.join(" ")]: alike(await ask(args, input)) });
  process.chdir(root);
  await ask(["delete", "namespace", "talk"]);
  write("kubectl", answers);
  write("kubectl-made", made);
}

const cluster = states();
write("kubectl-cluster", cluster, 0);
const setting = serverWith(cluster);
const http = await listen(setting.server, 0);
process.chdir(folder);
writeFileSync("config", kubeconfig(`http://127.0.0.1:${(http.address() as AddressInfo).port}`));
const heard: Record<string, Answer>[] = [];
for (const { args, input } of QUESTIONS) {
  const { out, error, status } = await askReal(KUBECTL, join(folder, "config"), args, input);
  heard.push({ [args.join(" ")]: { out: agesAlike(args, out), error: agesAlike(args, error), status } });
}
process.chdir(root);
write("kubectl-questions", heard);
rmSync(folder, { recursive: true });
http.close();
