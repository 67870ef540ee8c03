import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { assert } from "chai";
import * as packetwalk from "../lib/index.ts";

const ROOT = resolve(fileURLToPath(import.meta.url), "../../..");
const PICTURE = resolve(ROOT, "assets/first-walk.svg");

/** What the README's first cell shows: the cell itself is run, its imports given by hand. */
function firstWalk(): packetwalk.Walk {
  const readme = readFileSync(resolve(ROOT, "README.md"), "utf8");
  const cell = /```ts\n([\s\S]*?)```/.exec(readme)![1]!;
  const lines = cell.trim().split("\n");
  const body = [...lines.slice(1, -1), `return ${lines.at(-1)}`].join("\n");
  return new Function("lab", "sh", "walk", body)(packetwalk.lab, packetwalk.sh, packetwalk.walk) as packetwalk.Walk;
}

describe("the README", () => {
  it("shows the picture that its first cell draws (PACKETWALK_RECORD=1 draws it anew)", () => {
    const svg = `${firstWalk().topology().svg()}\n`;
    if (process.env.PACKETWALK_RECORD === "1") writeFileSync(PICTURE, svg);
    assert.equal(readFileSync(PICTURE, "utf8"), svg);
  });

  it("names every verb and every room there is", () => {
    const readme = readFileSync(resolve(ROOT, "README.md"), "utf8");
    for (const verb of ["lab", "sh", "walk", "show", "check", "predict"]) {
      assert.isFunction((packetwalk as unknown as Record<string, unknown>)[verb]);
      assert.include(readme, `\`${verb}(`);
    }
  });
});
