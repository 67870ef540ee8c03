// A function that says what a chain's dice must be, set against what iptables makes of it.
import { Lab } from "../../lab/lab.ts";
import { place, runShell } from "../../tools/shell.ts";
import type { Property, Task } from "../assignment.ts";
import type { ServicesValues } from "../services.ts";

const CASES = 10;

/** Of each rule, as iptables-save prints it: of those who come to it, so many are its own. */
function truth(weights: readonly number[]): (string | null)[] {
  const lab = new Lab({ seed: "odds" });
  lab.node("node");
  const run = (text: string) => runShell(lab, place(lab, "node"), text).out;
  let left = weights.reduce((sum, each) => sum + each, 0);
  for (const [i, each] of weights.entries()) {
    const dice = i === weights.length - 1 ? "" : `-m statistic --mode random --probability ${each / left}`;
    run(`iptables -A OUTPUT ${dice} -j RETURN`);
    left -= each;
  }
  const rules = run("iptables-save").match(/^-A OUTPUT.*$/gm) ?? [];
  return rules.map((rule) => /--probability (\S+)/.exec(rule)?.[1] ?? null);
}

function property(title: string, points: number, draw: (dice: Lab) => number[]): Property<ServicesValues> {
  return {
    title,
    points,
    cases: ({ dice }) =>
      Array.from({ length: CASES }, () => draw(dice)).map((weights) => ({ args: [weights], wanted: truth(weights) })),
  };
}

export const ODDS: Task<ServicesValues> = {
  name: "odds",
  properties: [
    property("one endpoint: no dice", 1, (dice) => [1 + dice.below(9)]),
    property("equal weights", 1, (dice) => Array.from({ length: 2 + dice.below(30) }, () => 1)),
    property("other weights", 2, (dice) => Array.from({ length: 2 + dice.below(8) }, () => 1 + dice.below(20))),
    property("a weight of 0 among others", 1, (dice) => {
      const weights = Array.from({ length: 3 + dice.below(6) }, () => 1 + dice.below(9));
      weights[dice.below(weights.length - 1)] = 0;
      return weights;
    }),
  ],
};
