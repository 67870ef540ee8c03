// Pictures of Services: rules as a real iptables-save printed them, a test against its table, lines on scales.
import { strict as assert } from "node:assert";
import { curves } from "../../lib/draw/curves.ts";
import { chiSquare, histogram } from "../../lib/draw/histogram.ts";
import { serviceChains } from "../../lib/draw/service-chains.ts";
import { readService } from "../../lib/kube/proxy/iptables/read-service.ts";
import { faults } from "./inspect.ts";

/** iptables-legacy-save 1.8.9 on Linux 6.18, of rules that kube-proxy's own test expects. */
const SAVED = `-A KUBE-EXT-4SW47YFZTEDKD3PK -j KUBE-SVC-4SW47YFZTEDKD3PK
-A KUBE-SEP-C6EBXVWJJZMIWKLZ -s 10.180.0.5/32 -m comment --comment "ns4/svc4:p80" -j KUBE-MARK-MASQ
-A KUBE-SEP-C6EBXVWJJZMIWKLZ -p tcp -m comment --comment "ns4/svc4:p80" -m tcp -j DNAT --to-destination 10.180.0.5:80
-A KUBE-SEP-I77PXRDZVX7PMWMN -p tcp -m comment --comment "ns5/svc5:p80" -m recent --set --name KUBE-SEP-I77PXRDZVX7PMWMN --mask 255.255.255.255 --rsource -m tcp -j DNAT --to-destination 10.180.0.3:80
-A KUBE-SEP-UKSFD7AGPMPPLUHC -p tcp -m comment --comment "ns4/svc4:p80" -m tcp -j DNAT --to-destination 10.180.0.4:80
-A KUBE-SERVICES -d 172.30.0.44/32 -p tcp -m comment --comment "ns4/svc4:p80 cluster IP" -m tcp --dport 80 -j KUBE-SVC-4SW47YFZTEDKD3PK
-A KUBE-SVC-4SW47YFZTEDKD3PK ! -s 10.0.0.0/8 -d 172.30.0.44/32 -p tcp -m comment --comment "ns4/svc4:p80 cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ
-A KUBE-SVC-4SW47YFZTEDKD3PK -m comment --comment "ns4/svc4:p80 -> 10.180.0.4:80" -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-UKSFD7AGPMPPLUHC
-A KUBE-SVC-4SW47YFZTEDKD3PK -m comment --comment "ns4/svc4:p80 -> 10.180.0.5:80" -j KUBE-SEP-C6EBXVWJJZMIWKLZ
-A KUBE-SVC-NUKIZ6OKUXPJNT4C -m comment --comment "ns5/svc5:p80 -> 10.180.0.3:80" -m recent --rcheck --seconds 10800 --reap --name KUBE-SEP-I77PXRDZVX7PMWMN --mask 255.255.255.255 --rsource -j KUBE-SEP-I77PXRDZVX7PMWMN
-A KUBE-SVC-NUKIZ6OKUXPJNT4C -m comment --comment "ns5/svc5:p80 -> 10.180.0.3:80" -j KUBE-SEP-I77PXRDZVX7PMWMN
`;

describe("Services as pictures", () => {
  it("a Service's rules are read back with the share of each endpoint", () => {
    const { chain, entries, marks, picks } = readService(SAVED, "ns4/svc4:p80");
    assert.equal(chain, "KUBE-SVC-4SW47YFZTEDKD3PK");
    assert.deepEqual(
      entries.map(({ from, wants }) => [from, wants]),
      [
        ["KUBE-EXT-4SW47YFZTEDKD3PK", ""],
        ["KUBE-SERVICES", "-d 172.30.0.44/32 -p tcp --dport 80"],
      ],
    );
    assert.equal(marks, "! -s 10.0.0.0/8");
    assert.deepEqual(
      picks.map(({ rule, probability, share, to }) => [rule, probability, share, to]),
      [
        [2, "0.50000000000", 0.5, "10.180.0.4:80"],
        [3, null, 0.5, "10.180.0.5:80"],
      ],
    );
  });

  it("a client that is remembered is no pick, and a Service that is not there is refused with those that are", () => {
    assert.deepEqual(
      readService(SAVED, "ns5/svc5:p80").picks.map(({ share }) => share),
      [1],
    );
    assert.throws(() => readService(SAVED, "ns6/svc6"), { name: "BadInput", message: /ns4\/svc4:p80, ns5\/svc5:p80/ });
  });

  it("the test of equal shares is that of the tables: one run of twenty is so far off", () => {
    // Critical values of χ² at 5 %, of any table, by degrees of freedom.
    for (const [freedom, critical] of [
      [1, 3.841],
      [2, 5.991],
      [4, 9.488],
      [9, 16.919],
      [30, 43.773],
    ] as const) {
      // Two counts differ from the mean so that the sum is the critical value.
      const mean = 1e6;
      const off = Math.sqrt((critical * mean) / 2);
      const counts = [mean + off, mean - off, ...Array(freedom - 1).fill(mean)];
      assert.ok(Math.abs(chiSquare(counts).chance - 0.05) < 1e-4, `${freedom}: ${chiSquare(counts).chance}`);
    }
    assert.equal(chiSquare([7, 7, 7]).chance, 1);
    assert.ok(chiSquare([1e6, 1]).chance < 1e-9);
  });

  it("no text is cut, overlapped, over an edge or crossed by a line", () => {
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`10.244.1.${i}:3021`, 400 + i]));
    const scenes = {
      chains: serviceChains(readService(SAVED, "ns4/svc4:p80"), "node-1"),
      affinity: serviceChains(readService(SAVED, "ns5/svc5:p80"), "node-1"),
      histogram: histogram("many", many),
      nobody: histogram("none", { "–": 12 }),
      curves: curves(
        "rules",
        {
          iptables: { 10: 28, 100: 118, 1000: 1018 },
          ipvs: { 10: 12, 100: 12, 1000: 12 },
          nftables: { 10: 12, 1000: 12 },
        },
        { x: "Services", y: "rules" },
      ),
      one: curves("one", { iptables: { 1: 1 } }, { x: "Services", y: "rules" }),
    };
    for (const [name, scene] of Object.entries(scenes)) assert.deepEqual(faults(scene), [], name);
  });
});
