// dist/joined, which is what users run: the same library in few files, each process's own way into it.
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";

const DIST = fileURLToPath(new URL("../../", import.meta.url));
const JOINED = path.join(DIST, "joined");
const changed = (...parts: string[]) => fs.statSync(path.join(DIST, ...parts), { throwIfNoEntry: false })?.mtimeMs ?? 0;

describe("the joined library", () => {
  before(function () {
    if (changed("joined", "index.js") > changed(".tsbuildinfo")) return;
    console.warn("    LEFT OUT: dist/joined, which is older than dist/lib (npm run build makes it)");
    this.skip();
  });

  const joinedFiles = () =>
    fs.readdirSync(JOINED, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"));

  it("exports what lib/index.ts and lib/lab.ts do, under the same names", async () => {
    for (const door of ["index.js", "lab.js"]) {
      const [joined, apart] = await Promise.all(
        ["joined", "lib"].map(
          async (tree) => (await import(path.join(DIST, tree, door))) as Record<string, { readonly name?: string }>,
        ),
      );
      expect(Object.keys(joined!)).to.deep.equal(Object.keys(apart!));
      for (const [name, value] of Object.entries(apart!)) expect(joined![name]?.name, name).to.equal(value?.name);
    }
  });

  it("keeps the judges in their folder, which no submission sees", () => {
    const judges = path.join(DIST, "lib", "course", "judges");
    // The longest line of each that is a comment tells where it went.
    const lines = fs
      .readdirSync(judges)
      .filter((name) => name.endsWith(".js"))
      .map((name) => fs.readFileSync(path.join(judges, name), "utf8").split("\n"))
      .map((all) => all.filter((line) => /^ *(\/\/ |\/?\*)[ -~]+$/.test(line)))
      .map((all) => all.reduce((longest, line) => (line.length > longest.length ? line : longest), ""))
      .filter((line) => line.length > 20);
    expect(lines).to.have.lengthOf.above(10);
    const files = joinedFiles();
    const holding = (line: string) =>
      files.filter((name) => fs.readFileSync(path.join(JOINED, name), "utf8").includes(line));
    for (const line of lines)
      expect(holding(line), line).to.satisfy(
        (found: string[]) => found.length === 1 && found[0]!.startsWith(path.join("course", "judges")),
      );
  });

  it("keeps to octets of one letter each, which take half the memory", () => {
    for (const name of joinedFiles())
      expect(
        fs.readFileSync(path.join(JOINED, name)).some((octet) => octet > 127),
        name,
      ).to.equal(false);
  });

  it("finds what lies beside its modules, and one name for both of two classes", () => {
    const program = `import { lab, walk } from "packetwalk"; const net = lab(); net.node("a");
      console.log(walk("a", "ping -c 1 127.0.0.1").play().page().length > 10000, String((await import("packetwalk")).Output.name));`;
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
      cwd: path.join(DIST, ".."),
      encoding: "utf8",
    });
    expect({ stdout, stderr }).to.deep.equal({ stdout: "true Output\n", stderr: "" });
  });
});
