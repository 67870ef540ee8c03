// TCP over IPv6 against the real kernel: the scenarios of IPv4 with addresses of IPv6, every segment compared.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { unavailable } from "../tools/real.ts";
import { comparable, over6, play, recordedRows, type Scenario } from "./tcp-player.ts";

const here = new URL("../../../test/netns/", import.meta.url);
const scenarios = (JSON.parse(readFileSync(new URL("tcp-scenarios.json", here), "utf8")) as Scenario[]).map(over6);

interface Recorded {
  readonly name: string;
  readonly answers: readonly (number | string)[];
  readonly segments: readonly (readonly string[])[];
}

/** Recorded by: PACKETWALK_RECORD=yes npx mocha --no-config dist/test/netns/tcp6-real.test.js, on a kernel 6.18. */
const GOLDENS = new URL("goldens/tcp6.json", here);

/** Asks the real kernel. */
function record(which: readonly Scenario[]): Recorded[] {
  const script = new URL("tcp-real.py", here).pathname;
  const input = JSON.stringify(which);
  return JSON.parse(execFileSync("python3", [script, `pw6${process.pid}-`], { input, maxBuffer: 1 << 26 }).toString());
}

function compare(scenario: Scenario, real: Recorded): void {
  const model = play(scenario);
  const rows = recordedRows(real.segments);
  expect(comparable(scenario, model.rows), "segments").to.deep.equal(comparable(scenario, rows));
  expect(model.answers, "answers").to.deep.equal(real.answers);
}

describe("TCP over IPv6: same answers, same segments as the kernel's", function () {
  this.timeout(120_000);

  if (process.env.PACKETWALK_RECORD === "yes")
    before(() => execFileSync("tee", [GOLDENS.pathname], { input: `${JSON.stringify(record(scenarios))}\n` }));

  it("in every scenario, as recorded", () => {
    const recorded = JSON.parse(readFileSync(GOLDENS, "utf8")) as Recorded[];
    expect(recorded.map(({ name }) => name)).to.deep.equal(scenarios.map(({ name }) => name));
    for (const [i, scenario] of scenarios.entries()) compare(scenario, recorded[i]!);
  });

  it("in two of them, on this machine's kernel, now", function () {
    const why = process.env.PACKETWALK_REAL === "no" ? "as it was asked for" : unavailable();
    if (why !== null) {
      console.log(`      TCP over IPv6: not asked here, ${why}`);
      return this.skip();
    }
    this.retries(2);
    for (const scenario of scenarios.slice(1, 3)) compare(scenario, record([scenario])[0]!);
  });
});
