// What varies a chapter: PACKETWALK_SEED, and parameters, by this package and by papermill.
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { FOLDER, lecturesInstalled, ROOT } from "../../lib/cli/lectures.ts";
import { takeParameters, withParameters } from "../../lib/cli/parameters.ts";
import { type Cell, formatNotebook, type Notebook, parseNotebook, sourceOf } from "../../lib/jupyter/notebook.ts";
import { lab } from "../../lib/notebook/session.ts";
import { CLI, chapter } from "./chapters.ts";

function code(id: string, source: string, ...tags: string[]): Cell {
  return { cell_type: "code", id, source, metadata: { tags }, outputs: [], execution_count: null };
}

const NOTEBOOK: Notebook = {
  cells: [
    code("parameters", 'const size: number = 3; // how many\nconst who = "a";', "parameters"),
    code("use", 'import { lab } from "packetwalk";\nconsole.log(size * 2, who, lab({ seed: "s" }).seed);'),
  ],
  metadata: { ...chapter("01-container-to-container.ipynb").metadata },
  nbformat: 4,
  nbformat_minor: 5,
};
const VALUES = ["size=21", 'who=it\'s "x"', "PACKETWALK_SEED=7"];
const SHOWN = `42 it's "x" s 7\n`;
const INJECTED = `// Parameters\nconst size = 21;\nconst who = "it's \\"x\\"";\nprocess.env.PACKETWALK_SEED = "7";`;

function shown(file: string): { injected: string; text: string } {
  const { cells } = parseNotebook(fs.readFileSync(file, "utf8"), file);
  const injected = cells.find((cell) => cell.metadata.tags?.includes("injected-parameters"))!;
  return { injected: sourceOf(injected).trim(), text: [cells.at(-1)!.outputs![0]!.text].flat().join("") };
}

describe("what varies a chapter", () => {
  let folder: string;
  let file: string;
  const put = (text: string): void => fs.writeFileSync(file, text);

  before(() => {
    folder = fs.mkdtempSync(path.join(ROOT, "dist", "parameters-"));
    file = path.join(folder, "one.ipynb");
    put(formatNotebook(NOTEBOOK));
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  it("PACKETWALK_SEED gives every lab another seed, the same for the same value", () => {
    const macs = (): string => JSON.stringify([lab({ seed: "s" }), lab()].map((net) => [net.seed, net.drawMac()]));
    const before = macs();
    try {
      process.env.PACKETWALK_SEED = "7";
      const seven = macs();
      expect(seven).to.not.equal(before);
      expect(macs()).to.equal(seven);
      // A lab that is restored has its own.
      expect(lab(lab({ seed: "s" }).data()).seed).to.equal("s 7");
    } finally {
      delete process.env.PACKETWALK_SEED;
    }
    expect(macs()).to.equal(before);
  });

  it("packetwalk run --set puts parameters behind the cell of parameters, and does so again", function () {
    this.timeout(60_000);
    const out = path.join(folder, "set.ipynb");
    const args = [CLI, "run", file, ...VALUES.flatMap((value) => ["--set", value]), "--out", out];
    const result = spawnSync(process.execPath, args, { encoding: "utf8" });
    expect(result.status, result.stdout + result.stderr).to.equal(0);
    expect(shown(out)).to.deep.equal({ injected: INJECTED, text: SHOWN });
    const again = withParameters(parseNotebook(fs.readFileSync(out, "utf8"), out), new Map([["size", 4]]));
    expect(again.cells.map(sourceOf).slice(1, -1)).to.deep.equal(["// Parameters\nconst size = 4;"]);
    expect(withParameters(chapter("01-container-to-container.ipynb"), new Map([["x", 1]])).cells[0]!.id).to.equal(
      "injected-parameters",
    );
  });

  for (const [args, says] of [
    [["--set", "size"], '--set "size" is not a parameter; write --set NAME=VALUE, like --set PACKETWALK_SEED=7'],
    [["--set=1x=2"], '--set "1x=2" is not a parameter; write --set NAME=VALUE, like --set PACKETWALK_SEED=7'],
    [["--set", "size=1"], "--set makes another notebook: say with --out FILE where it shall be"],
    [["--set", "other=1", "--out", "x.ipynb"], 'the notebook\'s cell of parameters has no "other"'],
  ] as const) {
    it(`refuses ${args.join(" ")}`, () => {
      const result = spawnSync(process.execPath, [CLI, "run", file, ...args], { cwd: folder, encoding: "utf8" });
      expect([result.status, result.stderr]).to.deep.equal([2, `packetwalk: ${says}\n`]);
      expect(fs.readFileSync(file, "utf8")).to.equal(formatNotebook(NOTEBOOK));
    });
  }

  it("reads values as JSON, or else as texts", () => {
    expect([...takeParameters(["--set=a=[1,2]", "--set", "b=x=y", "file"]).set]).to.deep.equal([
      ["a", [1, 2]],
      ["b", "x=y"],
    ]);
  });

  it("papermill writes the same, and says which parameters there are", function () {
    this.timeout(120_000);
    if (!lecturesInstalled()) {
      process.stderr.write(
        "packetwalk: papermill is not asked: npx packetwalk slides installs the tools into .lectures\n",
      );
      this.skip();
    }
    const out = path.join(folder, "papermill.ipynb");
    const papermill = path.join(FOLDER, "venv", process.platform === "win32" ? "Scripts" : "bin", "papermill");
    const parameters = VALUES.flatMap((value) => ["-p", ...value.split(/=(.*)/s).slice(0, 2)]);
    const environment = { ...process.env, JUPYTER_PREFER_ENV_PATH: "1" };
    const run = (...args: string[]) => spawnSync(papermill, args, { cwd: folder, encoding: "utf8", env: environment });
    const result = run(file, out, ...parameters);
    expect(result.status, result.stderr).to.equal(0);
    expect(shown(out)).to.deep.equal({ injected: INJECTED, text: SHOWN });
    expect(run("--help-notebook", file).stdout).to.match(/size: number \(default 3\) +how many/);
  });
});
