// Writes goldens/kubectl.json anew with a real kubectl and API server (oracle/README.md says how to start one):
// npm run build && KUBECTL=BIN/kubectl KUBECONFIG=DATA/kubeconfig node dist/test/kube/record-kubectl.js
import { writeFileSync } from "node:fs";
import { ask, COMMANDS } from "./kubectl-commands.ts";

const { KUBECTL = "kubectl" } = process.env;
ask(KUBECTL, [], { args: ["delete", "namespace", "talk"] });
const answers = COMMANDS.map((command) => ask(KUBECTL, [], command));
ask(KUBECTL, [], { args: ["delete", "namespace", "talk"] });
writeFileSync("test/kube/goldens/kubectl.json", `${JSON.stringify(answers, null, 1)}\n`);
