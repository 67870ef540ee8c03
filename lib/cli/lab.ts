// `packetwalk lab`: JupyterLab from .venv, in the folder of the chapters.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import * as fs from "node:fs";
import { createServer } from "node:net";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { Mistake, readOptions } from "./options.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const SERVER_START_MS = 60_000;

/** Runs the subcommand: with --check, 0 when the kernel answered in a real Jupyter server. */
export async function command(args: string[]): Promise<number> {
  const options = readOptions("lab", args, ["--check", "--no-browser"], ["--port"]);
  if (options.rest.length > 0) throw new Mistake(`packetwalk lab takes no "${options.rest[0]}"; open it in JupyterLab`);
  const python = venvPython();
  if (options.flags.has("--check")) return check(python);
  const more = options.flags.has("--no-browser") ? ["--no-browser"] : [];
  const port = options.values.get("--port");
  if (port !== undefined) more.push(`--port=${port}`);
  const lab = startLab(python, more, "inherit");
  // Ctrl-C goes to JupyterLab, which asks; this process ends when JupyterLab does.
  process.on("SIGINT", () => {});
  const [code] = await once(lab, "exit");
  return typeof code === "number" ? code : 0;
}

function venvPython(): string {
  const windows = process.platform === "win32";
  const python = path.join(ROOT, ".venv", windows ? "Scripts/python.exe" : "bin/python");
  if (fs.existsSync(python)) return python;
  throw new Mistake(`JupyterLab is not in ${path.join(ROOT, ".venv")}; npm start puts it there`);
}

function startLab(python: string, more: string[], stdio: "inherit" | "pipe"): ChildProcess {
  const notebooks = path.join(ROOT, "notebooks");
  fs.mkdirSync(notebooks, { recursive: true });
  const args = [
    "-m",
    "jupyterlab",
    `--ServerApp.root_dir=${notebooks}`,
    // A course needs no news, and a fresh machine may have no network.
    "--LabApp.news_url=",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ...(process.getuid?.() === 0 ? ["--allow-root"] : []),
    ...more,
  ];
  const env = { ...process.env, JUPYTER_PREFER_ENV_PATH: "1" };
  return spawn(python, args, { cwd: ROOT, stdio: stdio === "inherit" ? "inherit" : ["ignore", "pipe", "pipe"], env });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function check(python: string): Promise<number> {
  const token = randomBytes(16).toString("hex");
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const options = ["--no-browser", "--ServerApp.ip=127.0.0.1", `--port=${port}`, "--ServerApp.port_retries=0"];
  const lab = startLab(python, [...options, `--IdentityProvider.token=${token}`], "pipe");
  const ended = once(lab, "exit");
  let log = "";
  for (const stream of [lab.stdout, lab.stderr]) {
    stream?.on("data", (text) => {
      log += text;
    });
  }
  try {
    if (!(await answers(`${url}api/status?token=${token}`, lab))) {
      process.stderr.write(`${end(log)}\npacketwalk: JupyterLab did not start (its log is above)\n`);
      return 1;
    }
    const script = path.join(ROOT, "assets", "jupyter", "check.py");
    const { status } = spawnSync(python, [script, url, token], { stdio: ["ignore", "inherit", "inherit"] });
    if (status === 0) process.stdout.write("packetwalk: all is well; npm start opens the chapters\n");
    else process.stderr.write(`${end(log)}\npacketwalk: the check failed (its reason stands above JupyterLab's log)\n`);
    return status === 0 ? 0 : 1;
  } finally {
    lab.kill("SIGTERM");
    const late = setTimeout(() => lab.kill("SIGKILL"), 5000);
    await ended;
    clearTimeout(late);
  }
}

/** The last lines of a log: the first are about extensions. */
function end(log: string): string {
  return log.split("\n").slice(-30).join("\n");
}

async function answers(url: string, lab: ChildProcess): Promise<boolean> {
  for (const end = Date.now() + SERVER_START_MS; Date.now() < end; ) {
    if (lab.exitCode !== null) return false;
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}
