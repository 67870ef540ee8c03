// A node of IPVS mode beside a real kernel that was given the same: what one tool wrote, the other reads.
import { strict as assert } from "node:assert";
import { leftOf, loadedCases, readLoaded } from "./loaded.ts";

describe("kube-proxy's IPVS mode, loaded into a real kernel", () => {
  it("comes back as it is here: sets, virtual servers, rules", () => {
    const [cases, loaded] = [loadedCases(), readLoaded()];
    assert.equal(loaded.length, cases.length);
    for (const [i, asked] of cases.entries()) assert.deepEqual(leftOf(asked), loaded[i], `case ${i}`);
  }).timeout(20000);
});
