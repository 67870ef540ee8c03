import { expect } from "chai";
import { decisionsOf } from "../../lib/draw/decisions.ts";
import { headers } from "../../lib/draw/headers.ts";
import { ladder } from "../../lib/draw/ladder.ts";
import { layers } from "../../lib/draw/layers.ts";
import { cabling } from "../../lib/draw/nest.ts";
import { caption } from "../../lib/draw/packet.ts";
import { routing } from "../../lib/draw/routing.ts";
import { topology } from "../../lib/draw/topology.ts";
import { isHeard, since, way } from "../../lib/draw/way.ts";
import type { LabData } from "../../lib/lab/data.ts";
import { labData } from "../../lib/lab/data-write.ts";
import { Lab } from "../../lib/lab/lab.ts";
import { PingSocket } from "../../lib/netns/socket/ping.ts";
import { LEVEL, type Step } from "../../lib/trace/step.ts";
import { ipv4 } from "../../lib/wire/address.ts";
import { faults } from "./inspect.ts";
import {
  bridgeNode,
  framed,
  ip,
  lab,
  macOf,
  overLoopback,
  pingOverBridge,
  pingThroughRouter,
  routed,
  tcp,
} from "./labs.ts";

const PODS = ["web", "db", "cache"];
const THREE = lab(bridgeNode("node-1", PODS));

/** A ping in a real lab of the simulator: pods on a bridge. */
function realPing(to: string): { data: LabData; steps: readonly Step[] } {
  const real = new Lab();
  const node = real.node("node-1");
  node.bridge("cni0", { address: "10.244.1.1/24" });
  for (const [i, pod] of PODS.entries())
    node.pod(pod, { bridge: "cni0", address: `10.244.1.${i + 2}/24`, gateway: "10.244.1.1" });
  real.recorder.level = LEVEL.full;
  new PingSocket(real.netns("web")).send(ipv4(to), 1, new Uint8Array(56), { src: null }, -1);
  real.run();
  return { data: labData(real), steps: [...real.recorder.steps] };
}

describe("the way that steps tell", () => {
  it("counts the cables a packet crosses, and gives the branches of a flood one number", () => {
    const { crossings } = way(pingOverBridge(PODS), cabling(THREE));
    expect(crossings.map(({ number, from, to }) => `${number} ${from.netns} ${to.netns}`)).to.deep.equal([
      "1 web node-1",
      "2 node-1 cache",
      "2 node-1 db",
      "3 db node-1",
      "4 node-1 web",
      "5 web node-1",
      "6 node-1 db",
      "7 db node-1",
      "8 node-1 web",
    ]);
  });
  it("finds the same way from the steps alone as with the lab's cables", () => {
    for (const [data, steps] of [
      [THREE, pingOverBridge(PODS)],
      [routed(), pingThroughRouter()],
      [routed(), pingThroughRouter(true)],
    ] as const) {
      const words = (found: ReturnType<typeof way>): string[] =>
        found.crossings.map(
          ({ number, from, to, message }) => `${number} ${from.netns} ${to.netns} ${message.caption}`,
        );
      expect(words(way(steps))).to.deep.equal(words(way(steps, cabling(data))));
    }
  });
  it("tells who only heard a broadcast from who was asked", () => {
    const heard = way(pingOverBridge(PODS)).crossings.filter(isHeard);
    expect(heard.map(({ to }) => to.netns)).to.deep.equal(["cache"]);
  });
  it("knows what goes back: ARP and echo replies, errors, and the other end of a connection", () => {
    const back = (steps: readonly Step[]): boolean[] => way(steps).messages.map((message) => message.back);
    expect(back(pingOverBridge(PODS))).to.deep.equal([false, true, false, true]);
    expect(back(pingThroughRouter(true))).to.deep.equal([false, true]);
    expect(back(overLoopback())).to.deep.equal([false, true, false, false]);
  });
  it("names a drop when nobody took the packet, not when a flood passed by", () => {
    expect(way(pingThroughRouter(true)).drops.map((drop) => drop.because)).to.deep.equal([
      "no route to 10.0.2.2 in any table",
    ]);
    expect(way(pingOverBridge(PODS)).drops).to.deep.equal([]);
  });
  it("prints times short and exactly", () => {
    expect([0, 1500, 20_000, 7_505_000, 1_000_005_000].map((time) => since(time, 0))).to.deep.equal([
      "0 µs",
      "1.5 µs",
      "20 µs",
      "7.505 ms",
      "1.000005 s",
    ]);
  });
});

