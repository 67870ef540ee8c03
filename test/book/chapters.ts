// The chapters as files.
import * as fs from "node:fs";
import * as path from "node:path";
import { ROOT } from "../../lib/cli/lectures.ts";
import { type Notebook, parseNotebook } from "../../lib/jupyter/notebook.ts";

export const CLI = path.join(ROOT, "dist", "lib", "cli", "main.js");
const FOLDER = path.join(ROOT, "notebooks");

export const chapters: readonly string[] = fs
  .readdirSync(FOLDER)
  .filter((file) => file.endsWith(".ipynb"))
  .sort();

export function chapter(file: string): Notebook {
  return parseNotebook(fs.readFileSync(path.join(FOLDER, file), "utf8"), file);
}
