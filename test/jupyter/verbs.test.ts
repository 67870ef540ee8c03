// Who runs a cell out of order is told which import is missing.
import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { compileFailure, VERBS } from "../../lib/jupyter/failure.ts";

const notebooks = new URL("../../../notebooks/", import.meta.url);

describe("a name that a chapter imports", () => {
  it("is known to the kernel, in every chapter", () => {
    const imported = readdirSync(notebooks)
      .filter((file) => file.endsWith(".ipynb"))
      .flatMap((file) => JSON.parse(readFileSync(new URL(file, notebooks), "utf8")).cells as { source: string[] }[])
      .flatMap(({ source }) => [...source.join("").matchAll(/^import \{([^}]*)\} from "packetwalk"/gm)])
      .flatMap(([, names = ""]) => names.split(","))
      .map((name) => name.trim())
      .filter((name) => name !== "");
    expect(imported).to.include("kubectl");
    expect(VERBS).to.include.members(imported);
  });
  it("is told with its import when no cell has brought it", () => {
    const at = { offset: 0, line: 0, character: 0 };
    const missing = { start: at, end: at, category: 1, code: 2304, messageText: "Cannot find name 'kubectl'." };
    const { traceback } = compileFailure([missing], 'kubectl("get pods")', "cell[1]");
    expect(traceback.join("\n")).to.include('import { kubectl } from "packetwalk"');
  });
});
