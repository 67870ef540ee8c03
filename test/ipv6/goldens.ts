// What a real kernel and real tools said to the lines, for machines that cannot ask theirs:
// node dist/test/ipv6/main.js --record writes them anew.
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";
import { Lab } from "../../lib/lab/lab.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { SECOND } from "../../lib/trace/world.ts";
import { normal } from "../tools/compare.ts";
import { runReal, type Said } from "../tools/real.ts";
import { ADDRESS_LINES } from "./address-lines.ts";
import { scriptLines, scripts } from "./generate.ts";
import { realCounts } from "./hooks.ts";
import { LINES } from "./lines.ts";
import { NEIGH_LINES } from "./neigh-lines.ts";
import { FRAMES, realLine, Stage } from "./stage.ts";

const FILE = "test/ipv6/goldens/ipv6.json.gz";

export interface Goldens {
  /** `uname -r` of the kernel. */
  readonly kernel: string;
  /** By name: LINES, and what was drawn. */
  readonly said: Readonly<Record<string, readonly Said[]>>;
  /** How many packets pass each hook (hooks.ts). */
  readonly hooks: readonly string[];
}

export function readGoldens(): Goldens {
  return JSON.parse(gunzipSync(fs.readFileSync(FILE)).toString("utf8")) as Goldens;
}

/** Every script that is compared, by name. */
export function allScripts(): Record<string, readonly string[]> {
  return {
    lines: LINES,
    addresses: ADDRESS_LINES,
    neigh: NEIGH_LINES,
    ...Object.fromEntries(scripts(24, "fixed").map((test) => [test.name, scriptLines(test)])),
  };
}

/** What only lets time pass, or sets a stage that the two have each in its own way, says nothing. */
const isHeard = ({ line }: Said) => !/^(sleep|watch|unwatch)|-qw net\.ipv6\.neigh\./.test(line);

/** What the real tools say to the lines. */
export function realLines(lines: readonly string[]): Said[] {
  const room = mkdtempSync(join(tmpdir(), "packetwalk-ipv6-"));
  try {
    const said = runReal(lines.map((line) => realLine(room, lines, line)));
    return normal(said.map((each, i) => ({ ...each, line: lines[i]! })))
      .filter(isHeard)
      .map(apart);
  } finally {
    rmSync(room, { recursive: true, force: true });
  }
}

/** The same in the model, where nothing must be switched off first. */
export function modelLines(lines: readonly string[]): Said[] {
  const lab = new Lab();
  lab.node("node");
  const stage = new Stage(lab, lines);
  const said = lines.map((line) => {
    const out = stage.out(line);
    return out === null ? run(lab, line) : { line, out, err: "", status: 0 };
  });
  return normal(said).filter(isHeard).map(apart);
}

function run(lab: Lab, line: string): Said {
  // A real capture is given time to begin and to end (test/tools/real.ts).
  if (line.includes("tcpdump")) lab.runFor(0.5 * SECOND);
  const { text, out, status } = runShell(lab, place(lab, "node"), line);
  if (line.includes("tcpdump")) lab.runFor(0.2 * SECOND);
  return { line, out, err: without(text, out), status };
}

/** What was said on standard error: all lines but those of standard output. */
function without(text: string, out: string): string {
  const rest = out.split("\n");
  rest.pop();
  return text
    .split(/(?<=\n)/)
    .filter((line) => {
      if (rest[0] === undefined || `${rest[0]}\n` !== line) return true;
      rest.shift();
      return false;
    })
    .join("");
}

