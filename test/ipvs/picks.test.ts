// The verbs of the chapter on schedulers: picks are those that a real 6.1 kernel made of the same set-ups, a workload is
// its seed's, and a scheduler of one's own is judged by its picks.
import { expect } from "chai";
import {
  BadInput,
  type Contender,
  homes,
  lab,
  moves,
  multiples,
  picks,
  rivals,
  sh,
  timeline,
  workload,
} from "../../lib/index.ts";
import { faults } from "../draw/inspect.ts";

function farm(scheduler: string, weights: readonly number[], service = "-t 192.0.2.10:80"): void {
  lab({ seed: "farm" }).node("director");
  const servers = weights.map((w, i) => `ipvsadm -a ${service} -r 10.0.0.${i + 1}:80 -m -w ${w}`);
  expect(sh("director", [`ipvsadm -A ${service} -s ${scheduler}`, ...servers].join("\n")).text).to.equal("");
}

/** Scheduler, weights in the order of adding, whether connections end at once, and what Linux 6.1 picked. */
const KERNEL: readonly [string, readonly number[], boolean, string][] = [
  ["rr", [1, 1, 1], true, "3 2 1 3 2 1 3 2 1"],
  ["rr", [1, 0, 1], true, "3 1 3 1 3 1"],
  ["wrr", [4, 3, 2], true, "3 2 1 1 2 1 3 2 1 3 2 1 1 2 1 3 2 1"],
  ["wrr", [5, 1, 1], true, "3 2 1 1 1 1 1 3 2 1 1 1 1 1"],
  ["wrr", [0, 2, 1], true, "3 2 2 3 2 2"],
  ["wrr", [0, 0], true, "– –"],
  ["lc", [1, 1, 1], false, "3 2 1 3 2 1 3 2 1"],
  ["lc", [3, 1], false, "2 1 2 1 2 1 2 1"],
  ["wlc", [1, 2, 3], false, "3 2 1 3 2 3 3 2 1 3 2 3"],
  ["sed", [1, 2, 3], false, "3 2 3 3 2 1 3 2 3 3 2 1"],
  ["sed", [5, 1], false, "1 1 1 1 2 1 1 1 1 1 2 1"],
  ["nq", [1, 2, 3], false, "3 2 1 3 3 2 3 2 3 3 2 1"],
  ["nq", [3, 1], false, "2 1 1 1 1 1 2 1"],
  ["fo", [1, 2, 3], true, "3 3 3 3"],
  ["ovf", [2, 3, 1], false, "2 2 2 2 1 1 1 3"],
  ["lblc", [1, 1, 1], false, "3 3 2 2 1 1"],
  ["lblcr", [1, 1, 1], false, "3 3 2 2 1 1"],
];
const CLIENTS = Array.from({ length: 20 }, (_, i) => `10.0.0.${20 + i}`);
const LOAD = { requests: 300, rate: 100, work: 0.02, sizes: "heavy" } as const;

describe("picks", () => {
  for (const [scheduler, weights, close, wanted] of KERNEL)
    it(`of ${scheduler} with weights ${weights.join(" ")} are a real kernel's`, () => {
      farm(scheduler, weights);
      expect(picks("director", wanted.split(" ").length, { close }).order).to.equal(wanted);
    });

  it("of sh by twenty clients are a real kernel's, and the second time as well", () => {
    farm("sh", [1, 1, 1]);
    const wanted = "3 1 3 1 3 2 3 2 1 2 1 2 3 3 1 3 1 3 2 3";
    expect([picks("director", CLIENTS).order, picks("director", CLIENTS).order]).to.deep.equal([wanted, wanted]);
  });

  it("never come from a connection that is remembered", () => {
    farm("wlc", [1, 1]);
    const all = [1, 2, 3].flatMap(() => picks("director", ["10.0.0.9"]).of);
    expect(all.map(({ server }) => server)).to.deep.equal(["2", "1", "2"]);
    for (const { standings } of all) expect(standings).to.have.length(2);
  });

  it("say what is wrong, and what to do", () => {
    lab().node("director");
    const service = "ipvsadm -A -t 192.0.2.10:80; ipvsadm -a -t 192.0.2.10:80 -r 10.0.0.1:80 -m";
    const wrong: readonly [() => unknown, RegExp][] = [
      [() => picks("director", 1), /no virtual server/],
      [() => sh("director", service) && picks("director", 0), /not a number of connections/],
      [() => picks("nobody", 1), /no node, pod or namespace/],
      [() => picks("director", 1).why(2), /counted from 1 to 1/],
      [() => workload("director", { requests: 0 }), /not a number of requests/],
      [() => workload("director", { sizes: "fat" as "heavy" }), /constant, exponential, heavy/],
      [() => workload("director", { speeds: { "7": 2 } }), /no server of this name/],
      [() => rivals("fastest", ([first]) => first), /no such scheduler/],
      [() => sh("director", "ipvsadm -A -t 192.0.2.11:80") && picks("director", 1), /more than one virtual server/],
    ];
    for (const [attempt, because] of wrong) expect(attempt).to.throw(BadInput, because);
  });
});

