// Every fault of the catalogue shows, and one change mends it; the challenge's board.
import { expect } from "chai";
import { run } from "../../lib/course/hunt/bed.ts";
import { Contest } from "../../lib/course/hunt/challenge.ts";
import { brokenBed, causesOf, faultOf, type HuntName, mended, probed } from "../../lib/course/hunt/hunt.ts";
import { MENDS } from "./submissions-hunt.ts";

/** The commands that mend what this seed breaks. */
function mendsFor(name: HuntName, seed: string): Record<string, string> {
  const [where, command] = MENDS[name][faultOf(name, seed).cause]!;
  const neighbours = name === "lvs" ? "" : run(brokenBed(name, seed), "node-1", "ip neigh");
  return { [where]: command.replace("MAC", /^10\.244\.2\.0 dev flannel\.1 lladdr (\S+)/m.exec(neighbours)?.[1] ?? "") };
}

describe("hunts", function () {
  this.timeout(120_000);

  for (const name of ["cluster", "lvs"] as const) {
    const causes = causesOf(name);
    it(`of "${name}" draw each fault once before one comes again`, () => {
      expect(causes.map((_, i) => faultOf(name, `class#${i + 1}`).cause).sort()).to.deep.equal(causes);
    });

    for (const [i] of causes.entries()) {
      const seed = `class#${i + 1}`;
      it(`of "${name}": ${faultOf(name, seed).cause} shows, and one change mends it`, () => {
        const { probes, changes, symptoms } = mended(name, seed, mendsFor(name, seed));
        expect(symptoms).not.to.deep.equal([]);
        expect(probes.filter(({ ok }) => !ok)).to.deep.equal([]);
        expect(changes.count, changes.entries.join("\n")).to.equal(1);
      });
    }
  }

  it("count pods that a mend took out of their deployment", () => {
    const number = causesOf("cluster").findIndex((_, i) => faultOf("cluster", `class#${i + 1}`).cause === "selector");
    const relabel = "kubectl label pods -l app=web app=wed --overwrite";
    const { changes } = mended("cluster", `class#${number + 1}`, { "control-plane": relabel });
    expect(changes.count).to.equal(2);
  });

  it("begin with the same lab each time, and everything works without the fault", () => {
    const [one, other] = [brokenBed("lvs", "same"), brokenBed("lvs", "same")];
    expect(probed(one)).to.deep.equal(probed(other));
  });

  it("count everything that a command rewrote", () => {
    const rules = Array.from({ length: 5 }, (_, i) => `iptables -A OUTPUT -p tcp --dport ${i + 1} -j ACCEPT`);
    expect(mended("lvs", "class#1", { router: rules.join("; ") }).changes.count).to.equal(5);
  });

  it("refuse a name that is none in one line", () => {
    expect(() => causesOf("cloud" as HuntName)).to.throw(/no such hunt: "cloud". There are cluster, lvs/);
  });
});

describe("a challenge", () => {
  it("keeps the best try of each team, and takes points for each change too many", function () {
    this.timeout(60_000);
    const game = new Contest("lecture", { seconds: 30 });
    const mends = mendsFor(game.on, game.seed);
    const { cause } = faultOf(game.on, game.seed);
    const [where] = Object.keys(mends) as [string];
    expect(game.attempt("left", {}, cause).points).to.equal(5);
    expect(game.attempt("right", mends).points).to.equal(10);
    const twice = {
      ...mends,
      [where]: `${mends[where]}; ip route add 10.98.0.0/24 dev lo; ip route add 10.99.0.0/24 dev lo`,
    };
    expect(game.attempt("left", twice, cause).points).to.be.within(13, 14);
    expect(game.attempt("left", {}).points).to.equal(0);
    expect(game.attempt("slow", { ...mends, [where]: `${mends[where]}; sleep 40` }, cause).wrong).to.match(
      /^it took 4\d/,
    );
    expect(game.board.map(({ team }) => team)).to.deep.equal(["left", "right", "slow"]);
  });

  it("refuses a time that is none", () => {
    expect(() => new Contest("lecture", { seconds: 0 })).to.throw(/not a number of seconds: "0"/);
  });
});