/** A capture and the command beside it write to one place: which comes first is chance, so they are put apart. */
function apart({ out: whole, ...said }: Said): Said {
  // How many questions were open at a time is measured by when ping wakes.
  const quick = whole.replace(/, pipe \d+|^pipe \d+\n/gm, "");
  // Of several that answer for a group the first ends it, and the next comes in time or not.
  const out = anycastSorted(quick.replace(/^.* \(DUP!\)\n|, \+\d+ duplicates/gm, ""));
  // Neighbours stand in a hash with a random key; when a machine has many, silent ones are soon forgotten.
  if (said.line.endsWith(" neigh")) return { ...said, out: sorted(out.replace(/^.* FAILED \n/gm, "")) };
  if (FRAMES.test(said.line)) {
    const lines = out.replace(/(IP6 [^ ]+)\.[3-6]\d{4} > /g, "$1.<port> > ").split(/(?<=\n)/);
    const frames = lines.filter((line) => line.startsWith("IP6") && !isProof(line));
    // A real answer may overtake the next fragment of the question: each sender's packets are in order, and what it
    // says of one neighbour.
    frames.sort((a, b) => senderOf(a).localeCompare(senderOf(b)));
    return { ...said, out: frames.join("") };
  }
  if (!said.line.includes("tcpdump")) return { out, ...said };
  const lines = out.split(/(?<=\n)/);
  const isFrame = (line: string) => line.startsWith("<time> ");
  const frames = lines.filter((line) => isFrame(line) && !isProof(line));
  const err = said.err.replace(/^\d+ packets? captured$/m, "<any> captured");
  return { ...said, err, out: [...lines.filter((line) => !isFrame(line)), ...frames].join("") };
}

/**
 * The same address on several links: the routes come in the order in which duplicate address detection ended, and timers
 * that end in one turn of the kernel's wheel run the last one first.
 */
export function anycastSorted(text: string): string {
  return text.replace(/(?:^anycast fe80:: dev .*\n){2,}/gm, sorted);
}

const sorted = (text: string) =>
  text
    .split(/(?<=\n)/)
    .sort()
    .join("");

const senderOf = (line: string) => `${line.split(" > ")[0]}${/ neighbor .*/.exec(line)?.[0] ?? ""}`;

/** A neighbour that was known is asked for a proof, and gives it: in which second is no matter of the network. */
function isProof(line: string): boolean {
  return /solicitation/.test(line) ? !line.includes("> ff02::") : /advertisement.*length 24$/m.test(line);
}

/** Several are asked at once: most of the time they only wait. */
const AT_ONCE = 6;

/** Records what the real ones say to the named scripts, or to all, anew. */
export async function record(names: readonly string[]): Promise<void> {
  const kernel = fs.readFileSync("/proc/sys/kernel/osrelease", "utf8").trim();
  const isAll = names.length === 0;
  const old = isAll ? null : readGoldens();
  const said: Record<string, readonly Said[]> = {};
  const known = Object.entries(allScripts());
  for (const [name] of known) said[name] = old?.said[name] ?? [];
  const scripts = known.filter(([name]) => isAll || names.includes(name));
  const asked = scripts.map(([name, lines]) => ({ name, lines }));
  const ask = async () => {
    for (let next = asked.shift(); next !== undefined; next = asked.shift()) {
      const { name, lines } = next;
      const real = await inChild(name);
      said[name] = real;
      const model = modelLines(lines);
      const other = real.find((each, i) => JSON.stringify(each) !== JSON.stringify(model[i]));
      if (other !== undefined) process.stdout.write(`${name} differs: $ ${other.line}\n`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, ask));
  fs.mkdirSync("test/ipv6/goldens", { recursive: true });
  fs.writeFileSync(FILE, gzipSync(JSON.stringify({ kernel, said, hooks: old?.hooks ?? realCounts() }), { level: 9 }));
  const count = Object.values(said).reduce((sum, each) => sum + each.length, 0);
  process.stdout.write(`recorded: ${count} lines on Linux ${kernel}\n`);
}

/** What the real tools say to a script, asked in a process of its own (main.ts). */
async function inChild(name: string): Promise<Said[]> {
  const child = await promisify(execFile)(process.execPath, [process.argv[1]!, "--real", name], { maxBuffer: 1 << 26 });
  return JSON.parse(child.stdout) as Said[];
}
