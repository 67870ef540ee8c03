// The Python of .venv, which npm start and npm test prepare; some machines have none.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";

const root = path.dirname(createRequire(import.meta.url).resolve("packetwalk/package.json"));

/** The project's folder. */
export const ROOT = root;

/** Python with Jupyter; undefined when there is none, and then a test that needs it says so. */
export function jupyterPython(): string | undefined {
  const windows = process.platform === "win32";
  const python = path.join(root, ".venv", windows ? "Scripts/python.exe" : "bin/python");
  return existsSync(python) && existsSync(path.join(root, ".venv", "packetwalk-requirements")) ? python : undefined;
}
