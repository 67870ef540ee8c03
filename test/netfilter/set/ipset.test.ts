// ipset prints and refuses what the real one does; the order of members is left out, for the kernel's is random.
import { strict as assert } from "node:assert";
import { Lab } from "../../../lib/lab/lab.ts";
import { place, runShell } from "../../../lib/tools/shell.ts";
import { LINES } from "./lines.ts";
import { ask, canAsk, readGoldens, type Said, timeless } from "./real.ts";

function ours(lines: readonly string[]): Said[] {
  const lab = new Lab();
  lab.node("n");
  return lines.map((line) => {
    const { text, out, status } = runShell(lab, place(lab, "n"), `ipset ${line}`);
    return { line, out, err: text.replace(out, ""), status };
  });
}

function compare(theirs: readonly Said[]): void {
  const mine = ours(theirs.map(({ line }) => line));
  const differences = theirs.flatMap((said, i) => {
    const [one, other] = [said, mine[i]!].map((each) => JSON.stringify({ ...each, out: timeless(each.out) }));
    return one === other ? [] : [`theirs ${one}\nours   ${other}`];
  });
  assert.ok(differences.length === 0, differences.join("\n"));
}

describe("ipset", () => {
  it("says what ipset 7.17 says, as it was recorded", () => {
    const goldens = readGoldens();
    assert.deepEqual(
      goldens.map(({ line }) => line),
      LINES,
      "the goldens are of other lines: record them anew",
    );
    compare(goldens);
  });

  it("says what this machine's ipset says", function () {
    this.timeout(30_000);
    if (!canAsk()) this.skip();
    this.retries(2);
    compare(ask(LINES.slice(0, 60)));
  });
});
