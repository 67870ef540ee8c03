// The tools of a lecturer, in .lectures: nbconvert and Sphinx in a virtual environment, reveal.js and TypeDoc from npm.
// They are installed when slides or the book are asked for the first time, and again when what is asked for changed.
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { installSpecs } from "../jupyter/spec.ts";
import { Mistake } from "./options.ts";

export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
/** Templates, pinned versions, the book's settings. */
export const ASSETS = path.join(ROOT, "assets", "lectures");
export const FOLDER = path.join(ROOT, ".lectures");
export const NODE_MODULES = path.join(FOLDER, "node_modules");

const WINDOWS = process.platform === "win32";
const PYTHON = path.join(FOLDER, "venv", WINDOWS ? "Scripts/python.exe" : "bin/python");
const STAMP = path.join(FOLDER, "installed");
/** Lets papermill write TypeScript. */
const PLUGIN = path.join(ASSETS, "papermill");
const PINNED = [
  ...["requirements.txt", "package.json", "package-lock.json"],
  ...["papermill/pyproject.toml", "papermill/packetwalk_papermill.py"],
];

/** Are the tools there, in the versions that are asked for? */
export function lecturesInstalled(): boolean {
  return fs.existsSync(STAMP) && fs.readFileSync(STAMP, "utf8") === wanted() && fs.existsSync(PYTHON);
}

/** Installs the tools unless they are there; gives the Python that has them. Throws Mistake with the mend. */
export function lecturePython(): string {
  if (!lecturesInstalled()) install();
  return PYTHON;
}

function wanted(): string {
  const hash = createHash("sha256");
  for (const name of PINNED) hash.update(fs.readFileSync(path.join(ASSETS, name)));
  return hash.digest("hex");
}

function install(): void {
  process.stderr.write("packetwalk: installing nbconvert, Sphinx, reveal.js and TypeDoc into .lectures (once)\n");
  fs.mkdirSync(FOLDER, { recursive: true });
  fs.rmSync(STAMP, { force: true });
  for (const name of ["package.json", "package-lock.json"])
    fs.copyFileSync(path.join(ASSETS, name), path.join(FOLDER, name));
  // npm is a .cmd on Windows, which only a shell starts.
  must("npm", ["ci", "--no-audit", "--no-fund", "--silent"], { shell: WINDOWS });
  must(process.env.PYTHON ?? "python3", ["-m", "venv", "--clear", "venv"]);
  const requirements = path.join(ASSETS, "requirements.txt");
  must(PYTHON, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements, PLUGIN]);
  installSpecs(path.join(FOLDER, "venv", "share", "jupyter"));
  fs.writeFileSync(STAMP, wanted());
}

function must(command: string, args: string[], options: { shell?: boolean } = {}): void {
  const result = spawnSync(command, args, { cwd: FOLDER, encoding: "utf8", ...options });
  if (result.status === 0) return;
  throw new Mistake(`${said(result)}\n${command} ${args[0]} could not install the tools; is the network reachable?`);
}

/** What a program said before it failed, for a message. */
export function said(result: SpawnSyncReturns<string>): string {
  return (result.error?.message ?? `${result.stdout ?? ""}${result.stderr ?? ""}`).trim();
}
