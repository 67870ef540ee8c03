// IPv6 does what Linux does: addresses, duplicate address detection, neighbour discovery, routes, forwarding, errors.
import { expect } from "chai";
import { Lab } from "../../lib/lab/lab.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { type Said, unavailable } from "../tools/real.ts";
import { scriptLines, scripts } from "./generate.ts";
import { allScripts, modelLines, readGoldens, realLines } from "./goldens.ts";
import { modelCounts } from "./hooks.ts";

const goldens = readGoldens();

describe("IPv6 does what Linux does", function () {
  this.timeout(60_000);

  it(`command lines and captures say what they said on Linux ${goldens.kernel}`, () => {
    const all = allScripts();
    expect(Object.keys(goldens.said), "record the goldens anew").to.have.members(Object.keys(all));
    let frames = 0;
    for (const [name, real] of Object.entries(goldens.said)) {
      const model = modelLines(all[name]!);
      expect(model.length, name).to.equal(real.length);
      for (const [i, said] of model.entries()) expect(said, `${name}: $ ${said.line}`).to.deep.equal(real[i]);
      frames += model.flatMap(({ out }) => out.match(/^IP6/gm) ?? []).length;
    }
    expect(frames).to.be.greaterThan(1000);
  });

  it(`as many packets pass each hook as did on Linux ${goldens.kernel}`, () => {
    expect(modelCounts()).to.deep.equal(goldens.hooks);
  });

  it("one random network on this machine's kernel, now", function () {
    const why = unavailable();
    if (why !== null) {
      process.stdout.write(`  ipv6: not asked here, ${why}\n`);
      return this.skip();
    }
    const lines = scriptLines(scripts(1, "fixed")[0]!);
    const model = modelLines(lines);
    const differs = (real: readonly Said[]) =>
      real.filter((said, i) => JSON.stringify(said) !== JSON.stringify(model[i]));
    // A machine that was busy for a moment is asked again.
    const found = differs(realLines(lines));
    expect(found.length === 0 ? found : differs(realLines(lines))).to.deep.equal([]);
  });
});

describe("a lab without IPv6", () => {
  it("sends nothing of it and prints nothing of it", () => {
    const lab = new Lab();
    lab.node("a");
    lab.node("b");
    lab.cable("a", "eth0", "b", "eth0");
    const frames: unknown[] = [];
    lab.netns("a").devices.get("eth0")!.taps = [(frame) => frames.push(frame)];
    lab.runFor(5e9);
    expect(frames).to.deep.equal([]);
    const { text } = runShell(lab, place(lab, "a"), "ip addr; ip -6 route show table all; ip -6 neigh");
    expect(text).not.to.match(/inet6|::/);
    expect(lab.netns("a").hasIpv6).to.equal(false);
  });
});
