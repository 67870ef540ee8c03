// The wiring of each plugin, built on a real kernel by the cluster's script, delivers the same packets: every frame on
// every device, tables, counters and what `ip` prints are compared.
import { expect } from "chai";
import { atLeast, runBatches } from "../../conform/batches.ts";
import type { Case, Result, SeenFrame } from "../../conform/case.ts";
import { compare, type Difference, emptyTally } from "../../conform/compare.ts";
import { runModel } from "../../conform/model.ts";
import { whyNotReal } from "../../conform/real.ts";
import { onlyReal } from "../../conform/tunnel-differences.ts";
import { isBuildable, readWiringGoldens, wiringCases } from "./wiring-goldens.ts";

const why = whyNotReal();
const goldens = readWiringGoldens();

const told = (differences: readonly Difference[]): string =>
  differences
    .slice(0, 5)
    .map(({ where, model, real }) => `${where}\n  model: ${model}\n  real:  ${real}`)
    .join("\n");

/** Linux 6.1 lets windows grow otherwise than later ones, and the model. */
function withoutWindows(result: Result): Result {
  const plain = (list: readonly SeenFrame[]) =>
    list.map(({ at, text }) => ({ at, text: text.replace(/ win \d+/g, "") }));
  const frames = Object.entries(result.frames).map(([where, list]) => [where, plain(list)]);
  return { ...result, frames: Object.fromEntries(frames) };
}

describe("each plugin's wiring, on a real kernel", function () {
  this.timeout(120_000);
  this.retries(2);

  for (const { test, real, kernel } of goldens)
    it(`${test.name}: as Linux ${kernel} had it`, () => {
      const tally = emptyTally();
      const model = runModel(test, atLeast(test)).result;
      const plain = kernel.startsWith("6.1.") ? withoutWindows : (result: Result) => result;
      expect(told(onlyReal(compare(plain(model), plain(real), tally, true)))).to.equal("");
      expect(tally.frames).to.be.greaterThan(300);
    });

  it("there are goldens of every plugin that a script can build", () => {
    const mend = "record them: node dist/test/kube/cni/record-wiring.js";
    const names = wiringCases().map(({ name }) => name);
    const recorded = goldens.map(({ test }) => test.name);
    expect(recorded, mend).to.have.members(names);
  });

  it("is the same today, live", async function () {
    if (why !== null) {
      process.stdout.write(`  wiring: ${why}: the recorded ones stand in\n`);
      return this.skip();
    }
    const cases: Case[] = wiringCases();
    const built = cases.filter(isBuildable);
    if (built.length < cases.length)
      process.stdout.write("  wiring: no module ipip here: the recorded ones stand in\n");
    const found: string[] = [];
    await runBatches(built, { again: true }, async ({ test, differences }) => {
      if (differences.length > 0) found.push(`${test.name}: ${told(differences)}`);
    });
    expect(found.join("\n")).to.equal("");
  });
});
