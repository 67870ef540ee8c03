// Schedulers against a real kernel's picks, through sockets and packets: the same servers in the same order, and the same
// counts in every table.
import { strict as assert } from "node:assert";
import type { Picker, Scheduler } from "../../lib/ipvs/scheduler.ts";
import { SCHEDULERS } from "../../lib/ipvs/schedulers/registry.ts";
import { playHistories } from "../../lib/tools/ipvs-histories/play.ts";
import { difference } from "./difference.ts";
import { type Recorded, readCases, readGoldens } from "./goldens.ts";

function differences(all: readonly Recorded[]): string[] {
  const own = playHistories(all.map(({ scenario }) => scenario));
  return all.flatMap(({ scenario, outcome }, i) => difference(scenario, outcome, own[i]!) ?? []);
}

/** A picker that is asked to explain each pick before it: what it did not explain is told. */
function explained(picker: Picker, name: string, wrong: string[]): Picker {
  return {
    pick: (flow) => {
      const won = picker.explain(flow).filter(({ lost }) => lost === null);
      const dest = picker.pick(flow);
      if (won.length !== (dest === null ? 0 : 1) || won[0]?.dest !== (dest ?? undefined))
        wrong.push(`${name} took ${dest}, explained ${won.map((each) => each.dest)}`);
      return dest;
    },
    explain: (flow) => picker.explain(flow),
    added: () => picker.added?.(),
    removed: (dest) => picker.removed?.(dest),
    updated: () => picker.updated?.(),
    release: () => picker.release?.(),
  };
}

describe("IPVS schedulers", function () {
  this.timeout(60_000);
  const { kernel, scenarios } = readGoldens();

  it(`pick as ${kernel} did, in ${scenarios.length} random histories`, () => {
    assert.deepEqual(differences(scenarios), []);
  });

  for (const recorded of readCases())
    it(`pick as a real kernel did in ${recorded.scenario.name}`, () => assert.deepEqual(differences([recorded]), []));

  it("explain each pick, and only one candidate has won", () => {
    const wrong: string[] = [];
    const binds = [...SCHEDULERS.values()].map((scheduler) => [scheduler, scheduler.bind] as const);
    for (const [scheduler, bind] of binds)
      (scheduler as { bind: Scheduler["bind"] }).bind = (service) =>
        explained(bind(service), `${scheduler.name} of ${service}`, wrong);
    try {
      playHistories(scenarios.slice(0, 60).map(({ scenario }) => scenario));
    } finally {
      for (const [scheduler, bind] of binds) (scheduler as { bind: Scheduler["bind"] }).bind = bind;
    }
    assert.deepEqual(wrong, []);
  });
});
