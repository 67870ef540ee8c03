// The same frames printed by the real tcpdump and by `describe`, filtered by libpcap and by `parseFilter`.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { frameBytes } from "../../lib/wire/bytes.ts";
import { type DescribeOptions, describe } from "../../lib/wire/describe.ts";
import { TcpSequences } from "../../lib/wire/describe-tcp.ts";
import { parseFilter } from "../../lib/wire/filter.ts";
import { FilterError } from "../../lib/wire/filter-words.ts";
import type { Frame } from "../../lib/wire/packet.ts";
import { pcapBytes } from "../../lib/wire/pcap.ts";
import { FILTERS, FLAGS, FRAMES } from "./frames.ts";
import { FILTERS6, FLAGS6, FRAMES6 } from "./frames6.ts";

/** Frames, the flags they are printed with and the filters they are asked. */
export interface Questions {
  readonly frames: readonly Frame[];
  readonly flags: readonly string[];
  readonly filters: readonly string[];
}

/** By the name of their golden. */
export const QUESTIONS: Readonly<Record<string, Questions>> = {
  printer: { frames: FRAMES, flags: FLAGS, filters: FILTERS },
  printer6: { frames: FRAMES6, flags: FLAGS6, filters: FILTERS6 },
};

/** The frames as a capture, a microsecond apart. */
export function capture(frames: readonly Frame[]): Uint8Array {
  return pcapBytes(frames.map((each, i) => ({ time: BigInt(i) * 1000n, bytes: frameBytes(each) })));
}

export interface Printed {
  /** Flags to lines. */
  readonly lines: Readonly<Record<string, string>>;
  /** Filter to the numbers of the frames it takes, or to what is wrong with it. */
  readonly filters: Readonly<Record<string, readonly number[] | string>>;
}

export function printReal({ frames, flags, filters }: Questions): Printed {
  const room = mkdtempSync(join(tmpdir(), "packetwalk-tcpdump-"));
  try {
    const file = join(room, "frames.pcap");
    writeFileSync(file, capture(frames));
    const run = (args: readonly string[]) => spawnSync("tcpdump", ["-r", file, "-n", ...args], { encoding: "utf8" });
    const lines = flags.map((each) => [each, run(["-t", ...each.split(" ").filter((flag) => flag !== "")]).stdout]);
    const taken = filters.map((filter) => {
      const { stdout, stderr, status } = run(["-tt", filter]);
      if (status !== 0) return [filter, stderr.split("\n").find((line) => line.startsWith("tcpdump:")) ?? stderr];
      return [filter, [...stdout.matchAll(/^0\.(\d{6}) /gm)].map(([, micros]) => Number(micros))];
    });
    return { lines: Object.fromEntries(lines), filters: Object.fromEntries(taken) };
  } finally {
    rmSync(room, { recursive: true, force: true });
  }
}

export function printModel({ frames, flags, filters }: Questions): Printed {
  const lines = flags.map((each) => {
    const has = (flag: string) => each.split(" ").includes(flag);
    const options: DescribeOptions = {
      link: has("-e"),
      quiet: has("-q"),
      verbose: has("-vv") ? 2 : has("-v") ? 1 : 0,
      ...(!has("-S") && { sequences: new TcpSequences() }),
    };
    return [each, frames.map((frame) => `${describe(frame, options)}\n`).join("")];
  });
  const taken = filters.map((filter) => {
    try {
      const test = parseFilter(filter);
      return [filter, frames.flatMap((frame, i) => (test(frame) ? [i] : []))];
    } catch (failure) {
      if (failure instanceof FilterError) return [filter, `tcpdump: ${failure.message}`];
      throw failure;
    }
  });
  return { lines: Object.fromEntries(lines), filters: Object.fromEntries(taken) };
}
