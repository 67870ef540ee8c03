import { expect } from "chai";
import { publicNames, undocumented } from "./docstrings.ts";

describe("the reference", () => {
  it("has a docstring for every public name, and for every method of a public class", () => {
    expect(publicNames()).to.include.members(["lab", "walk", "Walk", "BadInput", "LabOptions"]);
    expect(undocumented()).to.deep.equal([]);
  });
});
