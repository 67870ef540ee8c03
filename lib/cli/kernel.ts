// `packetwalk kernel`: makes the kernel known to Jupyter, and starts it.
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { LANGUAGE } from "../language/say.ts";
import { Mistake, type Options, readOptions } from "./options.ts";

/** Runs the subcommand; 0 is success. */
export async function command([what, ...args]: string[]): Promise<number> {
  if (what === "start") {
    const file = readOptions("kernel start", args, [], ["--connection-file"]).values.get("--connection-file");
    if (file === undefined) throw new Mistake("packetwalk kernel start needs --connection-file FILE; Jupyter gives it");
    if (!fs.existsSync(file)) throw new Mistake(`the connection file "${file}" does not exist; Jupyter writes it`);
    try {
      JSON.parse(fs.readFileSync(file, "utf8"));
    } catch (error) {
      throw new Mistake(`the connection file "${file}" can't be read: ${(error as Error).message}`);
    }
    const { startKernel } = await import("../jupyter/kernel.ts");
    const { chapterFolder } = await import("../jupyter/spec.ts");
    process.chdir(chapterFolder(process.cwd(), process.env[LANGUAGE]));
    startKernel(file);
    return 0;
  }
  if (what !== "install" && what !== "uninstall") {
    throw new Mistake(`packetwalk kernel ${what ?? ""}: it is "install", "uninstall" or "start"`);
  }
  const options = readOptions(`kernel ${what}`, args, ["--user", "--sys-prefix", "--quiet"], ["--prefix"]);
  const { installSpecs, uninstallSpecs, userDataFolder } = await import("../jupyter/spec.ts");
  const folder = dataFolder(what, options, userDataFolder());
  const said =
    what === "install"
      ? `the kernel is in ${installSpecs(folder).join(" and ")}`
      : uninstallSpecs(folder)
        ? `the kernel is gone from ${folder}`
        : `there was no Packetwalk kernel in ${folder}`;
  if (!options.flags.has("--quiet")) process.stdout.write(`${said}\n`);
  return 0;
}

function dataFolder(what: string, options: Options, user: string): string {
  const prefix = options.values.get("--prefix");
  const asked = [prefix !== undefined, options.flags.has("--user"), options.flags.has("--sys-prefix")];
  if (asked.filter(Boolean).length !== 1 || options.rest.length > 0) {
    throw new Mistake(`packetwalk kernel ${what} needs one of --user, --sys-prefix, --prefix DIR to know where`);
  }
  if (options.flags.has("--user")) return user;
  return path.join(prefix === undefined ? pythonPrefix() : path.resolve(prefix), "share", "jupyter");
}

/** sys.prefix of the Python on the path: an active virtual environment, conda, or the system's. */
function pythonPrefix(): string {
  for (const python of ["python3", "python"]) {
    const result = spawnSync(python, ["-c", "import sys; print(sys.prefix)"], { encoding: "utf8" });
    if (result.status === 0) return result.stdout.trim();
  }
  throw new Mistake("--sys-prefix needs python3 on the path; without it, use --user or --prefix DIR");
}
