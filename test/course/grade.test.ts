// `packetwalk grade` as a teacher runs it: right, unusual, wrong, broken and hostile submissions in one folder.
import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { expect } from "chai";
import { pointsOf } from "../../lib/course/assignment.ts";
import { assignmentNamed } from "../../lib/course/judges/registry.ts";
import { ROOT } from "../jupyter/python.ts";
import { attacks } from "./attacks.ts";
import { HOMEWORK, RIGHT, submission, UNUSUAL, WRONG } from "./submissions.ts";

const MAIN = path.join(ROOT, "dist", "lib", "cli", "main.js");

interface Told {
  readonly points: number;
  readonly of: number;
  readonly digest: string;
  readonly corrupt?: string;
  readonly problems: readonly string[];
  readonly tasks: readonly {
    readonly task: string;
    readonly properties: readonly { title: string; points: number; of: number; because: string }[];
  }[];
}

function grade(...args: string[]): Promise<{ status: number | null; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [MAIN, "grade", ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let [out, err] = ["", ""];
    child.stdout.on("data", (piece) => {
      out += piece;
    });
    child.stderr.on("data", (piece) => {
      err += piece;
    });
    child.on("close", (status) => resolve({ status, out, err }));
  });
}

describe("packetwalk grade", function () {
  this.timeout(300_000);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "packetwalk-class-"));
  const submissions = path.join(folder, "handed in");
  const out = path.join(folder, "grades.json");
  const apart = spawnSync("unshare", ["-r", "--net", "--pid", "--fork", "true"]).status === 0;
  const hostile = attacks(apart);
  let students: Readonly<Record<string, Told>>;
  let ended: Awaited<ReturnType<typeof grade>>;
  const name = (kind: string, title: string) => `${kind}-${title.replace(/[^A-Za-z0-9]+/g, "-")}`;
  const read = (): Readonly<Record<string, Told>> => JSON.parse(fs.readFileSync(out, "utf8")).students;

  before(async () => {
    fs.mkdirSync(submissions);
    const put = (student: string, text: string) => fs.writeFileSync(path.join(submissions, `${student}.ipynb`), text);
    const hand = (student: string, cells: object) =>
      put(student, JSON.stringify(submission({ ...RIGHT, ...cells } as typeof RIGHT)));
    hand("right", {});
    for (const [title, cells] of Object.entries(UNUSUAL)) hand(name("unusual", title), cells);
    for (const [title, { cells }] of Object.entries(WRONG)) hand(name("wrong", title), cells);
    for (const [title, { cells }] of Object.entries(hostile)) hand(name("attack", title), cells);
    put("unsolved", JSON.stringify(submission({})));
    put("corrupt", '{"cells": [');
    fs.mkdirSync(path.join(submissions, "empty"));
    fs.mkdirSync(path.join(submissions, "nbgrader", "pods"), { recursive: true });
    fs.copyFileSync(path.join(submissions, "right.ipynb"), path.join(submissions, "nbgrader", "pods", "1.ipynb"));
    fs.symlinkSync("/etc/passwd", path.join(submissions, "link.ipynb"));
    ended = await grade(submissions, "--homework", "pods", "--out", out, "--secret", "of the test", "--timeout", "10");
    students = read();
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  if (!apart) it("cuts submissions off from the network and other processes: left out, unshare is not allowed here");

  it("gives full points to what is right, however it was done", () => {
    for (const student of ["right", "nbgrader", ...Object.keys(UNUSUAL).map((title) => name("unusual", title))])
      expect(students[student]?.points, `${student}: ${JSON.stringify(students[student])}`).to.equal(31);
  });

  for (const [title, { loses }] of Object.entries(WRONG)) {
    it(`takes points for one reason where a submission ${title}`, () => {
      const { tasks } = students[name("wrong", title)]!;
      const lost = tasks.flatMap(({ task, properties }) =>
        properties
          .filter(({ points, of }) => points < of)
          .map((each) => [`${task}: ${each.title}`, each.because] as const),
      );
      expect(lost.map(([property]) => property)).to.deep.equal(Object.keys(loses));
      for (const [property, because] of lost) expect(because).to.match(loses[property]!);
    });
  }

  for (const [title, { problems, keeps }] of Object.entries(hostile)) {
    it(`goes on where a submission ${title}`, () => {
      const told = students[name("attack", title)]!;
      expect(told.points, JSON.stringify(told)).to.be.at.least(keeps);
      for (const problem of problems) expect(told.problems.join("\n")).to.match(problem);
    });
  }

  it("gives nothing for nothing, and says so", () => {
    expect(students.unsolved?.points).to.be.below(4);
    expect(students.unsolved?.tasks.length).to.equal(6);
  });

  it("tells what it could not grade, and grades the rest", () => {
    expect(ended.status).to.equal(1);
    expect(students.corrupt?.corrupt).to.match(/not JSON: line 1/);
    expect(students.empty?.corrupt).to.equal("there is no notebook");
    expect(students.link?.corrupt).to.match(/neither a file nor a folder/);
    expect(ended.out).to.match(
      /^student +journey\/4 +nextHop\/6 +listeners\/4 +wiring\/8 +sizes\/3 +repair\/6 +points$/m,
    );
    expect(ended.out).to.match(/^right +4 +6 +4 +8 +3 +6 +31\/31$/m);
  });

  it("takes up again what it did, and grades anew what changed", async () => {
    const file = path.join(submissions, "unsolved.ipynb");
    fs.writeFileSync(file, JSON.stringify(submission({ "sizes-answer": RIGHT["sizes-answer"]! })));
    await grade(submissions, "--homework", "pods", "--out", out);
    const again = read();
    expect(again.unsolved?.points).to.equal(students.unsolved!.points + 3);
    for (const [student, told] of Object.entries(students))
      if (student !== "unsolved") expect(again[student]).to.deep.equal(told);
  });

  it("has a homework that shows what is committed, and promises the points there are", () => {
    const { status, stdout } = spawnSync(process.execPath, [MAIN, "run", "--check", HOMEWORK], { encoding: "utf8" });
    expect(status, stdout).to.equal(0);
    const { cells } = submission({});
    const promised = cells.flatMap(({ id, metadata }) => {
      const { points } = (metadata.nbgrader ?? {}) as { points?: number };
      return points === undefined ? [] : [[id, points]];
    });
    const tasks = assignmentNamed("pods").tasks.map((task) => [`${task.name}-points`, pointsOf(task)]);
    expect(promised).to.deep.equal(tasks);
  });

  for (const [args, said] of [
    [[], /needs one folder/],
    [["nowhere"], /there is no folder "nowhere"/],
    [[os.tmpdir(), "--homework", "x"], /no such assignment: "x". There is pods/],
    [[os.tmpdir()], /say which homework, like --homework pods; there are pods, /],
    [[os.tmpdir(), "--homework", "pods", "--jobs", "0"], /--jobs takes a whole number from 1/],
  ] as const)
    it(`refuses "grade ${args.join(" ")}" in one line`, async () => {
      const { status, err } = await grade(...args);
      expect(status).to.equal(2);
      expect(err).to.match(said);
    });
});
