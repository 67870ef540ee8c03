import { expect } from "chai";
import type { Lab } from "../../../lib/lab/lab.ts";
import type { Difference } from "../compare.ts";
import { runBatches } from "./batches.ts";
import { emptyTally } from "./compare.ts";
import { compareDrawn } from "./drawn.ts";
import { fixedCases, readGoldens } from "./goldens.ts";
import { runModel, type Sabotage } from "./model.ts";
import { whyNotReal } from "./real.ts";

const why = whyNotReal();

/** So many of the fixed cases are played here and now; all of them are compared with what was recorded. */
const LIVE = 80;

describe("random rules do with random packets what Linux does", function () {
  this.timeout(180_000);
  this.retries(2);

  it(`live${why === null ? "" : `: left out, ${why}`}`, async function () {
    if (why !== null) return this.skip();
    const found: string[] = [];
    const tally = emptyTally();
    await runBatches(fixedCases().slice(0, LIVE), {}, async (outcome) => {
      for (const key of Object.keys(tally) as (keyof typeof tally)[]) tally[key] += outcome.tally[key];
      for (const difference of outcome.differences.slice(0, 3)) found.push(told(outcome.test.name, difference));
    });
    expect(found.join("\n")).to.equal("");
    expect(tally.rules).to.be.greaterThan(3000);
    expect(tally.frames).to.be.greaterThan(300);
    expect(tally.connections).to.be.greaterThan(100);
  });

  it("as it was recorded", () => {
    expect(
      differences(() => {})
        .map(([name, each]) => told(name, each))
        .join("\n"),
    ).to.equal("");
    expect(readGoldens().map(({ test }) => test.name)).to.have.members(fixedCases().map(({ name }) => name));
  });

  it("the comparison notices another policy", () => {
    const places = (sabotage: Sabotage) =>
      new Set(differences(sabotage, 40).map(([, { where }]) => where.split(" ")[0]));
    const refusing = places((lab) => {
      for (const table of [lab.netns("r").xtables.peek("filter"), lab.netns("r").xtables6.peek("filter")])
        for (const chain of table?.chains.values() ?? []) chain.policy = "DROP";
    });
    expect([...refusing]).to.include.members(["*filter", "conntrack"]);
  });
});

function told(name: string, { where, model, real }: Difference): string {
  return `${name}: ${where}\n  model: ${model}\n  real:  ${real}`;
}

function differences(sabotage: (lab: Lab) => void, most = Number.POSITIVE_INFINITY): [string, Difference][] {
  return readGoldens()
    .slice(0, most)
    .flatMap(({ test, real }) =>
      compareDrawn(test, runModel(test, sabotage), real, emptyTally(), sabotage).map((each): [string, Difference] => [
        test.name,
        each,
      ]),
    );
}
