// What `ip` of iproute2 4.4 says, as recorded by record-iproute44.ts.
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { Lab } from "../../lib/lab/lab.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { BadInput } from "../../lib/wire/input.ts";
import { ASKED, BUILD } from "./iproute44.ts";

describe("ip of iproute2 4.4", () => {
  const lab = new Lab({ seed: "4.4" });
  const run = (text: string) => runShell(lab, place(lab, "machine"), text).text;
  before(() => {
    lab.node("machine", { tools: "iproute2-4.4" });
    for (const line of BUILD.trim().split("\n"))
      if (!line.includes("disable_ipv6")) expect(run(line), line).to.equal("");
  });
  const golden = new Map(
    readFileSync("test/tools/goldens/iproute2-4.4.txt", "utf8")
      .split(/^# /m)
      .slice(1)
      .map((block): [string, string] => [block.slice(0, block.indexOf("\n")), block.slice(block.indexOf("\n") + 1)]),
  );
  // Neighbours stand in a hash with a random key.
  const inOrder = (line: string, text = "") => (line.includes("neigh") ? text.split("\n").sort().join("\n") : text);
  for (const line of ASKED) it(line, () => expect(inOrder(line, run(line))).to.equal(inOrder(line, golden.get(line))));

  it("what is modelled as 6.1 has it only is refused", () => {
    for (const option of ["-br", "-d", "-s", "-h"])
      expect(() => run(`ip ${option} addr`), option).to.throw(BadInput, "iproute2 4.4");
    expect(() => run("ip -6 route")).to.throw(BadInput, "iproute2 4.4");
  });
});
