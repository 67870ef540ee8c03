import * as fs from "node:fs";
import { expect } from "chai";
import { Lab } from "../../lib/lab/lab.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import type { Said } from "../tools/real.ts";
import { LINES, LINES_GOLDEN } from "./lines.ts";

/** Queues and names of namespaces are the machine's; of a neighbour's probe only that it was made counts; IPv6 is off. */
function normal(text: string): string {
  return text
    .replaceAll(/ num[rt]xqueues \d+|"num_[rt]x_queues":\d+,/g, "")
    .replaceAll(/ link-netns(id)? \S+/g, " link-netns")
    .replaceAll(/time \d+ms/g, "time")
    .replaceAll(/^.* inet6 .*\n.*\n/gm, "");
}

describe("ip link, ip tunnel and bridge fdb about tunnels, byte for byte", () => {
  const golden = JSON.parse(fs.readFileSync(LINES_GOLDEN, "utf8")) as Said[];

  it("the goldens are of these lines", () => {
    expect(golden.map(({ line }) => line)).to.deep.equal(LINES);
  });

  it("print what the real tools print on a kernel with all modules, errors and statuses too", () => {
    const lab = new Lab();
    // With the module before the first namespace, as a kernel that has it loaded.
    lab.node("node").load("ipip");
    const differs = golden.flatMap(({ line, out, err, status }) => {
      const { text, status: got } = runShell(lab, place(lab, "node"), line);
      const [model, real] = [normal(text), normal(out + err)];
      return model === real && got === status
        ? []
        : [`${line}\n  model (${got}): ${model}\n  real (${status}):  ${real}`];
    });
    expect(differs.join("\n")).to.equal("");
  });
});
