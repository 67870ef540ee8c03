// Connections, translated and not: scenes and random segments, here and in the real kernel.
import { expect } from "chai";
import { unavailable } from "../../tools/real.ts";
import { modelScene, readGoldens, realScene, SCENES } from "./goldens.ts";
import { difference, modelEntries, randomSegments, readRecorded, realEntries } from "./segments.ts";

describe("connection tracking and NAT", function () {
  this.timeout(60_000);

  for (const scene of Object.keys(SCENES))
    it(`${scene}: as the kernel that was recorded`, () => {
      expect(modelScene(scene)).deep.equal(readGoldens()[scene]);
    });

  it("a scene as this machine's kernel plays it", function () {
    const why = unavailable();
    if (why !== null) {
      process.stdout.write(`      left out: ${why}\n`);
      this.skip();
    }
    this.retries(2);
    expect(modelScene("dnat")).deep.equal(realScene("dnat"));
  });

  it("random TCP segments leave the entry that the recorded kernel had", () => {
    const recorded = readRecorded();
    const cases = recorded.map((_, i) => randomSegments(`recorded ${i}`, 14));
    const model = modelEntries(cases);
    const found = cases.map((segments, i) => difference(segments, recorded[i]!, model[i]!));
    expect(found.filter((each) => each !== null)).deep.equal([]);
  });

  it("random TCP segments leave the entry that this machine's kernel has", function () {
    const why = unavailable();
    if (why !== null) {
      process.stdout.write(`      left out: ${why}\n`);
      this.skip();
    }
    this.retries(2);
    const cases = Array.from({ length: 6 }, (_, i) => randomSegments(`live ${i}`, 10));
    const [real, model] = [realEntries(cases), modelEntries(cases)];
    expect(cases.map((segments, i) => difference(segments, real[i]!, model[i]!)).filter(Boolean)).deep.equal([]);
  });
});
