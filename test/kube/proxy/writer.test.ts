// What the iptables mode hands over sync after sync comes to what kube-proxy's whole text makes of the tables.
import { strict as assert } from "node:assert";
import { restoreText } from "../../../lib/kube/proxy/iptables/sync.ts";
import { Writer } from "../../../lib/kube/proxy/iptables/writer.ts";
import { type Place, run } from "../../../lib/kube/proxy/tool.ts";
import { Lab } from "../../../lib/lab/lab.ts";
import { NEWEST } from "../../../lib/netfilter/text/flavour.ts";
import { tableText } from "../../../lib/netfilter/text/save.ts";
import { largeCase, proxyCase } from "./cases.ts";
import { syncs } from "./text.ts";

const RECENT_SYNC = 31e9;

function place(): Place {
  const lab = new Lab({ seed: "tables" });
  return { lab, ns: lab.node("node").root };
}

function saved({ ns }: Place, family: 4 | 6): string {
  const tables = family === 4 ? ns.xtables : ns.xtables6;
  return ["nat", "filter"]
    .map((name) => tableText(tables.get(name as "nat"), true, "iptables-save", NEWEST, ""))
    .join("");
}

/** Chains that nothing leads to, which stay a while in large clusters, aside. */
function check(asked: ReturnType<typeof proxyCase>, name: string): void {
  const { Family } = asked.Settings;
  const restore = [Family === 4 ? "iptables-restore" : "ip6tables-restore", "--noflush", "--counters"];
  const [whole, ours] = [place(), place()];
  const writer = new Writer();
  let now = 0;
  const existing = ({ ns }: Place) => [...(Family === 4 ? ns.xtables : ns.xtables6).get("nat").chains.keys()];
  syncs(asked, (surroundings, changed) => {
    now += RECENT_SYNC;
    run(whole, restore, restoreText({ ...surroundings, changed, existing: existing(whole) }));
    run(ours, restore, writer.text({ ...surroundings, changed, existing: existing(ours) }, now));
    assert.equal(saved(ours, Family), saved(whole, Family), `${name}, at ${now / RECENT_SYNC}`);
  });
}

describe("kube-proxy's iptables mode, written piece by piece", () => {
  it("comes to what the whole text makes of the tables", () => {
    for (let seed = 0; seed < 60; seed++) check(proxyCase(`${seed}`), `seed ${seed}`);
  }).timeout(20000);

  it("also where rules of endpoints lose and get back their comments", () => {
    check(largeCase(), "large");
  }).timeout(20000);
});
