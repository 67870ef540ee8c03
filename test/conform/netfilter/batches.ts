// Many cases: those of a kind together, as many at once as a player has labs.
import type { Difference } from "../compare.ts";
import type { Case, Result } from "./case.ts";
import { emptyTally, type Tally } from "./compare.ts";
import { compareDrawn } from "./drawn.ts";
import { kindName } from "./lab.ts";
import { type ModelRun, runModel, type Sabotage } from "./model.ts";
import { LABS_AT_ONCE, Player } from "./real.ts";

export interface Outcome {
  readonly test: Case;
  readonly model: Result;
  readonly real: Result;
  readonly differences: readonly Difference[];
  readonly tally: Tally;
  /** It differed among others, and was repeated with those that did too. */
  readonly repeated: boolean;
}

export interface Running {
  readonly jobs?: number;
  readonly sabotage?: Sabotage;
  /** A case that differs is repeated before it is told of: a busy machine may do things in another order. */
  readonly again?: boolean;
}

/** Runs cases and tells of each when its batch is done. */
export async function runBatches(
  cases: Iterable<Case>,
  { jobs = 2, sabotage, again = true }: Running,
  tell: (outcome: Outcome) => Promise<void>,
): Promise<void> {
  const batches = batched(cases);
  const one = async (number: number) => {
    const player = new Player(number);
    try {
      for (let batch = batches.next(); !batch.done; batch = batches.next()) {
        const outcomes = await ask(player, batch.value, sabotage);
        const differs = outcomes.filter(({ differences }) => again && differences.length > 0);
        for (const outcome of outcomes) if (!differs.includes(outcome)) await tell(outcome);
        for (const { test } of differs)
          for (const outcome of await ask(player, [test], sabotage)) await tell({ ...outcome, repeated: true });
      }
    } finally {
      await player.close();
    }
  };
  await Promise.all(Array.from({ length: jobs }, (_, number) => one(number)));
}

/** Plays cases of one kind, at most LABS_AT_ONCE, here and there. */
export async function ask(player: Player, batch: readonly Case[], sabotage?: Sabotage): Promise<Outcome[]> {
  const runs = batch.map((test) => runModel(test, sabotage));
  const results = await player.play(batch[0]!.kind, batch, runs);
  return batch.map((test, i) => outcomeOf(test, runs[i]!, results[i]!, sabotage));
}

function* batched(cases: Iterable<Case>): Generator<Case[]> {
  const waiting = new Map<string, Case[]>();
  for (const test of cases) {
    const name = kindName(test.kind);
    const batch = waiting.get(name) ?? [];
    waiting.set(name, batch);
    batch.push(test);
    if (batch.length < LABS_AT_ONCE) continue;
    waiting.delete(name);
    yield batch;
  }
  yield* waiting.values();
}

function outcomeOf(test: Case, run: ModelRun, real: Result, sabotage?: Sabotage): Outcome {
  const tally = emptyTally();
  const differences = compareDrawn(test, run, real, tally, sabotage);
  return { test, model: run.result, real, differences, tally, repeated: false };
}
