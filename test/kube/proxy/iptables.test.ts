// kube-proxy's iptables mode writes what its own code wrote of the same objects (record.ts).
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { largeCase, proxyCase } from "./cases.ts";
import { GOLDEN, RECORDED } from "./record.ts";
import { assertSame, comparable, textsOf } from "./text.ts";

describe("kube-proxy, iptables", () => {
  it("hands to iptables-restore what the real one does, sync after sync", () => {
    const golden = JSON.parse(readFileSync(GOLDEN, "utf8")) as Record<string, string[]>[][];
    assert.equal(golden.length, RECORDED);
    for (const [seed, answers] of golden.entries()) {
      const texts = textsOf(proxyCase(`${seed}`));
      assert.equal(texts.length, answers.length);
      for (const [step, text] of texts.entries())
        assertSame(comparable(text), answers[step]!, `seed ${seed}, step ${step}`);
    }
  });

  it("writes rules of endpoints without comments where there are more than a thousand", () => {
    const commented = textsOf(largeCase()).map((text) => /-A KUBE-SEP-\S+ -m comment/.test(text));
    assert.deepEqual(commented, [false, true, false]);
  });

  it("ends KUBE-SERVICES with the way to node ports", () => {
    for (let seed = 0; seed < 20; seed++)
      for (const text of textsOf(proxyCase(`${seed}`))) {
        const nat = text.slice(text.indexOf("*nat"));
        const services = nat.split("\n").filter((line) => line.startsWith("-A KUBE-SERVICES "));
        const first = services.findIndex((line) => line.includes("service nodeports; NOTE"));
        assert.ok(first === -1 || services.slice(first).every((line) => line.includes("service nodeports; NOTE")));
      }
  });
});
