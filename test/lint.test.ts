// Nobody argues about layout by hand: the formatter and the linter have the last word.
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { assert } from "chai";

const ROOT = resolve(fileURLToPath(import.meta.url), "../../..");

describe("the sources", function () {
  this.timeout(60_000);
  it("are formatted and pass the linter (npm run format mends most of it)", () => {
    const biome = resolve(ROOT, "node_modules/@biomejs/biome/bin/biome");
    const { status, stdout, stderr } = spawnSync(process.execPath, [biome, "check", "--error-on-warnings", "."], {
      cwd: ROOT,
      encoding: "utf8",
    });
    assert.equal(status, 0, `${stdout}\n${stderr}`);
  });
});
