import * as fs from "node:fs";
import * as path from "node:path";
import { gunzipSync } from "node:zlib";
import { expect } from "chai";
import { atLeast } from "../conform/batches.ts";
import { compare, emptyTally } from "../conform/compare.ts";
import { runModel } from "../conform/model.ts";
import { normalResult } from "../conform/tunnel-differences.ts";
import { type Asked, thatCount } from "./ask.ts";
import { GOLDENS, type LabSet, SETS } from "./goldens.ts";
import { askKernel } from "./kernels.ts";

function fromGoldens({ name }: LabSet): Asked {
  const asked = JSON.parse(gunzipSync(fs.readFileSync(path.join(GOLDENS, `${name}.json.gz`))).toString()) as Asked;
  return {
    ...asked,
    cases: asked.cases.map((each) => {
      const { result } = runModel(each.test, atLeast(each.test));
      return {
        ...each,
        differences: thatCount(
          each.test,
          compare(normalResult(result), normalResult(each.real), emptyTally(), true),
          asked.kernel,
        ),
      };
    }),
  };
}

async function answers(set: LabSet): Promise<{ asked: Asked; how: string }> {
  const live = await askKernel(set);
  if (live !== null) return live;
  const asked = fromGoldens(set);
  return { asked, how: `goldens recorded on Linux ${asked.kernel}, because ${set.device} is not in this kernel` };
}

describe("tunnels do what Linux does", function () {
  this.timeout(240_000);
  this.retries(2);

  for (const set of SETS)
    it(`${set.name}: the same labs, the same traffic: the same frames inside and outside, tables, counters`, async () => {
      const { asked, how } = await answers(set);
      process.stdout.write(`  ${set.name}: ${how}\n`);
      const found = asked.cases.flatMap(({ test, differences }) =>
        differences
          .slice(0, 3)
          .map(({ where, model, real }) => `${test.name}: ${where}\n  model: ${model}\n  real:  ${real}`),
      );
      expect(found.join("\n")).to.equal("");
      expect(asked.cases).to.have.length(set.count);
      expect(asked.cases.reduce((sum, { frames }) => sum + frames, 0)).to.be.greaterThan(200);
    });
});
