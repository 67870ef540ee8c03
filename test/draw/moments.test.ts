// What the player tells, against what devices saw (the frames of taps, which no step is made of).
import { expect } from "chai";
import { type Moment, momentsOf } from "../../lib/draw/moments.ts";
import { cabling } from "../../lib/draw/nest.ts";
import { way } from "../../lib/draw/way.ts";
import { sh } from "../../lib/notebook/sh.ts";
import { type Walk, walk } from "../../lib/notebook/walk.ts";
import { bridged, twoNodes } from "./played.ts";

function moments(walked: Walk): Moment[] {
  return momentsOf(walked.steps, way(walked.steps, cabling(walked.lab)));
}

function field(moment: Moment, layer: string, name: string): string | undefined {
  return moment.headers.find((each) => each.name === layer)?.fields.find((each) => each.name === name)?.value;
}

/** `IPv4 ttl 64`: the fields that are marked, with what they were. */
function marked({ headers, changes }: Moment): string[] {
  return changes.map(([layer, at, was]) => `${headers[layer]!.name} ${headers[layer]!.fields[at]!.name} ${was}`);
}

describe("the moments of a walk", () => {
  it("have at each hop the headers of the frame that the device sent", () => {
    twoNodes();
    const walked = walk("shop", "ping -c 1 10.244.2.2");
    const hops = moments(walked).filter(({ crossings }) => crossings.length > 0);
    expect(hops.length).to.equal(12);
    for (const hop of hops) {
      const { from, time } = hop.crossings[0]!;
      const sent = walked.frames.find(
        (seen) =>
          seen.netns === from.netns && seen.device === from.device && seen.direction === "out" && seen.time === time,
      )!;
      expect(field(hop, "Ethernet", "dst")).to.equal(`${sent.frame.dst}`);
      expect(field(hop, "Ethernet", "src")).to.equal(`${sent.frame.src}`);
      if (sent.frame.payload.kind === "ipv4") expect(field(hop, "IPv4", "ttl")).to.equal(`${sent.frame.payload.ttl}`);
    }
  });

  it("mark the TTL where it is lowered, and the MACs when they are known", () => {
    twoNodes();
    const told = moments(walk("shop", "ping -c 1 10.244.2.2")).filter(
      ({ thread, crossings }) => crossings.length === 0 && thread.caption.includes("request"),
    );
    const lowered = told.filter((moment) => marked(moment).some((each) => each.startsWith("IPv4 ttl")));
    expect(lowered.map(({ step }) => step.what)).to.deep.equal(["forward", "forward"]);
  });

  it("mark at a hop all that changed since the hop before", () => {
    twoNodes();
    const walked = walk("shop", "ping -c 1 10.244.2.2");
    const hops = moments(walked).filter(
      ({ thread, crossings }) => crossings.length > 0 && thread.caption.includes("request"),
    );
    const both = ["Ethernet dst", "Ethernet src", "IPv4 ttl", "IPv4 checksum"];
    const names = hops.map((hop) => marked(hop).map((each) => each.split(" ").slice(0, 2).join(" ")));
    expect(names).to.deep.equal([[], both, both]);
    expect(hops.flatMap((hop) => marked(hop).filter((each) => each.includes("ttl")))).to.deep.equal([
      "IPv4 ttl 64",
      "IPv4 ttl 63",
    ]);
  });

  it("follow a packet through NAT: its address before is told, and the reply is another packet", () => {
    twoNodes();
    sh("node-1", "iptables -t nat -A PREROUTING -d 10.96.0.9 -j DNAT --to-destination 10.244.2.2");
    const told = moments(walk("shop", "ping -c 1 10.96.0.9"));
    const translated = told.filter(({ step, thread }) => step.what === "nat" && !thread.back);
    expect(translated.map(marked)).to.deep.equal([
      ["IPv4 dst 10.96.0.9", `IPv4 checksum ${marked(translated[0]!)[1]!.split(" ")[2]}`],
    ]);
    const { thread } = translated[0]!;
    const own = told.filter((moment) => moment.thread === thread);
    expect(own[0]!.step.what).to.equal("socket");
    expect(own.at(-1)!.step.what).to.equal("deliver");
    expect(own.at(-1)!.step.where.netns).to.equal("db");
    expect(told.at(-1)!.thread).not.to.equal(thread);
    expect(told.at(-1)!.thread.back).to.equal(true);
  });

  it("name with a hop the entries that led to it, also those from before the packet had to wait", () => {
    bridged(2);
    const told = moments(walk("pod-2", "ping -c 1 10.244.1.3"));
    const ping = told.find(({ crossings, thread }) => crossings.length > 0 && thread.caption.startsWith("ICMP"))!;
    expect(ping.decidedBy.map(({ step }) => step.what)).to.deep.equal(["route", "neighbour", "neighbour"]);
    expect(ping.decidedBy[0]!.step.evidence!.text).to.contain("10.244.1.0/24 dev eth0");
    expect(ping.decidedBy[2]!.step.evidence!.text).to.match(/^10\.244\.1\.3 dev eth0 lladdr .* REACHABLE$/);
  });

  it("tell a flood once, with all who heard it", () => {
    bridged(60);
    const told = moments(walk("pod-2", "ping -c 1 10.244.1.9"));
    expect(told.length).to.be.below(45);
    const flood = told.find(({ crossings }) => crossings.length > 1)!;
    expect(flood.crossings).to.have.length(59);
    expect(flood.crossings[0]!.to.netns).to.equal("pod-9");
    expect(flood.heard.size).to.equal(58);
    expect([...flood.heard.keys()]).not.to.include("pod-9 eth0");
  });

  it("mark what a tunnel puts around a packet and takes off again", () => {
    twoNodes();
    for (const [n, other] of [
      [1, 2],
      [2, 1],
    ])
      sh(
        `node-${n}`,
        `ip link add tun9 type ipip local 192.168.0.1${n} remote 192.168.0.1${other}
         ip link set tun9 up; ip route replace 10.244.${other}.0/24 dev tun9`,
      );
    const told = moments(walk("shop", "ping -c 1 10.244.2.2")).filter(({ crossings }) => crossings.length === 0);
    const around = told.filter(({ added, headers }) => added.some((i) => headers[i]!.name === "outer IPv4"));
    expect(around.map(({ step }) => `${step.where.node} ${step.what}`)).to.deep.equal([
      "node-1 encapsulate",
      "node-2 encapsulate",
    ]);
    const off = told.filter(({ removed }) => removed.includes("outer IPv4"));
    expect(off.map(({ step }) => `${step.where.node} ${step.what}`)).to.deep.equal([
      "node-2 decapsulate",
      "node-1 decapsulate",
    ]);
  });
});
