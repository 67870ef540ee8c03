// A notebook named on the command line.
import * as fs from "node:fs";
import { type Notebook, parseNotebook } from "../jupyter/notebook.ts";
import { Mistake } from "./options.ts";

/** Reads it. Throws Mistake naming the file, and what is wrong with it. */
export function readChapter(file: string): Notebook {
  if (!fs.existsSync(file)) throw new Mistake(`there is no notebook "${file}"`);
  try {
    return parseNotebook(fs.readFileSync(file, "utf8"), file);
  } catch (error) {
    if (error instanceof SyntaxError) throw new Mistake(error.message);
    throw error;
  }
}
