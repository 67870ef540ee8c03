// Brings a fresh clone to a state in which `npm start` and `npm test` work:
// packages, a compiled library and, with --jupyter, Jupyter in .venv.
// Plain JavaScript without dependencies, because it runs before anything is
// installed or compiled. Every step is skipped when nothing changed.
//
//   node lib/cli/prepare.mjs                     packages and compile
//   node lib/cli/prepare.mjs --jupyter           and Jupyter (an error without Python)
//   node lib/cli/prepare.mjs --jupyter=optional  and Jupyter if Python is there
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const inRoot = (...parts) => path.join(ROOT, ...parts);
const VENV = inRoot(".venv");
const WINDOWS = process.platform === "win32";
const VENV_PYTHON = WINDOWS ? path.join(VENV, "Scripts", "python.exe") : path.join(VENV, "bin", "python");

/** Ends the preparation: the text, and what mends it. */
class Problem extends Error {}

function say(text) {
  process.stderr.write(`packetwalk: ${text}\n`);
}

function run(command, args, options = {}) {
  // npm is a .cmd on Windows, which only a shell starts.
  return spawnSync(command, args, { cwd: ROOT, encoding: "utf8", shell: WINDOWS && command === "npm", ...options });
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new Problem(
    `Node.js ${process.versions.node} is too old: Packetwalk needs 20.19 or newer. Get it from https://nodejs.org`,
  );
}

function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** Does node_modules hold what package-lock.json asks for? npm's own record of what it installed says so. */
function packagesMatchLock() {
  const wanted = readJson(inRoot("package-lock.json"))?.packages;
  const installed = readJson(inRoot("node_modules", ".package-lock.json"))?.packages;
  if (!wanted || !installed) return false;
  for (const [place, entry] of Object.entries(wanted)) {
    if (place === "" || entry.optional || entry.devOptional) continue;
    if (installed[place]?.version !== entry.version || installed[place]?.integrity !== entry.integrity) return false;
    if (!fs.existsSync(inRoot(place))) return false;
  }
  return true;
}

function installPackages() {
  if (packagesMatchLock()) return;
  say("installing npm packages (npm ci)");
  const result = run("npm", ["ci", "--no-audit", "--no-fund"], { stdio: ["ignore", "inherit", "inherit"] });
  if (result.status !== 0) {
    throw new Problem("npm ci failed (its message is above). Is the network reachable? Run it again by hand: npm ci");
  }
}

/** Lets `import { ... } from "packetwalk"` work in notebooks and in plain tslab, from any folder of the project. */
function linkSelf() {
  const link = inRoot("node_modules", "packetwalk");
  try {
    if (fs.realpathSync(link) === fs.realpathSync(ROOT)) return;
  } catch {
    // Not there yet, or it points nowhere: made below.
  }
  fs.rmSync(link, { recursive: true, force: true });
  fs.symlinkSync(WINDOWS ? ROOT : "..", link, "junction");
}

/** Removes compiled files whose source is gone, so that a renamed test doesn't run twice. */
function pruneCompiled(folder) {
  if (!fs.existsSync(inRoot("dist", folder))) return;
  for (const entry of fs.readdirSync(inRoot("dist", folder), { withFileTypes: true })) {
    const place = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      if (fs.existsSync(inRoot(place))) pruneCompiled(place);
      else fs.rmSync(inRoot("dist", place), { recursive: true, force: true });
      continue;
    }
    const source = place.replace(/(\.d)?\.([cm]?)[jt]s(\.map)?$/, ".$2ts");
    if (source !== place && !fs.existsSync(inRoot(source))) fs.rmSync(inRoot("dist", place), { force: true });
  }
}

async function compile() {
  for (const folder of ["lib", "test"]) pruneCompiled(folder);
  // An incremental compile believes its record, not the folder: after a partly
  // deleted dist/ it would print nothing.
  if (!fs.existsSync(inRoot("dist", "lib", "cli", "main.js")))
    fs.rmSync(inRoot("dist", ".tsbuildinfo"), { force: true });
  const result = run(process.execPath, [inRoot("node_modules", "typescript", "bin", "tsc"), "-p", ROOT]);
  if (result.status === 0) return joinCompiled();
  const lines = `${result.stdout}${result.stderr}`.trimEnd().split("\n");
  for (const line of lines.slice(0, 20)) process.stderr.write(`${line}\n`);
  const more =
    lines.length > 20 ? `, and ${lines.length - 20} more lines from: node node_modules/typescript/bin/tsc` : "";
  throw new Problem(`the TypeScript sources don't compile (the errors are above${more})`);
}

