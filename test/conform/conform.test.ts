import { expect } from "chai";
import type { Lab } from "../../lib/lab/lab.ts";
import { atLeast, isDisturbed, runBatches } from "./batches.ts";
import type { Case, Result } from "./case.ts";
import { compare, type Difference, emptyTally, type Tally } from "./compare.ts";
import { fixedCases, type Golden, readGoldens } from "./goldens.ts";
import { runModel } from "./model.ts";
import type { Sabotage } from "./play.ts";
import { whyNotReal } from "./real.ts";

const why = whyNotReal();
const goldens = readGoldens();

describe("the dataplane does what Linux does", function () {
  // About 30 s, and several times that on a machine that others keep busy.
  this.timeout(600_000);

  before(() => {
    const { kernel } = goldens[0]!;
    const how =
      why === null ? "this machine's kernel is asked, live" : `${why}: goldens recorded on Linux ${kernel} stand in`;
    process.stdout.write(`  conform: ${how}\n`);
  });

  it("the same lab, the same traffic: the same frames, answers and tables", async () => {
    const total = emptyTally();
    const found: string[] = [];
    const note = (test: Case, differences: readonly Difference[], tally: Tally) => {
      for (const key of Object.keys(total) as (keyof Tally)[]) total[key] += tally[key];
      for (const { where, model, real } of differences.slice(0, 3))
        found.push(`${test.name}: ${where}\n  model: ${model}\n  real:  ${real}`);
    };
    const replay = ({ test, real }: Golden) => {
      const tally = emptyTally();
      note(test, compare(modelOf(test), real, tally, true), tally);
    };
    if (why === null)
      await runBatches(fixedCases(), { again: true }, async ({ test, differences, tally, isUnstable }) => {
        if (!isUnstable && !isDisturbed(differences)) return note(test, differences, tally);
        process.stdout.write(`  conform: the machine was too busy for ${test.name}: its golden stands in\n`);
        replay(goldens.find((golden) => golden.test.name === test.name)!);
      });
    else for (const golden of goldens) replay(golden);
    expect(found.join("\n")).to.equal("");
    expect(total.frames).to.be.greaterThan(300);
    expect(total.sockets).to.be.greaterThan(20);
  });

  it("the recorded goldens are of the fixed cases", () => {
    expect(goldens.map(({ test }) => test.name)).to.have.members(fixedCases().map(({ name }) => name));
  });
});

describe("the comparison notices", function () {
  this.timeout(30_000);

  const sabotaged = (sabotage: Sabotage, some = goldens.slice(0, 12)): Difference[] =>
    some.flatMap(({ test, real }) => compare(modelOf(test, sabotage), real, emptyTally(), true));

  it("nothing, when nothing is wrong", () => {
    expect(sabotaged(() => {}, goldens)).to.deep.equal([]);
  });

  it("a TTL that is one too small", () => {
    const found = sabotaged((lab) => everyNetns(lab, (ns) => ns.sysctls.set("net.ipv4.ip_default_ttl", "63")));
    expect(found.some(({ where, model }) => where.startsWith("frames") && model.includes("ttl 63"))).to.equal(true);
  });

  it("a route that is missing", () => {
    const found = sabotaged((lab) =>
      everyNetns(lab, (ns) => {
        const table = ns.tables.main;
        for (const route of table.list()) if (route.via !== null) table.remove(route);
      }),
    );
    expect(found.some(({ where }) => where.startsWith("frames"))).to.equal(true);
    expect(found.some(({ where }) => where.startsWith("socket"))).to.equal(true);
    expect(found.some(({ where }) => where.includes("ip route show"))).to.equal(true);
  });

  it("two frames in the wrong order", () => {
    const pair = "02:00:00:00:00:01 > 02:00:00:00:00:02";
    const frames = (...numbers: number[]) => ({
      frames: { "a eth0 in": numbers.map((n, i) => ({ at: i / 100, text: `${pair} ${n}` })) },
      sockets: [],
      neighbours: {},
      fdb: {},
      texts: {},
    });
    expect(compare(frames(1, 2, 3), frames(1, 2, 3), emptyTally())).to.deep.equal([]);
    expect(compare(frames(1, 2, 3), frames(1, 3, 2), emptyTally())[0]!.where).to.equal("order of frames a eth0 in");
  });

  it("the pieces of a cut packet in the wrong order, and not an answer that overtakes the later ones", () => {
    const pair = "02:00:00:00:00:01 > 02:00:00:00:00:02";
    const at: Record<string, number> = { "piece 1": 0, "piece 2": 0, "piece 3": 0, answer: 0.01 };
    const frames = (...texts: string[]) => {
      const seen = texts.map((text) => ({ at: at[text]!, text: `${pair} ${text}` }));
      return { frames: { "a eth0 in": seen }, sockets: [], neighbours: {}, fdb: {}, texts: {} };
    };
    const model = frames("piece 1", "piece 2", "piece 3", "answer");
    const differs = (...texts: string[]) => compare(model, frames(...texts), emptyTally()).length > 0;
    expect(differs("piece 1", "answer", "piece 2", "piece 3")).to.equal(false);
    expect(differs("answer", "piece 1", "piece 2", "piece 3")).to.equal(true);
    expect(differs("piece 1", "piece 3", "piece 2", "answer")).to.equal(true);
  });

  it("a frame more, a frame less, a frame too late", () => {
    const golden = goldens.find(({ real }) => Object.values(real.frames).some((list) => list.length > 2))!;
    const model = modelOf(golden.test);
    const [where, frames] = Object.entries(model.frames).find(([, list]) => list.length > 2)!;
    const changed = (list: Result["frames"][string]) =>
      compare({ ...model, frames: { ...model.frames, [where]: list } }, golden.real, emptyTally(), true).length;
    expect(changed(frames)).to.equal(0);
    expect(changed(frames.slice(1))).to.be.greaterThan(0);
    expect(changed([...frames, frames[0]!])).to.be.greaterThan(0);
    expect(changed(frames.map((frame) => ({ ...frame, at: frame.at - 2000 })))).to.be.greaterThan(0);
  });
});

function modelOf(test: Case, sabotage?: Sabotage): Result {
  return runModel(test, atLeast(test), sabotage).result;
}

function everyNetns(lab: Lab, change: (ns: ReturnType<Lab["netns"]>) => void): void {
  for (const ns of lab.namespaces.values()) change(ns);
}
