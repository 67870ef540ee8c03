// Decks: what each cell becomes, and that what is projected is whole and readable.
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { type Browser, chromium, type Page } from "playwright-core";
import { deck, SLIDE_TYPES, slideType, words } from "../../lib/cli/deck.ts";
import { lecturesInstalled, ROOT } from "../../lib/cli/lectures.ts";
import { type Cell, type Notebook, sourceOf } from "../../lib/jupyter/notebook.ts";
import { CLI, chapter, chapters } from "./chapters.ts";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

function text(source: string, type = "slide"): Cell {
  return { cell_type: "markdown", id: "text", source, metadata: { slideshow: { slide_type: type } } };
}

function decked(...cells: Cell[]): string[] {
  const notebook: Notebook = { cells, metadata: {}, nbformat: 4, nbformat_minor: 5 };
  return deck(notebook).cells.map((cell) => `${slideType(cell)}: ${sourceOf(cell)}`);
}

describe("a chapter as a deck", () => {
  for (const file of chapters) {
    it(`${file}: every cell says what it is on a slide; exercises and what shows nothing are left out`, () => {
      const { cells } = chapter(file);
      expect(slideType(cells[0]!)).to.equal("slide");
      for (const cell of cells) {
        const { slide_type } = (cell.metadata.slideshow ?? {}) as { slide_type?: string };
        expect(slide_type, `metadata.slideshow.slide_type of cell "${cell.id}" of ${file}`).to.be.oneOf([
          ...SLIDE_TYPES,
        ]);
        const skipped = cell.metadata.tags?.some((tag) => tag.startsWith("exercise:"));
        if (skipped || (cell.cell_type === "code" && cell.outputs!.length === 0)) {
          expect(slide_type, `"${cell.id}"`).to.equal("skip");
        }
      }
      for (const cell of deck(chapter(file)).cells) {
        if (cell.cell_type !== "markdown" || slideType(cell) === "notes") continue;
        const prose = sourceOf(cell)
          .split("\n\n")
          .filter((block) => !/^\s*([-*+]|\d+\.|\||>|```|#)/.test(block) && !/\n\|/.test(block));
        expect(words(prose.join(" ")), sourceOf(cell)).to.be.most(120);
      }
    });
  }

  it("cuts a text at its headings, and long prose goes to the speaker", () => {
    const long = "One word and another. ".repeat(20).trim();
    expect(decked(text(`The end of it.\n\n## Next\n\n${long}`))).to.deep.equal([
      "subslide: The end of it.",
      "slide: ## Next\n\nOne word and another.",
      `notes: ${long}`,
    ]);
    expect(decked(text(long, "notes"))).to.deep.equal([`notes: ${long}`]);
    expect(decked(text("# Not shown", "skip"))).to.deep.equal([]);
  });

  it("gives a list, a table or a listing with the line before it a slide of its own", () => {
    const some = "Some thirty words follow here. ".repeat(6).trim();
    const list = "- one\n- two\n\n  and more of two";
    const listing = "```sh\nip link\n\n# no heading\n```";
    expect(decked(text(`# T\n\n${some}\n\nThese are two:\n\n${list}\n\n${listing}`))).to.deep.equal([
      `slide: # T\n\n${some}`,
      `subslide: These are two:\n\n${list}\n\n${listing}`,
    ]);
  });

  it("leaves exercises out up to the next heading that is none", () => {
    const code: Cell = { cell_type: "code", id: "code", source: "1", metadata: {}, outputs: [] };
    expect(decked(text("# T"), text("## Exercises\n\nDo it."), code, text("## Summary"))).to.deep.equal([
      "slide: # T",
      "slide: ## Summary",
    ]);
  });

  it("shows a picture without its code where that is long, and says the code", () => {
    const source = "line\n".repeat(20).trim();
    const outputs = [{ output_type: "execute_result", data: { "text/html": "<figure></figure>" } }];
    const code: Cell = { cell_type: "code", id: "code", source, metadata: {}, outputs };
    const { cells } = deck({ cells: [code], metadata: {}, nbformat: 4, nbformat_minor: 5 });
    expect(cells.map((cell) => [cell.metadata.tags, slideType(cell)])).to.deep.equal([
      [["alone"], "-"],
      [[], "notes"],
    ]);
  });

  it("counts Chinese by signs", () => {
    expect(words("two words")).to.equal(2);
    expect(words("两个词 two")).to.equal(2.5);
  });

  it("refuses what is no notebook, in one line", () => {
    const result = spawnSync(process.execPath, [CLI, "slides", "package.json"], { cwd: ROOT, encoding: "utf8" });
    expect(result.status).to.equal(2);
    expect(result.stderr).to.equal(
      'packetwalk: package.json is not a notebook that can be run: it has no list "cells"\n',
    );
  });
});

describe("packetwalk slides, in Chromium", function () {
  this.timeout(60_000);
  let folder: string;
  let browser: Browser;
  let page: Page;
  const elsewhere: string[] = [];

  before(async function () {
    if (!lecturesInstalled() || !fs.existsSync(CHROMIUM)) {
      process.stderr.write(
        "packetwalk: no deck is looked at: npm run slides installs the tools, and it needs Chromium\n",
      );
      this.skip();
    }
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "deck-"));
    const out = path.join(folder, "deck.html");
    const args = [CLI, "slides", "notebooks/01-container-to-container.ipynb", "--out", out];
    const result = spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" });
    expect(result.status, result.stderr).to.equal(0);
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
    page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
    page.on("request", (request) => {
      if (!/^(file|data|blob):/.test(request.url())) elsewhere.push(request.url());
    });
    await page.goto(pathToFileURL(out).href);
    await page.waitForSelector("body[data-ready]");
  });

  after(async () => {
    await browser?.close();
    if (folder !== undefined) fs.rmSync(folder, { recursive: true });
  });

  it("one file, nothing from elsewhere, and nothing is cut off at 1280 × 720", async () => {
    // Reveal is the page's own.
    const wrong = await page.evaluate(`(() => {
      const wrong = [];
      Reveal.getSlides().forEach((slide, i) => {
        const { h, v } = Reveal.getIndices(slide);
        Reveal.slide(h, v);
        for (const part of slide.querySelectorAll("h1, h2, p, li, pre, img, td")) {
          if (part.closest("aside, details") || part.offsetParent === null) continue;
          const { left, top, right, bottom } = part.getBoundingClientRect();
          if (left < -1 || top < -1 || right > 1281 || bottom > 721) wrong.push([i, part.tagName, right, bottom].join(" "));
        }
      });
      return wrong;
    })()`);
    expect(wrong).to.deep.equal([]);
    expect(elsewhere).to.deep.equal([]);
    expect(await page.evaluate("Reveal.getTotalSlides()")).to.be.above(30);
  });

  it("has the speaker's notes, and the forward key goes through all slides", async () => {
    expect(await page.locator("aside.notes").count()).to.be.above(3);
    await page.evaluate("Reveal.slide(0, 0)");
    await page.keyboard.press("ArrowRight");
    expect(await page.evaluate("Reveal.getIndices()")).to.deep.include({ h: 0, v: 1 });
  });
});
