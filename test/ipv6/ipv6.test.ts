// IPv6 does what Linux does: addresses, duplicate address detection, neighbour discovery, routes, forwarding, errors.
import { expect } from "chai";
import { Lab } from "../../lib/lab/lab.ts";
import { PRIORITY } from "../../lib/netns/hooks.ts";
import { ip6Send, routeMeHarder6 } from "../../lib/netns/ipv6/send.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { ipv6 } from "../../lib/wire/address6.ts";
import { type Said, unavailable } from "../tools/real.ts";
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
    const differs = (real: readonly Said[]) =>
      real.filter((said, i) => JSON.stringify(said) !== JSON.stringify(model[i]));
    // A machine that was busy for a moment is asked again.
    const found = differs(realLines(lines));
    expect(found.length === 0 ? found : differs(realLines(lines))).to.deep.equal([]);
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
