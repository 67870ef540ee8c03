// The chapters do what they say: their outputs come out again, their exercises can be solved, and a mistake is named.
import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { type Cell, type Notebook, type Output, parseNotebook, sourceOf } from "../../lib/jupyter/notebook.ts";
import { ANSWERS, type Change, type Exercise } from "./solutions.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const CLI = path.join(ROOT, "dist", "lib", "cli", "main.js");
const FOLDER = path.join(ROOT, "notebooks");

const chapters = fs
  .readdirSync(FOLDER)
  .filter((file) => file.endsWith(".ipynb"))
  .sort();

function read(file: string): Notebook {
  return parseNotebook(fs.readFileSync(file, "utf8"), path.basename(file));
}

/** `packetwalk run`, in a process of its own as a student's would be. */
function run(...args: string[]): Promise<{ status: number | null; text: string }> {
  return new Promise((resolve) => {
    const said: Buffer[] = [];
    const child: ChildProcess = spawn(process.execPath, [CLI, "run", ...args], { cwd: ROOT });
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (piece) => said.push(piece));
    child.on("close", (status) => resolve({ status, text: Buffer.concat(said).toString() }));
  });
}

const tagsOf = (cell: Cell): string[] => cell.metadata.tags ?? [];
const isCode = (cell: Cell): boolean => cell.cell_type === "code";

function textOf(outputs: readonly Output[] | undefined): string {
  const join = (text: unknown): string => (Array.isArray(text) ? text.join("") : String(text ?? ""));
  return (outputs ?? [])
    .map((output) => join(output.text ?? (output.data as Record<string, unknown> | undefined)?.["text/plain"]))
    .join("\n");
}

function cellOf(notebook: Notebook, id: string): Cell {
  const cell = notebook.cells.find((each) => each.id === id);
  if (cell === undefined) throw new Error(`there is no cell ${id}`);
  return cell;
}

