// A walk's player in real JupyterLab: a picture until somebody trusts the notebook, and keys that stay its own.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert } from "chai";
import type { Browser } from "playwright-core";
import { player } from "../../lib/draw/player.ts";
import { lab, walk } from "../../lib/index.ts";
import { browser } from "../draw/browser.ts";
import { jupyterPython } from "../jupyter/python.ts";
import { type JupyterLab, startJupyterLab } from "./server.ts";

const SOURCE = `import { lab, walk } from "packetwalk";
lab({ seed: "played" }).node("solo");
walk("solo", "ping -c 1 127.0.0.1").play()`;

describe("a walk's player in JupyterLab", function () {
  this.timeout(180_000);
  let chromium: Browser | null = null;
  let server: JupyterLab | null = null;
  const folder = mkdtempSync(join(tmpdir(), "packetwalk-player-"));

  before(async function () {
    const python = jupyterPython();
    chromium = await browser();
    if (python === undefined || chromium === null) {
      console.log(
        `      (left out: ${python === undefined ? "there is no Jupyter in .venv" : "Chromium is not on this machine"})`,
      );
      this.skip();
    }
    lab({ seed: "played" }).node("solo");
    const { lab: data, steps } = walk("solo", "ping -c 1 127.0.0.1");
    const saved = { output_type: "display_data", metadata: {}, data: player(data, steps).data };
    const cells = [SOURCE, "1 + 1"].map((source, i) => ({
      cell_type: "code",
      id: `cell-${i}`,
      metadata: {},
      execution_count: null,
      source,
      outputs: i === 0 ? [saved] : [],
    }));
    const kernelspec = { name: "packetwalk", display_name: "Packetwalk", language: "typescript" };
    const notebook = { nbformat: 4, nbformat_minor: 5, metadata: { kernelspec }, cells };
    writeFileSync(join(folder, "played.ipynb"), JSON.stringify(notebook));
    server = await startJupyterLab(python, folder);
  });
  after(async () => {
    await chromium?.close();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("is the numbered picture before the cell is run, and plays by keys afterwards", async () => {
    const page = await chromium!.newPage({ viewport: { width: 1280, height: 900 } });
    await page.goto(server!.at("played.ipynb"));
    const picture = page.locator(".jp-OutputArea img[src^='data:image/svg+xml']");
    await picture.waitFor({ timeout: 60_000 });
    const slider = page.getByRole("slider", { name: "Step" });
    assert.equal(await slider.count(), 0);

    await page.locator("#jp-main-statusbar", { hasText: /\| Idle/ }).waitFor({ timeout: 60_000 });
    await page.locator(".lm-MenuBar-item", { hasText: "Run" }).click();
    await page.locator(".lm-Menu-itemLabel", { hasText: /^Run All Cells$/ }).click();
    await slider.waitFor({ timeout: 60_000 });
    await slider.focus();
    for (const key of ["ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"]) await page.keyboard.press(key);
    assert.equal(await slider.inputValue(), "2");
    await page.keyboard.press("PageDown");
    await page.keyboard.press("End");
    assert.equal(await slider.inputValue(), await slider.getAttribute("max"));
    assert.equal(await page.locator(".jp-Notebook .jp-Cell").count(), 2);
    assert.equal(await picture.isVisible(), false);
  });
});
