// The estimates against a real browser: every text of many pictures is measured by Chromium.
import { expect } from "chai";
import type { Browser, Page } from "playwright-core";
import { escapeMarkup } from "../../lib/draw/dom.ts";
import { figure } from "../../lib/draw/figure.ts";
import { interactive } from "../../lib/draw/interactive.ts";
import { extent, type Scene, type Text } from "../../lib/draw/scene.ts";
import { svg } from "../../lib/draw/svg.ts";
import { FONT_STACK } from "../../lib/draw/text.ts";
import { browser } from "./browser.ts";
import { crowd, hostile, known, type Named, random } from "./scenes.ts";

interface Measured {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

describe("a picture in Chromium", function () {
  this.timeout(30_000);
  let chromium: Browser | null;
  let page: Page;
  let all: Named[];

  before(async function () {
    chromium = await browser();
    if (chromium === null) {
      console.log(
        "    SKIPPED: no Chromium here (set CHROMIUM=/path/to/it); texts are measured by the width table only",
      );
      this.skip();
    }
    page = await chromium.newPage();
    all = [
      ...known(),
      ...hostile(),
      ...crowd().slice(0, 1),
      ...Array.from({ length: 12 }, (_, i) => random(`chromium ${i}`)).flat(),
    ];
  });
  after(() => chromium?.close());

  /** Every text's own box, in the picture's coordinates. */
  const measure = async (source: string): Promise<Measured[]> => {
    await page.setContent(`<!doctype html><body style="margin:0">${source}`);
    const script = `[...document.querySelectorAll("svg text")].map((text) => {
      const { x, y, width, height } = text.getBBox();
      return { text: text.childNodes[0]?.nodeValue ?? "", x, y, w: width, h: height };
    })`;
    return (await page.evaluate(script)) as Measured[];
  };
  const wrong = (scene: Scene, measured: readonly Measured[]): string[] => {
    const texts = scene.shapes.filter((shape): shape is Text => shape.shape === "text");
    if (texts.length !== measured.length)
      return [`${texts.length} texts in the scene, ${measured.length} in the browser`];
    const found: string[] = [];
    texts.forEach((text, i) => {
      const real = measured[i] as Measured;
      const bound = extent(text);
      // A letter on its own may be hinted to the next whole pixel.
      if (text.pitch === undefined && real.w > bound.w + 0.6)
        found.push(`wider than measured, ${real.w} > ${bound.w}: ${text.text}`);
      if (real.x < 0 || real.x + real.w > scene.width || real.y < 0 || real.y + real.h > scene.height)
        found.push(`cut: ${text.text}`);
      for (const other of measured.slice(0, i)) {
        // Lines of one paragraph touch with their line gaps; letters do not.
        const overlapX = Math.min(real.x + real.w, other.x + other.w) - Math.max(real.x, other.x);
        const overlapY = Math.min(real.y + real.h, other.y + other.h) - Math.max(real.y, other.y);
        if (overlapX > 0.5 && overlapY > real.h * 0.3) found.push(`on each other: ${text.text} | ${other.text}`);
      }
    });
    return found;
  };

  it("has no text wider than its estimate, cut, or on another", async () => {
    const found: string[] = [];
    for (const { name, scene } of all)
      found.push(...wrong(scene, await measure(svg(scene))).map((fault) => `${name}: ${fault}`));
    expect(found.length, found.slice(0, 10).join("\n")).to.equal(0);
  });

  it("nor when the reader has only the widest fonts of the stacks", async () => {
    const found: string[] = [];
    for (const { name, scene } of all.slice(0, 40)) {
      const wide = svg(scene)
        .replaceAll(escapeMarkup(FONT_STACK.mono), "DejaVu Sans Mono")
        .replaceAll(escapeMarkup(FONT_STACK.sans), "DejaVu Sans");
      expect(wide).not.to.contain("Helvetica");
      found.push(...wrong(scene, await measure(wide)).map((fault) => `${name}: ${fault}`));
    }
    expect(found.length, found.slice(0, 10).join("\n")).to.equal(0);
  });

  it("lets no name become markup or run, in a data address, inline or in the table", async () => {
    const scenes = hostile();
    for (let i = 0; i < scenes.length; i += 5) {
      const { name } = scenes[i] as Named;
      const five = scenes.slice(i, i + 5).map((each) => each.scene);
      for (const html of [
        five.map((scene) => figure(scene).data["text/html"]),
        five.map((scene) => interactive(scene).data["text/html"]),
      ]) {
        await page.setContent(`<!doctype html><body>${html.join("")}`);
        const seen = (await page.evaluate(`({
          hacked: window.hacked,
          tags: [...new Set([...document.body.querySelectorAll("*")].map((each) => each.localName))].sort(),
          handlers: [...document.body.querySelectorAll("*")].filter((each) => [...each.attributes].some((a) => a.name.startsWith("on"))).length,
          scripts: document.body.querySelectorAll("script").length,
          loaded: [...document.images].every((image) => image.complete && image.naturalWidth > 0),
        })`)) as { hacked: unknown; tags: string[]; handlers: number; scripts: number; loaded: boolean };
        expect(seen.hacked, name).to.equal(undefined);
        expect(seen.handlers, name).to.equal(0);
        expect(seen.scripts, name).to.equal(html.join("").split("<script>").length - 1);
        expect(seen.loaded, name).to.equal(true);
        const allowed =
          "button circle desc details div figcaption figure g img output path rect script style summary svg table tbody td text th thead title tr";
        expect(
          seen.tags.filter((tag) => !allowed.split(" ").includes(tag)),
          name,
        ).to.deep.equal([]);
      }
    }
  });

  it("steps along the way when it is interactive", async () => {
    const { scene } = all.find(({ name }) => name === "topology of 3 pods") as Named;
    await page.setContent(`<!doctype html><body>${interactive(scene).data["text/html"]}`);
    const words = (): Promise<unknown> => page.evaluate(`document.querySelector("output").textContent`);
    expect(await words()).to.equal("all steps");
    await page.click("button >> nth=2");
    expect(await words()).to.equal("step 1");
    await page.click("button >> nth=2");
    expect(await words()).to.equal("step 2");
    const faded = await page.evaluate(
      `[...document.querySelectorAll("[data-step='5']")].every((mark) => Number(mark.style.opacity) < 0.2)`,
    );
    expect(faded).to.equal(true);
  });

  it("fits the page at 800 and 1600 pixels, and scrolls inside its figure at 360", async () => {
    for (const width of [360, 800, 1600]) {
      await page.setViewportSize({ width, height: 600 });
      for (const { name, scene } of known().slice(0, 12)) {
        await page.setContent(`<!doctype html><body style="margin:8px">${figure(scene).data["text/html"]}`);
        const beyond = await page.evaluate(
          "document.documentElement.scrollWidth - document.documentElement.clientWidth",
        );
        expect(beyond, `${name} at ${width}`).to.equal(0);
      }
    }
  });
});
