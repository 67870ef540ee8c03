// nft lists what it was told, and complains, as the real one does (record.ts); where there is a real one it is asked anew.
import { strict as assert } from "node:assert";
import { ours, real, told } from "./ask.ts";
import { randomTable } from "./cases.ts";
import { asked, golden } from "./record.ts";

describe("nft, as the real one", () => {
  it("lists rules, or complains of them", () => {
    const nft = ours();
    const { rules } = golden();
    for (const { key, text, list } of asked()) assert.equal(told(nft, text, list), rules[key], key);
  });

  it("lists random tables", () => {
    const nft = ours();
    for (const [seed, listed] of golden().tables.entries())
      assert.equal(told(nft, `flush ruleset\n${randomTable(`${seed}`).text}`), listed, `seed ${seed}`);
  });

  it("takes back what it listed", () => {
    const nft = ours();
    for (const listed of golden().tables)
      if (listed.startsWith("table")) assert.match(told(nft, `flush ruleset\n${listed}`), /^table/);
  });

  it("lists random tables that the real one lists now", function () {
    const kernel = real(`nft-${process.pid}`);
    if (kernel === null) return this.skip();
    try {
      const nft = ours();
      const first = Number(process.env.SEED ?? 1000);
      for (let seed = first; seed < first + Number(process.env.CASES ?? 20); seed++) {
        const text = `flush ruleset\n${randomTable(`${seed}`).text}`;
        assert.equal(told(nft, text), told(kernel.nft, text), `seed ${seed}`);
      }
    } finally {
      kernel.end();
    }
  }).timeout(60000);
});
