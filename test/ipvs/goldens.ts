// What a real kernel did with random histories, for machines that have none to ask.
//   node dist/test/ipvs/goldens.js PLAYER [COUNT] [SEED]
// records them anew: PLAYER is a program that is given a file with {"scenarios": [...]} and prints {"kernel", "scenarios"}.
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { generate } from "./generate.ts";
import type { Outcome, Scenario } from "./scenario.ts";

const GOLDENS = path.join(
  path.dirname(fileURLToPath(import.meta.url)),
  "../../../test/ipvs/goldens/schedulers.json.gz",
);
/** Scenarios of one boot of the player's kernel. */
const BATCH = 20;

export interface Golden {
  readonly kernel: string;
  readonly scenarios: readonly { readonly scenario: Scenario; readonly outcome: Outcome }[];
}

export function readGoldens(): Golden {
  return JSON.parse(gunzipSync(fs.readFileSync(GOLDENS)).toString("utf8")) as Golden;
}

/** Asks the real kernel what it does with the histories. */
export function play(player: string, scenarios: readonly Scenario[]): { kernel: string; outcomes: Outcome[] } {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "ipvs-")), "scenarios.json");
  fs.writeFileSync(file, JSON.stringify({ scenarios }));
  const printed = execFileSync(player, [file], { encoding: "utf8", maxBuffer: 1 << 28, timeout: 1_200_000 });
  const { kernel, scenarios: outcomes } = JSON.parse(printed) as { kernel: string; scenarios: Outcome[] };
  if (outcomes.length !== scenarios.length)
    throw new Error(`${player} played ${outcomes.length} of ${scenarios.length}`);
  return { kernel, outcomes };
}

function record(player: string, count: number, seed: string): void {
  const all = Array.from({ length: count }, (_, i) => generate(`${seed}/${i}`));
  const recorded: { scenario: Scenario; outcome: Outcome }[] = [];
  let of = "";
  for (let from = 0; from < count; from += BATCH) {
    const batch = all.slice(from, from + BATCH);
    const { kernel, outcomes } = play(player, batch);
    of = kernel;
    recorded.push(...batch.map((scenario, i) => ({ scenario, outcome: outcomes[i]! })));
    fs.mkdirSync(path.dirname(GOLDENS), { recursive: true });
    fs.writeFileSync(GOLDENS, gzipSync(JSON.stringify({ kernel: of, scenarios: recorded }), { level: 9 }));
    process.stdout.write(`${recorded.length} histories on ${of}\n`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [player, count = "200", seed = "fixed"] = process.argv.slice(2);
  if (player === undefined) throw new Error("node dist/test/ipvs/goldens.js PLAYER [COUNT] [SEED]");
  record(player, Number(count), seed);
}
