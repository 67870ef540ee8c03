// A real kubectl prints of the model's API server what it printed of a real one (record-kubectl.ts).
import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { ask, COMMANDS } from "./kubectl-commands.ts";

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

describe("kubectl and packetwalk serve", function () {
  this.timeout(60_000);
  let stop = () => {};
  let where: readonly string[] = [];
  before(async function () {
    const why = missing();
    if (why !== null) {
      process.stdout.write(`    ${why}: what it prints of packetwalk serve is not compared\n`);
      this.skip();
    }
    const serve = spawn(process.execPath, ["dist/lib/cli/main.js", "serve", "--port", "0", "--nodes", "0"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    stop = () => serve.kill();
    const said = await new Promise<string>((resolve) => serve.stdout.once("data", (data) => resolve(String(data))));
    where = ["--kubeconfig", "/dev/null", "--server", /http:\S+/.exec(said)![0]];
  });
  after(() => stop());

  const recorded = JSON.parse(readFileSync("test/kube/goldens/kubectl.json", "utf8"));
  for (const [i, command] of COMMANDS.entries())
    it(command.args.join(" ").slice(0, 100), () => {
      expect(ask(KUBECTL, where, command)).to.deep.equal(recorded[i]);
    });
});
