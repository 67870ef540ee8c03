// What a namespace does with packets between its sockets and its devices: hooks, marks, neighbours, counters.
import { expect } from "chai";
import { Lab } from "../../lib/lab/lab.ts";
import type { HookState, Verdict } from "../../lib/netns/hooks.ts";
import { reinject } from "../../lib/netns/hooks-run.ts";
import { routeMeHarder } from "../../lib/netns/ipv4/send.ts";
import type { Skb } from "../../lib/netns/skb.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { unavailable } from "../tools/real.ts";
import { modelLines, readGoldens, realLines } from "./goldens.ts";

const sh = (lab: Lab, where: string, text: string) => runShell(lab, place(lab, where), text).text;

function pair(): Lab {
  const lab = new Lab({ seed: "stack" });
  lab.node("a");
  lab.node("b");
  lab.cable("a", "eth0", "b", "eth0");
  sh(lab, "a", "ip addr add 10.0.0.1/24 dev eth0");
  sh(lab, "b", "ip addr add 10.0.0.2/24 dev eth0; ip addr add 10.0.0.3/24 dev eth0");
  return lab;
}

describe("the stack of a namespace", function () {
  this.timeout(120_000);
  this.retries(2);

  it("says to every line what a real kernel and real tools say: marks, default routes, counters, neighbours", () => {
    const why = unavailable();
    const goldens = readGoldens();
    const how = why === null ? "this machine is asked, live" : `${why}: goldens of Linux ${goldens.kernel} stand in`;
    process.stdout.write(`  stack: ${how}\n`);
    const real = why === null ? realLines() : goldens.lines;
    for (const [i, said] of modelLines().entries()) expect(said, `$ ${said.line}`).to.deep.equal(real[i]);
  });

  const asks = (asked: string[], name: string, verdict: Verdict) => () => {
    asked.push(name);
    return verdict;
  };

  it("asks hook functions by priority, of one priority the newest first, until one says drop", () => {
    const lab = pair();
    const { hooks } = lab.netns("b");
    const asked: string[] = [];
    const add = (name: string, priority: number, verdict: Verdict = "accept") =>
      hooks.register("INPUT", { name, priority, run: asks(asked, name, verdict) });
    add("filter", 0);
    add("late", 50);
    const gone = add("raw", -300);
    add("newer", 0);
    sh(lab, "a", "ping -c 1 10.0.0.2");
    expect(asked).to.deep.equal(["raw", "newer", "filter", "late"]);
    gone();
    add("wall", 10, "drop");
    asked.length = 0;
    expect(sh(lab, "a", "ping -c 1 -W 1 10.0.0.2")).to.include("0 received");
    expect(asked).to.deep.equal(["newer", "filter", "wall"]);
  });

  it("lets a stolen packet go on later, behind the function that stole it", () => {
    const lab = pair();
    const ns = lab.netns("b");
    const asked: string[] = [];
    let held: { skb: Skb; state: HookState } | null = null;
    ns.hooks.register("INPUT", {
      name: "queue",
      priority: 0,
      run: (_, skb, state) => {
        held = { skb, state };
        asked.push("queue");
        return "stolen";
      },
    });
    ns.hooks.register("INPUT", { name: "after", priority: 1, run: asks(asked, "after", "accept") });
    lab.later(300_000_000, () => reinject(ns, ns.hooks, held!.skb, held!.state));
    expect(sh(lab, "a", "ping -c 1 10.0.0.2")).to.include("time=300 ms");
    expect(asked).to.deep.equal(["queue", "after"]);
  });

  it("routes again what a function at OUTPUT gave another mark or another destination", () => {
    const lab = pair();
    const ns = lab.netns("a");
    sh(
      lab,
      "a",
      "ip route add 10.9.9.9 via 10.0.0.2 table 7; ip rule add fwmark 5 lookup 7; ip route add 10.9.9.9 dev lo",
    );
    sh(lab, "b", "ip addr add 10.9.9.9/32 dev lo");
    const before = sh(lab, "a", "ping -c 1 -W 1 10.9.9.9");
    ns.hooks.register("OUTPUT", {
      name: "mark",
      priority: -150,
      run: (_, skb) => {
        skb.mark = 5;
        return routeMeHarder(ns, skb) ? "accept" : "drop";
      },
    });
    expect(before).to.include("0 received");
    expect(sh(lab, "a", "ping -c 1 -W 1 10.9.9.9")).to.include("1 received");
  });

  it("has one table of neighbours for each machine, and a full one refuses: ENOBUFS, and a line in the log", () => {
    const lab = pair();
    sh(lab, "a", "sysctl -w net.ipv4.neigh.default.gc_thresh1=0 net.ipv4.neigh.default.gc_thresh2=1");
    sh(lab, "a", "sysctl -w net.ipv4.neigh.default.gc_thresh3=1; ping -c 1 10.0.0.2");
    expect(sh(lab, "a", "ping -c 1 -W 1 10.0.0.3")).to.include("ping: sendmsg: No buffer space available");
    expect(sh(lab, "a", "dmesg -t")).to.include("neighbour: arp_cache: neighbor table overflow!");
    expect(sh(lab, "a", "ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev eth0 nud stale")).to.include(
      "RTNETLINK answers: No buffer space available",
    );
    expect(sh(lab, "b", "dmesg")).to.equal("");
    expect(sh(lab, "b", "sysctl net.ipv4.neigh.default.gc_thresh3")).to.include("= 1024");
  });

  it("keeps 256 small packets for a next hop that has not answered, and 92 full ones (unres_qlen_bytes by truesize)", () => {
    for (const [size, kept] of [
      [56, 256],
      [600, 166],
      [1400, 92],
    ] as const) {
      const lab = pair();
      let frames = 0;
      lab.netns("a").devices.get("eth0")!.taps = [({ payload }) => void (payload.kind === "ipv4" && frames++)];
      sh(lab, "b", "ip addr del 10.0.0.3/24 dev eth0");
      sh(lab, "a", `ping -c 400 -i 0.002 -W 0.1 -s ${size} 10.0.0.3`);
      sh(lab, "a", "ip neigh replace 10.0.0.3 dev eth0 lladdr 02:00:00:00:00:03");
      expect(frames, `${size} octets`).to.equal(kept);
    }
  });
});
