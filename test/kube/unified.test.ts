// Two texts side by side as `diff -u` prints them, asked here where it is installed.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import seedrandom from "seedrandom";
import { unified } from "../../lib/kube/kubectl/unified.ts";

const CASES = 60;

describe("diff -u", () => {
  it("has no hunks of texts that are the same, and one of a new text", () => {
    expect(unified("a\n", "a\n")).to.equal("");
    expect(unified("", "a\nb\n")).to.equal("@@ -0,0 +1,2 @@\n+a\n+b\n");
  });

  it("prints the hunks that the real one prints, of random changes of few lines that occur often", function () {
    if (spawnSync("diff", ["--version"]).status !== 0) {
      process.stdout.write("    diff is not installed: it is not asked\n");
      this.skip();
    }
    const folder = mkdtempSync(join(tmpdir(), "unified-"));
    const [a, b] = [join(folder, "a"), join(folder, "b")];
    const random = seedrandom("unified");
    const below = (n: number) => Math.floor(random() * n);
    const lines = (n: number) => Array.from({ length: n }, () => `${"  ".repeat(below(2))}${"abcdefgh"[below(8)]}:`);
    try {
      for (let i = 0; i < CASES; i++) {
        const from = lines(below(40));
        const to = [...from];
        for (let k = below(5); k > 0; k--) to.splice(below(to.length + 1), below(4), ...lines(below(3)));
        const texts = [from, to].map((each) => each.map((line) => `${line}\n`).join(""));
        writeFileSync(a, texts[0]!);
        writeFileSync(b, texts[1]!);
        const { stdout } = spawnSync("diff", ["-u", a, b], { encoding: "utf8" });
        expect(unified(texts[0]!, texts[1]!), `case ${i}`).to.equal(stdout.split("\n").slice(2).join("\n"));
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
