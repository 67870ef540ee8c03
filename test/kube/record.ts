// Writes the goldens anew with a real API server (test/kube/oracle/README.md says how to start one):
// npm run build && SERVER=https://127.0.0.1:26443 TOKEN=secret NODE_TLS_REJECT_UNAUTHORIZED=0 node dist/test/kube/record.js [NAME]
import { writeFileSync } from "node:fs";
import { Alike } from "./answers.ts";
import { askReal } from "./ask-real.ts";
import { CONVERSATIONS } from "./conversations/all.ts";

const NAMESPACE = "/api/v1/namespaces/talk";
const [only = ""] = process.argv.slice(2);
for (const [name, requests] of Object.entries(CONVERSATIONS)) {
  if (!name.startsWith(only)) continue;
  while ((await askReal({ method: "GET", path: NAMESPACE })).code !== 404) {
    await askReal({ method: "DELETE", path: NAMESPACE });
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  await askReal({ method: "POST", path: "/api/v1/namespaces", body: { metadata: { name: "talk" } } });
  const alike = new Alike(name.startsWith("applies"));
  const answers = [];
  for (const request of requests) answers.push(alike.of(await askReal(request)));
  // What is in no namespace does not go with it.
  for (const { method, path, body } of requests) {
    const made = (body as { metadata?: { name?: string } } | undefined)?.metadata?.name;
    if (method === "POST" && made && !path.includes("/namespaces/"))
      await askReal({ method: "DELETE", path: `${path}/${made}` });
  }
  writeFileSync(`test/kube/goldens/${name}.json`, `${JSON.stringify(answers, null, 1)}\n`);
  process.stdout.write(`${name}: ${answers.length} answers\n`);
}
