// kubectl prints what a real one printed: of a real API server, and of the model's (record-kubectl.ts); and a real one
// works with a cluster that `packetwalk serve` serves.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { bootstrap } from "../../lib/kube/api/bootstrap.ts";
import { agesAlike } from "./kubectl-alike.ts";
import { type Answer, askOurs, askReal, type Still, serverWith } from "./kubectl-ask.ts";
import { alike, COMMANDS } from "./kubectl-commands.ts";
import { MADE, QUESTIONS } from "./kubectl-questions.ts";
import { serve } from "./serve.ts";

const KUBECTL = process.env.KUBECTL ?? "kubectl";

/** What was recorded is of this release; others say some things in other words. */
const RECORDED = "v1.36.";

/** Why kubectl can't be asked; null if it can. */
function missing(): string | null {
  try {
    const said = execFileSync(KUBECTL, ["version", "--client", "--output=json"], { encoding: "utf8" });
    const { gitVersion } = JSON.parse(said).clientVersion as { gitVersion: string };
    return gitVersion.startsWith(RECORDED) ? null : `kubectl is ${gitVersion}, not ${RECORDED}x`;
  } catch {
    return "kubectl is not installed";
  }
}

const golden = (name: string) => JSON.parse(readFileSync(`test/kube/goldens/${name}.json`, "utf8"));

describe("kubectl", () => {
  describe("prints what a real one printed of a real API server", () => {
    const setting = serverWith({ now: "2025-01-01T00:00:00Z", objects: [] });
    bootstrap(setting.server);
    const recorded: Answer[] = golden("kubectl");
    for (const [i, { args, input }] of COMMANDS.entries())
      it(args.join(" ").slice(0, 100), () => {
        expect(alike(askOurs(setting, ["--namespace", "talk", ...args], input))).to.deep.equal(recorded[i]);
      });
  });

  describe("prints of what it makes what a real one printed of a real API server", () => {
    const setting = serverWith({ now: "2025-01-01T00:00:00Z", objects: [] });
    bootstrap(setting.server);
    askOurs(setting, ["create", "namespace", "talk"]);
    const recorded: Record<string, Answer>[] = golden("kubectl-made");
    for (const [i, { args, input }] of MADE.entries())
      it(`${args.join(" ")} ${JSON.stringify(input ?? "")}`.slice(0, 100), () => {
        const said = alike(askOurs(setting, ["--namespace", "talk", ...args], input));
        expect({ [args.join(" ")]: said }).to.deep.equal(recorded[i]);
      });
  });

  describe("prints what a real one printed of a cluster of the model", () => {
    const setting = serverWith(golden("kubectl-cluster"));
    const recorded: Record<string, Answer>[] = golden("kubectl-questions");
    for (const [i, { args, input }] of QUESTIONS.entries())
      it(args.join(" ").slice(0, 100), () => {
        const { out, error, status } = askOurs(setting, args, input);
        // The next question is asked at the same time, though this one may have waited.
        (setting.clock as Still).now = 0;
        const said = { out: agesAlike(args, out), error: agesAlike(args, error), status };
        expect({ [args.join(" ")]: said }).to.deep.equal(recorded[i]);
      });
  });
});

const WHOLE = `
apiVersion: v1
kind: Pod
metadata: {name: says}
spec: {containers: [{name: a, image: busybox, command: [sh, -c, "echo hello; sleep 1000"]}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: nginx}]}}
`;

