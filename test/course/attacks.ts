// Submissions that would harm the grader, the others, or their own author.
import type { Cells } from "./submissions.ts";

export interface Attack {
  /** In place of the right ones; the cells named `-try` and `-look` hand in nothing. */
  readonly cells: Cells;
  /** What the grader says of it. */
  readonly problems: readonly RegExp[];
  /** Points that stay. */
  readonly keeps: number;
}

// Without an import statement, for which the compiler would read all of Node's declarations.
const BUILT_IN = "const builtIn = (name: string) => (process as any).getBuiltinModule(name);\n";

/** @param apart whether the system cuts submissions off (unshare) */
export function attacks(apart: boolean): Readonly<Record<string, Attack>> {
  return {
    "reaches for the rest of the machine, fails, and prints 100 MB": {
      cells: {
        "next-hop-try": `${BUILT_IN}const fs = builtIn("fs");
const library = process.argv[1]!.replace(/cli.grade-child.js$/, "course");
const tries: (() => unknown)[] = [
  () => fs.readFileSync("/etc/passwd"),
  () => fs.readdirSync(".."),
  () => fs.writeFileSync("../x", "x"),
  () => fs.symlinkSync("/etc", "etc"),
  () => fs.readFileSync("/proc/self/environ"),
  () => builtIn("child_process").execSync("id"),
  () => new (builtIn("worker_threads").Worker)("1", { eval: true }),
  () => (process as any).dlopen({ exports: {} }, "/lib/x.node"),
  () => fs.readFileSync(library + "/judges/registry.js"),
];
const seen = tries.map((each) => { try { each(); return "reached"; } catch (error) { return (error as any).code; } });
throw new Error(seen.join(" "))`,
        "listeners-try": 'const n: number = "five";',
        "repair-look": 'for (let i = 0; i < 1000; i++) console.log("x".repeat(100_000));',
        ...(apart
          ? {
              "repair-try": `${BUILT_IN}await new Promise((_, no) => builtIn("net").connect(9, "192.0.2.1").on("error", no))`,
            }
          : {}),
      },
      problems: [
        /Error: (ERR_ACCESS_DENIED |ERR_DLOPEN_DISABLED ){8}ENOENT/,
        /CompileError.*not assignable/,
        ...(apart ? [/ENETUNREACH/] : []),
      ],
      keeps: 31,
    },
    "never ends, twice": {
      cells: { "sizes-answer": "for (;;);", "repair-look": "await new Promise(() => {})" },
      problems: [/\(for \(;;\);\): it took more than \d+ s; the others ran without it/, /\(await new Promise/],
      keeps: 28,
    },
    "asks for all memory": {
      cells: { "sizes-answer": "const all: number[][] = [];\nfor (;;) all.push(new Array(1e6).fill(1.5));" },
      problems: [/needed more than \d+ MB of memory|its process ended|it took more than/],
      keeps: 28,
    },
    ...(apart
      ? {
          "signals the grader, and itself": {
            cells: {
              "sizes-answer": 'process.kill(process.ppid, "SIGKILL"); process.kill(process.pid, "SIGABRT"); for (;;);',
            },
            problems: [/its process ended|it took more than/],
            keeps: 28,
          },
        }
      : {}),
    "floods the grader's channel": {
      cells: { "sizes-answer": `${BUILT_IN}for (;;) builtIn("fs").writeSync(3, "x".repeat(100_000));` },
      problems: [/what it handed in is too large/],
      keeps: 28,
    },
    "talks nonsense to the grader": {
      cells: { "sizes-answer": `${BUILT_IN}builtIn("fs").writeSync(3, "full marks please\\n"); for (;;);` },
      problems: [/wrote into the grader's own channel/],
      keeps: 28,
    },
    "breaks JSON for itself": {
      cells: { "sizes-answer": 'JSON.stringify = () => \'{"say":"ran"}\';' },
      problems: [/./],
      keeps: 8,
    },
  };
}
