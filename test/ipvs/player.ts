// A program that plays histories on a real kernel, in the format of `packetwalk ipvs`.
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { History, Played } from "../../lib/tools/ipvs-histories/history.ts";

/** The one of this project. */
export const PLAYER = path.join(path.dirname(fileURLToPath(import.meta.url)), "../../../test/ipvs/oracle/player.py");

/** A second a history at least, where the machine is busy; and the kernel's start. */
const TIME_LIMIT = { start: 120_000, history: 60_000 } as const;

/** Asks the real kernel what it does with the histories, all on one start. */
export async function play(player: string, scenarios: readonly History[]): Promise<Played> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "ipvs-"));
  try {
    const file = path.join(folder, "scenarios.json");
    fs.writeFileSync(file, JSON.stringify({ scenarios }));
    const timeout = TIME_LIMIT.start + scenarios.length * TIME_LIMIT.history;
    const { stdout } = await promisify(execFile)(player, [file], { encoding: "utf8", maxBuffer: 1 << 28, timeout });
    const played = JSON.parse(stdout) as Played;
    if (played.scenarios.length !== scenarios.length)
      throw new Error(`${player} played ${played.scenarios.length} of ${scenarios.length} histories`);
    return played;
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}
