// The whole book, built by the real tools (npm run test:book): every link followed, looked at in both themes.
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { type Browser, chromium } from "playwright-core";
import { ROOT } from "../../lib/cli/lectures.ts";
import { CLI, chapters } from "./chapters.ts";
import { publicNames } from "./docstrings.ts";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Every file below a folder, with the anchors of those that are pages. */
function pagesOf(folder: string): Map<string, ReadonlySet<string>> {
  const found = new Map<string, ReadonlySet<string>>();
  for (const entry of fs.readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const anchors = file.endsWith(".html") ? fs.readFileSync(file, "utf8").matchAll(/\sid="([^"]*)"/g) : [];
    found.set(file, new Set([...anchors].map(([, id = ""]) => id)));
  }
  return found;
}

function deadLinks(folder: string): string[] {
  const pages = pagesOf(folder);
  const dead: string[] = [];
  for (const page of pages.keys()) {
    // Those in _static are the theme's own templates.
    if (!page.endsWith(".html") || page.includes("_static")) continue;
    for (const [tag, url = ""] of fs
      .readFileSync(page, "utf8")
      .matchAll(/<(?:a|link|script|img)\b[^>]*?\s(?:href|src)="([^"]*)"/g)) {
      if (url.startsWith("data:") || (/^(https?|mailto):/.test(url) && tag.startsWith("<a"))) continue;
      const [file = "", anchor = ""] = url.replaceAll("&amp;", "&").split("#").map(decodeURIComponent);
      const target = file === "" ? page : path.resolve(path.dirname(page), file.replace(/\?.*/, ""));
      const anchors = pages.get(target);
      if (anchors === undefined || (anchor !== "" && !anchors.has(anchor)))
        dead.push(`${path.relative(folder, page)}: ${url}`);
    }
  }
  return dead;
}

describe("packetwalk book", function () {
  this.timeout(1_800_000);
  let folder: string;
  let browser: Browser | undefined;

  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "book-"));
    const result = spawnSync(process.execPath, [CLI, "book", "--out", folder], { cwd: ROOT, encoding: "utf8" });
    expect(result.status, result.stderr).to.equal(0);
  });

  after(async () => {
    await browser?.close();
    if (folder !== undefined) fs.rmSync(folder, { recursive: true });
  });

  it("holds every chapter in order, the homework without its judges, and every public name", () => {
    const index = fs.readFileSync(path.join(folder, "index.html"), "utf8");
    const order = [...chapters].sort((a, b) => Number(b.startsWith("lab-")) - Number(a.startsWith("lab-")));
    const places = order.map((file) => index.indexOf(`href="notebooks/${file.replace(".ipynb", ".html")}"`));
    expect(places.every((place) => place > 0)).to.equal(true);
    expect([...places].sort((a, b) => a - b)).to.deep.equal(places);
    expect(index).to.include('href="notebooks/homework/1-pods-by-hand.html"');
    const api = fs.readFileSync(path.join(folder, "api", "index.html"), "utf8");
    const missing = publicNames().filter((name) => !api.includes(`/${name}.html"`));
    expect(missing).to.deep.equal([]);
    expect(fs.readFileSync(path.join(folder, "genindex.html"), "utf8")).to.include("veth pair");
  });

  it("has no dead link, and takes nothing from elsewhere", () => {
    expect(deadLinks(folder)).to.deep.equal([]);
  });

  it("shows its pictures in both themes, readable around them, and finds words", async function () {
    if (!fs.existsSync(CHROMIUM)) this.skip();
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
    for (const colorScheme of ["light", "dark"] as const) {
      const page = await browser.newPage({ colorScheme });
      const elsewhere: string[] = [];
      page.on("request", (request) => {
        if (!/^(file|data|blob):/.test(request.url())) elsewhere.push(request.url());
      });
      await page.goto(pathToFileURL(path.join(folder, "notebooks", "01-container-to-container.html")).href);
      expect(await page.getAttribute("html", "data-theme")).to.equal(colorScheme);
      expect(await page.evaluate(`document.querySelector("figure img").naturalWidth`)).to.be.above(100);
      // Text beside a picture differs from what is behind it: the sum of the three channels, of 765.
      const contrast = await page.evaluate(`(() => {
        const light = (text) => (text.match(/[0-9.]+/g) ?? []).slice(0, 3).reduce((sum, each) => sum + Number(each), 0);
        const caption = document.querySelector("figure figcaption");
        let ground = caption;
        while (/, 0\\)|transparent/.test(getComputedStyle(ground).backgroundColor)) ground = ground.parentElement;
        return Math.abs(light(getComputedStyle(caption).color) - light(getComputedStyle(ground).backgroundColor));
      })()`);
      expect(contrast, colorScheme).to.be.above(400);
      await page.goto(`${pathToFileURL(path.join(folder, "search.html")).href}?q=conntrack`);
      await page.locator("#search-results li").first().waitFor();
      expect(elsewhere).to.deep.equal([]);
      await page.close();
    }
  });
});
