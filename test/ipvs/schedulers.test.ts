// Schedulers against a real kernel's picks, through sockets and packets: the same servers in the same order, and the same
// counts in every table.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Picker, Scheduler } from "../../lib/ipvs/scheduler.ts";
import { SCHEDULERS } from "../../lib/ipvs/schedulers/registry.ts";
import { Lab } from "../../lib/lab/lab.ts";
import { balancingOf } from "../../lib/netns/ipvs/balancing.ts";
import { playHistories } from "../../lib/tools/ipvs-histories/play.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { ip } from "../../lib/wire/address.ts";
import { PROTOCOL } from "../../lib/wire/packet.ts";
import { difference } from "./difference.ts";
import { type Recorded, readCases, readGoldens } from "./goldens.ts";

/** What picks6.sh recorded. */
const PICKS6 = join(dirname(fileURLToPath(import.meta.url)), "../../../test/ipvs/goldens/picks6.txt");
const CONNECTION = /^TCP \S+ +SYN_RECV +\[(\S+)\]:(\d+) \[(\S+)\]:80 (\S+)$/gm;

function differences(all: readonly Recorded[]): string[] {
  const own = playHistories(all.map(({ scenario }) => scenario));
  return all.flatMap(({ scenario, outcome }, i) => difference(scenario, outcome, own[i]!) ?? []);
}

/** A picker that is asked to explain each pick before it: what it did not explain is told. */
function explained(picker: Picker, name: string, wrong: string[]): Picker {
  return {
    pick: (flow) => {
      const won = picker.explain(flow).filter(({ lost }) => lost === null);
      const dest = picker.pick(flow);
      if (won.length !== (dest === null ? 0 : 1) || won[0]?.dest !== (dest ?? undefined))
        wrong.push(`${name} took ${dest}, explained ${won.map((each) => each.dest)}`);
      return dest;
    },
    explain: (flow) => picker.explain(flow),
    added: () => picker.added?.(),
    removed: (dest) => picker.removed?.(dest),
    updated: () => picker.updated?.(),
    release: () => picker.release?.(),
  };
}

describe("IPVS schedulers", function () {
  this.timeout(60_000);
  const { kernel, scenarios } = readGoldens();

  it(`pick as ${kernel} did, in ${scenarios.length} random histories`, () => {
    assert.deepEqual(differences(scenarios), []);
  });

  for (const recorded of readCases())
    it(`pick as a real kernel did in ${recorded.scenario.name}`, () => assert.deepEqual(differences([recorded]), []));

  it("hash addresses of IPv6 as a real kernel does", () => {
    const blocks = readFileSync(PICKS6, "utf8").split(/^(?=dh|sh|mh)/m);
    assert.equal(blocks.length, 5);
    for (const block of blocks) {
      const [scheduler = ""] = block.split("\n");
      const lab = new Lab({ ipv6: true });
      lab.node("d");
      const rows = [...block.matchAll(CONNECTION)];
      for (const virtual of new Set(rows.map((row) => row[3]!))) {
        const service = `-t [${virtual}]:80`;
        const servers = [1, 2, 3, 4, 5].map((i) => `ipvsadm -a ${service} -r [2001:db8:1::${i}]:80 -g -w ${i}`);
        const lines = [`ipvsadm -A ${service} -s ${scheduler}`, ...servers];
        assert.equal(runShell(lab, place(lab, "d"), lines.join("\n")).text, "");
      }
      assert.ok(rows.length >= 14, `${rows.length} connections of ${scheduler}`);
      for (const [, client, port, virtual, server] of rows) {
        const { picker } = balancingOf(lab.netns("d")).ipvs.services.find(0, PROTOCOL.tcp, ip(virtual!), 80)!;
        const dest = picker!.pick({ client: ip(client!), clientPort: Number(port), virtual: ip(virtual!) });
        assert.equal(`${dest}`, server, `${scheduler}: [${client}]:${port} to ${virtual}`);
      }
    }
  });

  it("explain each pick, and only one candidate has won", () => {
    const wrong: string[] = [];
    const binds = [...SCHEDULERS.values()].map((scheduler) => [scheduler, scheduler.bind] as const);
    for (const [scheduler, bind] of binds)
      (scheduler as { bind: Scheduler["bind"] }).bind = (service) =>
        explained(bind(service), `${scheduler.name} of ${service}`, wrong);
    try {
      playHistories(scenarios.slice(0, 60).map(({ scenario }) => scenario));
    } finally {
      for (const [scheduler, bind] of binds) (scheduler as { bind: Scheduler["bind"] }).bind = bind;
    }
    assert.deepEqual(wrong, []);
  });
});
