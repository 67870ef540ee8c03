// Random sequences of command lines, right and wrong, say here what the real tools say on this machine's kernel.
import { expect } from "chai";
import { unavailable } from "../real.ts";
import { sequence } from "./generate.ts";
import { playBoth } from "./play.ts";

const why = unavailable();

describe(`random lines of ip say what the real ip says${why === null ? "" : `: NOT ASKED, ${why}`}`, function () {
  this.timeout(120_000);
  this.retries(2);
  it("six sequences of fifty lines", async function () {
    if (why !== null) return this.skip();
    const played = await Promise.all(Array.from({ length: 6 }, (_, i) => playBoth(sequence(`fixed/${i}`, 50))));
    for (const { difference } of played)
      if (difference !== null) expect(difference.model, `$ ${difference.model.line}`).to.deep.equal(difference.real);
  });
});
