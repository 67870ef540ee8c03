// Many cases on one machine: as many labs at once as the machine's neighbour table has room for.
import type { Case, ModelRun, Result } from "./case.ts";
import { compare, type Difference, emptyTally, type Tally } from "./compare.ts";
import { Dice } from "./dice.ts";
import { runModel } from "./model.ts";
import type { Sabotage } from "./play.ts";
import { neighboursAtOnce, runReal } from "./real.ts";
import { hasTunnels, onlyReal } from "./tunnel-differences.ts";

const LABS_AT_ONCE = 40;
/** A case that was disturbed proves nothing; it runs again, with the others that were. */
const ATTEMPTS = 3;
/** A case that differs runs again until two runs in a row say the same, but not oftener than this. */
const RUNS_ALONE = 5;
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
  /** How often it ran again because it differed, only with others that did. */
  readonly repeated: number;
  /** No two of those runs in a row said the same: the machine is too busy to tell. */
  readonly isUnstable: boolean;
}

export interface Running {
  /** The labs stay on the machine. */
  readonly keep?: boolean;
  readonly sabotage?: Sabotage;
  /** Batches under way at once. */
  readonly jobs?: number;
  /** A case that differs is told of only when two further runs agree that it does. */
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
      if (differs.length > 0) for (const outcome of await judge(differs, ask)) await tell(outcome);
    }
  };
  // What one batch fails of ends the others when their labs are taken away.
  const ends = await Promise.allSettled(Array.from({ length: jobs }, one));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

/** What two runs in a row say of each case. */
async function judge(
  differs: readonly Ready[],
  ask: (batch: readonly Ready[]) => Promise<Outcome[]>,
): Promise<Outcome[]> {
  const judged: Outcome[] = [];
  let before = await ask(differs);
  for (let repeated = 2; before.length > 0; repeated++) {
    const left = differs.filter(({ test }) => before.some((outcome) => outcome.test === test));
    const after = await ask(left);
    const isUnstable = repeated >= RUNS_ALONE;
    const agrees = (outcome: Outcome, i: number) => said(outcome) === said(before[i]!);
    judged.push(
      ...after.flatMap((outcome, i) => {
        if (agrees(outcome, i)) return [{ ...outcome, repeated }];
        return isUnstable ? [{ ...outcome, repeated, isUnstable }] : [];
      }),
    );
    before = isUnstable ? [] : after.filter((outcome, i) => !agrees(outcome, i));
  }
  return judged;
}

/** Where a run differed; when, to the millisecond, no two runs agree. */
function said({ differences }: Outcome): string {
  return differences.map(({ where }) => where).join("\n");
}

/** As many of the cases as the machine has room for at once; short ones with short ones, for the longest decides. */
function nextBatch(ready: Ready[]): Ready[] {
  ready.sort((a, b) => a.model.end - b.model.end);
  const most = neighboursAtOnce();
  let neighbours = 0;
  let count = 0;
  for (const { model } of ready.slice(0, LABS_AT_ONCE)) {
    neighbours += model.neighbours;
    if (count > 0 && neighbours > most) break;
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
  const outcomes: Outcome[] = [];
  let rest = batch;
  for (let attempt = 1; rest.length > 0; attempt++) {
    const { results, disturbed, forgets } = await runReal({
      cases: rest.map(({ test }) => test),
      runs: rest.map(({ model }) => model),
      prefix,
      keep,
      turn,
    });
    const again: Ready[] = [];
    for (const [i, ready] of rest.entries()) {
      const why = disturbed[i]!;
      if (why === null || attempt === ATTEMPTS) outcomes.push(outcomeOf(ready, results[i]!, forgets, why, attempt - 1));
      else again.push(ready);
    }
    if (again.length > 0)
      process.stderr.write(`conform: ${again.length} again, because ${disturbed.find((why) => why !== null)}\n`);
    rest = again;
  }
  return batch.map(({ test }) => outcomes.find((outcome) => outcome.test === test)!);
}

function outcomeOf(
  { test, model }: Ready,
  real: Result,
  forgets: boolean,
  why: string | null,
  disturbed: number,
): Outcome {
  const tally = emptyTally();
  const all = compare(model.result, real, tally, forgets);
  const compared = hasTunnels(test) ? onlyReal(all) : all;
  const differences = why === null ? compared : [{ where: MACHINE, model: "undisturbed", real: why }];
  const { result, captured } = model;
  return { test, model: result, captured, real, differences, tally, disturbed, repeated: 0, isUnstable: false };
}

const MACHINE = "the machine";

/** Whether all that differs is that the machine did not do as it was told. */
export function isDisturbed(differences: readonly Difference[]): boolean {
  return differences.some(({ where }) => where === MACHINE);
}

/** When the case is looked at, at the earliest: after its last flow, and in one of four after STALE entries were probed. */
export function atLeast(test: Case): number {
  const last = Math.max(0, ...test.traffic.map((each) => ("at" in each ? each.at : 0)));
  return last + (new Dice(test.name).chance(0.25) ? 6500 : 900);
}
