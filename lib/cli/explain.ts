// `packetwalk explain`: what a real machine does with a packet, from files of what its tools print.
import * as fs from "node:fs";
import { explained } from "../notebook/explain.ts";
import { DUMPS, type DumpName } from "../tools/dumps/machine.ts";
import { BadInput } from "../wire/input.ts";
import { Mistake, readOptions } from "./options.ts";

const EXAMPLE = '--packet "in eth0 tcp 198.51.100.7:40000 > 192.0.2.10:443 syn"';

/** Runs the subcommand: 0 when the story could be told. */
export async function command(args: string[]): Promise<number> {
  const files = DUMPS.map((name) => `--${name}`);
  const { flags, values, rest } = readOptions(
    "explain",
    args,
    ["--json"],
    [...files, "--objects", "--packet", "--svg", "--unknown"],
  );
  if (rest.length > 0) throw new Mistake(`packetwalk explain takes no "${rest[0]}"; say ${EXAMPLE}`);
  const packet = values.get("--packet");
  if (packet === undefined) throw new Mistake(`packetwalk explain needs a packet, like ${EXAMPLE}`);
  const unknown = values.get("--unknown") ?? "error";
  if (unknown !== "error" && unknown !== "stop-there")
    throw new Mistake(`--unknown is error or stop-there, not "${unknown}"`);
  const dumps: { [Name in DumpName]?: { text: string; file: string } } = {};
  for (const name of DUMPS) {
    const file = values.get(`--${name}`);
    if (file !== undefined) dumps[name] = { text: textOf(file), file };
  }
  try {
    const file = values.get("--objects");
    const objects = file === undefined ? undefined : { text: textOf(file), file };
    const explanation = explained(dumps, objects, packet, unknown === "stop-there");
    const svg = values.get("--svg");
    if (svg !== undefined) fs.writeFileSync(svg, explanation.overview().svg());
    const text = flags.has("--json") ? `${JSON.stringify(explanation, octets, 2)}\n` : explanation.story().text;
    process.stdout.write(text);
    return 0;
  } catch (error) {
    if (error instanceof BadInput) throw new Mistake(error.message);
    throw error;
  }
}

/** Octets as hexadecimal digits. */
function octets(_: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value;
}

function textOf(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    throw new Mistake(`can't read ${file}: ${(error as Error).message}`);
  }
}
