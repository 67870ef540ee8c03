// The same frames printed by the real tcpdump and by `describe`, filtered by libpcap and by `parseFilter`.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DescribeOptions, describe } from "../../lib/wire/describe.ts";
import { TcpSequences } from "../../lib/wire/describe-tcp.ts";
import { FilterError, parseFilter } from "../../lib/wire/filter.ts";
import { capture, FILTERS, FLAGS, FRAMES } from "./frames.ts";

export interface Printed {
  /** Flags to lines. */
  readonly lines: Readonly<Record<string, string>>;
  /** Filter to the numbers of the frames it takes, or to what is wrong with it. */
  readonly filters: Readonly<Record<string, readonly number[] | string>>;
}

export function printReal(): Printed {
  const room = mkdtempSync(join(tmpdir(), "packetwalk-tcpdump-"));
  try {
    const file = join(room, "frames.pcap");
    writeFileSync(file, capture());
    const run = (args: readonly string[]) => spawnSync("tcpdump", ["-r", file, "-n", ...args], { encoding: "utf8" });
    const lines = FLAGS.map((flags) => [flags, run(["-t", ...flags.split(" ").filter((flag) => flag !== "")]).stdout]);
    const filters = FILTERS.map((filter) => {
      const { stdout, stderr, status } = run(["-tt", filter]);
      if (status !== 0) return [filter, stderr.split("\n").find((line) => line.startsWith("tcpdump:")) ?? stderr];
      return [filter, [...stdout.matchAll(/^0\.(\d{6}) /gm)].map(([, micros]) => Number(micros))];
    });
    return { lines: Object.fromEntries(lines), filters: Object.fromEntries(filters) };
  } finally {
    rmSync(room, { recursive: true, force: true });
  }
}

export function printModel(): Printed {
  const lines = FLAGS.map((flags) => {
    const has = (flag: string) => flags.split(" ").includes(flag);
    const options: DescribeOptions = {
      link: has("-e"),
      quiet: has("-q"),
      verbose: has("-vv") ? 2 : has("-v") ? 1 : 0,
      ...(!has("-S") && { sequences: new TcpSequences() }),
    };
    return [flags, FRAMES.map((frame) => `${describe(frame, options)}\n`).join("")];
  });
  const filters = FILTERS.map((filter) => {
    try {
      const test = parseFilter(filter);
      return [filter, FRAMES.flatMap((frame, i) => (test(frame) ? [i] : []))];
    } catch (failure) {
      if (failure instanceof FilterError) return [filter, `tcpdump: ${failure.message}`];
      throw failure;
    }
  });
  return { lines: Object.fromEntries(lines), filters: Object.fromEntries(filters) };
}
