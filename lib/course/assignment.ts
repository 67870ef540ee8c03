// What an assignment asks, and how an answer is judged: property by property, by behaviour, in cases that are drawn from
// the student's id and a secret of the grader's. Expectations never meet the student's code: of a function that is
// handed in only its replies come here.
import { isDeepStrictEqual } from "node:util";
import { Lab } from "../lab/lab.ts";
import { type Outcome, short } from "./check.ts";

/** What a property's cases are made from. */
export interface About<Values> {
  /** The student's own addresses, sizes and so on. */
  readonly values: Values;
  /** Seeded dice; they begin anew for each property. */
  readonly dice: Lab;
}

/** A call of the function that is handed in. */
export interface Case {
  readonly args: readonly unknown[];
  readonly wanted: unknown;
}

/** What the function that is handed in gave back. */
export type Reply = { readonly result: unknown } | { readonly failure: string };

/** One thing that an answer must do: shown by the answer itself, or by the replies of the function that it is. */
export type Property<Values> = {
  readonly title: string;
  readonly points: number;
} & ({ holds(answer: unknown, about: About<Values>): Outcome } | { cases(about: About<Values>): readonly Case[] });

/** A part of an assignment that is handed in and judged by itself. */
export interface Task<Values> {
  /** By which it is handed in: `handIn("wiring", net)`. */
  readonly name: string;
  readonly properties: readonly Property<Values>[];
}

export interface Assignment<Values> {
  readonly name: string;
  /** The values of a student: the same whenever and wherever they are asked for. */
  values(student: string): Values;
  readonly tasks: readonly Task<Values>[];
}

/** Whose answer it is. */
export interface Sitting {
  readonly student: string;
  /** Unknown to students, so that no answer can be made for the cases. */
  readonly secret: string;
}

/** An answer as it left the student's process: a value, or what the function replied to `callsOf`, in that order. */
export type Answer = { readonly value: unknown } | { readonly replies: readonly Reply[] };

/** How an answer did in one property. */
export interface Judged extends Outcome {
  readonly title: string;
  readonly points: number;
  /** So many points there are. */
  readonly of: number;
}

/** So many points a task has. */
export function pointsOf({ properties }: Task<unknown>): number {
  return properties.reduce((sum, { points }) => sum + points, 0);
}

/** The arguments for a function that is handed in for this task. */
export function callsOf<V>(assignment: Assignment<V>, task: Task<V>, sitting: Sitting): (readonly unknown[])[] {
  const values = assignment.values(sitting.student);
  return task.properties.flatMap((each) =>
    "cases" in each ? each.cases(about(assignment, task, each, sitting, values)).map(({ args }) => args) : [],
  );
}

/** Judges an answer, or its absence; an error on the way is a property that does not hold, with the error as reason. */
export function judge<V>(assignment: Assignment<V>, task: Task<V>, sitting: Sitting, answer?: Answer): Judged[] {
  const replies = answer !== undefined && "replies" in answer ? [...answer.replies] : [];
  const values = assignment.values(sitting.student);
  return task.properties.map((property) => {
    const { title, points: of } = property;
    const { ok, because } = attempt(() => {
      const context = about(assignment, task, property, sitting, values);
      const cases = "cases" in property ? property.cases(context) : [];
      const own = replies.splice(0, cases.length);
      if (answer === undefined) return no("Nothing was handed in.");
      if ("holds" in property)
        return "value" in answer ? property.holds(answer.value, context) : no("A value is asked for, not a function.");
      if ("value" in answer) return no(`A function is asked for, not ${short(answer.value)}.`);
      return allRight(cases, own);
    });
    return { title, ok, because, points: ok ? of : 0, of };
  });
}

function about<V>(
  assignment: Assignment<V>,
  task: Task<V>,
  property: Property<V>,
  { student, secret }: Sitting,
  values: V,
): About<V> {
  const seed = JSON.stringify([assignment.name, task.name, property.title, student, secret]);
  return { values, dice: new Lab({ seed }) };
}

function allRight(cases: readonly Case[], replies: readonly Reply[]): Outcome {
  for (const [i, { args, wanted }] of cases.entries()) {
    const reply = replies[i] ?? { failure: "no reply" };
    const call = `(${args.map(short).join(", ")})`;
    if ("failure" in reply) return no(`Called with ${call}: ${reply.failure}`);
    if (!isDeepStrictEqual(reply.result, wanted))
      return no(`Called with ${call} it gives ${short(reply.result)}; it should be ${short(wanted)}.`);
  }
  return { ok: true, because: `${cases.length} cases` };
}

function attempt(work: () => Outcome): Outcome {
  try {
    return work();
  } catch (error) {
    return no(error instanceof Error ? error.message : String(error));
  }
}

/** An outcome that is not what it should be. */
export function no(because: string): Outcome {
  return { ok: false, because };
}

/** The outcome of the first that is not as it should be, or else of the last. */
export function all(...outcomes: readonly (() => Outcome)[]): Outcome {
  let last: Outcome = { ok: true, because: "" };
  for (const outcome of outcomes) {
    last = outcome();
    if (!last.ok) return last;
  }
  return last;
}
