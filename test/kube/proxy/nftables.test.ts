// What kube-proxy's nftables mode hands to nft, the real one takes too, and lists as the model does.
import { strict as assert } from "node:assert";
import { real } from "../../netfilter/nft/ask.ts";
import { proxyCase } from "./cases.ts";
import { textsOfNftables } from "./nftables-text.ts";

describe("kube-proxy's nftables mode", () => {
  it("is loaded and listed by the real nft, sync after sync", function () {
    const kernel = real(`nft-proxy-${process.pid}`);
    if (kernel === null) return this.skip();
    try {
      const [first = "0", count = "10"] = (process.env.CASES ?? "").split("+").filter((each) => each !== "");
      for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
        kernel.nft(["flush", "ruleset"]);
        const { texts, rulesets } = textsOfNftables(proxyCase(`${seed}`));
        for (const [step, text] of texts.entries()) {
          const { status, err } = kernel.nft(["-f", "-"], text);
          assert.equal(status, 0, `seed ${seed}, step ${step}: ${err}`);
          assert.equal(kernel.nft(["list", "ruleset"]).out, rulesets[step], `seed ${seed}, step ${step}`);
        }
      }
    } finally {
      kernel.end();
    }
  }).timeout(60000);
});
