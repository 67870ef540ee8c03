// Many cases on one machine: as many labs at once as the machine's neighbour table has room for.
import type { Case, ModelRun, Result } from "./case.ts";
import { compare, type Difference, emptyTally, type Tally } from "./compare.ts";
import { Dice } from "./generate.ts";
import { runModel, type Sabotage } from "./model.ts";
import { NEIGHBOURS_AT_ONCE, runReal } from "./real.ts";

const LABS_AT_ONCE = 40;
/** A run that was disturbed proves nothing; it is repeated, alone at last. */
const ATTEMPTS = 3;

export interface Outcome {
  readonly test: Case;
  readonly model: Result;
  readonly real: Result;
  readonly differences: readonly Difference[];
  readonly tally: Tally;
  /** How often the run was repeated because the machine was disturbed. */
  readonly disturbed: number;
}

interface Ready {
  readonly test: Case;
  readonly model: ModelRun;
}

/** Runs cases in batches and tells of each when its batch is done. */
export async function runBatches(
  cases: readonly Case[],
  options: { readonly keep?: boolean; readonly sabotage?: Sabotage },
  tell: (outcome: Outcome) => Promise<void>,
): Promise<void> {
  const ready = cases.map((test) => ({ test, model: runModel(test, atLeast(test), options.sabotage) }));
  // Short ones with short ones: a batch takes as long as its longest.
  ready.sort((a, b) => a.model.end - b.model.end);
  let number = 0;
  while (ready.length > 0) {
    const batch: Ready[] = [];
    let neighbours = 0;
    while (ready.length > 0 && batch.length < LABS_AT_ONCE) {
      neighbours += ready[0]!.model.neighbours;
      if (batch.length > 0 && neighbours > NEIGHBOURS_AT_ONCE) break;
      batch.push(ready.shift()!);
    }
    for (const outcome of await runBatch(batch, `${PREFIX}${number++}-`, options.keep ?? false)) await tell(outcome);
  }
}

/** Before all namespaces' names, so that two runs on one machine don't meet. */
const PREFIX = `${process.env.PACKETWALK_PREFIX ?? "pw-"}${process.pid}-`;

async function runBatch(batch: readonly Ready[], prefix: string, keep: boolean): Promise<Outcome[]> {
  for (let attempt = 1; ; attempt++) {
    const { results, disturbed, forgets } = await runReal({
      cases: batch.map(({ test }) => test),
      runs: batch.map(({ model }) => model),
      prefix,
      keep,
    });
    if (disturbed !== null && attempt < ATTEMPTS) {
      process.stderr.write(`conform: again, because ${disturbed}\n`);
      continue;
    }
    return batch.map(({ test, model }, i) => {
      const tally = emptyTally();
      const differences = compare(model.result, results[i]!, tally, forgets);
      if (disturbed !== null) differences.unshift({ where: "the machine", model: "undisturbed", real: disturbed });
      return { test, model: model.result, real: results[i]!, differences, tally, disturbed: attempt - 1 };
    });
  }
}

/** When the case is looked at, at the earliest: after its last flow, and in one of four after STALE entries were probed. */
export function atLeast(test: Case): number {
  const last = Math.max(0, ...test.traffic.map((each) => (each.kind === "listen" ? 0 : each.at)));
  return last + (new Dice(test.name).chance(0.25) ? 6500 : 900);
}
