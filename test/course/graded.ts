// Grades what students hand in for a homework with `packetwalk grade`, as a teacher does: right, unusual and wrong answers
// in one folder. Answers that have nothing to do with each other share a submission, for each one is a process.
import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { expect } from "chai";
import { pointsOf } from "../../lib/course/assignment.ts";
import { assignmentNamed } from "../../lib/course/judges/registry.ts";
import { ROOT } from "../jupyter/python.ts";
import { type Cells, submission, type Wrong } from "./submissions.ts";

const MAIN = path.join(ROOT, "dist", "lib", "cli", "main.js");

/** A homework with all that its tests hand in. */
export interface Tested {
  readonly name: string;
  /** The notebook. */
  readonly file: string;
  /** All that is right; right for every student. */
  readonly right: Cells;
  readonly unusual: Readonly<Record<string, Cells>>;
  readonly wrong: Readonly<Record<string, Wrong>>;
}

interface Told {
  readonly points: number;
  readonly problems: readonly string[];
  readonly tasks: readonly {
    readonly task: string;
    readonly properties: readonly { title: string; points: number; of: number; because: string }[];
  }[];
}

/** Whose submission holds which answers: the first one that has none for the same cells. */
function packed(answers: readonly (readonly [title: string, cells: Cells])[]): Map<string, Cells>[] {
  const packs: Map<string, Cells>[] = [];
  for (const [title, cells] of answers) {
    const isFree = (pack: Map<string, Cells>) =>
      [...pack.values()].every((other) => Object.keys(cells).every((id) => !(id in other)));
    const pack = packs.find(isFree);
    if (pack === undefined) packs.push(new Map([[title, cells]]));
    else pack.set(title, cells);
  }
  return packs;
}

/** The tests of a homework. */
export function describeHomework({ name, file, right, unusual, wrong }: Tested): void {
  describe(`homework ${name}`, function () {
    this.timeout(300_000);
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), `packetwalk-${name}-`));
    const whose = new Map<string, string>([["the solution", "right"]]);
    const of = pointsOfAll(name);
    let students: Readonly<Record<string, Told>>;

    before(async () => {
      const submissions = path.join(folder, "handed in");
      fs.mkdirSync(submissions);
      const hand = (student: string, cells: Cells) => {
        const text = JSON.stringify(submission({ ...right, ...cells }, file));
        fs.writeFileSync(path.join(submissions, `${student}.ipynb`), text);
      };
      hand("right", {});
      const kinds = {
        unusual: Object.entries(unusual),
        wrong: Object.entries(wrong).map(([t, { cells }]) => [t, cells] as const),
      };
      for (const [kind, answers] of Object.entries(kinds))
        for (const [i, pack] of packed(answers).entries()) {
          hand(`${kind}-${i}`, Object.assign({}, ...pack.values()));
          for (const title of pack.keys()) whose.set(title, `${kind}-${i}`);
        }
      const out = path.join(folder, "grades.json");
      const status = await grade(submissions, "--homework", name, "--out", out, "--secret", "of the test");
      expect(status).to.equal(0);
      students = JSON.parse(fs.readFileSync(out, "utf8")).students;
    });
    after(() => fs.rmSync(folder, { recursive: true }));

    for (const title of ["the solution", ...Object.keys(unusual)])
      it(`gives full points to ${title}`, () => {
        const told = students[whose.get(title)!];
        expect(told?.points, JSON.stringify(told, null, 1)).to.equal(of);
        expect(told?.problems).to.deep.equal([]);
      });

    for (const [title, { loses }] of Object.entries(wrong))
      it(`takes points for one reason where a submission ${title}`, () => {
        const tasks = new Set(Object.keys(loses).map((each) => each.split(":")[0]));
        const lost = students[whose.get(title)!]!.tasks.filter(({ task }) => tasks.has(task)).flatMap(
          ({ task, properties }) =>
            properties
              .filter(({ points, of }) => points < of)
              .map((each) => [`${task}: ${each.title}`, each.because] as const),
        );
        expect(lost.map(([property]) => property)).to.deep.equal(Object.keys(loses));
        for (const [property, because] of lost) expect(because).to.match(loses[property]!);
      });

    it("takes points for nothing else", () => {
      for (const student of new Set(Object.keys(wrong).map((title) => whose.get(title)!))) {
        const { points, problems, tasks } = students[student]!;
        expect(problems).to.deep.equal([]);
        const lost = Object.entries(wrong)
          .filter(([title]) => whose.get(title) === student)
          .flatMap(([, { loses }]) => Object.keys(loses));
        const properties = tasks.flatMap(({ task, properties }) =>
          properties.map((each) => [`${task}: ${each.title}`, each.of] as const),
        );
        const kept = properties.filter(([title]) => !lost.includes(title)).reduce((sum, [, each]) => sum + each, 0);
        expect(points, student).to.equal(kept);
      }
    });

    it("shows what is committed, and promises the points there are", () => {
      const { status, stdout } = spawnSync(process.execPath, [MAIN, "run", "--check", file], { encoding: "utf8" });
      expect(status, stdout).to.equal(0);
      const promised = submission({}, file).cells.flatMap(({ id, metadata }) => {
        const { points } = (metadata.nbgrader ?? {}) as { points?: number };
        return points === undefined ? [] : [[id, points]];
      });
      const tasks = assignmentNamed(name).tasks.map((task) => [`${task.name}-points`, pointsOf(task)]);
      expect(promised).to.deep.equal(tasks);
    });
  });
}

function pointsOfAll(name: string): number {
  return assignmentNamed(name).tasks.reduce((sum, task) => sum + pointsOf(task), 0);
}

function grade(...args: string[]): Promise<number | null> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [MAIN, "grade", ...args], { stdio: "ignore" });
    child.on("close", resolve);
  });
}
