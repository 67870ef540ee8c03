// Runs a submission where it can do no harm: in a process of its own, with Node's permission flags, which show it a copy of
// the library without the judges and the submission's own folder, and nothing else; no environment; bounded memory,
// time and words. Where the system allows it (Linux, unshare), that process also has no network and sees no other one.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as os from "node:os";
import * as path from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Reply } from "../course/assignment.ts";
import type { Call, Said } from "./grade-child.ts";

/** What submissions run in. */
export interface Confinement {
  readonly folder: string;
  /** Cut off by unshare from the network and from other processes. */
  readonly apart: boolean;
  /** Processes that run now. */
  readonly running: Set<ChildProcess>;
  /** Ends them, and removes the folder. */
  remove(): void;
}

/** What became of a run. */
export interface Confined {
  /** By name; without a value it is a function. */
  readonly answers: ReadonlyMap<string, { readonly value?: unknown }>;
  readonly replies: readonly Reply[];
  /** Cells that threw. */
  readonly failed: readonly { readonly cell: number; readonly what: string }[];
  /** Why it did not come to its end, and in which cell; 0 before the first one. */
  readonly ended: { readonly cell: number; readonly why: string } | null;
}

export interface Limits {
  /** For a cell, or for a call of a function. */
  readonly seconds: number;
  /** For all of it. */
  readonly totalSeconds: number;
}

/** The folder of dist that this process runs: "lib", or "joined". */
const TREE = path.basename(fileURLToPath(new URL("..", import.meta.url)));
const MEGABYTES = 768;
/** Until the first cell begins: Node, the compiler and the library are loaded meanwhile. */
const START_SECONDS = 60;
/** Octets on descriptor 3. */
const MOST_SAID = 32_000_000;
const UNSHARE = ["-r", "--net", "--pid", "--fork", "--kill-child=KILL"];

/** Prepares a folder with the copy of the library. */
export function confine(): Confinement {
  const root = path.dirname(createRequire(import.meta.url).resolve("packetwalk/package.json"));
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "packetwalk-grade-")));
  const library = path.join(folder, "library");
  // The compiler of cells reads dist/lib's declarations, whichever of the two runs.
  for (const name of new Set(["lib", TREE])) {
    const tree = path.join(root, "dist", name);
    fs.cpSync(tree, path.join(library, "dist", name), {
      recursive: true,
      filter: (from) => from !== path.join(tree, "course", "judges") && !from.endsWith(".map"),
    });
  }
  fs.cpSync(path.join(root, "assets"), path.join(library, "assets"), { recursive: true });
  fs.copyFileSync(path.join(root, "package.json"), path.join(library, "package.json"));
  fs.mkdirSync(path.join(library, "node_modules"));
  for (const each of dependencies(root)) fs.symlinkSync(each, path.join(library, "node_modules", path.basename(each)));
  const apart = process.platform === "linux" && spawnSync("unshare", [...UNSHARE, "true"]).status === 0;
  const running = new Set<ChildProcess>();
  const remove = () => {
    for (const child of running) child.kill("SIGKILL");
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  return { folder, apart, running, remove };
}

/** Where packages are: in the project's own node_modules, or, where it is itself installed, beside it. */
function dependencies(root: string): string[] {
  const found = new Map<string, string>();
  for (const folder of [path.join(root, "node_modules"), path.dirname(root)]) {
    if (path.basename(folder) !== "node_modules" || !fs.existsSync(folder)) continue;
    for (const name of fs.readdirSync(folder)) {
      if (name.startsWith(".") || name === "packetwalk" || found.has(name)) continue;
      found.set(name, fs.realpathSync(path.join(folder, name)));
    }
  }
  return [...found.values()];
}

/** Runs a notebook's text for a student; `calls` is asked once it ran what its functions are called with. */
export async function runConfined(
  { folder, apart, running }: Confinement,
  notebook: string,
  student: string,
  skip: readonly number[],
  limits: Limits,
  calls: (functions: ReadonlySet<string>) => readonly Call[],
): Promise<Confined> {
  const own = fs.mkdtempSync(path.join(folder, "submission-"));
  try {
    fs.writeFileSync(path.join(own, "notebook.ipynb"), notebook);
    const child = start(folder, own, apart, student, skip);
    running.add(child);
    child.on("close", () => running.delete(child));
    return await listen(child, limits, calls);
  } finally {
    fs.rmSync(own, { recursive: true, force: true, maxRetries: 3 });
  }
}

