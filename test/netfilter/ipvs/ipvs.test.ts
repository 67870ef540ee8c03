// -m ipvs counts, prints and complains as on a real kernel with IPVS.
import { strict as assert } from "node:assert";
import { Lab } from "../../../lib/lab/lab.ts";
import { place, runShell } from "../../../lib/tools/shell.ts";
import { comparable, LINES, readGolden, SERVERS } from "./lines.ts";

describe("-m ipvs", () => {
  it("says and counts what the real one says and counts", () => {
    const golden = readGolden().split(/^\$ /m).slice(1);
    assert.deepEqual(
      golden.map((step) => JSON.parse(step.slice(0, step.indexOf("\n")))),
      LINES,
      "the golden is of other lines: record it anew",
    );
    const lab = new Lab();
    lab.node("n").iptables = { version: "1.8.9", backEnd: "legacy" };
    const wrong: unknown[] = [];
    for (const [i, line] of LINES.entries()) {
      const [, ns = "n", words = ""] = /^(?:([cdr]) )?(.*)$/s.exec(line)!;
      if (words.startsWith("ipvsadm -A -t 10.0.9.9:80"))
        for (const server of SERVERS) runShell(lab, place(lab, "r"), `${server} &`);
      const { text } = runShell(lab, place(lab, ns), words);
      const said = golden[i]!.slice(golden[i]!.indexOf("\n") + 1);
      if (!words.includes("tables")) assert.ok(ns === "c" || text === "", `${line}: ${text}`);
      else if (comparable(text) !== said) wrong.push([line, lines(said, text), lines(comparable(text), said)]);
    }
    assert.deepEqual(wrong, []);
  });
});

/** Those of a text that another has not. */
function lines(text: string, other: string): string[] {
  const others = other.split("\n");
  return text.split("\n").filter((line) => !others.includes(line));
}
