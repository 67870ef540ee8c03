// Jupyter's own suite, jupyter_kernel_test, with nothing skipped.
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as path from "node:path";
import { expect } from "chai";
import { jupyterPython, ROOT } from "./python.ts";

describe("jupyter_kernel_test", () => {
  it("passes whole", async function () {
    this.timeout(90000);
    const python = jupyterPython();
    if (!python) {
      console.warn("    LEFT OUT: jupyter_kernel_test needs Python with venv, which this machine doesn't have");
      return this.skip();
    }
    const child = spawn(python, ["-W", "ignore", path.join(ROOT, "test", "jupyter", "test_kernel.py")]);
    let said = "";
    child.stdout.on("data", (text) => {
      said += text;
    });
    child.stderr.on("data", (text) => {
      said += text;
    });
    const [code] = await once(child, "close");
    expect(code, said).to.equal(0);
    expect(said)
      .to.match(/Ran 13 tests/)
      .and.not.match(/skipped/);
  });
});
