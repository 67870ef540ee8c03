import { expect } from "chai";
import { svg } from "../../lib/draw/svg.ts";
import { faults } from "./inspect.ts";
import { crowd, hostile, known, random } from "./scenes.ts";

describe("a scene", () => {
  const check = (scenes: ReturnType<typeof known>): void => {
    const wrong = scenes.flatMap(({ name, scene }) => faults(scene).map((fault) => `${name}: ${fault}`));
    expect(wrong.length, wrong.slice(0, 12).join("\n")).to.equal(0);
  };
  it("has no text cut, overlapped, over an edge or crossed by a line, in the labs of the chapters", () =>
    check(known()));
  it("nor with five hundred pods", () => check(crowd()));
  it("nor with names that nobody should have", () => check(hostile()));
  it("nor in random labs", () => check(Array.from({ length: 60 }, (_, i) => random(`scene ${i}`)).flat()));
  it("stays narrow for the labs of the chapters, for whom reads on a small screen", () => {
    for (const { name, scene } of known()) expect(scene.width, name).to.be.at.most(760);
  });
  it("is plain data: JSON gives back the same picture", () => {
    for (const { name, scene } of known()) expect(svg(JSON.parse(JSON.stringify(scene))), name).to.equal(svg(scene));
  });
  it("has a title, a description and a table that says what it shows", () => {
    for (const { name, scene } of known()) {
      expect(scene.title, name).not.to.equal("");
      expect(scene.desc, name).not.to.equal("");
      for (const row of scene.table.rows) expect(row.length, name).to.equal(scene.table.columns.length);
    }
  });
  it("stays small with names of a megabyte", () => {
    for (const { name, scene } of hostile()) expect(svg(scene).length, name).to.be.below(200_000);
  });
});