/** Runs the chapter with changed cells, each after the one it was, as a student does; gives what it showed. */
async function runChanged(file: string, changes: ReadonlyMap<string, readonly Change[]>): Promise<Notebook> {
  const notebook = read(path.join(FOLDER, file));
  for (const [id, list] of changes) {
    const cell = cellOf(notebook, id);
    notebook.cells.splice(notebook.cells.indexOf(cell), 0, { ...cell, id: `${id}-before` });
    let source = sourceOf(cell);
    for (const [from, to] of list) {
      expect(source, `cell ${id} has the text to change`).to.include(from);
      source = source.replace(from, () => to);
    }
    cell.source = source;
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "packetwalk-chapter-"));
  try {
    // Chapters name files beside their folder: ../assets/manifests.
    fs.symlinkSync(path.join(ROOT, "assets"), path.join(folder, "assets"));
    const place = path.join(folder, "notebooks", file);
    fs.mkdirSync(path.dirname(place));
    fs.writeFileSync(place, JSON.stringify(notebook));
    const { status, text } = await run(place);
    expect(status, text).to.equal(0);
    return read(place);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

describe("chapters", function () {
  this.timeout(300_000);

  it("are those that have answers here", () => {
    expect(chapters).to.deep.equal(Object.keys(ANSWERS));
  });

  for (const file of chapters) {
    describe(file, () => {
      const text = fs.readFileSync(path.join(FOLDER, file), "utf8");
      const notebook = read(path.join(FOLDER, file));
      const code = notebook.cells.filter(isCode);
      const answers = ANSWERS[file]!;
      const { exercises, guesses, rows } = answers;

      // All processes at once: they only wait for each other otherwise.
      let checked: Awaited<ReturnType<typeof run>>;
      let solved: Notebook;
      let mistaken: Notebook;
      // Of what has a second answer of the kind; the others stay as they are.
      let unusual: Notebook | null;
      let alsoMistaken: Notebook | null;
      before(async () => {
        const second = (pick: (exercise: Exercise) => readonly Change[] | undefined) => {
          const changes = exercises.flatMap((each) => (pick(each) ? [[each.cell, pick(each)!] as const] : []));
          return changes.length > 0 ? runChanged(file, new Map(changes)) : null;
        };
        const changes = (kind: "right" | "wrong") =>
          new Map<string, readonly Change[]>([
            ...exercises.map((exercise) => [exercise.cell, exercise[kind]] as const),
            ...guesses.map((guess) => [guess.cell, [['"?"', guess[kind]]]] as const),
          ]);
        [checked, solved, mistaken, unusual, alsoMistaken] = await Promise.all([
          run(path.join(FOLDER, file), "--check"),
          runChanged(file, changes("right")),
          runChanged(file, changes("wrong")),
          second((exercise) => exercise.unusual),
          second((exercise) => exercise.alsoWrong?.changes),
        ]);
      });

      it("shows what is committed, byte for byte", () => {
        expect(checked.status, checked.text).to.equal(0);
      });

      it("was run from top to bottom, by our kernel", () => {
        expect(code.map((cell) => cell.execution_count)).to.deep.equal(code.map((_, i) => i + 1));
        expect(notebook.metadata.kernelspec).to.include({ name: "packetwalk", language: "typescript" });
        expect([notebook.nbformat, notebook.nbformat_minor]).to.deep.equal([4, 5]);
      });

      it("has errors only where they are meant", () => {
        for (const cell of code)
          expect(
            (cell.outputs ?? []).some(({ output_type }) => output_type === "error"),
            `cell ${cell.id}`,
          ).to.equal(tagsOf(cell).includes("raises-exception"));
        expect(code.filter((cell) => tagsOf(cell).includes("raises-exception"))).to.have.length(1);
      });

      it("shows every statement of the notes once, by a cell that ran", () => {
        const shown = code.flatMap((cell) => tagsOf(cell).filter((tag) => tag.startsWith("row:")));
        expect(shown.map((tag) => tag.slice(4)).sort()).to.deep.equal([...rows]);
        for (const cell of code)
          if (tagsOf(cell).some((tag) => tag.startsWith("row:"))) {
            expect(cell.outputs, `cell ${cell.id}`).not.to.be.empty;
            expect(textOf(cell.outputs), `cell ${cell.id}`).not.to.include("✘");
          }
      });

      it("begins with goals and a picture", () => {
        const goals = sourceOf(notebook.cells[0]!).match(/^\d\. /gm) ?? [];
        expect(goals.length).to.be.within(3, 6);
        expect(JSON.stringify(notebook.cells.slice(0, 3))).to.include("data:image/svg+xml");
      });

      it("asks to predict and to practise", () => {
        const asked = code.filter((cell) => /\bpredict\(/.test(sourceOf(cell)));
        expect(asked.map((cell) => cell.id)).to.deep.equal(guesses.map(({ cell }) => cell));
        expect(asked.length).to.be.at.least(2);
        const numbers = new Set(code.flatMap((cell) => tagsOf(cell).filter((tag) => tag.startsWith("exercise:"))));
        expect(numbers.size).to.be.at.least(4);
        expect(numbers.size).to.equal(exercises.length);
      });

      it("is committed unsolved, and says what is missing", () => {
        for (const { cell, verdict = cell } of exercises)
          expect(textOf(cellOf(notebook, verdict).outputs), verdict).to.match(/^✘ Exercise[\s\S]*\n {2}\S/m);
        for (const { cell } of guesses)
          expect(textOf(cellOf(notebook, cell).outputs), cell).to.include("Put your prediction");
      });

      it("passes its exercises and predictions with right answers", () => {
        for (const { cell, verdict = cell } of exercises)
          expect(textOf(cellOf(solved, verdict).outputs), verdict).to.match(/^✔ Exercise/m);
        for (const { cell } of guesses) expect(textOf(cellOf(solved, cell).outputs), cell).to.include("as you said");
      });

      it("passes an answer that nobody expects", () => {
        for (const { cell, verdict = cell } of exercises.filter((each) => each.unusual))
          expect(textOf(cellOf(unusual!, verdict).outputs), verdict).to.match(/^✔ Exercise/m);
      });

      it("names the cause of a wrong answer", () => {
        const names = (notebook: Notebook, verdict: string, because: RegExp) => {
          const said = textOf(cellOf(notebook, verdict).outputs);
          expect(said, verdict).to.match(/^✘ Exercise/m);
          expect(said, verdict).to.match(because);
        };
        for (const { cell, verdict = cell, because, alsoWrong } of exercises) {
          names(mistaken, verdict, because);
          if (alsoWrong) names(alsoMistaken!, verdict, alsoWrong.because);
        }
        for (const { cell, wrong } of guesses)
          expect(textOf(cellOf(mistaken, cell).outputs), cell).to.include(`✘ you said ${wrong.replaceAll('"', "'")}`);
      });

      it("has the size of a lesson", () => {
        expect(text.length).to.be.below(1_500_000);
        const { most = { cells: 50, words: 1800 } } = answers;
        expect(notebook.cells.length).to.be.within(35, most.cells);
        const words = notebook.cells.filter((cell) => !isCode(cell)).flatMap((cell) => sourceOf(cell).split(/\s+/));
        expect(words.length).to.be.within(1200, most.words);
        for (const cell of code)
          for (const line of sourceOf(cell).split("\n")) expect(line.length, `${cell.id}: ${line}`).to.be.at.most(110);
        expect(new Set(notebook.cells.map((cell) => cell.id)).size).to.equal(notebook.cells.length);
      });
    });
  }
});