describe("a workload", () => {
  it("is its seed's: two schedulers get the same requests", () => {
    const clients = ["rr", "wlc"].map((scheduler) => {
      farm(scheduler, [1, 2]);
      return workload("director", LOAD).of.map(({ client, time }) => `${time} ${client}`);
    });
    expect(clients[0]).to.deep.equal(clients[1]);
  });

  it("ends with every connection closed, and works as long as its requests are", () => {
    farm("rr", [1, 1]);
    const { servers, load } = workload("director", { ...LOAD, sizes: "constant", speeds: { "2": 2 } });
    expect(servers.map(({ busy }) => Math.round(busy * 1000))).to.deep.equal([3000, 1500]);
    expect(load.latencies).to.have.length(300);
    expect(sh("director", "ipvsadm -Ln").out).to.match(/10\.0\.0\.1:80 +Masq +1 +0 +150/);
  });

  it("loses what a dead server gets, until somebody takes it away", () => {
    const quiesce = "ipvsadm -e -t 192.0.2.10:80 -r 10.0.0.1:80 -m -w 0";
    const lost = [{}, { 1: quiesce }].map((at) => {
      farm("rr", [1, 1]);
      return workload("director", { ...LOAD, dead: ["1"], at }).load.lost;
    });
    expect(lost[0]).to.equal(150);
    expect(lost[1]).to.be.within(30, 75);
  });
});

describe("a scheduler of one's own", () => {
  const usable = (servers: readonly Contender[]) => servers.filter(({ weight }) => weight > 0);
  const least = (cost: (each: Contender) => number) => (servers: readonly Contender[]) =>
    usable(servers).reduce<Contender | undefined>(
      (best, each) => (best === undefined || cost(each) < cost(best) ? each : best),
      undefined,
    );
  const overhead = ({ active, inactive }: Contender) => active * 257 + inactive;
  const OWN = {
    lc: least(overhead),
    wlc: least((each) => overhead(each) / each.weight),
    sed: least(({ active, weight }) => (active + 1) / weight),
    fo: least(({ weight }) => -weight),
  };

  it("is right if every pick is the kernel's", () => {
    for (const [name, own] of Object.entries(OWN)) expect(rivals(name, own), name).to.include({ ok: true });
  });
  it("is wrong with another's picks, and learns which list was picked from", () => {
    for (const [name, other] of [
      ["lc", "wlc"],
      ["wlc", "sed"],
      ["sed", "fo"],
      ["fo", "lc"],
    ] as const) {
      const { ok, because } = rivals(name, OWN[other]);
      expect(ok, name).to.equal(false);
      expect(because).to.match(/Yours takes \S+, the kernel's \w+ takes \S+\. The list was:\n {2}\d+: weight/);
    }
  });
});

describe("pictures of picks", () => {
  it("have no text cut, overlapped, over an edge or crossed by a line", () => {
    for (const count of [1, 3, 12]) {
      const weights = Array.from({ length: count }, (_, i) => (i * 7) % 5);
      for (const scheduler of ["rr", "wrr", "wlc", "nq", "ovf", "dh", "mh", "lblc", "lblcr"]) {
        farm(scheduler, weights, "-f 1");
        const some = picks("director", 60, { to: Array.from({ length: 15 }, (_, i) => `192.0.2.${10 + i}`) });
        const load = workload("director", { ...LOAD, destinations: 3, cache: 2 });
        const shown = [some.why(1), some.why(60), some.score(), homes({ [scheduler]: some })];
        const together = [
          timeline({ [scheduler]: some }),
          multiples([load, load]),
          moves({ a: [some, load], b: [some, some] }),
        ];
        for (const { scene } of [...shown, ...together]) {
          expect(faults(scene), `${scheduler} ${count}: ${scene.title}`).to.deep.equal([]);
          expect(scene.width).to.be.at.most(760);
        }
      }
    }
  });

  it("count who stayed, who had to move, and who moved for nothing", () => {
    farm("mh", [1, 1, 1, 1, 1]);
    const before = picks("director", 200);
    sh("director", "ipvsadm -d -t 192.0.2.10:80 -r 10.0.0.2:80");
    const { counts } = moves({ mh: [before, picks("director", 200)] });
    expect(counts.mh!.hadTo).to.equal(before.counts["2"]);
    expect(counts.mh!.stays + counts.mh!.hadTo + counts.mh!.needless).to.equal(200);
  });
});
