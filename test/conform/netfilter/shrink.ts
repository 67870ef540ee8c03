// Makes a case that differs smaller, as long as it still differs: fewer steps, rules, chains, elements of sets.
import { ask } from "./batches.ts";
import type { Case } from "./case.ts";
import { LABS_AT_ONCE, Player } from "./real.ts";
import type { TableText } from "./rules.ts";

/** The smallest case found. */
export async function shrink(test: Case): Promise<Case> {
  const player = new Player(0);
  try {
    let best = test;
    for (;;) {
      const better = await firstThatDiffers(player, smaller(best));
      if (better === null) return best;
      best = better;
    }
  } finally {
    await player.close();
  }
}

async function firstThatDiffers(player: Player, candidates: readonly Case[]): Promise<Case | null> {
  for (let at = 0; at < candidates.length; at += LABS_AT_ONCE) {
    const outcomes = await ask(player, candidates.slice(at, at + LABS_AT_ONCE));
    const found = outcomes.find(({ differences, model }) => differences.length > 0 && model.refused === null);
    if (found !== undefined) return found.test;
  }
  return null;
}

/** Cases with less, the largest pieces first. */
function smaller(test: Case): Case[] {
  const { steps, tables, sets } = test;
  const found: Case[] = [];
  for (let size = steps.length >> 1; size >= 1; size >>= 1)
    for (let at = 0; at < steps.length; at += size)
      found.push({ ...test, steps: [...steps.slice(0, at), ...steps.slice(at + size)] });
  for (const table of tables) {
    const withRules = (rules: readonly string[]): Case => ({
      ...test,
      tables: tables.map((each) => (each === table ? withoutUnused({ ...table, rules }) : each)),
    });
    for (let size = table.rules.length; size >= 1; size >>= 1)
      for (let at = 0; at < table.rules.length; at += size)
        found.push(withRules([...table.rules.slice(0, at), ...table.rules.slice(at + size)]));
  }
  const asks = tables.some(({ rules }) => rules.some((rule) => rule.includes("-set ")));
  if (sets.length > 0 && !asks) found.push({ ...test, sets: [] });
  return found.filter((each) => each.steps.length > 0);
}

/** Chains of users that no rule names or stands in go. */
function withoutUnused(table: TableText): TableText {
  const isUsed = (name: string) => table.rules.some((rule) => rule.split(" ").includes(name));
  return {
    ...table,
    chains: table.chains.filter((line) => !line.includes(" - ") || isUsed(line.slice(1).split(" ")[0]!)),
  };
}
