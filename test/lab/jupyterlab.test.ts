// The first chapter as a student meets it: real JupyterLab, real Chromium, the real kernel.
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert } from "chai";
import type { Browser, Page } from "playwright-core";
import { browser } from "../draw/browser.ts";
import { jupyterPython, ROOT } from "../jupyter/python.ts";
import { type JupyterLab, startJupyterLab } from "./server.ts";

const CHAPTER = "01-container-to-container.ipynb";
const PICTURES = join(ROOT, "test", "out", "jupyterlab");

/** Names and texts that would be markup if anybody let them. */
const HOSTILE = [
  "<script>window.hacked=1</script>",
  "<img src=x onerror=window.hacked=1>",
  "]]><svg onload=window.hacked=1>",
  "\"'`&amp;\u001b[31mred",
];

function notebook(cells: readonly { readonly source: string; readonly outputs?: readonly object[] }[]): string {
  return JSON.stringify({
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: "packetwalk", display_name: "Packetwalk", language: "typescript" } },
    cells: cells.map(({ source, outputs = [] }, i) => ({
      cell_type: "code",
      id: `cell-${i}`,
      metadata: {},
      execution_count: null,
      source,
      outputs,
    })),
  });
}

const PLAYGROUND = [
  'import { lab, sh, walk } from "packetwalk";\nconst net = lab({ seed: "browser" });\nconst node = net.node("node-1");\nnode.bridge("cni0", { address: "10.244.1.1/24" });\nnode.pod("a", { bridge: "cni0", address: "10.244.1.2/24" });\nnode.pod("b", { bridge: "cni0", address: "10.244.1.3/24" });\nwalk("a", "ping -c 1 10.244.1.3")',
  "let kept = 41;\nkept",
  "while (true) {}",
  "kept + 1",
  "net.no",
];

const FLOOD = [
  'const line = "0123456789".repeat(10);\nfor (let i = 0; i < 500_000; i++) console.log(line);',
  "6 * 7",
  "42",
];