function start(folder: string, own: string, apart: boolean, student: string, skip: readonly number[]): ChildProcess {
  const library = path.join(folder, "library");
  const packages = path.join(library, "node_modules");
  const readable = [
    library,
    own,
    ...fs.readdirSync(packages).map((name) => fs.realpathSync(path.join(packages, name))),
  ];
  const permission = process.allowedNodeEnvironmentFlags.has("--permission")
    ? "--permission"
    : "--experimental-permission";
  const node = [
    process.execPath,
    permission,
    "--disable-warning=ExperimentalWarning",
    `--max-old-space-size=${MEGABYTES}`,
    ...readable.map((each) => `--allow-fs-read=${each}${path.sep}*`),
    `--allow-fs-write=${own}${path.sep}*`,
    path.join(library, "dist", TREE, "cli", "grade-child.js"),
    "notebook.ipynb",
    skip.join(","),
  ];
  const [command = "", ...args] = apart ? ["unshare", ...UNSHARE, ...node] : node;
  const env = { PACKETWALK_STUDENT: student, PATH: process.env.PATH ?? "" };
  // In a process group of its own: kill(0) goes to the whole group, whatever namespaces its members are in.
  return spawn(command, args, { cwd: own, env, detached: true, stdio: ["pipe", "ignore", "pipe", "pipe"] });
}

function listen(
  child: ChildProcess,
  { seconds, totalSeconds }: Limits,
  calls: (functions: ReadonlySet<string>) => readonly Call[],
): Promise<Confined> {
  return new Promise((resolve) => {
    const answers = new Map<string, { value?: unknown }>();
    const failed: { cell: number; what: string }[] = [];
    const replies: Reply[] = [];
    let [cell, octets, lastWords, why] = [0, 0, "", ""];
    let begun: string[] = [];
    let waiting: number | undefined;
    let patience: NodeJS.Timeout | undefined;
    const total = setTimeout(() => stop(`it took more than ${totalSeconds} s`), (START_SECONDS + totalSeconds) * 1000);

    function stop(because: string): void {
      why ||= because;
      child.kill("SIGKILL");
    }
    function wait(most = seconds): void {
      clearTimeout(patience);
      patience = setTimeout(() => stop(`it took more than ${most} s`), most * 1000);
    }
    function hear(said: Said): void {
      wait();
      if (said.say === "cell") cell = Number(said.cell);
      else if (said.say === "handed in") answers.set(String(said.name), "value" in said ? { value: said.value } : {});
      else if (said.say === "failed") failed.push({ cell: Number(said.cell), what: String(said.what) });
      else if (said.say === "ran" && waiting === undefined) {
        const functions = new Set([...answers].filter(([, answer]) => !("value" in answer)).map(([name]) => name));
        const asked = calls(functions);
        waiting = asked.length;
        (child.stdin as Writable).write(asked.map((call) => `${JSON.stringify(call)}\n`).join(""));
      } else if (said.say === "reply")
        replies.push(said.failure === undefined ? { result: said.result } : { failure: String(said.failure) });
      if (waiting !== undefined && replies.length >= waiting) stop("done");
    }

    wait(START_SECONDS);
    child.stdin?.on("error", () => {});
    child.stderr?.on("data", (piece: Buffer) => {
      lastWords = `${lastWords}${piece}`.slice(-2000);
    });
    const out = child.stdio[3] as Readable;
    out.setEncoding("utf8");
    out.on("error", () => {});
    out.on("data", (piece: string) => {
      if (why !== "") return;
      octets += piece.length;
      if (octets > MOST_SAID) return stop("what it handed in is too large");
      const end = piece.lastIndexOf("\n");
      if (end < 0) return void begun.push(piece);
      const lines = (begun.join("") + piece.slice(0, end)).split("\n");
      begun = [piece.slice(end + 1)];
      try {
        for (const line of lines) if (why === "") hear(JSON.parse(line) as Said);
      } catch {
        stop("it wrote into the grader's own channel");
      }
    });
    child.on("error", (error) => stop(error.message));
    child.on("close", (code, signal) => {
      clearTimeout(patience);
      clearTimeout(total);
      const because = why || crash(code, signal, lastWords);
      // With all cells run, it was a function that was called.
      const where =
        waiting === undefined ? { cell, why: because } : { cell: 0, why: `a function that was called: ${because}` };
      const ended = why === "done" ? null : where;
      resolve({ answers, replies, failed, ended });
    });
  });
}

function crash(code: number | null, signal: NodeJS.Signals | null, lastWords: string): string {
  if (/heap out of memory|Allocation failed/.test(lastWords)) return `it needed more than ${MEGABYTES} MB of memory`;
  const how = signal === null ? `exit status ${code}` : signal;
  const said = lastWords.split("\n").find((line) => /\S/.test(line) && !/^node:|^file:/.test(line));
  return `its process ended (${how})${said === undefined ? "" : `: ${said.trim().slice(0, 200)}`}`;
}
