// What the IPVS mode keeps of each Service is, sync after sync, what all of them together come to.
import { strict as assert } from "node:assert";
import { type IpvsPlan, Planner, planIpvs } from "../../../lib/kube/proxy/ipvs/plan.ts";
import { WrittenPlan } from "../../../lib/kube/proxy/ipvs/written.ts";
import { proxyCase } from "./cases.ts";
import { syncs } from "./text.ts";

const shown = ({ sets, servers, forbidden }: IpvsPlan) => ({
  sets: [...sets].map(([name, elements]) => [name, [...elements.keys()].sort()]),
  servers: [...servers]
    .map(([key, { persistent, endpoints }]) => [key, persistent, endpoints.map(({ text }) => text)])
    .sort(),
  forbidden: [...forbidden].map(({ address, protocol, port }) => `${protocol} ${address}:${port}`).sort(),
});

describe("kube-proxy's IPVS mode, written piece by piece", () => {
  it("comes to what all Services together come to", () => {
    for (let seed = 0; seed < 60; seed++) {
      const written = new WrittenPlan();
      const elements = new Map<string, Set<string>>();
      let step = 0;
      syncs(proxyCase(`${seed}`), (surroundings, changed) => {
        const planner = new Planner(surroundings);
        const { services } = surroundings.tracker;
        for (const key of changed ?? services.keys())
          written.replace(key, services.has(key) ? planner.contribution(key) : null);
        for (const name of written.sets.keys()) {
          const set = elements.get(name) ?? new Set();
          elements.set(name, set);
          const { came, gone } = written.takeElements(name);
          for (const each of gone) assert.ok(set.delete(each));
          for (const each of came) set.add(each);
        }
        written.takeServers();
        const whole = planIpvs(surroundings);
        // Where two Services claim one address, whose servers are meant hangs on their order.
        const claims = [...services.keys()].flatMap((key) =>
          planner.contribution(key).servers.map(([server]) => server),
        );
        const isClear = new Set(claims).size === claims.length;
        const [ours, all] = [shown(written), shown(whole)];
        assert.deepEqual(isClear ? ours : ours.sets, isClear ? all : all.sets, `seed ${seed}, step ${step}`);
        for (const [name, set] of elements)
          assert.deepEqual(
            [...set].sort(),
            [...whole.sets.get(name as never)!.keys()].sort(),
            `seed ${seed}, step ${step++}`,
          );
      });
    }
  }).timeout(20000);
});
