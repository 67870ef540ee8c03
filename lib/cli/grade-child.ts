// Inside a submission's own process (lib/cli/grade-confined.ts starts it): runs the notebook and says on descriptor 3 what
// is handed in. Nothing here is worth protecting: all it could forge is the student's own answers.
import * as fs from "node:fs";
import { createInterface } from "node:readline";
import { setFlagsFromString } from "node:v8";
import { handedIn, type OwnFunction, onHandIn } from "../course/hand-in.ts";
import { parseNotebook } from "../jupyter/notebook.ts";
import { runNotebook } from "../jupyter/run.ts";

/** What the process says, a line of JSON each. */
export type Said =
  | { readonly say: "cell"; readonly cell: number }
  | { readonly say: "handed in"; readonly name: string; readonly value?: unknown }
  | { readonly say: "failed"; readonly cell: number; readonly what: string }
  | { readonly say: "ran" }
  | { readonly say: "reply"; readonly result?: unknown; readonly failure?: string };

/** A call of a function that was handed in. */
export interface Call {
  readonly name: string;
  readonly args: readonly unknown[];
}

const OUT = 3;
// This process is short: V8 shall optimize only what runs fifteen times as long as usual. That saves a quarter of its CPU.
setFlagsFromString("--interrupt-budget=1000000");

function say(said: Said): void {
  const octets = Buffer.from(`${JSON.stringify(said)}\n`);
  for (let done = 0; done < octets.length; ) done += fs.writeSync(OUT, octets, done);
}

async function reply({ name, args }: Call): Promise<Said> {
  try {
    // What is no JSON, as undefined and NaN, arrives as null.
    return { say: "reply", result: (await (handedIn(name) as OwnFunction)(...args)) ?? null };
  } catch (error) {
    return { say: "reply", failure: error instanceof Error ? error.message : String(error) };
  }
}

const [file = "", skipped = ""] = process.argv.slice(2);
const left = new Set(skipped.split(",").map(Number));
onHandIn((name, answer) => say({ say: "handed in", name, ...(typeof answer === "function" ? {} : { value: answer }) }));
const notebook = parseNotebook(fs.readFileSync(file, "utf8"), file);
// A cell that fails costs what depends on it, not the cells below.
const cells = notebook.cells.map((cell, i) => {
  const tags = [left.has(i + 1) ? "skip-execution" : "raises-exception"];
  return { ...cell, outputs: [], metadata: { ...cell.metadata, tags } };
});
const ran = await runNotebook({ ...notebook, cells }, { begin: (cell) => say({ say: "cell", cell }), end: () => {} });
if (ran.status === "ok")
  for (const [i, cell] of ran.notebook.cells.entries())
    for (const { output_type, ename, evalue } of cell.outputs ?? [])
      if (output_type === "error") say({ say: "failed", cell: i + 1, what: `${ename}: ${evalue}`.slice(0, 300) });
say({ say: "ran" });
for await (const line of createInterface({ input: process.stdin })) say(await reply(JSON.parse(line) as Call));
