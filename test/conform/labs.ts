// Labs on the real kernel: what their scripts say is done by labs.py, for many labs at once. That the scripts also run
// by themselves is proved in test/lab.
import { spawn } from "node:child_process";
import * as path from "node:path";
import { fileURLToPath } from "node:url";

const HERE = path.join(path.dirname(fileURLToPath(import.meta.url)), "../../../test/conform");

/** How many processes build or ask at once; one alone waits most of its time for the kernel. */
const AT_ONCE = 4;

interface Command {
  readonly words: readonly string[];
  readonly input: string | null;
}

/** In their place the commands of a script only say what they are: words end with US, a command with RS, before it GS and its input; a lab ends with FS. */
const SAYING = `
say() { printf '%s\\037' "$@"; case " $* " in *" /dev/stdin "* | *-restore\\ * | *"ipset restore "*) printf '\\035'; cat ;; esac; printf '\\036'; }
ip() { say ip "$@"; }
bridge() { say bridge "$@"; }
sleep() { say sleep "$@"; }
`;

/** A lab's script, and what stands before the names of its namespaces. */
export interface Script {
  readonly text: string;
  readonly prefix: string;
}

/** Builds labs: for each why that failed, or null. The first one is built by its script itself, to see that it runs. */
export async function buildLabs(scripts: readonly Script[]): Promise<(string | null)[]> {
  const [first, ...rest] = scripts;
  if (first === undefined) return [];
  const built = async (share: readonly Script[]) => {
    const said = await run(
      "sh",
      ["-s"],
      `${SAYING}\n${share.map((each) => `${inSubshell(each)}\nprintf '\\034'`).join("\n")}`,
    );
    if (said.status !== 0) throw new Error(`a lab's script failed:\n${said.err}`);
    return JSON.parse(await labs("up", said.out.split("\x1c").slice(0, -1).map(commandsIn))) as (string | null)[];
  };
  const [ran, ...whys] = await Promise.all([run("sh", ["-s"], inSubshell(first)), ...shares(rest).map(built)]);
  return [ran.status === 0 ? null : ran.err, ...unshared(rest.length, whys)];
}

function inSubshell({ text, prefix }: Script): string {
  // Not "(...) || exit": in such a list sh would ignore the script's own "set -e".
  return `(PREFIX='${prefix}'\n${text}\n) < /dev/null\n[ $? = 0 ] || exit 1`;
}

function shares<T>(list: readonly T[]): T[][] {
  return Array.from({ length: AT_ONCE }, (_, n) => list.filter((_, i) => i % AT_ONCE === n));
}

/** What was told of shares, in the order of what was shared. */
function unshared<T>(length: number, told: readonly (readonly T[])[]): T[] {
  return Array.from({ length }, (_, i) => told[i % AT_ONCE]![Math.floor(i / AT_ONCE)]!);
}

function commandsIn(said: string): Command[] {
  return said
    .split("\x1e")
    .slice(0, -1)
    .map((command) => {
      const [words = "", input = null] = command.split("\x1d");
      return { words: words.split("\x1f").slice(0, -1), input };
    });
}

/** Takes namespaces away, with all that is in them. */
export async function deleteNamespaces(names: readonly string[]): Promise<void> {
  await labs("down", names);
}

export interface Asked {
  readonly namespace: string;
  readonly script: string;
}

/** What each script prints in its namespace. */
export async function ask(scripts: readonly Asked[]): Promise<string[]> {
  const answers = shares(scripts).map(async (share) => JSON.parse(await labs("ask", share)) as string[]);
  return unshared(scripts.length, await Promise.all(answers));
}

async function labs(verb: "up" | "down" | "ask", job: unknown): Promise<string> {
  const { status, out, err } = await run("python3", [path.join(HERE, "labs.py"), verb], JSON.stringify(job));
  if (status !== 0) throw new Error(`labs.py ${verb} failed:\n${err}`);
  return out;
}

/** Runs a program to its end. */
export function run(
  command: string,
  args: string[],
  input: string,
): Promise<{ status: number | null; out: string; err: string }> {
  return new Promise((done, failed) => {
    const child = spawn(command, args, { env: { ...process.env, LC_ALL: "C" } });
    let out = "";
    let err = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      out += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      err += text;
    });
    child.on("error", failed).on("close", (status) => done({ status, out, err }));
    // A child that ended early does not read; its status says so.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}
