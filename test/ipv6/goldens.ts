// What a real kernel and real tools said to the lines, for machines that cannot ask theirs:
// node dist/test/ipv6/main.js --record writes them anew.
import * as fs from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { Lab } from "../../lib/lab/lab.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { SECOND } from "../../lib/trace/world.ts";
import { normal } from "../tools/compare.ts";
import { runReal, type Said } from "../tools/real.ts";
import { scriptLines, scripts } from "./generate.ts";
import { LINES } from "./lines.ts";

const FILE = "test/ipv6/goldens/ipv6.json.gz";

export interface Goldens {
  /** `uname -r` of the kernel. */
  readonly kernel: string;
  /** By name: LINES, and what was drawn. */
  readonly said: Readonly<Record<string, readonly Said[]>>;
}

export function readGoldens(): Goldens {
  return JSON.parse(gunzipSync(fs.readFileSync(FILE)).toString("utf8")) as Goldens;
}

/** In these a question without an answer is still asked when the next capture begins: what it sees is a matter of luck. */
const OVERLAPPING: readonly number[] = [2, 3, 5, 18, 19, 20];

/** Every script that is compared, by name. */
export function allScripts(): Record<string, readonly string[]> {
  const fixed = scripts(24, "fixed").filter((_, i) => !OVERLAPPING.includes(i));
  return { lines: LINES, ...Object.fromEntries(fixed.map((test) => [test.name, scriptLines(test)])) };
}

const isHeard = ({ line }: Said) => !line.startsWith("sleep");

/** What the real tools say to the lines; what only lets time pass is left out. */
export function realLines(lines: readonly string[]): Said[] {
  return normal(runReal(lines)).filter(isHeard).map(apart);
}

/** The same in the model, where nothing must be switched off first. */
export function modelLines(lines: readonly string[]): Said[] {
  const lab = new Lab();
  lab.node("node");
  const said = lines.map((line) => {
    // A real capture is given time to begin and to end (test/tools/real.ts).
    if (line.includes("tcpdump")) lab.runFor(0.5 * SECOND);
    const { text, out, status } = runShell(lab, place(lab, "node"), line);
    if (line.includes("tcpdump")) lab.runFor(0.2 * SECOND);
    return { line, out, err: without(text, out), status };
  });
  return normal(said).filter(isHeard).map(apart);
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
function apart({ out, ...said }: Said): Said {
  // When a neighbour is proved again, or given up, is a matter of tenths of seconds; their order that of a hash.
  if (said.line.startsWith("ip -n") && said.line.endsWith(" neigh")) {
    const states = out
      .replace(/(REACHABLE|STALE|DELAY|PROBE) $/gm, "<known> ")
      .replace(/(INCOMPLETE|FAILED) $/gm, "<silent> ");
    return {
      ...said,
      out: states
        .split(/(?<=\n)/)
        .sort()
        .join(""),
    };
  }
  if (!said.line.includes("tcpdump")) return { out, ...said };
  const lines = out.replace(", pipe 2", "").split(/(?<=\n)/);
  const isFrame = (line: string) => line.startsWith("<time> ");
  const frames = lines.filter((line) => isFrame(line) && !isProof(line));
  const err = said.err.replace(/^\d+ packets? captured$/m, "<any> captured");
  return { ...said, err, out: [...lines.filter((line) => !isFrame(line)), ...frames].join("") };
}

/** A neighbour that was known is asked for a proof, and gives it: in which second is no matter of the network. */
function isProof(line: string): boolean {
  return /solicitation/.test(line) ? !line.includes("> ff02::") : /advertisement.*length 24$/m.test(line);
}

export function record(): void {
  const kernel = fs.readFileSync("/proc/sys/kernel/osrelease", "utf8").trim();
  const said: Record<string, readonly Said[]> = {};
  for (const [name, lines] of Object.entries(allScripts())) {
    said[name] = realLines(lines);
    const model = modelLines(lines);
    const other = said[name].find((each, i) => JSON.stringify(each) !== JSON.stringify(model[i]));
    if (other !== undefined) process.stdout.write(`${name} differs: $ ${other.line}\n`);
  }
  fs.mkdirSync("test/ipv6/goldens", { recursive: true });
  fs.writeFileSync(FILE, gzipSync(JSON.stringify({ kernel, said }), { level: 9 }));
  const count = Object.values(said).reduce((sum, each) => sum + each.length, 0);
  process.stdout.write(`recorded: ${count} lines on Linux ${kernel}\n`);
}
