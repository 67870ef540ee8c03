// Policy routing, multipath and the sysctls of IPv4 and ARP do what Linux does.
import { expect } from "chai";
import { labFrom } from "../../lib/lab/data-read.ts";
import { labData } from "../../lib/lab/data-write.ts";
import type { Recorder } from "../../lib/trace/recorder.ts";
import type { Step } from "../../lib/trace/step.ts";
import { LEVEL } from "../../lib/trace/step.ts";
import { atLeast, runBatches } from "../conform/batches.ts";
import type { Case } from "../conform/case.ts";
import { compare, type Difference, emptyTally } from "../conform/compare.ts";
import { runModel } from "../conform/model.ts";
import { whyNotReal } from "../conform/real.ts";
import { normal, runModel as runLines } from "../tools/compare.ts";
import { unavailable } from "../tools/real.ts";
import { fixedCases, readGoldens, realLines } from "./goldens.ts";
import { AWS, AWS_SAYS, CALICO, CALICO_SAYS, LINES } from "./lines.ts";

const goldens = readGoldens();
const cases = fixedCases();

describe("policy routing does what Linux does", function () {
  this.timeout(120_000);

  it("the same rules, tables and switches: the same lookups, frames and answers", async () => {
    const why = whyNotReal();
    const how =
      why === null
        ? "this machine's kernel is asked, live"
        : `${why}: goldens recorded on Linux ${goldens.kernel} stand in`;
    process.stdout.write(`  policy: ${how}\n`);
    const found: string[] = [];
    const note = (test: Case, differences: readonly Difference[]) => {
      for (const { where, model, real } of differences.slice(0, 3))
        found.push(`${test.name}: ${where}\n  model: ${model}\n  real:  ${real}`);
    };
    const recorded = (test: Case) => {
      const golden = goldens.cases.find(({ name }) => name === test.name)!;
      note(test, compare(runModel(test, atLeast(test)).result, golden.real, emptyTally(), true));
    };
    let busy = 0;
    if (why === null)
      await runBatches(cases, {}, async ({ test, differences }) => {
        // A machine that was too busy proves nothing: what was recorded stands in.
        if (differences[0]?.where !== "the machine") return note(test, differences);
        busy++;
        recorded(test);
      });
    else for (const test of cases) recorded(test);
    if (busy > 0) process.stdout.write(`  policy: too busy for ${busy} of ${cases.length} cases, goldens stand in\n`);
    expect(found.join("\n")).to.equal("");
  });

  it("the fixed cases ask 300 lookups and send 60 packets, and every switch decides somewhere", () => {
    const lookups = cases.flatMap(({ questions }) => questions.filter(({ command }) => command?.includes("route get")));
    expect(lookups.length).to.be.greaterThan(300);
    expect(cases.flatMap(({ traffic }) => traffic).length).to.be.greaterThan(60);
    const said = cases
      .flatMap(stepsOf)
      .flatMap(({ because, evidence, tried = [] }) => [
        because,
        ...(evidence === undefined ? [] : [evidence.text]),
        ...tried.map(({ field }) => `tried ${field}`),
      ]);
    const missing = WORDS.filter((word) => !said.some((each) => word.test(each)));
    expect(missing.map(String)).to.deep.equal([]);
  });

  it("a lab with rules and switches is the same after it was written as data", () => {
    for (const { lab, name } of cases) expect(labData(labFrom(lab)), name).to.deep.equal(lab);
  });

  it("`ip rule`, `ip route` and `sysctl` say byte for byte what the real ones say", () => {
    const why = unavailable();
    const real = why === null ? realLines() : goldens.lines;
    const model = normal(runLines(LINES.filter((line) => !line.startsWith("sleep"))));
    expect(model.length).to.equal(real.length);
    for (const [i, said] of model.entries()) expect(said, `$ ${said.line}`).to.deep.equal(real[i]);
  });

  for (const [name, lines, says] of [
    ["the AWS VPC CNI", AWS, AWS_SAYS],
    ["Calico", CALICO, CALICO_SAYS],
  ] as const)
    it(`a node of ${name} prints what it prints`, () => {
      const questions = Object.keys(says);
      const said = runLines([...lines, ...questions]);
      for (const { line, out, err, status } of said.slice(0, lines.length))
        expect({ out, err, status }, line).to.deep.equal({ out: "", err: "", status: 0 });
      for (const { line, out, err } of said.slice(lines.length)) expect(out + err, line).to.equal(says[line]);
    });
});

/** What must have been said at least once in all the fixed cases together. */
const WORDS: readonly RegExp[] = [
  /^rp_filter: the way back/,
  /^rp_filter: there is no way back/,
  /log: IPv4: martian source/,
  /own address$/,
  /^proxy_arp: the way/,
  /and no proxy/,
  /arp_ignore = [123]/,
  /arp_ignore = 8/,
  /arp_filter = 1/,
  /tell it the shorter way/,
  /tells of a shorter way .* from now on/,
  /no shorter way/,
  /of its \d ways/,
  /says throw/,
  /the rule itself says prohibit|the rule itself says blackhole|the rule itself says unreachable/,
  /is suppressed/,
  /^tried (from|to)$/,
  /^tried fwmark$/,
  /^tried iif$/,
];

/** Every step of the case, in the model. */
function stepsOf(test: Case): readonly Step[] {
  let recorder: Recorder | null = null;
  runModel(test, atLeast(test), (lab) => {
    lab.recorder.level = LEVEL.full;
    recorder = lab.recorder;
  });
  return recorder!.steps;
}
