// The Chinese chapters keep step with the English ones: same cells, same code, each text made from the one that is there
// now; what they show comes out again, and the stories in them are told in Chinese.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { type Cell, type Notebook, type Output, parseNotebook, sourceOf } from "../../lib/jupyter/notebook.ts";
import { Catalogue, type Entries } from "../../lib/language/catalogue.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const CLI = path.join(ROOT, "dist", "lib", "cli", "main.js");
const ENGLISH = path.join(ROOT, "notebooks");
const CHINESE = path.join(ENGLISH, "zh");
const WORDS = path.join(ROOT, "assets", "language", "zh");
const HAN = /\p{Script=Han}/u;

/** Lines of stories that stay English, each with the reason. */
const STAYS_ENGLISH: Readonly<Record<string, string>> = {};

const notebooksIn = (folder: string): string[] => fs.readdirSync(folder).filter((file) => file.endsWith(".ipynb"));
const read = (folder: string, file: string): Notebook =>
  parseNotebook(fs.readFileSync(path.join(folder, file), "utf8"), file);
const entriesOf = (file: string) => JSON.parse(fs.readFileSync(path.join(WORDS, file), "utf8")) as Entries;

const files = fs.readdirSync(WORDS).filter((file) => file.endsWith(".json"));
const catalogue = new Catalogue(Object.assign({}, ...files.map(entriesOf)));

/** Metadata but for what slides need and what a translation adds. */
function kept({ metadata: { slideshow: _slides, english: _hash, ...rest } }: Cell): unknown {
  return rest;
}

function textOf(output: Output): string {
  const join = (text: unknown): string => (Array.isArray(text) ? text.join("") : String(text ?? ""));
  return join(output.text ?? (output.data as Record<string, unknown> | undefined)?.["text/plain"]);
}

/** What the steps of stories say: behind nine columns of time, or more with seconds, and the kind; rows of ladders begin later. */
function storyLines(text: string): string[] {
  return text.split("\n").flatMap((line) => {
    const [, because] =
      /^ {2}(?= *[\d.]+ (?:µs|ms|s) {2}\S)(?:.{9}|.{10,13}(?<=\d s)) {2}\S+(?: \S+)? {1,9}(\S.*)$/.exec(line) ?? [];
    return because === undefined ? [] : [because];
  });
}

function run(file: string): Promise<{ status: number | null; text: string }> {
  return new Promise((resolve) => {
    const said: Buffer[] = [];
    const child = spawn(process.execPath, [CLI, "run", file, "--check"], { cwd: ROOT });
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece) => said.push(piece));
    child.on("close", (status) => resolve({ status, text: Buffer.concat(said).toString() }));
  });
}

describe("the Chinese chapters", function () {
  this.timeout(300_000);

  it("are all there", () => {
    expect(notebooksIn(CHINESE).sort()).to.deep.equal(notebooksIn(ENGLISH).sort());
  });

  for (const file of notebooksIn(CHINESE)) {
    describe(file, () => {
      const [english, chinese] = [read(ENGLISH, file), read(CHINESE, file)];
      const pairs = english.cells.map((cell, i) => [cell, chinese.cells[i]!] as const);

      it("has the same cells, in the same order, with the same code", () => {
        expect(chinese.metadata.kernelspec).to.include({ name: "packetwalk-zh", language: "typescript" });
        expect(chinese.cells.map(({ id }) => id)).to.deep.equal(english.cells.map(({ id }) => id));
        for (const [one, other] of pairs) {
          expect([other.cell_type, kept(other)], one.id).to.deep.equal([one.cell_type, kept(one)]);
          if (one.cell_type === "code") expect(sourceOf(other), one.id).to.equal(sourceOf(one));
        }
      });

      it("was made from the texts that are there now", () => {
        const hashOf = (cell: Cell) => createHash("sha256").update(sourceOf(cell)).digest("hex").slice(0, 12);
        const texts = pairs.filter(([one]) => one.cell_type === "markdown");
        const stale = texts.filter(([one, other]) => other.metadata.english !== hashOf(one)).map(([one]) => one.id);
        expect(stale, "translate these again, and note the hash of the English text").to.deep.equal([]);
        expect(texts.filter(([, other]) => !HAN.test(sourceOf(other))).map(([one]) => one.id)).to.deep.equal([]);
      });

      it("leads to what is there", () => {
        for (const [, { cell_type, id, ...cell }] of pairs)
          for (const [, target] of cell_type === "markdown"
            ? sourceOf({ cell_type, ...cell }).matchAll(/\]\(([^)\s]+)\)/g)
            : [])
            if (!/^(https?:|#|data:|attachment:)/.test(target!)) {
              const place = path.resolve(CHINESE, decodeURI(target!.replace(/#.*/, "")));
              expect(fs.existsSync(place), `${id}: ${target}`).to.equal(true);
            }
      });

      it("tells its stories in Chinese", () => {
        const told = chinese.cells.flatMap((cell) => (cell.outputs ?? []).map(textOf)).flatMap(storyLines);
        expect(told.filter((line) => !HAN.test(line) && !(line in STAYS_ENGLISH))).to.deep.equal([]);
      });

      it("shows what is committed, byte for byte", async () => {
        const { status, text } = await run(path.join(CHINESE, file));
        expect(status, text).to.equal(0);
      });
    });
  }

  it("have stories", () => {
    const all = notebooksIn(CHINESE).flatMap((file) => read(CHINESE, file).cells);
    expect(all.flatMap(({ outputs = [] }) => outputs.map(textOf)).flatMap(storyLines).length).to.be.above(200);
  });
});

describe("the Chinese sentences", function () {
  this.timeout(60_000);

  for (const file of files)
    it(`${file}: have the holes of the English ones`, () => {
      const holes = (text: string) => [...new Set(text.match(/\{\d#?\}/g)?.map((hole) => hole[1]))].sort();
      const wrong = Object.entries(entriesOf(file)).filter(([one, other]) => `${holes(one)}` !== `${holes(other)}`);
      expect(wrong).to.deep.equal([]);
    });

  it("mean one thing each", () => {
    const all = files.flatMap((file) => Object.entries(entriesOf(file)));
    const twice = all.filter(([one, other]) => all.some(([each, said]) => each === one && said !== other));
    expect(twice).to.deep.equal([]);
  });

  it("have the docstrings that are there now", () => {
    const lib = path.join(ROOT, "lib");
    const sources = fs.readdirSync(lib, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
    const text = sources
      .map((name) => fs.readFileSync(path.join(lib, name), "utf8").replace(/\n \* /g, " "))
      .join("\n");
    expect(Object.keys(entriesOf("verbs.json")).filter((each) => !text.includes(each))).to.deep.equal([]);
  });

  it("leave what real tools print alone: all that was recorded of them for other tests", () => {
    const lines = new Set<string>();
    const see = (value: unknown): void => {
      if (typeof value === "object" && value !== null) for (const each of Object.values(value)) see(each);
      // One word alone may be anything.
      if (typeof value === "string")
        for (const line of value.split("\n")) if (line.trim().includes(" ")) lines.add(line);
    };
    const folder = path.join(ROOT, "test");
    for (const name of fs.readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      if (!/\.(json|txt)$/.test(name)) continue;
      const text = fs.readFileSync(path.join(folder, name), "utf8");
      see(name.endsWith(".json") ? JSON.parse(text) : text);
    }
    expect(lines.size).to.be.above(10_000);
    expect([...lines].filter((line) => catalogue.say(line) !== line)).to.deep.equal([]);
  });
});
