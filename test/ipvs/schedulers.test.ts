// Schedulers against a real kernel's picks: the same servers in the same order, and the same counts in every table.
import { strict as assert } from "node:assert";
import type { Candidate } from "../../lib/ipvs/scheduler.ts";
import { difference } from "./difference.ts";
import { readGoldens } from "./goldens.ts";
import { Replay } from "./replay.ts";

describe("IPVS schedulers", () => {
  const { kernel, scenarios } = readGoldens();

  it(`pick as ${kernel} did, in ${scenarios.length} random histories`, () => {
    const wrong = scenarios.map(({ scenario, outcome }) => difference(scenario, outcome, new Replay(scenario).run()));
    assert.deepEqual(
      wrong.filter((each) => each !== null),
      [],
    );
  });

  it("explain each pick, and only one candidate has won", () => {
    const wrong: string[] = [];
    for (const { scenario } of scenarios) {
      const watcher = {
        isFull: true,
        known: () => {},
        given: () => {},
        picked: (_: unknown, dest: unknown, candidates: readonly Candidate[], template: unknown) => {
          if (template !== null) return;
          const won = candidates.filter(({ lost }) => lost === null);
          if (won.length !== (dest === null ? 0 : 1) || won[0]?.dest !== (dest ?? undefined))
            wrong.push(
              `${scenario.name}: ${scenario.scheduler} took ${dest}, explained ${won.map((each) => each.dest)}`,
            );
        },
      };
      new Replay(scenario, watcher).run();
    }
    assert.deepEqual(wrong, []);
  });
});
