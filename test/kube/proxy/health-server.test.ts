// What kube-proxy answers at a health check node port, beside what its own code answered (oracle/health.sh).
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { HealthServer } from "../../../lib/kube/proxy/health-server.ts";
import { Lab } from "../../../lib/lab/lab.ts";
import { place, runShell } from "../../../lib/tools/shell.ts";

const FILE = new URL("../../../../test/kube/goldens/kube-proxy-health.json", import.meta.url);
const recorded: Readonly<Record<string, string>> = JSON.parse(readFileSync(FILE, "utf8"));

/** Status, headers in the order of their names, body. */
function parts(answer: string) {
  const [head = "", body] = answer.split("\r\n\r\n");
  const [status, ...headers] = head.split("\r\n");
  return { status, headers: headers.sort(), body };
}

describe("kube-proxy's health check node port", () => {
  for (const [endpoints, answer] of Object.entries(recorded))
    it(`with ${endpoints} endpoints on the node answers as the real one, but for the date`, () => {
      const lab = new Lab();
      const { root: ns } = lab.node("node-1");
      const server = new HealthServer({ lab, ns }, () => Number(endpoints));
      server.sync(new Map([["default/web", 31999]]));
      const ask = () => runShell(lab, place(lab, "node-1"), "curl -si http://127.0.0.1:31999/healthz");
      assert.deepEqual(parts(ask().text), parts(answer));
      server.stop();
      assert.equal(ask().text, "");
    });
});
