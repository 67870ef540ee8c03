// Random cases: the same seed, the same case.
import { Dice } from "../dice.ts";
import type { Case } from "./case.ts";
import { hostsOf, KINDS, type Kind } from "./lab.ts";
import { setLines } from "./matches.ts";
import { randomSteps } from "./packets.ts";
import { randomTables } from "./rules.ts";

/** How many of a hundred cases are of each kind, in the order of KINDS. */
const SHARES = [45, 15, 20, 5, 15];

export function generate(seed: string): Case {
  const dice = new Dice(seed);
  const kind = kindFrom(dice);
  const steps = randomSteps(dice, kind);
  // Names that rules keep lists under; letters only, for a seed may have any.
  const unique = `${dice.whole(0, 999_999)}`;
  const tables = randomTables(dice, kind, unique);
  const asked = tables.some(({ rules }) => rules.some((rule) => / --(match|add|del)-set /.test(rule)));
  return { name: seed, kind, sets: asked ? setLines(dice, kind, hostsOf(kind)) : [], tables, steps };
}

function kindFrom(dice: Dice): Kind {
  let at = dice.whole(0, 99);
  const found = SHARES.findIndex((share) => {
    at -= share;
    return at < 0;
  });
  return KINDS[found]!;
}
