// Writes goldens/init-containers.json anew: what a real API server, told what the model's kubelet says, prints of the pods
// (oracle/README.md says how to start one): npm run build && SERVER=https://127.0.0.1:26443 TOKEN=secret
// NODE_TLS_REJECT_UNAUTHORIZED=0 node dist/test/kube/record-init-containers.js
import { writeFileSync } from "node:fs";
import type { Draft } from "../../lib/kube/api/object.ts";
import { SPECS, versions, word } from "./init-containers.ts";

const { SERVER, TOKEN } = process.env;
const PODS = "/api/v1/namespaces/default/pods";
const table = "application/json;as=Table;v=v1;g=meta.k8s.io";

async function ask(method: string, path: string, body?: object): Promise<Draft> {
  const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
  const answer = await fetch(`${SERVER}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${TOKEN}`,
      accept: method === "GET" ? table : "application/json",
      "content-type": type,
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const said = (await answer.json()) as Draft;
  if (!answer.ok) throw new Error(`${method} ${path}: ${said.message}`);
  return said;
}

const golden: Record<string, string[]> = {};
for (const [name, all] of Object.entries(versions())) {
  await ask("POST", PODS, { metadata: { name }, spec: { ...SPECS[name], nodeName: "node-1" } });
  const rows: string[] = [];
  for (const { status } of all as readonly Draft[]) {
    await ask("PATCH", `${PODS}/${name}/status`, { status });
    rows.push(word((await ask("GET", `${PODS}/${name}`)).rows[0].cells));
  }
  await ask("DELETE", PODS.concat("/", name), { gracePeriodSeconds: 0 });
  golden[name] = rows;
}
writeFileSync("test/kube/goldens/init-containers.json", `${JSON.stringify(golden, null, 1)}\n`);