describe("JupyterLab in Chromium", function () {
  this.timeout(120_000);
  let chromium: Browser | null = null;
  let server: JupyterLab | null = null;
  let folder = "";

  before(async function () {
    const python = jupyterPython();
    chromium = await browser();
    if (python === undefined || chromium === null) {
      console.log(
        `      (left out: ${python === undefined ? "there is no Jupyter in .venv" : "Chromium is not on this machine"})`,
      );
      this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), "packetwalk-lab-"));
    mkdirSync(PICTURES, { recursive: true });
    if (existsSync(join(ROOT, "notebooks", CHAPTER)))
      copyFileSync(join(ROOT, "notebooks", CHAPTER), join(folder, CHAPTER));
    writeFileSync(join(folder, "playground.ipynb"), notebook(PLAYGROUND.map((source) => ({ source }))));
    writeFileSync(join(folder, "flood.ipynb"), notebook(FLOOD.map((source) => ({ source }))));
    writeFileSync(join(folder, "hostile.ipynb"), notebook(hostileCells()));
    server = await startJupyterLab(python, folder);
  });

  after(async () => {
    await chromium?.close();
    await server?.stop();
    if (folder !== "") rmSync(folder, { recursive: true, force: true });
  });

  afterEach(async function () {
    for (const context of chromium?.contexts() ?? []) {
      if (this.currentTest?.state === "failed")
        for (const page of context.pages()) await page.screenshot({ path: join(PICTURES, "failed.png") });
      await context.close();
    }
  });

  async function open(file: string, width = 1400, height = 1000): Promise<Page> {
    const context = await chromium!.newContext({ viewport: { width, height } });
    const page = await context.newPage();
    await page.goto(server!.at(file));
    await page.locator(".jp-Notebook .jp-Cell").first().waitFor({ timeout: 60_000 });
    await page
      .locator(".jp-Toolbar-kernelName, .jp-KernelName", { hasText: "Packetwalk" })
      .first()
      .waitFor({ timeout: 30_000 });
    // JupyterLab forgets a cell that is run while its kernel starts.
    await page.locator(".jp-StatusBar-Widget, #jp-main-statusbar", { hasText: /\| Idle/ }).waitFor({ timeout: 60_000 });
    return page;
  }

  /** Runs a command of the Run or Kernel menu. */
  async function menu(page: Page, name: string, item: RegExp): Promise<void> {
    await page.locator(".lm-MenuBar-item", { hasText: name }).click();
    await page.locator(".lm-Menu-itemLabel", { hasText: item }).first().click();
  }

  /** Waits until every cell has run: none has an empty prompt or a star. */
  async function allRan(page: Page): Promise<void> {
    const waiting = () => page.locator(".jp-CodeCell .jp-InputPrompt", { hasText: /^\[[ *]\]:$/ }).count();
    for (const end = Date.now() + 60_000; Date.now() < end; await page.waitForTimeout(150)) {
      if ((await waiting()) === 0) return;
    }
    throw new Error(`cells still run after 60 s\n${server!.log().slice(-2000)}`);
  }

  const outputOf = (page: Page, index: number) =>
    page.locator(".jp-Notebook .jp-CodeCell").nth(index).locator(".jp-Cell-outputWrapper");

  it("shows the committed pictures of a chapter that nobody trusts yet", async () => {
    const page = await open(CHAPTER);
    const pictures = page.locator(".jp-OutputArea img[src^='data:image/svg+xml']");
    await pictures.first().waitFor();
    const width = await pictures
      .first()
      .evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth);
    assert.isAbove(width, 100);
    await page.screenshot({ path: join(PICTURES, "untrusted.png") });
  });

  it("runs all cells of chapter 1, and shows its pictures", async () => {
    const page = await open(CHAPTER, 1400, 3000);
    await menu(page, "Run", /^Run All Cells$/);
    await page.locator(".jp-InputPrompt", { hasText: "[1]:" }).first().waitFor({ timeout: 30_000 });
    await allRan(page);
    const pictures = page.locator(".jp-OutputArea img[src^='data:image/svg+xml']");
    assert.isAtLeast(await pictures.count(), 1);
    await page.screenshot({ path: join(PICTURES, "chapter-1.png") });
  });

  it("runs, edits, interrupts an endless loop with its state kept, completes a member, restarts", async () => {
    const page = await open("playground.ipynb");
    const cell = (index: number) => page.locator(".jp-Notebook .jp-CodeCell").nth(index);
    const run = async (index: number) => {
      await cell(index).locator(".cm-content").click();
      await page.keyboard.press("Control+Enter");
    };
    await run(0);
    await outputOf(page, 0).locator("img").first().waitFor({ timeout: 30_000 });
    await run(1);
    await outputOf(page, 1).getByText("41", { exact: true }).waitFor();

    await cell(1).locator(".cm-content").click();
    await page.keyboard.press("Control+End");
    await page.keyboard.type(" + 100");
    await page.keyboard.press("Control+Enter");
    await outputOf(page, 1).getByText("141", { exact: true }).waitFor();

    await run(2);
    await cell(2).locator(".jp-InputPrompt", { hasText: "[*]" }).waitFor();
    await page.waitForTimeout(500);
    await menu(page, "Kernel", /^Interrupt Kernel$/);
    await outputOf(page, 2)
      .getByText(/interrupt/i)
      .first()
      .waitFor({ timeout: 15_000 });
    await run(3);
    await outputOf(page, 3).getByText("42", { exact: true }).waitFor();

    await cell(4).locator(".cm-content").click();
    await page.keyboard.press("Control+End");
    await page.keyboard.press("Tab");
    await page.locator(".jp-Completer-item", { hasText: "node" }).first().waitFor({ timeout: 20_000 });
    await page.screenshot({ path: join(PICTURES, "completion.png") });
    await page.keyboard.press("Escape");

    await menu(page, "Kernel", /^Restart Kernel…$/);
    await page.locator(".jp-Dialog-button.jp-mod-accept").click();
    await page.waitForTimeout(1500);
    await run(3);
    await outputOf(page, 3).getByText(/kept/).first().waitFor({ timeout: 30_000 });
    assert.match((await outputOf(page, 3).textContent()) ?? "", /Cannot find name 'kept'/);
    await page.screenshot({ path: join(PICTURES, "restarted.png") });
  });

  it("lives on after a cell that prints 50 MB, and says where that was cut", async () => {
    const page = await open("flood.ipynb");
    await menu(page, "Run", /^Run All Cells$/);
    await outputOf(page, 1).getByText("42", { exact: true }).waitFor({ timeout: 60_000 });
    await page.screenshot({ path: join(PICTURES, "flood.png") });
    await outputOf(page, 0).getByText("[cut here: this cell printed more than", { exact: false }).waitFor();
    const before = Date.now();
    await page.locator(".jp-Notebook .jp-CodeCell").nth(2).locator(".cm-content").click();
    await page.keyboard.type(" + 1");
    await page.keyboard.press("Control+Enter");
    await outputOf(page, 2).getByText("43", { exact: true }).waitFor({ timeout: 20_000 });
    process.stdout.write(`      the next cell, typed and run in that page: ${Date.now() - before} ms\n`);
  });

  it("never makes markup of hostile names and texts", async () => {
    const page = await open("hostile.ipynb");
    await menu(page, "Run", /^Run All Cells$/);
    await page
      .locator(".jp-InputPrompt", { hasText: `[${hostileCells().length}]:` })
      .first()
      .waitFor({ timeout: 60_000 });
    await allRan(page);
    const ran = await page.evaluate(() => (globalThis as { hacked?: number }).hacked);
    assert.isUndefined(ran, "a script of a hostile text ran");
    assert.equal(
      await page.locator(".jp-OutputArea script, .jp-OutputArea img[src='x'], .jp-OutputArea svg[onload]").count(),
      0,
    );
    await page.screenshot({ path: join(PICTURES, "hostile.png") });
  });
});

function hostileCells(): { source: string; outputs?: object[] }[] {
  const text = JSON.stringify(HOSTILE);
  const saved = {
    output_type: "display_data",
    metadata: {},
    data: { "text/html": HOSTILE.join(" "), "text/plain": "saved" },
  };
  return [
    {
      source: `import { check, lab, predict, sh, walk } from "packetwalk";\nconst hostile: string[] = ${text};\nconst net = lab();\nconst node = net.node("node-1");\nnode.bridge("cni0", { address: "10.244.1.1/24" });`,
      outputs: [saved],
    },
    {
      source:
        'const refused = hostile.filter((name) => { try { net.node(name); return false; } catch { return true; } }).length;\nconsole.log("refused", refused, "of", hostile.length);',
    },
    { source: 'node.pod("a", { bridge: "cni0", address: "10.244.1.2/24", containers: hostile })' },
    { source: "net" },
    { source: 'walk("a", "ping -c 1 10.244.1.1")' },
    { source: "check(hostile[0]!, hostile[1], hostile[2])" },
    { source: "predict(hostile[1]!, hostile[0]!, () => hostile[2]!)" },
    { source: 'sh("a", "echo \'" + hostile[0] + "\'")' },
    { source: "for (const each of hostile) console.log(each);" },
    { source: 'console.log("x".repeat(1_000_000) + hostile[0]);' },
  ];
}

if (!existsSync(join(ROOT, "notebooks", CHAPTER))) console.log(`      (${CHAPTER} is missing: these tests will fail)`);
