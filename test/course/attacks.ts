// Submissions that would harm the grader, the others, or their own author.

/** Texts of cells that stand in place of `sizes-answer`, and what the grader says of it. */
export const ATTACKS: Readonly<Record<string, { readonly cell: string; readonly problem: RegExp | null }>> = {
  "reads a file outside its folder": {
    cell: 'import * as fs from "node:fs";\nfs.readFileSync("/etc/passwd")',
    problem: /Access to this API has been restricted/,
  },
  "lists the folder above, where the others are": {
    cell: 'import * as fs from "node:fs";\nfs.readdirSync("..")',
    problem: /Access to this API has been restricted/,
  },
  "writes outside its folder": {
    cell: 'import * as fs from "node:fs";\nfs.writeFileSync("../x", "x")',
    problem: /Access to this API has been restricted/,
  },
  "makes a link to the outside": {
    cell: 'import * as fs from "node:fs";\nfs.symlinkSync("/etc", "etc"); fs.readdirSync("etc")',
    problem: /restricted|fs\.symlink/,
  },
  "starts a program": {
    cell: 'import { execSync } from "node:child_process";\nexecSync("id")',
    problem: /Access to this API has been restricted/,
  },
  "starts a thread": {
    cell: 'import { Worker } from "node:worker_threads";\nnew Worker("1", { eval: true })',
    problem: /Access to this API has been restricted/,
  },
  "looks for what judges": {
    cell: `import * as fs from "node:fs";
import { createRequire } from "node:module";
const found = createRequire(import.meta.url ?? __filename);
throw new Error(["packetwalk/dist/lib/course/judges/registry.js"].map((name) => {
  try { return found.resolve(name); } catch (error) { return (error as Error).message; }
}).join())`,
    problem: /./,
  },
  "never ends": { cell: "for (;;);", problem: /for \(;;\);\): it took more than 4 s; the others ran without it/ },
  "waits for ever": { cell: "await new Promise(() => {})", problem: /it took more than 4 s|exit status 13/ },
  "ends its process": { cell: 'process.kill(process.pid, "SIGKILL")', problem: /its process ended/ },
  "asks for all memory": {
    cell: "const all: number[][] = [];\nfor (;;) all.push(new Array(1e6).fill(1.5));",
    problem: /needed more than \d+ MB of memory|its process ended/,
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
  "replaces check, handIn and JSON": {
    cell: 'JSON.stringify = () => \'{"say":"ran"}\';',
    problem: /./,
  },
};

/** Runs only where the system cuts submissions off (unshare). */
export const APART: typeof ATTACKS = {
  "signals the grader": { cell: 'process.kill(process.ppid, "SIGKILL")', problem: null },
  "asks the network": {
    cell: 'import { connect } from "node:net";\nawait new Promise((_, no) => connect(9, "192.0.2.1").on("error", no))',
    problem: /ENETUNREACH/,
  },
};
