// Connections by themselves: states, timeouts and counters by mode and by how they end, ports that are used again, servers
// that go, templates, packets without a connection, datagrams, /proc/net/ip_vs*. What a real kernel did with the histories
// of goldens/connections.json, which any player of histories records anew.
import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Played } from "../../lib/tools/ipvs-histories/history.ts";
import { playHistories } from "../../lib/tools/ipvs-histories/play.ts";
import { readHistories } from "../../lib/tools/ipvs-histories/read.ts";
import { BadInput } from "../../lib/wire/input.ts";
import { difference } from "./difference.ts";
import type { Golden } from "./goldens.ts";

const HERE = dirname(fileURLToPath(import.meta.url));
const GOLDEN = join(HERE, "../../../test/ipvs/goldens/connections.json");
const MAIN = join(HERE, "../../lib/cli/main.js");

describe("histories of connections", () => {
  const { kernel, scenarios } = JSON.parse(readFileSync(GOLDEN, "utf8")) as Golden;

  it(`are as ${kernel} had them, ${scenarios.length} of them`, () => {
    const own = playHistories(scenarios.map(({ scenario }) => scenario));
    const wrong = scenarios.flatMap(({ scenario, outcome }, i) => difference(scenario, outcome, own[i]!) ?? []);
    assert.deepEqual(wrong, []);
  });
});

describe("packetwalk ipvs", () => {
  const { scenarios } = JSON.parse(readFileSync(GOLDEN, "utf8")) as Golden;
  const folder = mkdtempSync(join(tmpdir(), "ipvs-"));
  after(() => rmSync(folder, { recursive: true }));

  const run = (text: string) => {
    const file = join(folder, "scenarios.json");
    writeFileSync(file, text);
    return spawnSync(process.execPath, [MAIN, "ipvs", file], { encoding: "utf8" });
  };

  it("plays one history, a list, or scenarios, and prints what a player on a real kernel prints", () => {
    const { scenario, outcome } = scenarios.find(({ scenario: { name } }) => name === "every event")!;
    for (const written of [scenario, [scenario], { scenarios: [scenario] }]) {
      const { stdout, status } = run(JSON.stringify(written));
      assert.equal(status, 0);
      const { kernel, scenarios: played } = JSON.parse(stdout) as Played;
      assert.equal(typeof kernel, "string");
      assert.deepEqual(Object.keys(played[0]!), ["name", "results", "final"]);
      assert.equal(difference(scenario, outcome, played[0]!), null);
    }
  });

  it("refuses what is none, with its place, and plays nothing", () => {
    const two = { name: "two", scheduler: "rr", dests: [{ ip: "10.2.0.1", port: 80 }] };
    const wrong: readonly (readonly [unknown, string])[] = [
      [{ ...two }, '"events" is missing'],
      [{ ...two, scheduler: "best", events: [] }, "file.scheduler"],
      [{ ...two, events: [{ op: "connect", client: "10.1.0.300", cport: 1 }] }, "file.events[0].client"],
      [{ ...two, events: [{ op: "close", conn: 0 }] }, "file.events[0].conn"],
      [{ scenarios: [two, { ...two, events: [{ op: "fly" }] }] }, '"events" is missing'],
      [[{ ...two, events: [{ op: "fly" }] }], "file[0].events[0].op"],
      [{ ...two, dests: [{ ip: "10.2.0.9", port: 80 }], events: [] }, "file.dests[0].ip"],
      [{ ...two, events: [{ op: "weight", ip: "10.2.0.2", port: 80, weight: 1 }] }, "never added"],
      [{ ...two, events: [{ op: "wait", sec: -1 }] }, "file.events[0].sec"],
      [{ ...two, sysctl: { expire: 1 }, events: [] }, "net.ipv4.vs.expire"],
      [{ ...two, sysctl: null, events: [] }, "file.sysctl"],
      ["{", "not an object"],
    ];
    for (const [written, place] of wrong)
      assert.throws(
        () => readHistories(JSON.stringify(written)),
        (error) => error instanceof BadInput && error.message.includes(place),
        place,
      );
    const { stdout, stderr, status } = run("{");
    assert.deepEqual([stdout, status], ["", 2]);
    assert.match(stderr, /^packetwalk: .*no JSON/);
  });
});
