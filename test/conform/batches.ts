// Many cases on one machine: as many labs at once as the machine's neighbour table has room for.
import type { Case, ModelRun, Result } from "./case.ts";
import { compare, type Difference, emptyTally, type Tally } from "./compare.ts";
import { Dice } from "./dice.ts";
import { runModel, type Sabotage } from "./model.ts";
import { NEIGHBOURS_AT_ONCE, runReal } from "./real.ts";
import { hasTunnels, onlyReal } from "./tunnel-differences.ts";

const LABS_AT_ONCE = 40;
/** A run that was disturbed proves nothing; it is repeated. */
const ATTEMPTS = 3;
/** Batches under way: while one plays the next is built. */
const JOBS = 2;

export interface Outcome {
  readonly test: Case;
  readonly model: Result;
  /** What left devices in the model. */
  readonly captured: ModelRun["captured"];
  readonly real: Result;
  readonly differences: readonly Difference[];
  readonly tally: Tally;
  /** How often the run was repeated because the machine was disturbed. */
  readonly disturbed: number;
  /** It differed among others, and was repeated with those that did too. */
  readonly repeated: boolean;
}

export interface Running {
  /** The labs stay on the machine. */
  readonly keep?: boolean;
  readonly sabotage?: Sabotage;
  /** Batches under way at once. */
  readonly jobs?: number;
  /** A case that differs is repeated once, with few others, before it is told of. */
  readonly again?: boolean;
}

interface Ready {
  readonly test: Case;
  readonly model: ModelRun;
}

/** Runs cases in batches and tells of each when its batch is done. */
export async function runBatches(
  cases: readonly Case[],
  { keep = false, sabotage, jobs = JOBS, again = false }: Running,
  tell: (outcome: Outcome) => Promise<void>,
): Promise<void> {
  const turn = turns();
  const rest = [...cases];
  const ready: Ready[] = [];
  let number = 0;
  const ask = (batch: readonly Ready[]) => runBatch(batch, `${PREFIX}${number++}-`, keep, turn);
  const one = async () => {
    for (;;) {
      for (const test of rest.splice(0, 3 * LABS_AT_ONCE - ready.length))
        ready.push({ test, model: runModel(test, atLeast(test), sabotage) });
      const batch = nextBatch(ready);
      if (batch.length === 0) return;
      const outcomes = await ask(batch);
      const differs = batch.filter((_, i) => again && outcomes[i]!.differences.length > 0);
      for (const outcome of outcomes) if (!differs.some(({ test }) => test === outcome.test)) await tell(outcome);
      if (differs.length > 0) for (const outcome of await ask(differs)) await tell({ ...outcome, repeated: true });
    }
  };
  await Promise.all(Array.from({ length: jobs }, one));
}

/** As many of the cases as the machine has room for at once; short ones with short ones, for the longest decides. */
function nextBatch(ready: Ready[]): Ready[] {
  ready.sort((a, b) => a.model.end - b.model.end);
  let neighbours = 0;
  let count = 0;
  for (const { model } of ready.slice(0, LABS_AT_ONCE)) {
    neighbours += model.neighbours;
    if (count > 0 && neighbours > NEIGHBOURS_AT_ONCE) break;
    count++;
  }
  return ready.splice(0, count);
}

/** One after the other: each waits until the one before it is over. */
function turns(): () => Promise<() => void> {
  let last: Promise<void> = Promise.resolve();
  return async () => {
    const before = last;
    let over = () => {};
    last = new Promise((done) => {
      over = done;
    });
    await before;
    return over;
  };
}

/** Before all namespaces' names, so that two runs on one machine don't meet. */
const PREFIX = `${process.env.PACKETWALK_PREFIX ?? "pw-"}${process.pid}-`;

async function runBatch(
  batch: readonly Ready[],
  prefix: string,
  keep: boolean,
  turn: () => Promise<() => void>,
): Promise<Outcome[]> {
  for (let attempt = 1; ; attempt++) {
    const { results, disturbed, forgets } = await runReal({
      cases: batch.map(({ test }) => test),
      runs: batch.map(({ model }) => model),
      prefix,
      keep,
      turn,
    });
    if (disturbed !== null && attempt < ATTEMPTS) {
      process.stderr.write(`conform: again, because ${disturbed}\n`);
      continue;
    }
    return batch.map(({ test, model }, i) => {
      const tally = emptyTally();
      const all = compare(model.result, results[i]!, tally, forgets);
      const differences = hasTunnels(test) ? onlyReal(all) : all;
      if (disturbed !== null) differences.unshift({ where: "the machine", model: "undisturbed", real: disturbed });
      return {
        test,
        model: model.result,
        captured: model.captured,
        real: results[i]!,
        differences,
        tally,
        disturbed: attempt - 1,
        repeated: false,
      };
    });
  }
}

/** When the case is looked at, at the earliest: after its last flow, and in one of four after STALE entries were probed. */
export function atLeast(test: Case): number {
  const last = Math.max(0, ...test.traffic.map((each) => ("at" in each ? each.at : 0)));
  return last + (new Dice(test.name).chance(0.25) ? 6500 : 900);
}
