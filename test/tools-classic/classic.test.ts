// traceroute, tracepath, arping, route, netstat, ifconfig and what ping and ip say of path MTUs: byte for byte like the
// real tools. Against goldens always, against the real tools where they are.
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { Lab } from "../../lib/lab/lab.ts";
import { ipSend } from "../../lib/netns/ipv4/send.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { LEVEL } from "../../lib/trace/step.ts";
import { ipv4 } from "../../lib/wire/address.ts";
import { BadInput } from "../../lib/wire/input.ts";
import { runReal, type Said } from "../tools/real.ts";
import { CASES, linesOf, SLOW } from "./cases.ts";
import { plain } from "./compare.ts";
import { runModel } from "./model.ts";
import { unavailable } from "./real.ts";
import { row } from "./row.ts";

const golden = (name: string): Said[] =>
  JSON.parse(readFileSync(`test/tools-classic/goldens/${name}.json`, "utf8")) as Said[];

/** Fails with the first line that differs, not with all of them. */
function same(model: readonly Said[], real: readonly Said[]): void {
  expect(
    model.map(({ line }) => line),
    "the goldens are of other cases: record them anew",
  ).to.deep.equal(real.map(({ line }) => line));
  for (const [i, said] of model.entries()) expect(said, `$ ${said.line}`).to.deep.equal(real[i]);
}

const count = Object.values(CASES).reduce((sum, script) => sum + linesOf(script).length, 0);

describe(`the classic tools say what the recorded ones said (${count} lines)`, () => {
  for (const [name, script] of Object.entries(CASES))
    it(name, () => same(plain(runModel(linesOf(script))), golden(name)));
});

const why = unavailable();
const asked = Object.keys(CASES).filter((name) => !SLOW.includes(name));
const title =
  why === null ? `, asked now: ${asked.length} of ${Object.keys(CASES).length} cases` : `: NOT ASKED, ${why}`;
describe(`the classic tools say what the real ones say here${title}`, function () {
  this.timeout(60_000);
  this.retries(2);
  for (const name of asked)
    it(name, function () {
      if (why !== null) return this.skip();
      same(plain(runModel(linesOf(CASES[name]!))), plain(runReal(linesOf(CASES[name]!))));
    });
});

describe("path MTU", () => {
  const lines = linesOf(CASES.pathMtu!);
  const setUp = (): Lab => {
    const lab = new Lab({ seed: "mtu" });
    lab.node("node");
    for (const line of lines.slice(
      0,
      lines.findIndex((each) => each.includes("ping")),
    ))
      runShell(lab, place(lab, "node"), line);
    return lab;
  };
  const sh = (lab: Lab, text: string) => runShell(lab, place(lab, "c"), text).text;

  it("is said in the trace by the step that led the program to its error", () => {
    const lab = setUp();
    lab.recorder.level = LEVEL.path;
    sh(lab, "ping -c 1 -M do -s 1472 10.0.2.2");
    const learned = lab.recorder.steps.find(({ because }) => because.includes("remembered for 600 s"));
    expect(learned?.evidence).to.deep.equal({
      kind: "route",
      text: "10.0.2.2 via 10.0.0.2 dev right cache expires 600sec mtu 1400",
      command: "ip route get 10.0.2.2",
    });
    expect(lab.recorder.steps.some(({ what, cause }) => what === "deliver" && cause === learned!.id)).to.equal(true);
  });

  it("is forgotten after ten minutes", () => {
    const lab = setUp();
    sh(lab, "ping -c 1 -M do -s 1472 10.0.2.2");
    expect(sh(lab, "sleep 599.5; ip route get 10.0.2.2")).to.contain("cache expires 0sec mtu 1400");
    expect(sh(lab, "sleep 1; ip route get 10.0.2.2")).not.to.contain("mtu");
  });
});

describe("fragments whose rest never comes", () => {
  const lost = (firstIsLost: boolean) => {
    const lab = new Lab({ seed: "fragments" });
    lab.node("node");
    for (const line of linesOf(row("c", "s"))) runShell(lab, place(lab, "node"), line);
    const [c, s] = [lab.netns("c"), lab.netns("s")];
    const device = s.devices.get("left")!;
    const input = s.input.bind(s);
    s.input = (on, frame, forUs, cause) => {
      const { payload } = frame;
      const isFirst = payload.kind === "ipv4" && payload.moreFragments && payload.fragmentOffset === 0;
      const isRest = payload.kind === "ipv4" && payload.fragmentOffset > 0;
      if (!(firstIsLost ? isFirst : isRest)) input(on, frame, forUs, cause);
    };
    lab.recorder.level = LEVEL.path;
    const body = { kind: "udp", srcPort: 5000, dstPort: 6000, data: new Uint8Array(3000) } as const;
    ipSend(c, { src: null, dst: ipv4("10.0.0.2"), body }, -1);
    lab.runFor(31e9);
    expect(device.stats.rxDropped).to.equal(0);
    return lab.recorder.steps;
  };

  it("are dropped after 30 s, and who sent the first one is told (ip_expire)", () => {
    const steps = lost(false);
    const drop = steps.find(({ because }) => because.includes("the rest did not in 30 s"));
    expect(Math.floor(drop!.time / 1e9)).to.equal(30);
    const told = steps.find(({ what, cause }) => what === "icmp error" && cause === drop!.id);
    expect(told?.because).to.equal("tell 10.0.0.1: Frag reassembly time exceeded");
  });

  it("are dropped in silence when the first one is missing: it says whose packet it was", () => {
    const steps = lost(true);
    expect(steps.filter(({ because }) => because.includes("the rest did not in 30 s"))).to.have.length(1);
    expect(steps.filter(({ what }) => what === "icmp error")).to.have.length(0);
  });
});

describe("what these tools know and the model does not is refused aloud", () => {
  const lines = [
    "traceroute -T ::",
    "traceroute -e 127.0.0.1",
    "traceroute --back 127.0.0.1",
    "traceroute -6 -l 1 ::1",
    "traceroute -s fe80::1 fe80::2",
    "tracepath ::ffff:10.0.0.1",
    "arping -i 0 -I lo 127.0.0.1",
    "route add -net 10.0.0.0/8 mss 1400 lo",
    "route flush",
    "route -C",
    "netstat -p",
    "netstat -x",
    "ifconfig lo -broadcast",
    "ifconfig -x",
    "ethtool -l lo",
    "ethtool lo",
  ];
  for (const line of lines)
    it(line, () => {
      const lab = new Lab();
      lab.node("node");
      expect(() => runShell(lab, place(lab, "node"), line)).to.throw(BadInput, /Supported/);
    });
});
