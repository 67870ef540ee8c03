// TCP against the real kernel: the same calls, and every segment that travelled.
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { comparable, line, play, type Row, recordedRows, type Scenario } from "./tcp-player.ts";

const here = new URL("../../../test/netns/", import.meta.url);
const scenarios = JSON.parse(readFileSync(new URL("tcp-scenarios.json", here), "utf8")) as Scenario[];

interface Recorded {
  readonly name: string;
  readonly answers: readonly (number | string)[];
  readonly segments: readonly (readonly string[])[];
}

/** Whether this machine can make namespaces and capture in them. */
function isReal(): boolean {
  if (process.getuid?.() !== 0) return false;
  const name = `pw-try-${process.pid}`;
  const made = spawnSync("ip", ["netns", "add", name]).status === 0;
  spawnSync("ip", ["netns", "del", name]);
  const tools = ["tcpdump", "tshark", "python3"];
  return made && tools.every((tool) => spawnSync("sh", ["-c", `command -v ${tool}`]).status === 0);
}

/** Asks the real kernel; with a share of a busy processor its timers end late, so one scenario may be asked again. */
function record(which: readonly Scenario[]): Recorded[] {
  const script = new URL("tcp-real.py", here).pathname;
  const text = execFileSync("python3", [script, `pw${process.pid}-`], {
    input: JSON.stringify(which),
    maxBuffer: 1 << 26,
  });
  return JSON.parse(text.toString()) as Recorded[];
}

describe("TCP is what the kernel's is: same answers, same segments", function () {
  this.timeout(180_000);
  let recorded: readonly Recorded[] = [];
  const live = process.env.PACKETWALK_REAL !== "no" && isReal();

  before(() => {
    if (live) {
      console.log("      TCP: compared with this machine's kernel");
      recorded = record(scenarios);
    } else {
      console.log("      TCP: compared with what a kernel 6.18 did (test/netns/goldens/tcp.json)");
      recorded = JSON.parse(readFileSync(new URL("goldens/tcp.json", here), "utf8")) as Recorded[];
    }
  });

  for (const scenario of scenarios) {
    it(scenario.name, () => {
      const real = recorded.find(({ name }) => name === scenario.name)!;
      try {
        compare(scenario, real);
      } catch (difference) {
        if (!live) throw difference;
        console.log(`      (${scenario.name}: asked again, the first answer differed)`);
        const [again] = record([scenario]);
        compare(scenario, again!);
      }
    });
  }
});

function compare(scenario: Scenario, real: Recorded): void {
  const model = play(scenario);
  const rows = recordedRows(real.segments);
  expect(comparable(scenario, model.rows), "segments").to.deep.equal(comparable(scenario, rows));
  expect(model.answers, "answers").to.deep.equal(real.answers);
  if (scenario.timed) sameTimes(model.rows, rows);
}

/** The kernel's timers end with a tick of 4 ms, those of a second with up to 64 ms more (timer wheel). */
function sameTimes(model: readonly Row[], real: readonly Row[]): void {
  for (const [i, row] of model.entries()) {
    const other = real[i]!;
    const slack = 0.03 + 0.1 * other.time;
    expect(Math.abs(row.time - other.time), `${line(row)}: ${row.time} s here, ${other.time} s there`).to.be.below(
      slack,
    );
  }
}
