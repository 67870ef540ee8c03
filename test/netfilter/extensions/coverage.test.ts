// No option without a case: of the language that is read, everything was judged by a real kernel, for packets that are meant
// and for others. A new option has to come with a rule in rules.ts or a scene in ../conntrack/.
import { strict as assert } from "node:assert";
import { allOptions, evidence } from "./coverage.ts";

/** What no rule can have that a kernel takes. */
const NEVER_TAKEN: readonly string[] = ["CT --helper", "CT --timeout"];

describe("meaning", () => {
  const found = evidence();
  const without = (options: readonly string[], met: boolean) =>
    options.filter((option) => !NEVER_TAKEN.includes(option) && !found.get(option)?.has(met));

  it("of every option of a match was exercised, met and not met", () => {
    const { matches } = allOptions();
    assert.deepEqual([without(matches, true), without(matches, false)], [[], []]);
  });

  it("of every option of a target was exercised, for some packets and not for all", () => {
    const { targets } = allOptions();
    assert.deepEqual([without(targets, true), without(targets, false)], [[], []]);
  });
});
