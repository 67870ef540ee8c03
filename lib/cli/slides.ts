// `packetwalk slides`: a chapter as a deck for reveal.js, one HTML file with everything in it, for any browser, offline.
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { formatNotebook } from "../jupyter/notebook.ts";
import { readChapter } from "./chapter.ts";
import { deck } from "./deck.ts";
import { ASSETS, lecturePython, NODE_MODULES, said } from "./lectures.ts";
import { Mistake, readOptions } from "./options.ts";

/** Runs the subcommand; 0 when the deck is written. */
export async function command(args: string[]): Promise<number> {
  const options = readOptions("slides", args, [], ["--out"]);
  const [file, ...more] = options.rest;
  const out = options.values.get("--out");
  if (file === undefined) throw new Mistake("packetwalk slides needs a notebook, like notebooks/02-pod-to-pod.ipynb");
  if (more.length > 0 && out !== undefined) throw new Mistake("--out takes one notebook at a time");
  const decks = options.rest.map((name) => ({ name, notebook: deck(readChapter(name)) }));
  for (const { name, notebook } of decks) {
    if (notebook.cells.length === 0) throw new Mistake(`"${name}" has no slides: every cell of it is skipped`);
  }
  const python = lecturePython();
  for (const { name, notebook } of decks) {
    const target = path.resolve(out ?? `${path.basename(name, ".ipynb")}.slides.html`);
    convert(python, formatNotebook(notebook), target);
    process.stdout.write(`packetwalk: wrote ${path.relative(process.cwd(), target)}\n`);
  }
  return 0;
}

function convert(python: string, notebook: string, target: string): void {
  const reveal = path.join(NODE_MODULES, "reveal.js", "dist");
  const args = [
    ...["-m", "nbconvert", "--to", "slides", "--stdin", "--stdout", "--log-level=ERROR", "--template=packetwalk"],
    `--TemplateExporter.extra_template_basedirs=${path.join(ASSETS, "templates")}`,
    `--TemplateExporter.extra_template_paths=${reveal}`,
  ];
  const result = spawnSync(python, args, { input: notebook, encoding: "utf8", maxBuffer: 2 ** 28 });
  if (result.status !== 0) throw new Mistake(`nbconvert failed:\n${said({ ...result, stdout: "" })}`);
  const title = path.basename(target).replace(/(\.slides)?\.html$/, "");
  fs.writeFileSync(
    target,
    result.stdout.replace("<title>notebook", () => `<title>${title}`),
  );
}
