import { expect } from "chai";
import { terms } from "../../lib/cli/book-index.ts";
import { publicNames, undocumented } from "./docstrings.ts";

describe("the reference", () => {
  it("has a docstring for every public name, and for every method of a public class", () => {
    expect(publicNames()).to.include.members(["lab", "walk", "Walk", "BadInput", "LabOptions"]);
    expect(undocumented()).to.deep.equal([]);
  });
});

describe("the book's index", () => {
  it("has terms in bold and words of tables, no sentences and no stress", () => {
    const table =
      "| word | meaning here |\n|---|---|\n| network namespace, *netns* | its own |\n| `lo` | gives back |\n";
    expect(
      terms(`**Goals.** A **veth pair** is **not** so, **no** it is. **It is long and bold.**\n\n${table}`),
    ).to.deep.equal(["veth pair", "not", "network namespace", "netns", "lo"]);
    expect(terms("```c\nint **pointer, **other;\n```")).to.deep.equal([]);
  });
});
