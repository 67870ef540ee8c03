// What a real kernel and real tools said, for machines that cannot ask theirs: node dist/test/stack/main.js writes it anew.
import * as fs from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { normal, runModel } from "../tools/compare.ts";
import { runReal, type Said } from "../tools/real.ts";
import { LINES } from "./lines.ts";

const FILE = "test/stack/goldens/stack.json.gz";

export interface Goldens {
  /** `uname -r` of the kernel. */
  readonly kernel: string;
  readonly lines: readonly Said[];
}

const isAsked = (line: string) => !line.startsWith("sleep");

/** What is not the same twice: how long a ping took, and what only some kernels are built with. */
function steady({ line, out, err, status }: Said): Said {
  const text = out
    .replace(/^MPTcpExt:.*\n/gm, "")
    .replace(/time \d+ms/g, "<time>")
    .replace(/^rtt .*\n/gm, "");
  return { line, out: text, err, status };
}

export function realLines(): Said[] {
  return normal(runReal(LINES))
    .map(steady)
    .filter(({ line }) => isAsked(line));
}

export function modelLines(): Said[] {
  return normal(runModel(LINES))
    .map(steady)
    .filter(({ line }) => isAsked(line));
}

export function readGoldens(): Goldens {
  return JSON.parse(gunzipSync(fs.readFileSync(FILE)).toString("utf8")) as Goldens;
}

export function record(): void {
  const kernel = fs.readFileSync("/proc/sys/kernel/osrelease", "utf8").trim();
  const goldens: Goldens = { kernel, lines: realLines() };
  fs.mkdirSync("test/stack/goldens", { recursive: true });
  fs.writeFileSync(FILE, gzipSync(JSON.stringify(goldens), { level: 9 }));
  process.stdout.write(`recorded: ${goldens.lines.length} lines on Linux ${kernel}\n`);
}
