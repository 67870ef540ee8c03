// `packetwalk ipvs`: histories of virtual services from a file, played, and what came of them printed.
import * as fs from "node:fs";
import { playHistories } from "../tools/ipvs-histories/play.ts";
import { readHistories } from "../tools/ipvs-histories/read.ts";
import { BadInput } from "../wire/input.ts";
import { Mistake, readOptions } from "./options.ts";

const KERNEL = "packetwalk, as linux 6.1";

/** Runs the subcommand: 0 when every history was played. */
export async function command(args: string[]): Promise<number> {
  const [file, ...more] = readOptions("ipvs", args, []).rest;
  if (file === undefined || more.length > 0)
    throw new Mistake("packetwalk ipvs takes one file of histories, like packetwalk ipvs SCENARIO.json");
  try {
    const scenarios = playHistories(readHistories(textOf(file)));
    process.stdout.write(`${JSON.stringify({ kernel: KERNEL, scenarios })}\n`);
    return 0;
  } catch (error) {
    if (error instanceof BadInput) throw new Mistake(`${file}: ${error.message}`);
    throw error;
  }
}

function textOf(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    throw new Mistake(`can't read ${file}: ${(error as Error).message}`);
  }
}
