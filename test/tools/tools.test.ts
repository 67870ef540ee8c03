// The tools say byte for byte what the real ones say: against goldens always, against the real tools where they are.
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { CASES, linesOf } from "./cases.ts";
import { normal, runModel } from "./compare.ts";
import { type Printed, printModel, printReal, QUESTIONS } from "./printer.ts";
import { runReal, type Said, unavailable } from "./real.ts";

const golden = <Value>(name: string): Value =>
  JSON.parse(readFileSync(`test/tools/goldens/${name}.json`, "utf8")) as Value;

/** Fails with the first line that differs, not with all of them. */
function same(model: readonly Said[], real: readonly Said[]): void {
  expect(model.length, "the goldens are of other cases: record them anew").to.equal(real.length);
  for (const [i, said] of model.entries()) {
    expect(said.line, "the goldens are of other cases: record them anew").to.equal(real[i]!.line);
    expect(said, `$ ${said.line}`).to.deep.equal(real[i]);
  }
}

function samePrint(model: Printed, real: Printed): void {
  for (const [flags, text] of Object.entries(real.lines))
    expect(model.lines[flags]?.split("\n"), `tcpdump ${flags}`).to.deep.equal(text.split("\n"));
  for (const [filter, frames] of Object.entries(real.filters))
    expect(model.filters[filter], `tcpdump '${filter}'`).to.deep.equal(frames);
}

const lines = Object.values(CASES).reduce((sum, script) => sum + linesOf(script).length, 0);

describe(`command lines say what the recorded tools said (${lines} lines)`, () => {
  for (const [name, script] of Object.entries(CASES))
    it(name, () => same(normal(runModel(linesOf(script))), golden<Said[]>(name)));
  for (const [name, questions] of Object.entries(QUESTIONS))
    it(`tcpdump's ${name} and filters`, () => samePrint(printModel(questions), golden<Printed>(name)));
});

const why = unavailable();
describe(`command lines say what the real tools say here${why === null ? ", asked now" : `: NOT ASKED, ${why}`}`, function () {
  this.timeout(120_000);
  this.retries(2);
  for (const [name, script] of Object.entries(CASES))
    it(name, function () {
      if (why !== null) return this.skip();
      same(normal(runModel(linesOf(script))), normal(runReal(linesOf(script))));
    });
  for (const [name, questions] of Object.entries(QUESTIONS))
    it(`tcpdump's ${name} and filters`, function () {
      if (why !== null) return this.skip();
      samePrint(printModel(questions), printReal(questions));
    });
});
