// Clean copies of the chapters.
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { expect } from "chai";
import { cleaned } from "../../lib/cli/clean.ts";
import { ROOT } from "../../lib/cli/lectures.ts";
import { type Cell, formatNotebook, sourceOf } from "../../lib/jupyter/notebook.ts";
import { CLI, chapter, chapters } from "./chapters.ts";

const code = (cells: readonly Cell[]): string[][] =>
  cells.filter((cell) => cell.cell_type === "code").map((cell) => [cell.id!, sourceOf(cell)]);

describe("a clean copy", () => {
  for (const file of chapters) {
    it(`${file}: all code, all headings, all exercises; no other text, no outputs`, () => {
      const whole = chapter(file);
      const copy = cleaned(whole);
      expect(code(copy.cells)).to.deep.equal(code(whole.cells));
      for (const cell of copy.cells) {
        if (cell.cell_type === "code") expect([cell.outputs, cell.execution_count]).to.deep.equal([[], null]);
        expect(cell.metadata).to.not.have.property("slideshow");
      }
      // Every line of text is a heading, up to the exercises and from the next heading on.
      let exercises = false;
      for (const cell of copy.cells.filter(({ cell_type }) => cell_type === "markdown")) {
        for (const line of sourceOf(cell).split("\n").filter(Boolean)) {
          if (/^#+ /.test(line)) exercises = line.startsWith("## Exercises");
          else expect(exercises, `${cell.id}: ${line}`).to.equal(true);
        }
      }
      const headings = (cells: readonly Cell[]): number =>
        cells.flatMap((cell) => (cell.cell_type === "markdown" ? (sourceOf(cell).match(/^##? .*/gm) ?? []) : []))
          .length;
      expect(headings(copy.cells)).to.equal(headings(whole.cells));
      expect(formatNotebook(cleaned(copy))).to.equal(formatNotebook(copy));
    });
  }

  it("is written by the command, the same each time, and never over the chapter", () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "clean-"));
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [CLI, "clean", ...args], { cwd: folder, encoding: "utf8" });
    fs.mkdirSync(path.join(folder, "notebooks"));
    fs.copyFileSync(path.join(ROOT, "notebooks", chapters[1]!), path.join(folder, "notebooks", "one.ipynb"));
    const first = run("notebooks/one.ipynb");
    expect([first.stderr, first.stdout]).to.deep.equal(["", "packetwalk: wrote clean/one.ipynb\n"]);
    const text = fs.readFileSync(path.join(folder, "clean", "one.ipynb"), "utf8");
    expect(text).to.equal(formatNotebook(cleaned(chapter(chapters[1]!))));
    const over = run("notebooks/one.ipynb", "--out", "notebooks");
    expect([over.status, over.stderr]).to.deep.equal([
      2,
      'packetwalk: the clean copy of "notebooks/one.ipynb" would take its place: give another folder with --out DIR\n',
    ]);
    fs.rmSync(folder, { recursive: true });
  });
});