/** Makes dist/joined, which is what users run, when what it is made of is newer. */
async function joinCompiled() {
  const madeAt = (...parts) => fs.statSync(inRoot(...parts), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const newest = Math.max(madeAt("dist", ".tsbuildinfo"), madeAt("lib", "cli", "join.mjs"));
  if (madeAt("dist", "joined", "index.js") > newest) return;
  const { join } = await import("./join.mjs");
  await join(ROOT);
}

function findPython() {
  for (const command of [process.env.PYTHON, "python3", "python"]) {
    if (!command) continue;
    const result = run(command, ["-c", "import sys; print(*sys.version_info[:2])"]);
    if (result.status !== 0) continue;
    const [major = 0, minor = 0] = result.stdout.split(" ").map(Number);
    if (major === 3 && minor >= 10) return command;
  }
  throw new Problem(
    "Python 3.10 or newer was not found, and JupyterLab runs on it. " +
      "Install it (Debian, Ubuntu: sudo apt-get install python3 python3-venv), or set PYTHON to its path",
  );
}

function makeVenv() {
  const python = findPython();
  say("making .venv for Jupyter");
  fs.rmSync(VENV, { recursive: true, force: true });
  const result = run(python, ["-m", "venv", VENV]);
  if (result.status === 0) return;
  fs.rmSync(VENV, { recursive: true, force: true });
  const said = `${result.stdout}${result.stderr}`.trim();
  const mend = /ensurepip|No module named venv/.test(said)
    ? "Python is there, its venv module is not. Debian, Ubuntu: sudo apt-get install python3-venv"
    : `python3 -m venv failed: ${said}`;
  throw new Problem(mend);
}

function installJupyter() {
  const requirements = inRoot("assets", "jupyter", "requirements.txt");
  const stamp = path.join(VENV, "packetwalk-requirements");
  const wanted = createHash("sha256").update(fs.readFileSync(requirements)).digest("hex");
  // A folder that was moved, or whose Python was replaced, has the stamp and doesn't run.
  const whole = fs.existsSync(stamp) && run(VENV_PYTHON, ["-c", "import sys"]).status === 0;
  if (!whole) makeVenv();
  if (!whole || fs.readFileSync(stamp, "utf8") !== wanted) {
    say("installing JupyterLab into .venv (a minute or two, once)");
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements];
    const result = run(VENV_PYTHON, pip, { stdio: ["ignore", "inherit", "inherit"] });
    if (result.status !== 0) {
      throw new Problem("pip could not install JupyterLab (its message is above). Is the network reachable?");
    }
    // JupyterLab runs a CommonJS file of its own in there, which our "type": "module" above it would break.
    fs.writeFileSync(path.join(VENV, "package.json"), '{ "type": "commonjs" }\n');
    quietJupyterLab();
    fs.writeFileSync(stamp, wanted);
  }
  const cli = inRoot("dist", "joined", "cli", "main.js");
  const result = run(process.execPath, [cli, "kernel", "install", "--prefix", VENV, "--quiet"]);
  if (result.status !== 0) throw new Problem(`the kernel could not be installed into .venv: ${result.stderr.trim()}`);
}

/** A class should not be asked whether it wants news of Jupyter; who wants them says so in JupyterLab's settings. */
function quietJupyterLab() {
  const settings = path.join(VENV, "share", "jupyter", "lab", "settings");
  fs.mkdirSync(settings, { recursive: true });
  const quiet = { "@jupyterlab/apputils-extension:notification": { fetchNews: "false", checkForUpdates: false } };
  fs.writeFileSync(path.join(settings, "overrides.json"), `${JSON.stringify(quiet, null, 2)}\n`);
}

async function prepare(args) {
  const known = ["--jupyter", "--jupyter=optional"];
  const unknown = args.find((arg) => !known.includes(arg));
  if (unknown !== undefined) throw new Problem(`unknown option "${unknown}"; it takes ${known.join(" or ")}`);
  checkNode();
  installPackages();
  linkSelf();
  await compile();
  if (args.includes("--jupyter")) installJupyter();
  else if (args.includes("--jupyter=optional")) {
    try {
      installJupyter();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      say(`going on WITHOUT Jupyter, and without every test that needs it: ${problem.message}`);
    }
  }
}

try {
  await prepare(process.argv.slice(2));
} catch (problem) {
  if (!(problem instanceof Problem)) throw problem;
  say(problem.message);
  process.exitCode = 1;
}
