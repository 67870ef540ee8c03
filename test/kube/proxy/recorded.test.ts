// kube-proxy's modes write what its own code wrote of the same objects (record.ts).
import { strict as assert } from "node:assert";
import { said } from "../../../lib/kube/proxy/tool.ts";
import { largeCase, proxyCase } from "./cases.ts";
import { answersOf, goldenOf, RECORDED } from "./record.ts";
import { assertSame, ipvsNodes, textsOf } from "./text.ts";

describe("kube-proxy, as its own code", () => {
  for (const mode of ["iptables", "ipvs", "nftables"])
    it(`${mode}: writes the same, sync after sync`, () => {
      const golden = goldenOf(mode);
      assert.equal(golden.length, RECORDED);
      for (const [seed, answers] of golden.entries()) {
        const ours = answersOf(mode, proxyCase(`${seed}`));
        assert.equal(ours.length, answers.length);
        for (const [step, each] of ours.entries()) assertSame(each, answers[step]!, `seed ${seed}, step ${step}`);
      }
    }).timeout(20000);

  it("ipvs: a node has those virtual servers, of SCTP too", () => {
    const options: Record<string, string> = { TCP: "-t", UDP: "-u", SCTP: "--sctp-service" };
    const seen = new Set<string>();
    for (const [seed, answers] of goldenOf("ipvs").entries()) {
      const asked = proxyCase(`${seed}`);
      if (asked.Settings.Family === 6) continue;
      const saved = ipvsNodes(asked, (place) => said(place, ["ipvsadm", "-Sn"]).trim().split("\n").sort());
      for (const [step, lines] of saved.entries()) {
        const servers = Object.entries(answers[step]!).filter(([name]) => name.includes("/"));
        const theirs = servers.flatMap(([name, [, timeout, ...reals]]) => {
          const [, at, protocol] = /^(.*)\/(.*)$/.exec(name)!;
          seen.add(protocol!);
          const end = `${options[protocol!]} ${at}`;
          const seconds = timeout!.replace("timeout ", "");
          return [
            `-A ${end} -s rr${seconds === "0" ? "" : ` -p ${seconds}`}`,
            ...reals.map((each) => `-a ${end} -r ${each} -m -w 1`),
          ];
        });
        assert.deepEqual(lines, theirs.sort(), `seed ${seed}, step ${step}`);
      }
    }
    assert.deepEqual([...seen].sort(), ["SCTP", "TCP", "UDP"]);
  }).timeout(20000);

  it("iptables: rules of endpoints have no comments where there are more than a thousand", () => {
    const commented = textsOf(largeCase()).map((text) => /-A KUBE-SEP-\S+ -m comment/.test(text));
    assert.deepEqual(commented, [false, true, false]);
  });

  it("iptables: KUBE-SERVICES ends with the way to node ports", () => {
    for (let seed = 0; seed < 20; seed++)
      for (const text of textsOf(proxyCase(`${seed}`))) {
        const nat = text.slice(text.indexOf("*nat"));
        const services = nat.split("\n").filter((line) => line.startsWith("-A KUBE-SERVICES "));
        const first = services.findIndex((line) => line.includes("service nodeports; NOTE"));
        assert.ok(first === -1 || services.slice(first).every((line) => line.includes("service nodeports; NOTE")));
      }
  });
});
