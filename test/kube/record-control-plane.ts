// Writes down what a real control plane does (test/kube/oracle/up.sh starts one; its nodes must be none):
// SERVER=https://127.0.0.1:26443 TOKEN=secret NODE_TLS_REJECT_UNAUTHORIZED=0 node dist/test/kube/record-control-plane.js
import { writeFileSync } from "node:fs";
import type { Draft } from "../../lib/kube/api/object.ts";
import { register, type Side, STEPS, step } from "./control-plane.ts";

const { SERVER, TOKEN } = process.env;
if (SERVER === undefined || TOKEN === undefined) throw new Error("Say SERVER and TOKEN of a real control plane.");

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const real: Side = {
  async ask(method, path, body, type = "application/json"): Promise<Draft> {
    const headers = { authorization: `Bearer ${TOKEN}`, ...(body !== undefined && { "content-type": type }) };
    const answer = await fetch(`${SERVER}${path}`, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const said = (await answer.json()) as Draft;
    if (answer.status >= 400 && answer.status !== 404) throw new Error(`${method} ${path}: ${said.message}`);
    return said;
  },
  async quiet() {
    let before = "";
    for (let still = 0; still < 3; ) {
      await sleep(250);
      const lists = ["/apis/apps/v1/replicasets", "/apis/apps/v1/deployments", "/api/v1/pods", "/api/v1/events"];
      const all = await Promise.all(lists.map((path) => real.ask("GET", path)));
      const now = all.flatMap(({ items }) => items.map((each: Draft) => each.metadata.resourceVersion)).join();
      still = now === before ? still + 1 : 0;
      before = now;
    }
  },
  async wait(seconds) {
    await sleep(seconds * 1000);
  },
  now: () => new Date().toISOString().replace("Z", "000Z"),
};

await register(real);
const golden: Draft = {};
for (const name of Object.keys(STEPS)) {
  golden[name] = await step(real, name);
  process.stdout.write(`${name}\n`);
}
writeFileSync("test/kube/goldens/control-plane.json", `${JSON.stringify(golden, null, 1)}\n`);
