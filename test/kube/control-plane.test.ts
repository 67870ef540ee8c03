// Our controllers and scheduler leave the same objects and tell the same Events as those of Kubernetes, step by step.
import { readFileSync } from "node:fs";
import { expect } from "chai";
import type { Draft } from "../../lib/kube/api/object.ts";
import { handle, type Request } from "../../lib/kube/api/rest.ts";
import { ApiServer } from "../../lib/kube/api/server.ts";
import { Client } from "../../lib/kube/controller/client.ts";
import { startControllers } from "../../lib/kube/controller/manager.ts";
import { ALL_KINDS } from "../../lib/kube/kinds/all.ts";
import { LabClock } from "../../lib/kube/kubelet/lab-clock.ts";
import { Scheduler } from "../../lib/kube/scheduler/scheduler.ts";
import { Lab } from "../../lib/lab/lab.ts";
import { register, type Side, STEPS, step } from "./control-plane.ts";

function ours(): Side {
  const lab = new Lab({ seed: "control plane" });
  const clock = new LabClock(lab);
  const server = new ApiServer(clock, ALL_KINDS);
  const client = new Client(server, clock, "test");
  for (const name of ["default", "kube-node-lease"]) client.create("namespaces", null, { metadata: { name } });
  startControllers(client.as("kube-controller-manager"), "10.244.0.0/16");
  new Scheduler(client.as("kube-scheduler"));
  return {
    async ask(method, path, body, contentType = "application/json") {
      const request = { method, path, agent: "test", contentType, ...(body !== undefined && { body }) };
      const { code, body: said } = handle(server, request as Request);
      if (code >= 400 && code !== 404) throw new Error(`${method} ${path}: ${(said as Draft).message}`);
      return said as Draft;
    },
    async quiet() {
      lab.run();
      lab.runFor(2e9);
      lab.run();
    },
    async wait(seconds) {
      lab.runFor(seconds * 1e9);
    },
    now: () => clock.time.replace("Z", ".000000Z"),
  };
}

describe("the control plane", () => {
  const golden = new URL("../../../test/kube/goldens/control-plane.json", import.meta.url);
  const real = JSON.parse(readFileSync(golden, "utf8")) as Record<string, Draft>;
  const side = ours();
  before(() => register(side));
  for (const name of Object.keys(STEPS))
    it(name, async () => {
      expect(await step(side, name)).to.deep.equal(real[name]);
    });
});
