// The packetwalk command, as a reader types it.
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { expect } from "chai";
import { jupyterPython, ROOT } from "./python.ts";

const MAIN = path.join(ROOT, "dist", "lib", "cli", "main.js");

function packetwalk(...args: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8", timeout: 60000 });
  return { status, out: stdout, err: stderr };
}

const code = (source: string, tags?: string[]) => ({
  cell_type: "code",
  execution_count: null,
  metadata: tags ? { tags } : {},
  outputs: [],
  source,
});

describe("packetwalk", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "packetwalk cli "));
  after(() => fs.rmSync(folder, { recursive: true }));

  function notebook(name: string, cells: object[]): string {
    const file = path.join(folder, name);
    fs.writeFileSync(file, JSON.stringify({ cells, metadata: {}, nbformat: 4, nbformat_minor: 5 }));
    return file;
  }
  const read = (file: string) => JSON.parse(fs.readFileSync(file, "utf8"));

  it("--help names every command, --version the version", () => {
    const { status, out } = packetwalk("--help");
    expect(status).to.equal(0);
    for (const name of [
      "lab",
      "run",
      "explain",
      "search",
      "ipvs",
      "grade",
      "serve",
      "kernel install",
      "kernel uninstall",
      "kernel start",
    ])
      expect(out).to.include(name);
    expect(packetwalk("--version").out).to.match(/^\d+\.\d+\.\d+\n$/);
  });

  for (const [args, said] of [
    [
      ["fly"],
      /unknown command "fly".*lab, run, slides, clean, book, explain, search, ipvs, proxy, grade, serve and kernel/,
    ],
    [["constructor"], /unknown command "constructor"/],
    [["run"], /needs a notebook/],
    [["run", "--fast", "a.ipynb"], /unknown option "--fast".*--check/],
    [["run", "missing.ipynb"], /no notebook "missing.ipynb"/],
    [["kernel"], /"install", "uninstall" or "start"/],
    [["kernel", "install"], /one of --user, --sys-prefix, --prefix DIR/],
    [["kernel", "install", "--user", "--prefix", "x"], /one of --user/],
    [["kernel", "install", "--prefix"], /--prefix.*needs a value/],
    [["kernel", "start"], /needs --connection-file/],
    [["kernel", "start", "--connection-file", "/nowhere.json"], /"\/nowhere.json" does not exist/],
    [["lab", "chapter"], /takes no "chapter"/],
  ] as const) {
    it(`refuses "${args.join(" ")}" in one line that names the mend`, () => {
      const { status, err, out } = packetwalk(...args);
      expect(status).to.equal(2);
      expect(err).to.match(said);
      expect(err.trimEnd().split("\n")).to.have.length(1);
      expect(out).to.equal("");
    });
  }

  it("its preparation refuses an option it doesn't know", () => {
    const script = path.join(ROOT, "lib", "cli", "prepare.mjs");
    const { status, stderr } = spawnSync(process.execPath, [script, "--jupiter"], { encoding: "utf8" });
    expect(status).to.equal(1);
    expect(stderr).to.match(/unknown option "--jupiter".*--jupyter/);
  });

  it("run writes outputs as Jupyter does, counted 1 to n, and the same bytes again", () => {
    const file = notebook("good.ipynb", [
      { cell_type: "markdown", metadata: {}, source: "# Title\ntext" },
      code("const a = 1\nconsole.log(a); console.log('ü')\na + 1"),
      code(""),
      code("throw new Error('wanted')", ["raises-exception"]),
      { ...code("nothing(", ["skip-execution"]), outputs: [{ output_type: "stream", name: "stdout", text: "kept" }] },
      code("const d = display('first'); d.update('second'); setInterval(() => {}, 1000); a"),
    ]);
    const { status, out, err } = packetwalk("run", file);
    expect(status, out + err).to.equal(0);
    const text = fs.readFileSync(file, "utf8");
    const { cells, metadata, nbformat_minor } = read(file);
    expect(nbformat_minor).to.equal(5);
    expect(metadata.kernelspec.name).to.equal("packetwalk");
    expect(cells.map((cell: { execution_count?: number }) => cell.execution_count)).to.deep.equal([
      undefined,
      1,
      null,
      2,
      null,
      3,
    ]);
    expect(cells[0].source).to.deep.equal(["# Title\n", "text"]);
    expect(cells[1].outputs).to.deep.equal([
      { name: "stdout", output_type: "stream", text: ["1\n", "ü\n"] },
      { data: { "text/plain": ["2"] }, execution_count: 1, metadata: {}, output_type: "execute_result" },
    ]);
    expect(cells[3].outputs[0]).to.include({ ename: "Error", evalue: "wanted" });
    expect(cells[4].outputs[0].text).to.deep.equal(["kept"]);
    expect(cells[5].outputs[0].data["text/plain"]).to.deep.equal(["'second'"]);
    expect(text).to.match(/\n$/);
    expect(packetwalk("run", file, "--check").out).to.include("byte for byte");
    const again = path.join(folder, "again.ipynb");
    expect(packetwalk("run", file, "--out", again).status).to.equal(0);
    expect(fs.readFileSync(again, "utf8")).to.equal(text);

    const python = jupyterPython();
    if (!python) {
      console.warn("    LEFT OUT: nbformat's own opinion on the file, since Python is missing");
      return;
    }
    const script =
      "import sys, nbformat; f = sys.argv[1]; nb = nbformat.read(f, 4); nbformat.validate(nb); nbformat.write(nb, f)";
    expect(spawnSync(python, ["-c", script, again], { encoding: "utf8" }).stderr).to.equal("");
    expect(fs.readFileSync(again, "utf8")).to.equal(text);
  });

  it("run --check names the first cell that differs, shows how, and writes nothing", () => {
    const file = notebook("differs.ipynb", [code("'same'"), code("6 * 7")]);
    packetwalk("run", file);
    const changed = fs.readFileSync(file, "utf8").replace('"42"', '"41"');
    fs.writeFileSync(file, changed);
    const { status, out } = packetwalk("run", file, "--check");
    expect(status).to.equal(1);
    expect(out)
      .to.match(/cell 2 \(6 \* 7\)/)
      .and.match(/-\s+"41"/)
      .and.match(/\+\s+"42"/);
    expect(fs.readFileSync(file, "utf8")).to.equal(changed);
  });

  it("run stops at a cell that fails or doesn't compile, says where, and leaves the file as it was", () => {
    for (const bad of ["const = 1", "throw new Error('x')", "process.exit(0)", "await input('?')"]) {
      const file = notebook("bad.ipynb", [code("1"), code(bad)]);
      const before = fs.readFileSync(file, "utf8");
      const { status, out } = packetwalk("run", file);
      expect(status).to.equal(1);
      expect(out)
        .to.match(/cell\[2\]:1:/)
        .and.match(/stopped at cell 2/);
      expect(fs.readFileSync(file, "utf8")).to.equal(before);
    }
  });

  for (const [name, text, said] of [
    ["cut.ipynb", '{"cells": [\n', /not JSON: line 2, column 1/],
    ["list.ipynb", "[]", /no list "cells"/],
    ["old.ipynb", '{"cells": [], "nbformat": 3}', /nbformat is 3, not 4/],
    ["cell.ipynb", '{"cells": [{"cell_type": "code"}], "nbformat": 4}', /cell 1 has no "source"/],
  ] as const) {
    it(`run refuses ${name}, which is no notebook, in one line`, () => {
      const file = path.join(folder, name);
      fs.writeFileSync(file, text);
      const { status, err } = packetwalk("run", file);
      expect(status).to.equal(2);
      expect(err).to.match(said).and.include(name);
      expect(err.trimEnd().split("\n")).to.have.length(1);
      expect(fs.readFileSync(file, "utf8")).to.equal(text);
    });
  }

  it("run takes several notebooks, each in a fresh session, and goes on after a bad one", () => {
    const files = [notebook("a.ipynb", [code("nowhere")]), notebook("b.ipynb", [code("const b = 1; b")])];
    const { status, out } = packetwalk("run", ...files);
    expect(status).to.equal(1);
    expect(out)
      .to.match(/a\.ipynb stopped at cell 1/)
      .and.match(/wrote b\.ipynb/);
  });

  it("kernel install writes a kernelspec that Jupyter can start, with logos, and uninstall removes it", () => {
    const prefix = path.join(folder, "prefix");
    expect(packetwalk("kernel", "install", "--prefix", prefix).status).to.equal(0);
    const spec = path.join(prefix, "share", "jupyter", "kernels", "packetwalk");
    const { argv, language, interrupt_mode, display_name } = read(path.join(spec, "kernel.json"));
    expect({ language, interrupt_mode }).to.deep.equal({ language: "typescript", interrupt_mode: "message" });
    expect(display_name).to.match(/Packetwalk/);
    expect(fs.existsSync(argv[0])).to.equal(true);
    expect(argv).to.include("{connection_file}");
    for (const logo of ["logo-32x32.png", "logo-64x64.png", "logo-svg.svg"]) {
      expect(fs.statSync(path.join(spec, logo)).size).to.be.above(200);
    }
    const chinese = path.join(prefix, "share", "jupyter", "kernels", "packetwalk-zh");
    const other = read(path.join(chinese, "kernel.json"));
    expect(other).to.deep.include({ argv, language, interrupt_mode, env: { PACKETWALK_LANGUAGE: "zh" } });
    expect(other.display_name).not.to.equal(display_name);
    expect(fs.readdirSync(chinese)).to.deep.equal(fs.readdirSync(spec));
    expect(packetwalk("kernel", "uninstall", "--prefix", prefix).out).to.match(/is gone/);
    expect([spec, chinese].map((each) => fs.existsSync(each))).to.deep.equal([false, false]);
    expect(packetwalk("kernel", "uninstall", "--prefix", prefix).out).to.match(/there was no/);
  });

  it("lab --check proves the kernel in a real Jupyter server", function () {
    this.timeout(60000);
    if (!jupyterPython()) {
      console.warn("    LEFT OUT: a real Jupyter server, since Python is missing");
      return this.skip();
    }
    const { status, out, err } = packetwalk("lab", "--check");
    expect(status, err).to.equal(0);
    expect(out)
      .to.match(/kernels: .*packetwalk/)
      .and.match(/the library is there: yes/);
  });
});
