// The homework through the real nbgrader, with our kernel: from generate_assignment to export.
import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { expect } from "chai";
import { jupyterPython, ROOT } from "../jupyter/python.ts";
import type { Tested } from "./graded.ts";
import { type Cells, HOMEWORK, RIGHT, submission, WRONG } from "./submissions.ts";
import { HUNT } from "./submissions-hunt.ts";
import { LVS } from "./submissions-lvs.ts";
import { SCHEDULERS } from "./submissions-schedulers.ts";
import { SERVICES } from "./submissions-services.ts";

interface Told {
  readonly grades: Readonly<Record<string, number>>;
  readonly most: Readonly<Record<string, number>>;
  readonly feedback: Readonly<Record<string, string>>;
}

const OTHERS: readonly Tested[] = [SERVICES, LVS, SCHEDULERS, HUNT];

/** A Python that has nbgrader and the kernel: NBGRADER_PYTHON, or that of .venv once somebody installed nbgrader there. */
const python = process.env.NBGRADER_PYTHON ?? jupyterPython();
const found = python !== undefined && spawnSync(python, ["-c", "import nbgrader"]).status === 0;

describe("nbgrader", function () {
  this.timeout(1_200_000);
  if (!found) {
    it("grades homework: left out, .venv has no nbgrader (.venv/bin/pip install nbgrader)");
    return;
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "packetwalk-nbgrader-"));
  let told: Readonly<Record<string, Told>>;

  before(async () => {
    const hand = (name: string, student: string, cells: Cells, file: string) => {
      const place = path.join(folder, "handed-in", name);
      fs.mkdirSync(place, { recursive: true });
      fs.writeFileSync(path.join(place, `${student}.ipynb`), JSON.stringify(submission(cells, file)));
    };
    for (const { name, file, right } of OTHERS) hand(name, "right", right, file);
    const put = (student: string, cells: Cells) => hand("pods", student, { ...RIGHT, ...cells }, HOMEWORK);
    put("right", {});
    put("masquerades", WRONG["masquerades between the nodes"]!.cells);
    // Gives itself points in a locked cell, has a check of its own, prints 100 MB, and throws.
    put("tampers", {
      "sizes-answer": 'const check = () => "✔";\nfor (let i = 0; i < 1000; i++) console.log("x".repeat(100_000));',
      "sizes-points": "3",
      "journey-answer": 'throw new Error("I gave up")',
    });
    put("never-ends", { "sizes-answer": "for (;;);" });
    const script = path.join(ROOT, "test", "course", "nbgrader.py");
    const out = await new Promise<string>((resolve, reject) => {
      const child = spawn(python!, [script, ROOT, folder], { stdio: ["ignore", "pipe", "pipe"] });
      let [text, wrong] = ["", ""];
      child.stdout.on("data", (piece) => {
        text += piece;
      });
      child.stderr.on("data", (piece) => {
        wrong += piece;
      });
      child.on("close", (status) => (status === 0 ? resolve(text) : reject(new Error(wrong))));
    });
    told = JSON.parse(out);
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  it("gives the points that packetwalk grade gives, partial credit included", () => {
    expect(told.pods!.grades).to.deep.equal({ right: 31, masquerades: 30, tampers: 24, "never-ends": 28 });
  });

  it("shows in the feedback which property was lost, and why", () => {
    expect(told.pods!.feedback.masquerades).to.match(
      /✘ 0\/1 a pod is seen with its own address\s+blue sees 192\.168\./,
    );
    expect(told.pods!.feedback.right).not.to.include("✘ 0/");
  });

  for (const { name } of OTHERS)
    it(`gives all points of ${name} to its reference solution`, () => {
      const { grades, most, feedback } = told[name]!;
      expect(most.right).to.be.within(30, 34);
      expect(grades).to.deep.equal({ right: most.right });
      expect(feedback.right).not.to.include("✘ 0/");
    });
});
