// `packetwalk grade`: a class's submissions, graded by what their labs, commands and functions do.
import { createHash, randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { type Answer, type Assignment, callsOf, pointsOf, type Sitting } from "../course/assignment.ts";
import { assignmentNamed, assignmentNames } from "../course/judges/registry.ts";
import { type Notebook, parseNotebook, sourceOf } from "../jupyter/notebook.ts";
import { BadInput } from "../wire/input.ts";
import type { Call } from "./grade-child.ts";
import { type Confinement, confine, type Limits, runConfined } from "./grade-confined.ts";
import { Judge } from "./grade-judge.ts";
import { type Grade, Progress, type TaskGrade, table } from "./grade-report.ts";
import { Mistake, readOptions } from "./options.ts";

/** The file of grades. */
interface Grades {
  readonly homework: string;
  /** Seed of the hidden cases: kept here, so that grading again gives the same. */
  readonly secret: string;
  readonly students: Readonly<Record<string, Grade>>;
}

interface Submission {
  readonly student: string;
  readonly file?: string;
  readonly corrupt?: string;
}

const MOST_OCTETS = 30_000_000;
/** A notebook is run again without a cell that ended it, so often. */
const RERUNS = 3;
const JUDGE_SECONDS = 20;

/** Runs the subcommand: 0 when every submission could be graded. */
export async function command(args: string[]): Promise<number> {
  const valued = ["--homework", "--out", "--secret", "--jobs", "--timeout"];
  const { flags, values, rest } = readOptions("grade", args, ["--again", "--json"], valued);
  const [folder, ...more] = rest;
  if (folder === undefined || more.length > 0)
    throw new Mistake("packetwalk grade needs one folder with a notebook, or a folder, for each student");
  if (!fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new Mistake(`there is no folder "${folder}"`);
  const assignment = homeworkNamed(values.get("--homework"));
  const out = path.resolve(values.get("--out") ?? `${path.resolve(folder)}.grades.json`);
  const before = flags.has("--again") ? undefined : readGrades(out, assignment.name);
  const secret = values.get("--secret") ?? before?.secret ?? randomBytes(12).toString("hex");
  const jobs = whole(values, "--jobs", os.availableParallelism());
  const seconds = whole(values, "--timeout", 30);
  const submissions = submissionsIn(folder);
  if (submissions.length === 0) throw new Mistake(`there is no submission in "${folder}"`);

  // What an earlier run did stays in the file, should this one be ended as well.
  const isHere = new Set(submissions.map(({ student }) => student));
  const grades = new Map(Object.entries(before?.students ?? {}).filter(([student]) => isHere.has(student)));
  const save = () => {
    const students = Object.fromEntries([...grades].sort(([a], [b]) => (a < b ? -1 : 1)));
    fs.writeFileSync(`${out}.new`, `${JSON.stringify({ homework: assignment.name, secret, students }, null, 1)}\n`);
    fs.renameSync(`${out}.new`, out);
  };
  const progress = new Progress(submissions.length);
  const confinement = confine();
  const onSignal = () => {
    confinement.remove();
    process.exit(130);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, onSignal);
  const waiting = submissions.values();
  const work = async () => {
    const grader = new Grader(assignment, secret, confinement, { seconds, totalSeconds: 10 * seconds });
    for (const submission of waiting) {
      const { student } = submission;
      grades.set(student, await grader.grade(submission, before?.students[student]));
      save();
      progress.step(student);
    }
    grader.close();
  };
  try {
    await Promise.all(Array.from({ length: Math.min(jobs, submissions.length) }, work));
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.removeListener(signal, onSignal);
    confinement.remove();
  }
  const sorted = new Map([...grades].sort(([a], [b]) => (a < b ? -1 : 1)));
  process.stdout.write(flags.has("--json") ? fs.readFileSync(out) : `${table(sorted)}\n`);
  if (!confinement.apart)
    process.stderr.write(
      "packetwalk: submissions had the network and could signal processes: unshare is not allowed here\n",
    );
  process.stderr.write(`packetwalk: the grades, with the reasons, are in ${out}\n`);
  return [...grades.values()].some(({ corrupt }) => corrupt !== undefined) ? 1 : 0;
}

function homeworkNamed(name: string | undefined): Assignment<unknown> {
  const [only, ...more] = assignmentNames();
  if (name === undefined && more.length > 0)
    throw new Mistake(`say which homework, like --homework ${only}; there are ${assignmentNames().join(", ")}`);
  try {
    return assignmentNamed(name ?? only!);
  } catch (error) {
    if (error instanceof BadInput) throw new Mistake(error.message);
    throw error;
  }
}

function whole(values: ReadonlyMap<string, string>, name: string, otherwise: number): number {
  const text = values.get(name);
  if (text === undefined) return otherwise;
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new Mistake(`${name} takes a whole number from 1, not "${text}"`);
}

function readGrades(file: string, homework: string): Grades | undefined {
  if (!fs.existsSync(file)) return undefined;
  let grades: Grades | undefined;
  try {
    grades = JSON.parse(fs.readFileSync(file, "utf8")) as Grades;
  } catch {
    // Told below.
  }
  if (typeof grades?.secret === "string" && typeof grades.students === "object" && grades.homework === homework)
    return grades;
  throw new Mistake(`"${file}" does not hold grades of "${homework}": move it away, say --out FILE, or begin --again`);
}

/** `alice.ipynb`, or a folder `alice` with one notebook in it or one folder further down, as nbgrader collects them. */
function submissionsIn(folder: string): Submission[] {
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry): Submission[] => {
      const place = path.join(folder, entry.name);
      const student = entry.name.replace(/\.ipynb$/, "");
      if (entry.name.startsWith(".")) return [];
      if (entry.isFile()) return student === entry.name ? [] : [{ student, file: place }];
      // A link could lead anywhere.
      if (!entry.isDirectory()) return [{ student, corrupt: "it is neither a file nor a folder" }];
      const found = [place, ...foldersIn(place)].flatMap((each) => notebooksIn(each));
      if (found.length === 1) return [{ student, file: found[0]! }];
      const names = found.map((each) => path.relative(place, each)).join(", ");
      return [
        { student, corrupt: found.length === 0 ? "there is no notebook" : `there are several notebooks: ${names}` },
      ];
    });
}

