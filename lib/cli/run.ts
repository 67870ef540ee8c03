// `packetwalk run`: notebooks without Jupyter and without Python.
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { chapterFolder } from "../jupyter/spec.ts";
import { LANGUAGE } from "../language/say.ts";
import { readChapter } from "./chapter.ts";
import { Mistake, readOptions } from "./options.ts";
import { takeParameters, withParameters } from "./parameters.ts";

/** Runs the subcommand: 0 when every notebook ran (and, with --check, has the outputs it should have). */
export async function command(args: string[]): Promise<number> {
  const { set, rest } = takeParameters(args);
  const options = readOptions("run", rest, ["--check"], ["--out"]);
  const [file, ...more] = options.rest;
  const out = options.values.get("--out");
  const check = options.flags.has("--check");
  if (file === undefined)
    throw new Mistake("packetwalk run needs a notebook, like notebooks/01-container-to-container.ipynb");
  for (const name of options.rest) {
    if (!fs.existsSync(name)) throw new Mistake(`there is no notebook "${name}"`);
  }
  if (more.length > 0 && out !== undefined) throw new Mistake("--out takes one notebook at a time");
  if (check && out !== undefined) throw new Mistake("--check writes nothing: leave out either --check or --out");
  if (set.size > 0 && out === undefined)
    throw new Mistake("--set makes another notebook: say with --out FILE where it shall be");
  return more.length > 0 ? runEach(options.rest, check) : runOne(file, check, out, set);
}

/** Every notebook gets a fresh process, as every notebook gets a fresh kernel. */
function runEach(files: readonly string[], check: boolean): number {
  const main = fileURLToPath(new URL("./main.js", import.meta.url));
  let worst = 0;
  for (const file of files) {
    const args = [...process.execArgv, main, "run", file, ...(check ? ["--check"] : [])];
    worst = Math.max(worst, spawnSync(process.execPath, args, { stdio: "inherit" }).status ?? 1);
  }
  return worst;
}

async function runOne(
  file: string,
  check: boolean,
  out: string | undefined,
  set: ReadonlyMap<string, unknown>,
): Promise<number> {
  const { formatNotebook, formatOutputs, sourceOf } = await import("../jupyter/notebook.ts");
  const target = path.resolve(out ?? file);
  const say = sayer();
  const notebook = withParameters(readChapter(file), set);
  const { editionOfNotebook, runNotebook } = await import("../jupyter/run.ts");
  const { language } = editionOfNotebook(notebook);
  process.env[LANGUAGE] = language;
  process.chdir(chapterFolder(path.dirname(path.resolve(file)), language));
  const total = notebook.cells.length;
  const ran = await runNotebook(notebook, {
    begin: (cell, source) => say.part(`${path.basename(file)} ${cell}/${total}  ${firstLine(source)}`),
    end: (milliseconds) => say.line(`  ${milliseconds.toFixed(0)} ms`),
  });
  if (ran.status === "error") {
    say.line(ran.failure.traceback.join("\n"));
    say.line(`packetwalk: ${file} stopped at cell ${ran.cell} (${ran.failure.ename}); the file is as it was`);
    return leave(1);
  }
  if (!check) {
    fs.writeFileSync(target, formatNotebook(ran.notebook));
    say.line(`packetwalk: wrote ${path.relative(process.cwd(), target)}`);
    return leave(0);
  }
  for (const [i, cell] of notebook.cells.entries()) {
    const now = ran.notebook.cells[i];
    if (!now || cell.cell_type !== "code") continue;
    const [before, after] = [formatOutputs(cell), formatOutputs(now)];
    if (before === after) continue;
    say.line(
      `packetwalk: ${file}, cell ${i + 1} (${firstLine(sourceOf(cell))}) shows something else than is committed:`,
    );
    say.line(difference(before, after));
    say.line(`If the new output is right: packetwalk run ${file}`);
    return leave(1);
  }
  say.line(`packetwalk: ${file} shows what is committed, byte for byte`);
  return leave(0);
}

function firstLine(source: string): string {
  const line = source.split("\n").find((text) => text.trim() !== "") ?? "";
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

/** Writes past the session, which takes over the process's streams. */
function sayer(): { part(text: string): void; line(text: string): void } {
  const write = process.stdout.write.bind(process.stdout);
  return { part: (text) => void write(text), line: (text) => void write(`${text}\n`) };
}

/** The end, also when cells left timers; taken before cells are kept from exiting. */
const exit = process.exit.bind(process);

function leave(code: number): Promise<number> {
  return new Promise((resolve) => {
    resolve(code);
    process.stdout.write("", () => exit(code));
  });
}

/** The lines around the first difference. */
function difference(before: string, after: string): string {
  const [a, b] = [before.split("\n"), after.split("\n")];
  const first = a.findIndex((line, i) => line !== b[i]);
  const at = first < 0 ? a.length : first;
  const clip = (line: string) => (line.length > 200 ? `${line.slice(0, 199)}…` : line);
  const around = a.slice(Math.max(0, at - 2), at).map((line) => `  ${clip(line)}`);
  const gone = a.slice(at, at + 3).map((line) => `- ${clip(line)}`);
  const come = b.slice(at, at + 3).map((line) => `+ ${clip(line)}`);
  return [...around, ...gone, ...come].join("\n");
}