describe("packets in words", () => {
  it("are tcpdump's", () => {
    const syn = ip("10.0.0.1", "10.0.0.2", tcp(40000, 80, 2, 1, 0));
    expect(caption(syn)).to.equal("TCP [S] 10.0.0.1:40000 → 10.0.0.2:80 length 0");
    expect(caption(ip("10.0.0.1", "10.0.0.2", tcp(80, 40000, 18, 1, 2)))).to.contain("[S.]");
    expect(
      caption(ip("10.0.0.1", "10.0.0.2", { kind: "icmp", type: 3, code: 3, rest: 0, data: new Uint8Array() })),
    ).to.equal("ICMP port unreachable 10.0.0.1 → 10.0.0.2");
  });
  it("have the checksums of the octets, which change where the TTL does", () => {
    const checksum = (ttl: number): string | undefined =>
      layers(framed(macOf(1), macOf(2), ip("10.0.0.1", "10.0.0.2", tcp(1, 2, 2, 1, 0), ttl)))
        .find(({ name }) => name === "IPv4")
        ?.fields.find(({ name }) => name === "checksum")?.value;
    expect(Number(checksum(63)) - Number(checksum(64))).to.equal(0x100);
  });
  it("say at the router's far side which fields it changed", () => {
    const changed = headers(pingThroughRouter())
      .table.rows.filter((row) => row[0] === "2" && row[4] !== "")
      .map((row) => row[2]);
    expect(changed).to.deep.equal(["dst", "src", "ttl", "checksum"]);
  });
});

describe("a routing decision", () => {
  it("shows the longest prefix first, and the route that decided once", () => {
    const [, second] = decisionsOf(pingThroughRouter());
    const [lookup] = second?.lookups ?? [];
    expect(lookup?.candidates.map(({ length }) => length)).to.deep.equal([24, 24, 16, 0]);
    expect(lookup?.candidates.filter(({ chosen }) => chosen).map(({ text }) => text)).to.deep.equal([
      "10.0.2.0/24 dev eth1 proto kernel scope link src 10.0.2.1",
    ]);
    expect(second?.destination).to.equal("10.0.2.2");
  });
});

describe("pictures of real walks", () => {
  for (const [name, to, numbers] of [
    ["to a pod on the bridge", "10.244.1.3", 8],
    ["to its gateway", "10.244.1.1", 5],
    ["to nobody", "10.244.1.77", 7],
    ["to itself", "10.244.1.2", 2],
    ["to another network", "192.0.2.1", 0],
  ] as const) {
    it(`of a ping ${name} have nothing cut, and number every cable`, () => {
      const { data, steps } = realPing(to);
      const { crossings } = way(steps, cabling(data));
      const seen = [...new Set(crossings.map(({ number }) => number))];
      expect(seen).to.deep.equal(Array.from(seen, (_, i) => i + 1));
      if (numbers > 0) expect(seen.length).to.equal(numbers);
      for (const scene of [
        topology(data, steps),
        ladder(steps),
        ladder(steps, { notes: "all" }),
        headers(steps),
        routing(steps),
      ])
        expect(faults(scene), scene.title).to.deep.equal([]);
    });
  }
  it("group the rules and routes of one decision, with its destination", () => {
    const [first] = decisionsOf(realPing("10.244.1.3").steps);
    expect(first?.destination).to.equal("10.244.1.3");
    expect(first?.lookups.map(({ decided }) => decided)).to.deep.equal([false, true]);
    expect(first?.decided).to.equal(true);
  });
});
