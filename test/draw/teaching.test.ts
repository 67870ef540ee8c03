// What the pictures about octets, pieces and states say is what the frames and the tables say.
import { expect } from "chai";
import { networkOf } from "../../lib/draw/decisions.ts";
import { encapsulation } from "../../lib/draw/encapsulation.ts";
import { fragments } from "../../lib/draw/fragments.ts";
import { ladder } from "../../lib/draw/ladder.ts";
import { neighbours } from "../../lib/draw/neighbours.ts";
import { queues } from "../../lib/draw/queues.ts";
import { routing } from "../../lib/draw/routing.ts";
import type { Scene } from "../../lib/draw/scene.ts";
import { frameBytes } from "../../lib/wire/bytes.ts";
import { counters, walks } from "./walks.ts";

const textsOf = (scene: Scene): string[] =>
  scene.shapes.flatMap((shape) => (shape.shape === "text" ? [shape.text] : []));
const column = (scene: Scene, name: string): string[] => {
  const at = scene.table.columns.indexOf(name);
  return scene.table.rows.map((row) => row[at] as string);
};

describe("the octets of a tunnel", () => {
  const { steps, lab, frames } = walks()["a VXLAN overlay"]!;
  const scene = encapsulation(steps, lab);
  const octets = frames
    .filter(({ netns, device, direction }) => netns === "node-1" && device === "eth0" && direction === "out")
    .map(({ frame }) => frameBytes(frame))
    .find((each) => each.length === 148)!;
  const at = (header: string): number => Number(scene.table.rows.find((row) => row[1] === header)?.[0]?.split("–")[0]);

  it("lie where the picture says: 50 of VXLAN, then the frame itself", () => {
    expect(octets[at("outer IPv4")]).to.equal(0x45);
    expect(at("VXLAN")).to.equal(42);
    // The network's number stands in three octets of the header, from its fifth on.
    expect([...octets.subarray(at("VXLAN") + 4, at("VXLAN") + 7)]).to.deep.equal([0, 0, 1]);
    expect(at("Ethernet")).to.equal(50);
    expect([...octets.subarray(at("Ethernet"), at("Ethernet") + 6)]).to.deep.equal([0x5e, 0, 0, 0, 0, 2]);
    expect(octets[at("IPv4")]).to.equal(0x45);
    expect(octets[at("ICMP")]).to.equal(8);
    expect(textsOf(scene)).to.include.members(["put around it: 50 octets", "what the tunnel carries: 98 octets"]);
  });
  it("name the entry that each address was taken from", () => {
    const from = (header: string, field: string) =>
      scene.table.rows.find((row) => row[1] === header && row[2] === field)?.[4];
    expect(from("outer Eth", "dst")).to.equal("ip neigh: 192.168.0.12");
    expect(from("outer IPv4", "dst")).to.equal("bridge fdb show dev flannel.1: 5e:00:00:00:00:02");
    expect(from("outer UDP", "src port")).to.match(/hash/);
    expect(from("Ethernet", "dst")).to.equal("ip neigh: 10.244.2.0");
    expect(from("Ethernet", "src")).to.equal("the MAC of node-1 flannel.1");
  });
  it("have 18 of Ethernet with a VLAN's tag", () => {
    const { steps, lab } = walks()["a VLAN"]!;
    const { rows } = encapsulation(steps, lab).table;
    expect(rows.find((row) => row[2] === "VLAN")).to.deep.equal(["0–17", "Ethernet", "VLAN", "5", ""]);
    expect(rows.find((row) => row[1] === "IPv4")?.[0]).to.equal("18–37");
    expect(rows.at(-1)?.[0]).to.equal("46–101");
  });
  it("are 20 more with IPIP", () => {
    const { steps, lab } = walks()["an IPIP tunnel"]!;
    expect(textsOf(encapsulation(steps, lab))).to.include("what the tunnel carries: 84 octets");
  });
});

describe("the pieces of a packet", () => {
  it("cover every octet once, and only the last has no MF", () => {
    const scene = fragments(walks()["a packet cut twice"]!.steps);
    const back = scene.table.rows.filter((row) => row[0]?.includes("10.244.2.2 → 10.244.1.2"));
    expect(back).to.have.length(5);
    let next = 0;
    for (const [, , octets = "", offset, more, length] of back) {
      const [from, to] = octets.match(/\d+/g)!.map(Number) as [number, number];
      expect([from, Number(offset) * 8]).to.deep.equal([next, next]);
      expect(Number(length)).to.equal(20 + to - from + 1);
      next = to + 1;
      expect(more).to.equal(next === 3008 ? "0" : "1");
    }
    expect(next).to.equal(3008);
  });
  it("say what is missing when one is lost", () => {
    const texts = textsOf(fragments(walks()["a lost fragment"]!.steps));
    expect(texts.join("\n")).to.match(/the rest did not in 30 s/);
  });
});

