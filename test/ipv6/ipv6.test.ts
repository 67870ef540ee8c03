// IPv6 does what Linux does: addresses, duplicate address detection, neighbour discovery, routes, forwarding, errors.
import { expect } from "chai";
import { labFrom } from "../../lib/lab/data-read.ts";
import { labData } from "../../lib/lab/data-write.ts";
import { Lab } from "../../lib/lab/lab.ts";
import { labScript } from "../../lib/lab/script.ts";
import { PRIORITY } from "../../lib/netns/hooks.ts";
import { ip6Send, routeMeHarder6 } from "../../lib/netns/ipv6/send.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { ipv6 } from "../../lib/wire/address6.ts";
import { unavailable } from "../tools/real.ts";
import { scriptLines, scripts } from "./generate.ts";
import { allScripts, modelLines, readGoldens, realLines } from "./goldens.ts";
import { modelCounts } from "./hooks.ts";

const goldens = readGoldens();

describe("IPv6 does what Linux does", function () {
  this.timeout(60_000);

  it(`command lines and captures say what they said on Linux ${goldens.kernel}`, () => {
    const all = allScripts();
    expect(Object.keys(goldens.said), "record the goldens anew").to.have.members(Object.keys(all));
    let frames = 0;
    for (const [name, real] of Object.entries(goldens.said)) {
      const model = modelLines(all[name]!);
      expect(model.length, name).to.equal(real.length);
      for (const [i, said] of model.entries()) expect(said, `${name}: $ ${said.line}`).to.deep.equal(real[i]);
      frames += model.flatMap(({ out }) => out.match(/^IP6/gm) ?? []).length;
    }
    expect(frames).to.be.greaterThan(1000);
  });

  it(`as many packets pass each hook as did on Linux ${goldens.kernel}`, () => {
    expect(modelCounts()).to.deep.equal(goldens.hooks);
  });

  it("one random network on this machine's kernel, now", function () {
    const why = unavailable();
    if (why !== null) {
      process.stdout.write(`  ipv6: not asked here, ${why}\n`);
      return this.skip();
    }
    const lines = scriptLines(scripts(1, "fixed")[0]!);
    const model = modelLines(lines);
    this.retries(2);
    const differing = realLines(lines).filter((said, i) => JSON.stringify(said) !== JSON.stringify(model[i]));
    expect(differing).to.deep.equal([]);
  });
});

describe("addresses of IPv6 that end, and those with peers", () => {
  const lab = new Lab();
  lab.node("node");
  const run = (line: string, on = lab) => runShell(on, place(on, "node"), line).text;
  run("sysctl -qw net.ipv6.conf.all.disable_ipv6=0; ip link add e0 type veth peer name e1; ip link set e0 up");
  run("ip link set e1 up; sleep 3; sysctl -qw net.ipv6.conf.e0.keep_addr_on_down=1");
  run("ip addr add fd00::1/64 dev e0 valid_lft 100 preferred_lft 50 nodad; sleep 20");
  run("ip addr add fd01::1 peer fd01::2/64 dev e0 nodad preferred_lft 9");

  it("are in a lab's data, with the seconds that are left", () => {
    const again = labFrom(JSON.parse(JSON.stringify(labData(lab))));
    for (const line of ["ip addr", "ip -6 route show table all", "sysctl net.ipv6.conf.e0.keep_addr_on_down"])
      expect(run(line, again)).to.equal(run(line));
    expect(run("ip -6 addr show to fd00::/16", again)).to.contain("valid_lft 80sec preferred_lft 30sec");
    run("sleep 79", again);
    expect(run("ip -6 route", again)).to.contain("fd00::/64");
    run("sleep 2", again);
    expect(run("ip addr; ip -6 route show table all", again)).not.to.contain("fd00::");
    expect(run("ip -6 addr show deprecated", again)).to.contain("fd01::1 peer fd01::2/64");
  });

  it("are in its script", () => {
    const script = labScript(lab);
    expect(script).to.contain("addr add fd00::1/64 dev e0 nodad valid_lft 80 preferred_lft 30");
    expect(script).to.contain("addr add fd01::1 peer fd01::2/64 dev e0 nodad preferred_lft 9");
  });

  it("end in the namespace they were given to: a device that moved has them no more", () => {
    run("ip netns add far; ip link set e0 netns far; sleep 100");
    expect(run("ip -n far addr; ip -n far -6 route")).not.to.contain("fd0");
  });
});

describe("hook functions of IPv6", () => {
  it("drop what is sent, with EPERM, and send what they marked another way", () => {
    const lab = new Lab();
    lab.node("node");
    const run = (line: string) => runShell(lab, place(lab, "node"), line).text;
    run("sysctl -qw net.ipv6.conf.all.disable_ipv6=0; ip link add e0 type veth peer name e1; ip link set e0 up");
    run("ip link set e1 up; sleep 3; ip addr add fd00::1/64 dev e0 nodad");
    run("ip -6 rule add fwmark 7 lookup 77; ip -6 route add fd09::/64 via fd00::9; sleep 1");
    run("ip -6 route add unreachable fd09::/64 table 77");
    const ns = lab.netns("node");
    const drop = ns.hooks6.register("OUTPUT", { name: "drop", priority: 0, run: () => "drop" });
    const dst = ipv6("fd09::1");
    const body = { kind: "udp", srcPort: 1, dstPort: 2, data: new Uint8Array(1) } as const;
    expect(ip6Send(ns, { src: null, dst, body }, -1).errno).to.equal("EPERM");
    drop();
    let isSent: boolean | null = null;
    ns.hooks6.register("OUTPUT", {
      name: "mark",
      priority: PRIORITY.mangle,
      run: (host, skb) => {
        skb.mark = 7;
        isSent = routeMeHarder6(host, skb);
        return isSent ? "accept" : "drop";
      },
    });
    expect(ip6Send(ns, { src: null, dst, body }, -1).errno).to.equal("EPERM");
    expect(isSent, "table 77 says unreachable").to.equal(false);
    run("ip -6 route replace fd09::/64 via fd00::8 table 77");
    expect(ip6Send(ns, { src: null, dst, body }, -1).errno).to.equal(null);
    expect(run("ip -6 neigh"))
      .to.match(/^fd00::8 dev e0 +INCOMPLETE/m)
      .and.not.include("fd00::9");
  });
});

describe("a lab without IPv6", () => {
  it("sends nothing of it and prints nothing of it", () => {
    const lab = new Lab();
    lab.node("a");
    lab.node("b");
    lab.cable("a", "eth0", "b", "eth0");
    const frames: unknown[] = [];
    lab.netns("a").devices.get("eth0")!.taps = [(frame) => frames.push(frame)];
    lab.runFor(5e9);
    expect(frames).to.deep.equal([]);
    const { text } = runShell(lab, place(lab, "a"), "ip addr; ip -6 route show table all; ip -6 neigh");
    expect(text).not.to.match(/inet6|::/);
    expect(lab.netns("a").hasIpv6).to.equal(false);
  });
});
