// Every listing of the samples that this house can make is made again, line for line, by real commands.
import { expect } from "chai";
import { Lab } from "../../lib/lab/lab.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { cut, normal } from "./compare.ts";
import { type Block, blocksOf } from "./goldens.ts";
import { LABS, type SampleLab } from "./labs.ts";

const run = (lab: Lab, where: string, text: string) => runShell(lab, place(lab, where), text).text;

/** The lab of a sample as it was when a section began. */
function build(name: string, sample: SampleLab, sections: readonly string[]): Lab {
  const lab = new Lab({ seed: name });
  lab.node("machine").iptables = { version: "1.8.9", backEnd: "legacy" };
  for (const line of sample.build.trim().split("\n")) expect(run(lab, "machine", line), line).to.equal("");
  sample.programs?.(lab);
  for (const section of sections) enter(lab, sample, section);
  return lab;
}

function enter(lab: Lab, sample: SampleLab, section: string): void {
  for (const line of (sample.sections?.[section] ?? "").trim().split("\n"))
    if (line !== "") expect(run(lab, "machine", line), line).to.equal("");
}

/** What a capture prints of the traffic beside it. */
function capture(lab: Lab, { where, command }: Block, script: string): string {
  const lines = script.trim().split("\n");
  for (const line of lines) if (!line.startsWith("* ")) run(lab, "machine", line);
  const traffic = lines.filter((line) => line.startsWith("* ")).map((line) => `${line.slice(2)} >/dev/null`);
  return run(lab, "machine", `ip netns exec ${where} ${command} & ${traffic.join("; ")}`);
}

for (const [name, sample] of Object.entries(LABS))
  describe(`the sample ${name}`, () => {
    let lab: Lab;
    const entered: string[] = [];
    before(() => {
      lab = build(name, sample, []);
    });
    for (const block of blocksOf(name)) {
      const { section, where, command, said } = block;
      const prompt = `[${where}] # ${command}`;
      it(`${section}: ${prompt}`, () => {
        if (!entered.includes(section)) {
          enter(lab, sample, section);
          entered.push(section);
        }
        const first = sample.before?.[`${section}: ${prompt}`] ?? sample.before?.[prompt];
        if (first !== undefined) run(lab, "machine", first);
        const beside = sample.captures?.[`${section}: ${prompt}`];
        const [theirs, ours] =
          beside === undefined
            ? [said, run(lab, where || "machine", command)]
            : cut(said, capture(build(name, sample, entered), block, beside));
        expect(normal(block, ours)).to.equal(normal(block, theirs));
      });
    }
  });
