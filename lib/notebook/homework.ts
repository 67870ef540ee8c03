// The verbs of homework: a student's own values, and the points of what was handed in.
import { type Answer, callsOf, type Judged, judge, type Reply } from "../course/assignment.ts";
import { handedIn, type OwnFunction } from "../course/hand-in.ts";
import { type Homeworks, valuesOf } from "../course/homework.ts";
import { escapeMarkup } from "../draw/dom.ts";
import { say } from "../language/say.ts";
import { DISPLAY, INSPECT, type Shown } from "./display.ts";

let current: { readonly name: keyof Homeworks; readonly student: string } | undefined;

/**
 * The addresses, sizes and labs of an assignment that are this student's own: the same whenever they are asked for. Where
 * homework is graded, the grader says whose it is (PACKETWALK_STUDENT), whatever the notebook says.
 *
 * @example
 * const mine = homework("pods", "s1042");
 */
export function homework<Name extends keyof Homeworks>(name: Name, student: string): Homeworks[Name] {
  const whose = process.env.PACKETWALK_STUDENT ?? folderOfNbgrader() ?? student;
  const values = valuesOf(name, whose);
  current = { name, student: whose };
  return values;
}

/** nbgrader runs a submission in autograded/STUDENT/ASSIGNMENT. */
function folderOfNbgrader(): string | undefined {
  return /[\\/]autograded[\\/]([^\\/]+)[\\/][^\\/]+$/.exec(process.cwd())?.[1];
}

/** The points of a task. Its text is their number, which nbgrader reads as partial credit; below it stands why. */
export class Graded {
  readonly judged: readonly Judged[];

  constructor(judged: readonly Judged[]) {
    this.judged = judged;
  }
  get points(): number {
    return this.judged.reduce((sum, { points }) => sum + points, 0);
  }
  toString(): string {
    return String(this.points);
  }
  [DISPLAY](): Shown {
    const lines = this.judged.map(({ ok, title, because, points, of }) => {
      return `${ok ? "✔" : "✘"} ${points}/${of} ${say(title)}${ok ? "" : `\n    ${say(because)}`}`;
    });
    return { "text/plain": this.toString(), "text/html": `<pre>${escapeMarkup(lines.join("\n"))}</pre>` };
  }
  [INSPECT](): string {
    return this.toString();
  }
}

/** What `graded` shows where nobody grades. */
export class Waiting {
  private readonly task: string;

  constructor(task: string) {
    this.task = task;
  }
  toString(): string {
    const given = handedIn(this.task) !== undefined;
    return say(given ? `"${this.task}" is handed in; it is graded later.` : `"${this.task}" is not handed in yet.`);
  }
  [DISPLAY](): Shown {
    return { "text/plain": this.toString() };
  }
  [INSPECT](): string {
    return this.toString();
  }
}

/**
 * The points of a task that was handed in, where a grader's secret is set (PACKETWALK_GRADER), as when nbgrader runs this
 * notebook; elsewhere only whether it was. `packetwalk grade` needs no such cell.
 */
export async function graded(task: string): Promise<Graded | Waiting> {
  const secret = process.env.PACKETWALK_GRADER;
  if (secret === undefined) return new Waiting(task);
  if (current === undefined) throw new Error('homework("pods", "your id") was not called: its cell comes first');
  // Not before it is needed: a student's own process never loads what judges.
  const { assignmentNamed, taskNamed } = await import("../course/judges/registry.ts");
  const assignment = assignmentNamed(current.name);
  const asked = taskNamed(assignment, task);
  const sitting = { student: current.student, secret };
  const given = handedIn(task);
  let answer: Answer | undefined;
  if (typeof given === "function") {
    const replies: Reply[] = [];
    for (const args of callsOf(assignment, asked, sitting)) replies.push(await reply(given as OwnFunction, args));
    answer = { replies };
  } else if (given !== undefined) answer = { value: given };
  return new Graded(judge(assignment, asked, sitting, answer));
}

async function reply(own: OwnFunction, args: readonly unknown[]): Promise<Reply> {
  try {
    return { result: await own(...structuredClone(args)) };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}
