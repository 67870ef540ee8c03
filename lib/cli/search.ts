// `packetwalk search`: what is true of all packets at once, from files of what a machine's tools print.
import * as fs from "node:fs";
import { type Found, Search } from "../notebook/search.ts";
import { DUMPS, type DumpName } from "../tools/dumps/machine.ts";
import { BadInput } from "../wire/input.ts";
import { Mistake, readOptions } from "./options.ts";

const USAGE = "packetwalk search --iptables FILE [--to 10.244.1.2 --in eth0 --addr FILE --route FILE | --against FILE]";

/** Runs the subcommand: 0 when the search could be made. */
export async function command(args: string[]): Promise<number> {
  const valued = [...DUMPS.map((name) => `--${name}`), "--to", "--in", "--against"];
  const { flags, values, rest } = readOptions("search", args, ["--json"], valued);
  if (rest.length > 0) throw new Mistake(`packetwalk search takes no "${rest[0]}"; say ${USAGE}`);
  try {
    const found = answer(values);
    process.stdout.write(flags.has("--json") ? `${JSON.stringify(found, null, 2)}\n` : `${found}\n`);
    return 0;
  } catch (error) {
    if (error instanceof BadInput) throw new Mistake(error.message);
    throw error;
  }
}

function answer(values: ReadonlyMap<string, string>): Found {
  const dumps: { [Name in DumpName]?: { text: string; file: string } } = {};
  for (const name of DUMPS) {
    const file = values.get(`--${name}`);
    if (file !== undefined) dumps[name] = { text: textOf(file), file };
  }
  const [to, device, against] = ["--to", "--in", "--against"].map((name) => values.get(name));
  if ((to === undefined) !== (device === undefined))
    throw new Mistake(`--to ADDRESS and --in DEVICE belong together; say ${USAGE}`);
  if (to !== undefined && against !== undefined) throw new Mistake(`either --to or --against is asked; say ${USAGE}`);
  const search = new Search(dumps);
  if (to !== undefined) return search.to(to, device!);
  if (against === undefined) return search.unmatched();
  return search.against(new Search({ ...dumps, iptables: { text: textOf(against), file: against } }));
}

function textOf(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    throw new Mistake(`can't read ${file}: ${(error as Error).message}`);
  }
}
