// `packetwalk clean`: chapters to be filled in class: headings, code and exercises; no text, no outputs.
import * as fs from "node:fs";
import * as path from "node:path";
import { type Cell, formatNotebook, type Notebook, sourceOf } from "../jupyter/notebook.ts";
import { readChapter } from "./chapter.ts";
import { Mistake, readOptions } from "./options.ts";
import { isExercises, sections } from "./sections.ts";

/** Runs the subcommand; 0 when every copy is written. */
export async function command(args: string[]): Promise<number> {
  const options = readOptions("clean", args, [], ["--out"]);
  if (options.rest.length === 0)
    throw new Mistake("packetwalk clean needs a notebook, like notebooks/02-pod-to-pod.ipynb");
  const copies = options.rest.map((file) => ({ file, text: formatNotebook(cleaned(readChapter(file))) }));
  for (const { file, text } of copies) {
    // Beside the chapters' folder the files that cells name (../assets/...) are where they were.
    const folder = path.resolve(options.values.get("--out") ?? path.join(path.dirname(file), "..", "clean"));
    const target = path.join(folder, path.basename(file));
    if (fs.existsSync(target) && fs.realpathSync(target) === fs.realpathSync(file))
      throw new Mistake(`the clean copy of "${file}" would take its place: give another folder with --out DIR`);
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(target, text);
    process.stdout.write(`packetwalk: wrote ${path.relative(process.cwd(), target)}\n`);
  }
  return 0;
}

/** The notebook without text and outputs: its headings, its code, and what its exercises ask. */
export function cleaned(notebook: Notebook): Notebook {
  const cells: Cell[] = [];
  let exercises = false;
  for (const cell of notebook.cells) {
    const { slideshow: _, ...metadata } = cell.metadata;
    if (cell.cell_type === "code") cells.push({ ...cell, metadata, outputs: [], execution_count: null });
    if (cell.cell_type !== "markdown") continue;
    const kept: string[] = [];
    for (const { heading, blocks } of sections(sourceOf(cell))) {
      if (heading !== "") exercises = isExercises(heading);
      if (heading !== "") kept.push(heading);
      if (exercises) kept.push(...blocks);
    }
    if (kept.length > 0) cells.push({ ...cell, metadata, source: kept.join("\n\n") });
  }
  return { ...notebook, cells };
}
