// Judges homework 5: whether what failed works, and what worked still does, with how few changes, and what the cause was.

import { BadInput } from "../../wire/input.ts";
import type { Assignment, Property, Task } from "../assignment.ts";
import { no } from "../assignment.ts";
import type { Outcome } from "../check.ts";
import { faultOf, type Mended, mended } from "../hunt/hunt.ts";
import { HUNTS, type HuntDrawn, type HuntTask, type HuntValues, huntValues } from "../hunt/values.ts";
import { field } from "./answers.ts";

/** An answer is tried once for all of its properties. */
const triedOf = new WeakMap<object, Mended>();

function mendedBy(answer: unknown, { on, seed }: HuntDrawn): Mended {
  if (typeof answer !== "object" || answer === null || !("mends" in answer) || typeof answer.mends !== "object")
    throw new BadInput("an answer without mends", typeof answer, 'Hand in { cause: "…", mends: { "node-1": "…" } }.');
  let found = triedOf.get(answer);
  if (found === undefined) {
    const mends = Object.keys(answer.mends ?? {}).map(
      (where) => [where, field(answer.mends, where, "string")] as const,
    );
    found = mended(on, seed, Object.fromEntries(mends));
    triedOf.set(answer, found);
  }
  return found;
}

/** The first probe that fails, of those that failed before or of the others. */
function failed({ probes, symptoms }: Mended, before: boolean): Outcome {
  const found = probes.find(({ ok, title }) => !ok && symptoms.includes(title) === before);
  return found === undefined ? { ok: true, because: "" } : no(`${found.title}: ${found.because}`);
}

function task(name: HuntTask): Task<HuntValues> {
  const property = (title: string, points: number, holds: (tried: Mended) => Outcome): Property<HuntValues> => ({
    title,
    points,
    holds: (answer, { values }) => holds(mendedBy(answer, values.hunts[name])),
  });
  return {
    name,
    properties: [
      {
        title: "the cause is named",
        points: 1,
        holds(answer, { values }) {
          const { on, seed } = values.hunts[name];
          const given = field(answer, "cause", "string");
          if (!values.causes[on].includes(given))
            return no(`"${given}" is none of the words: ${values.causes[on].join(", ")}.`);
          return given === faultOf(on, seed).cause ? { ok: true, because: "" } : no(`It was not "${given}".`);
        },
      },
      property("what failed works", 3, (tried) => failed(tried, true)),
      property("what worked still works, and something was mended", 1, (tried) => {
        if (tried.probes.every(({ ok, title }) => !ok || !tried.symptoms.includes(title)))
          return no("Nothing that failed works now.");
        return failed(tried, false);
      }),
      property("one change did it", 1, (tried) => {
        const { count, entries } = tried.changes;
        const first = tried.probes.find(({ ok }) => !ok);
        if (first !== undefined) return no(`${first.title}: not yet.`);
        const some = entries.slice(0, 4).map((each) => (each.length > 100 ? `${each.slice(0, 99)}…` : each));
        return count <= 1 ? { ok: true, because: "" } : no(`${count} entries are different: ${some.join("; ")}.`);
      }),
    ],
  };
}

export const HUNT: Assignment<HuntValues> = { name: "hunt", values: huntValues, tasks: HUNTS.map(task) };