describe("pictures of IPv6", () => {
  const { steps, lab } = walks()["IPv6 by a small MTU"]!;
  it("tell the MTU that a router names, and leave out who asks for neighbours", () => {
    const said = column(ladder(steps, { mtus: lab }), "what").join("\n");
    expect(said).to.match(/packet too big .* mtu 1400/);
    expect(said).not.to.match(/solicitation/);
  });
  it("count the fragment header among those of a piece", () => {
    const { rows } = fragments(steps).table;
    const out = rows.filter((row) => row[0]?.includes("fd00:1::2 → fd00:1::1"));
    expect(out.map((row) => row.slice(2))).to.deep.equal([
      ["octets 0 to 1447", "0", "1", "1496"],
      ["octets 1448 to 2895", "181", "1", "1496"],
      ["octets 2896 to 3007", "362", "0", "160"],
    ]);
  });
});

describe("a ladder of sizes", () => {
  it("has the MTU of each link, who was told, and what is remembered", () => {
    const { steps, lab } = walks()["an overlay that is too small"]!;
    const scene = ladder(steps, { mtus: lab });
    const texts = textsOf(scene);
    expect(texts).to.include.members(["1500", "flannel.1", "1450"]);
    const said = column(scene, "what").join("\n");
    expect(said).to.match(/fragmentation needed .* mtu 1450/);
    expect(said).to.match(/takes packets of 1450 octets; remembered for 600 s/);
  });
  it("tells a loss that nobody was told of", () => {
    const { steps, lab } = walks()["an MTU black hole"]!;
    const scene = ladder(steps, { mtus: lab });
    expect(textsOf(scene)).to.include("1500|1400");
    expect(column(scene, "what").join("\n")).to.match(/dropped: 1514 octets are more than b\/eth0 takes/);
  });
});

describe("receive queues", () => {
  it("share the packets as ethtool counts them", () => {
    const { rows } = queues(walks()["cards with queues"]!.steps).table;
    const packets = (queue: number) =>
      rows.filter((row) => row[0] === "b eth0" && row[4] === `${queue}`).reduce((sum, row) => sum + Number(row[5]), 0);
    const counted = [0, 1, 2, 3].map((queue) =>
      Number(new RegExp(`rx_queue_${queue}_packets: (\\d+)`).exec(counters)?.[1]),
    );
    expect([0, 1, 2, 3].map(packets)).to.deep.equal(counted);
    expect(counted.filter((count) => count > 0).length).to.be.at.least(2);
  });
});

describe("neighbours over time", () => {
  it("go through the states of neighbour.c", () => {
    const scene = neighbours(walks()["neighbours that age and fail"]!.steps.filter(({ where }) => where.netns === "a"));
    const of = (address: string) =>
      scene.table.rows.filter((row) => row[2] === address && row[3] !== "").map((row) => row[3]);
    expect(of("10.0.1.1")).to.deep.equal("INCOMPLETE REACHABLE STALE DELAY PROBE REACHABLE STALE".split(" "));
    expect(of("10.0.1.77")).to.deep.equal(["INCOMPLETE", "FAILED"]);
    expect(column(scene, "because").filter((text) => text.startsWith("asks again"))).to.have.length(2);
  });
});

describe("routing decisions", () => {
  it("that come again are drawn once, with how often", () => {
    const { steps } = walks()["neighbours that age and fail"]!;
    const texts = textsOf(routing(steps.filter(({ where }) => where.netns === "a")));
    expect(texts.filter((text) => text === "a: which way to 10.0.1.1?")).to.have.length(1);
    expect(texts).to.include("2×");
  });

  it("take no rule for a network: 1536: is a priority, fe80::/64 is a prefix", () => {
    expect(networkOf("1536: from 10.244.1.2 lookup 100").length).to.equal(-1);
    expect(networkOf("fe80::/64 dev eth0").length).to.equal(64);
    expect(networkOf("2001:db8::1 dev eth0").length).to.equal(128);
    expect(networkOf("10.0.0.0/8 dev eth0").length).to.equal(8);
  });
});