describe("packetwalk serve", function () {
  this.timeout(20_000);

  it("ends when it is told to, whatever it has to do later", async () => {
    const { config, stop, ended } = await serve("--nodes", "0");
    const [, url] = /server: "(.*?)"/.exec(readFileSync(config, "utf8"))!;
    const event = { metadata: { name: "told" }, involvedObject: { kind: "Pod", namespace: "default" } };
    const made = await fetch(`${url}/api/v1/namespaces/default/events`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(event),
    });
    expect(made.status).to.equal(201);
    const begin = performance.now();
    stop();
    await ended;
    expect(performance.now() - begin).to.be.lessThan(10_000);
  });

  it("tells what a body that is no JSON has wrong, and deletes nothing in a dry run", async () => {
    const { config, stop } = await serve("--nodes", "0");
    try {
      const [, url] = /server: "(.*?)"/.exec(readFileSync(config, "utf8"))!;
      const maps = `${url}/api/v1/namespaces/default/configmaps`;
      const send = async (method: string, path: string, body: string) => {
        const answer = await fetch(path, { method, headers: { "content-type": "application/json" }, body });
        const { message, status } = (await answer.json()) as { message?: string; status?: string };
        return [answer.status, message ?? status, answer.headers.get("warning")];
      };
      const wrong = "invalid character 'b' looking for beginning of object key string";
      const why = `couldn't get version/kind; json parse error: ${wrong}`;
      const unknown = `the object provided is unrecognized (must be of type ConfigMap): ${why} ({bad)`;
      expect(await send("POST", maps, "{bad")).to.deep.equal([400, unknown, null]);
      expect(await send("DELETE", `${maps}/a`, "{bad")).to.deep.equal([400, why, null]);
      const made = await send("POST", maps, '{"metadata": {"name": "a"}, "dat": {}}');
      expect(made).to.deep.equal([201, undefined, '299 - "unknown field \\"dat\\""']);
      expect(await send("DELETE", `${maps}/a?dryRun=All`, "")).to.deep.equal([200, "Success", null]);
      expect(await send("DELETE", `${maps}/a`, '{"dryRun": ["All"]}')).to.deep.equal([200, "Success", null]);
      const some =
        'DeleteOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"';
      expect(await send("DELETE", `${maps}/a`, '{"dryRun": ["Some"]}')).to.deep.equal([422, some, null]);
      expect((await fetch(`${maps}/a`)).status).to.equal(200);
    } finally {
      stop();
    }
  });
});

describe("a real kubectl and packetwalk serve", function () {
  this.timeout(60_000);
  let stop = () => {};
  let config = "";
  before(function () {
    const why = missing();
    if (why === null) return;
    process.stdout.write(`    ${why}: what it prints of packetwalk serve is not compared\n`);
    this.skip();
  });
  afterEach(() => stop());

  it("prints of an API server alone what it prints of a real one", async () => {
    ({ config, stop } = await serve("--nodes", "0"));
    const recorded: Answer[] = golden("kubectl");
    for (const [i, { args, input }] of COMMANDS.entries())
      expect(alike(await askReal(KUBECTL, config, ["--namespace", "talk", ...args], input))).to.deep.equal(recorded[i]);
  });

  it("works with a whole cluster: it rolls out, looks in, reads logs, scales, watches and deletes", async () => {
    ({ config, stop } = await serve("--nodes", "2"));
    const ask = (line: string, input = "") => askReal(KUBECTL, config, line.split(" "), input);
    const made = await ask("apply -f -", WHOLE);
    expect(made.out).to.equal("pod/says created\ndeployment.apps/web created\n");
    expect((await ask("rollout status deploy/web --timeout=20s")).out).to.contain("successfully rolled out");
    expect((await ask("wait --for=condition=Ready pod/says --timeout=20s")).out).to.equal("pod/says condition met\n");
    expect((await ask("logs says")).out).to.equal("hello\n");
    const piped = await ask("exec -i says -- sh -c cat", "through\n");
    expect(piped).to.deep.equal({ out: "through\n", error: "", status: 0 });
    const failed = await ask("exec deploy/web -- false");
    expect(failed).to.deep.equal({ out: "", error: "command terminated with exit code 1\n", status: 1 });
    expect((await ask("exec deploy/web -- ip -br addr show eth0")).out).to.contain("10.244.");
    expect((await ask("scale deploy web --replicas=3 --timeout=20s")).out).to.equal("deployment.apps/web scaled\n");
    expect((await ask("get pods -w --request-timeout=2s")).out.split("\n").length).to.be.greaterThan(4);
    expect((await ask("delete pod says --timeout=20s")).out).to.equal('pod "says" deleted from default namespace\n');
  });
});
