// Submissions that would harm the grader, the others, or their own author.

export interface Attack {
  /** The text of a cell in place of `sizes-answer`. */
  readonly cell: string;
  /** What the grader says of it, if anything. */
  readonly problem: RegExp | null;
  /** Points that stay, if not those of all other tasks. */
  readonly keeps?: number;
}

export const ATTACKS: Readonly<Record<string, Attack>> = {
  "reaches for the rest of the machine": {
    cell: `import * as fs from "node:fs";
import { execSync } from "node:child_process";
import { Worker } from "node:worker_threads";
const library = process.argv[1]!.replace(/cli.grade-child.js$/, "course");
const tries: (() => unknown)[] = [
  () => fs.readFileSync("/etc/passwd"),
  () => fs.readdirSync(".."),
  () => fs.writeFileSync("../x", "x"),
  () => fs.symlinkSync("/etc", "etc"),
  () => fs.readFileSync("/proc/self/environ"),
  () => execSync("id"),
  () => new Worker("1", { eval: true }),
  () => process.dlopen({ exports: {} }, "/lib/x.node"),
  () => fs.readFileSync(library + "/judges/registry.js"),
];
const seen = tries.map((each) => { try { each(); return "reached"; } catch (error) { return (error as any).code; } });
throw new Error(seen.join(" "))`,
    problem: /Error: (ERR_ACCESS_DENIED |ERR_DLOPEN_DISABLED ){8}ENOENT/,
  },
  "never ends": { cell: "for (;;);", problem: /for \(;;\);\): it took more than 12 s; the others ran without it/ },
  "waits for ever": { cell: "await new Promise(() => {})", problem: /took more than 12 s|exit status/ },
  "ends its process": {
    cell: 'process.kill(process.pid, "SIGABRT"); for (;;);',
    problem: /took more than|its process ended/,
  },
  "asks for all memory": {
    cell: "const all: number[][] = [];\nfor (;;) all.push(new Array(1e6).fill(1.5));",
    problem: /needed more than \d+ MB of memory|its process ended|took more than/,
  },
  "prints 100 MB": { cell: 'for (let i = 0; i < 1000; i++) console.log("x".repeat(100_000))', problem: null },
  "writes 100 MB past the library": {
    cell: 'import * as fs from "node:fs";\nfor (let i = 0; i < 1000; i++) fs.writeSync(1, "x".repeat(100_000))',
    problem: null,
  },
  "floods the grader's channel": {
    cell: 'import * as fs from "node:fs";\nfor (;;) fs.writeSync(3, "x".repeat(100_000));',
    problem: /what it handed in is too large/,
  },
  "talks nonsense to the grader": {
    cell: 'import * as fs from "node:fs";\nfs.writeSync(3, "full marks please\\n")',
    problem: /wrote into the grader's own channel/,
  },
  throws: { cell: 'throw new Error("I gave up")', problem: /Error: I gave up/ },
  "does not compile": { cell: 'const n: number = "five";', problem: /not assignable/ },
  "breaks JSON for itself": { cell: 'JSON.stringify = () => \'{"say":"ran"}\';', problem: /./, keeps: 8 },
};

/** Runs only where the system cuts submissions off (unshare). */
export const APART: typeof ATTACKS = {
  "signals the grader": { cell: 'process.kill(process.ppid, "SIGKILL")', problem: null },
  "asks the network": {
    cell: 'import { connect } from "node:net";\nawait new Promise((_, no) => connect(9, "192.0.2.1").on("error", no))',
    problem: /ENETUNREACH/,
  },
};
