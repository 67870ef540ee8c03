// Pictures of the way in: who saw which source address, and which rule took which request.
import { strict as assert } from "node:assert";
import { requests } from "../../lib/draw/requests.ts";
import { type SourcePath, sources } from "../../lib/draw/sources.ts";
import type { Step } from "../../lib/trace/step.ts";
import { faults } from "./inspect.ts";

const CLIENT = "203.0.113.10";
const PATHS: readonly SourcePath[] = [
  {
    name: "a way with a name that is far too long for one line",
    client: CLIENT,
    stops: [
      { where: "alb-with-a-very-long-name", source: CLIENT, of: "internet" },
      { where: "node-1", source: "10.0.16.5", of: "alb-with-a-very-long-name" },
      { where: "pod", source: "10.0.109.19", of: "node-1" },
    ],
    told: CLIENT,
    isServed: true,
  },
  { name: "dropped", client: CLIENT, stops: [{ where: "node-1", source: CLIENT, of: "" }], told: "", isServed: false },
  { name: "nothing came", client: "", stops: [], told: "", isServed: false },
];

const balance = (because: string, tried: Step["tried"] = []): Step => ({
  id: 1,
  cause: null,
  time: 0,
  where: { node: "alb", netns: "alb" },
  what: "balance",
  because,
  tried,
});
const not = (text: string) => ({ text, field: "path", wanted: "Exact /a", had: "/b" });

describe("the way in as pictures", () => {
  it("no text leaves its place, with long names and many machines", () => {
    const [first] = PATHS;
    const many = { ...first!, stops: Array.from({ length: 9 }, () => first!.stops[0]!) };
    for (const paths of [PATHS, [...PATHS, many], []]) assert.deepEqual(faults(sources(paths)), []);
  });

  it("only who was answered has a server that saw somebody", () => {
    const { rows } = sources(PATHS).table;
    assert.deepEqual(
      rows.map((row) => row[3]),
      ["10.0.109.19", "nothing", "nothing"],
    );
  });

  it("rules stand in the order in which they are asked, whichever request met them", () => {
    const [a, b, c] = ["i x/y: * Exact /a", "i x/y: * Prefix /a", "i x/y: * Prefix /"];
    const scene = requests([
      { name: "first", steps: [balance(`GET h/a: ${a} leads to x/one:80; round robin`)], way: ["alb", "one"] },
      { name: "third", steps: [balance(`GET h/b: ${c} leads to x/two:80`, [not(a!), not(b!)])], way: ["alb"] },
      { name: "none", steps: [balance("GET h/: no rule fits: 404 Not Found", [not(a!), not(b!), not(c!)])], way: [] },
    ]);
    assert.deepEqual(faults(scene), []);
    assert.deepEqual(
      scene.table.rows.slice(0, 4).map((row) => row.map((cell) => cell.slice(0, 18))),
      [
        [a!.slice(0, 18), "✔ takes it", "✘ path is /b", "✘ path is /b"],
        [b!.slice(0, 18), "not asked", "✘ path is /b", "✘ path is /b"],
        [c!.slice(0, 18), "not asked", "✔ takes it", "✘ path is /b"],
        ["goes to", "x/one:80", "x/two:80", "404 Not Found"],
      ],
    );
  });
});
