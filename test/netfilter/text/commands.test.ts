// What our iptables prints, and how it ends, is what the real one prints: recorded from 1.8.9 (record.ts), both back ends.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { casesOf } from "./cases.ts";
import { ModelTool } from "./model.ts";
import { type Said, timeless } from "./real.ts";

describe("iptables says what the real one says", () => {
  for (const backEnd of ["nft", "legacy"] as const) {
    const goldens = JSON.parse(readFileSync(`test/netfilter/text/goldens/${backEnd}.json`, "utf8")) as Record<
      string,
      readonly (Said & { readonly line: string })[]
    >;
    for (const [group, lines] of casesOf(backEnd))
      it(`${group}, ${backEnd}`, () => {
        const golden = goldens[group] ?? [];
        assert.deepEqual(
          golden.map(({ line }) => line),
          lines,
          "the goldens are of other cases: record them anew",
        );
        const tool = new ModelTool(backEnd);
        for (const { line, out, err, status } of golden) {
          const said = tool.run(line);
          assert.deepEqual({ out: timeless(said.out), err: said.err, status: said.status }, { out, err, status }, line);
        }
      });
  }
});
