import { expect } from "chai";
import { forceCenter, forceLink, forceManyBody, forceSimulation, forceX, forceY, type SimulationNodeDatum } from "d3";
import seedrandom from "seedrandom";
import { forceLayout } from "../../lib/draw/force.ts";
import { network } from "../../lib/draw/network.ts";

type Pair = readonly [number, number];

function graph(count: number, links: number, seed: string): Pair[] {
  const dice = seedrandom.alea(seed);
  const pairs: [number, number][] = Array.from({ length: count - 1 }, (_, i) => [i >> 2, i + 1]);
  while (pairs.length < links) {
    const [a, b] = [Math.floor(dice() * count), Math.floor(dice() * count)];
    if (a !== b) pairs.push([a, b]);
  }
  return pairs;
}

/** How far the links are, in the mean square, from the length they want. */
function stress(x: ArrayLike<number>, y: ArrayLike<number>, pairs: readonly Pair[]): number {
  let sum = 0;
  for (const [a, b] of pairs) sum += (Math.hypot((x[a] ?? 0) - (x[b] ?? 0), (y[a] ?? 0) - (y[b] ?? 0)) - 30) ** 2;
  return Math.sqrt(sum / pairs.length);
}

describe("the layout of a large graph", () => {
  const options = () => ({ random: seedrandom.alea("layout"), width: 960, height: 600 });

  it("is the same to the bit with the same dice", () => {
    const pairs = graph(120, 240, "same");
    const [a, b] = [forceLayout(120, pairs, options()), forceLayout(120, pairs, options())];
    expect([...a.x, ...a.y]).to.deep.equal([...b.x, ...b.y]);
  });
  it("is as good as d3-force's: the stress of its links is at most 2 % higher", () => {
    const [count, pairs] = [300, graph(300, 600, "stress")] as const;
    const mine = forceLayout(count, pairs, options());
    const nodes = Array.from({ length: count }, (): SimulationNodeDatum => ({}));
    forceSimulation(nodes)
      .force("link", forceLink(pairs.map(([source, target]) => ({ source, target }))).distance(30))
      .force("charge", forceManyBody().strength(-60))
      .force("center", forceCenter(480, 300))
      .force("x", forceX(480))
      .force("y", forceY(300))
      .stop()
      .tick(100);
    const theirs = stress(
      nodes.map((node) => node.x ?? 0),
      nodes.map((node) => node.y ?? 0),
      pairs,
    );
    expect(stress(mine.x, mine.y, pairs)).to.be.at.most(theirs * 1.02);
  });
  it("places nodes that all want the same place, one node, and none", () => {
    for (const count of [0, 1, 2, 5]) {
      const { x, y } = forceLayout(count, count > 1 ? [[0, 1]] : [], options());
      for (const value of [...x, ...y]) expect(Number.isFinite(value)).to.equal(true);
    }
  });
  it("asks for dice when it needs them, and not when every node has its place", () => {
    expect(() => network([{ id: "a" }], [])).to.throw(RangeError, "dice");
    expect(network([{ id: "a", x: 20, y: 20 }], []).shapes.length).to.be.above(1);
  });
});