const foldersIn = (place: string): string[] =>
  fs
    .readdirSync(place, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map(({ name }) => path.join(place, name));

const notebooksIn = (place: string): string[] =>
  fs
    .readdirSync(place, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ipynb"))
    .map(({ name }) => path.join(place, name));

/** Grades one submission after the other. */
class Grader {
  private readonly judge = new Judge(JUDGE_SECONDS);
  private readonly assignment: Assignment<unknown>;
  private readonly secret: string;
  private readonly confinement: Confinement;
  private readonly limits: Limits;

  constructor(assignment: Assignment<unknown>, secret: string, confinement: Confinement, limits: Limits) {
    this.assignment = assignment;
    this.secret = secret;
    this.confinement = confinement;
    this.limits = limits;
  }
  close(): void {
    this.judge.close();
  }

  /** The grade; the one `before` if nothing changed since. Never throws: what can't be graded is told as corrupt. */
  async grade({ student, file, corrupt }: Submission, before: Grade | undefined): Promise<Grade> {
    let digest = "";
    try {
      if (file === undefined) throw new Error(corrupt);
      if (fs.statSync(file).size > MOST_OCTETS) throw new Error(`it has more than ${MOST_OCTETS / 1e6} MB`);
      const text = fs.readFileSync(file, "utf8");
      digest = createHash("sha256").update(`${this.secret}\n${text}`).digest("hex");
      if (before?.digest === digest) return before;
      this.assignment.values(student);
      return { digest, ...(await this.gradeNotebook(parseNotebook(text, path.basename(file)), student)) };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const of = this.assignment.tasks.reduce((sum, task) => sum + pointsOf(task), 0);
      return { digest, points: 0, of, tasks: [], problems: [], corrupt: why };
    }
  }

  private async gradeNotebook(notebook: Notebook, student: string): Promise<Omit<Grade, "digest">> {
    const { assignment } = this;
    const sitting: Sitting = { student, secret: this.secret };
    const calls = (functions: ReadonlySet<string>): Call[] =>
      assignment.tasks
        .filter(({ name }) => functions.has(name))
        .flatMap((task) => callsOf(assignment, task, sitting).map((args) => ({ name: task.name, args })));
    const bare = notebook.cells.map(({ cell_type, source }) => ({ cell_type, source, metadata: {}, outputs: [] }));
    const text = JSON.stringify({ ...notebook, cells: bare });
    const skip: number[] = [];
    const problems: string[] = [];
    const named = (cell: number) => `cell ${cell} (${firstLine(notebook, cell)})`;
    let ran = await runConfined(this.confinement, text, student, skip, this.limits, calls);
    while (ran.ended !== null && ran.ended.cell > 0 && skip.length < RERUNS && !skip.includes(ran.ended.cell)) {
      problems.push(`${named(ran.ended.cell)}: ${ran.ended.why}; the others ran without it`);
      skip.push(ran.ended.cell);
      ran = await runConfined(this.confinement, text, student, skip, this.limits, calls);
    }
    if (ran.ended !== null) problems.push(`it did not end: ${ran.ended.why}`);
    problems.push(...ran.failed.map(({ cell, what }) => `${named(cell)}: ${what}`));
    const replies = [...ran.replies];
    const tasks: TaskGrade[] = [];
    for (const task of assignment.tasks) {
      const given = ran.answers.get(task.name);
      let answer: Answer | undefined;
      if (given !== undefined && "value" in given) answer = { value: given.value };
      else if (given !== undefined) answer = { replies: replies.splice(0, callsOf(assignment, task, sitting).length) };
      tasks.push(await this.judged(task.name, sitting, answer));
    }
    const [points, of] = [
      tasks.reduce((sum, each) => sum + each.points, 0),
      tasks.reduce((sum, each) => sum + each.of, 0),
    ];
    return { points, of, tasks, problems };
  }

  private async judged(name: string, sitting: Sitting, answer: Answer | undefined): Promise<TaskGrade> {
    const all = this.assignment.tasks.find((task) => task.name === name)!.properties;
    const properties = await this.judge
      .judge(this.assignment.name, name, sitting, answer)
      .catch(({ message }: Error) => {
        this.judge.close();
        return all.map(({ title, points }) => ({ title, points: 0, of: points, because: message }));
      });
    const sum = (pick: (each: { points: number; of: number }) => number) =>
      properties.reduce((n, each) => n + pick(each), 0);
    const shown = properties.map(({ title, points, of, because }) => ({ title, points, of, because }));
    return { task: name, points: sum(({ points }) => points), of: sum(({ of }) => of), properties: shown };
  }
}

function firstLine(notebook: Notebook, cell: number): string {
  const source = notebook.cells[cell - 1];
  const line = (source === undefined ? "" : sourceOf(source)).split("\n").find((text) => text.trim() !== "") ?? "";
  return line.length > 50 ? `${line.slice(0, 49)}…` : line;
}
