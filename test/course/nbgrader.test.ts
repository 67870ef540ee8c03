// Homework 1 through the real nbgrader, with our kernel: from generate_assignment to export.
import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { expect } from "chai";
import { jupyterPython, ROOT } from "../jupyter/python.ts";
import { RIGHT, submission, WRONG } from "./submissions.ts";

/** A Python that has nbgrader and the kernel: NBGRADER_PYTHON, or that of .venv once somebody installed nbgrader there. */
const python = process.env.NBGRADER_PYTHON ?? jupyterPython();
const found = python !== undefined && spawnSync(python, ["-c", "import nbgrader"]).status === 0;

describe("nbgrader", function () {
  this.timeout(600_000);
  if (!found) {
    it("grades homework: left out, .venv has no nbgrader (.venv/bin/pip install nbgrader)");
    return;
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "packetwalk-nbgrader-"));
  let told: { grades: Record<string, number>; feedback: Record<string, string> };

  before(async () => {
    fs.mkdirSync(path.join(folder, "handed-in"));
    const put = (student: string, cells: object) => {
      const text = JSON.stringify(submission({ ...RIGHT, ...cells } as typeof RIGHT));
      fs.writeFileSync(path.join(folder, "handed-in", `${student}.ipynb`), text);
    };
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
    expect(told.grades).to.deep.equal({ right: 31, masquerades: 30, tampers: 24, "never-ends": 28 });
  });

  it("shows in the feedback which property was lost, and why", () => {
    expect(told.feedback.masquerades).to.match(/✘ 0\/1 a pod is seen with its own address\s+blue sees 192\.168\./);
    expect(told.feedback.right).not.to.include("✘ 0/");
  });
});
