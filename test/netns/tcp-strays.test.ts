// Segments that are not what a connection waits for, against the real kernel: old timestamps (PAWS), numbers outside the
// window, flags that do not fit, in each state of the end that gets them.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { unavailable } from "../tools/real.ts";
import { comparable, over6, play, recordedRows, type Scenario } from "./tcp-player.ts";
import { drawStrays } from "./tcp-strays.ts";

const here = new URL("../../../test/netns/", import.meta.url);
/** Recorded by: PACKETWALK_RECORD=yes npx mocha --no-config dist/test/netns/tcp-strays.test.js, on a kernel 6.18. */
const GOLDENS = new URL("goldens/tcp-strays.json", here);

const drawn = Array.from({ length: 60 }, (_, i) => drawStrays(`${i}`));
const scenarios = drawn.map((scenario, i) => (i % 4 === 3 ? over6(scenario) : scenario));

interface Recorded {
  readonly name: string;
  readonly answers: readonly (number | string)[];
  readonly segments: readonly (readonly string[])[];
}

/** Asks the real kernel. */
function record(which: readonly Scenario[]): Recorded[] {
  const script = new URL("tcp-real.py", here).pathname;
  const input = JSON.stringify(which);
  const said = execFileSync("python3", [script, `pws${process.pid}-`], { input, maxBuffer: 1 << 26 });
  return JSON.parse(said.toString()) as Recorded[];
}

function compare(scenario: Scenario, real: Recorded): void {
  const model = play(scenario);
  const rows = recordedRows(real.segments);
  const text = `${scenario.name}: segments`;
  expect(comparable(scenario, model.rows), text).to.deep.equal(comparable(scenario, rows));
  expect(model.answers, `${scenario.name}: answers`).to.deep.equal(real.answers);
}

describe("TCP: a segment that does not fit is answered as by the kernel", function () {
  this.timeout(240_000);

  if (process.env.PACKETWALK_RECORD === "yes")
    before(() => execFileSync("tee", [GOLDENS.pathname], { input: `${JSON.stringify(record(scenarios))}\n` }));

  it("in sixty random cases, as recorded", () => {
    const recorded = JSON.parse(readFileSync(GOLDENS, "utf8")) as Recorded[];
    expect(recorded.map(({ name }) => name)).to.deep.equal(scenarios.map(({ name }) => name));
    for (const [i, scenario] of scenarios.entries()) compare(scenario, recorded[i]!);
  });

  it("in four of them, on this machine's kernel, now", function () {
    const why = process.env.PACKETWALK_REAL === "no" ? "as it was asked for" : unavailable();
    if (why !== null) {
      console.log(`      strays: not asked here, ${why}`);
      return this.skip();
    }
    this.retries(2);
    for (const scenario of scenarios.slice(0, 4)) compare(scenario, record([scenario])[0]!);
  });
});
