// The player as a reader meets it: a file in Chromium, without a server, with and without scripts.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { figure } from "../../lib/draw/figure.ts";
import { pageOf, player } from "../../lib/draw/player.ts";
import type { LabData } from "../../lib/lab/data.ts";
import { sh } from "../../lib/notebook/sh.ts";
import { type Walk, walk } from "../../lib/notebook/walk.ts";
import type { Step } from "../../lib/trace/step.ts";
import { browser } from "./browser.ts";
import { bridged, twoNodes } from "./played.ts";
import { HOSTILE } from "./scenes.ts";

const HTML = "text/html";

function overBridge(): Walk {
  bridged(3);
  return walk("pod-2", "ping -c 1 10.244.1.3");
}
function betweenNodes(): Walk {
  twoNodes();
  return walk("shop", "ping -c 1 10.244.2.2");
}
function htmlOf({ lab, steps }: Walk): string {
  return player(lab, steps).data[HTML];
}

describe("a walk's player", () => {
  it("is the same bytes for the same walk, and another id for another one", () => {
    const id = (html: string) => /data-packetwalk="([^"]+)"/.exec(html)![1];
    expect(overBridge().play().page()).to.equal(overBridge().play().page());
    expect(id(htmlOf(overBridge()))).not.to.equal(id(htmlOf(betweenNodes())));
  });

  it("is the numbered picture with its table, and behind it one script", () => {
    const walked = betweenNodes();
    const html = htmlOf(walked);
    const [still, script, ...more] = html.split("<script>");
    expect(more).to.deep.equal([]);
    expect(still!.replace(/ data-packetwalk="[^"]*"/, "").trim()).to.equal(figure(walked.topology().scene).data[HTML]);
    expect(script!.match(/<\//g)).to.deep.equal(["</"]);
  });

  it("adds little to a page: the code once more, and some hundred bytes for each step", () => {
    for (const walked of [overBridge(), betweenNodes()]) {
      const [, script = ""] = htmlOf(walked).split("<script>");
      expect(script.length).to.be.below(28_000 + 220 * walked.steps.length);
    }
  });

  it("says how many steps it left out of a walk that never ends", () => {
    bridged(2);
    const html = htmlOf(walk("pod-2", "ping -c 60 10.244.1.3"));
    expect(html).to.match(/"left":\d+/);
    expect(html.length).to.be.below(400_000);
  });
});

describe("a walk's player in Chromium", function () {
  this.timeout(60_000);
  let chromium: Browser | null;
  const folder = mkdtempSync(join(tmpdir(), "packetwalk-player-"));

  before(async function () {
    chromium = await browser();
    if (chromium === null) {
      console.log("    SKIPPED: no Chromium here (set CHROMIUM=/path/to/it); nothing is played");
      this.skip();
    }
  });
  after(async () => {
    await chromium?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    for (const context of chromium?.contexts() ?? []) await context.close();
  });

  /** The page from a file, with a clock that only the test moves; whatever else it asks for, or complains of, fails. */
  async function open(page: string, options: BrowserContextOptions = {}): Promise<Page> {
    const file = join(folder, "walk.html");
    writeFileSync(file, page);
    const context = await chromium!.newContext({ viewport: { width: 1280, height: 720 }, ...options });
    await context.setOffline(true);
    const opened = await context.newPage();
    opened.on("request", (request) => {
      if (!/^(file|data):/.test(request.url())) throw new Error(`asked for ${request.url()}`);
    });
    opened.on("pageerror", (error) => {
      throw error;
    });
    if (options.javaScriptEnabled !== false) await opened.clock.install({ time: 0 });
    await opened.goto(pathToFileURL(file).href);
    return opened;
  }
  const panelOf = (within: Page | Locator): Locator => within.getByRole("region", { name: "What happens, and why" });
  const stepOf = async (within: Page | Locator): Promise<number> =>
    Number(await within.getByRole("slider", { name: "Step" }).inputValue());

  it("plays to the end, where the ping is answered, and again from the start", async () => {
    const page = await open(overBridge().play().page());
    await page.getByRole("button", { name: "Play (space)" }).click();
    await page.clock.runFor(2000);
    const early = await stepOf(page);
    await page.clock.runFor(200_000);
    const last = await stepOf(page);
    expect(early).to.be.within(1, last - 1);
    expect(await panelOf(page).textContent()).to.match(/deliver.*ping with id \d+ waits for it/);
    await page.getByRole("button", { name: "Play (space)" }).click();
    await page.clock.runFor(100);
    expect(await stepOf(page)).to.equal(0);
    await page.getByRole("button", { name: "Pause (space)" }).click();
    await page.clock.runFor(20_000);
    expect(await stepOf(page)).to.equal(0);
  });

  it("goes by keys: steps, hops, the ends, play and pause", async () => {
    const page = await open(betweenNodes().play().page());
    const slider = page.getByRole("slider", { name: "Step" });
    await slider.focus();
    const press = async (key: string): Promise<number> => {
      await page.keyboard.press(key);
      return stepOf(page);
    };
    const last = Number(await slider.getAttribute("max"));
    expect(await press("ArrowRight")).to.equal(1);
    expect(await press("ArrowRight")).to.equal(2);
    expect(await press("ArrowLeft")).to.equal(1);
    const first = await press("PageDown");
    expect(await panelOf(page).locator(".place").textContent()).to.match(/^shop eth0 → node-1 veth/);
    expect(await press("Shift+ArrowRight")).to.be.above(first);
    expect(await press("PageUp")).to.equal(first);
    expect(await press("End")).to.equal(last);
    expect(await press("ArrowRight")).to.equal(last);
    expect(await press("Home")).to.equal(0);
    await press("Space");
    await page.clock.runFor(30_000);
    const paused = await press("Space");
    expect(paused).to.be.within(2, last - 1);
    await page.clock.runFor(30_000);
    expect(await stepOf(page)).to.equal(paused);
    await page.getByLabel("hop by hop").check();
    await slider.focus();
    await press("Home");
    expect(await press("ArrowRight")).to.equal(first);
  });

  it("shows at a hop that is pointed at or focused its headers and what decided, and then what it showed before", async () => {
    const page = await open(betweenNodes().play().page());
    const panel = panelOf(page);
    const before = await panel.textContent();
    const hop = page.getByRole("button", { name: /^Hop 6: .*ICMP echo request/ });
    await hop.hover();
    const shown = (await panel.textContent()) ?? "";
    expect(shown).to.contain("Hop 6: node-1 eth0 → node-2 eth0");
    expect(shown).to.contain("10.244.2.0/24 via 192.168.0.12 dev eth0");
    expect(shown).to.match(/192\.168\.0\.12 dev eth0 lladdr \S+ REACHABLE/);
    expect(shown).to.match(/IPv4.*ttl63/);
    await page.mouse.move(5, 5);
    expect(await panel.textContent()).to.equal(before);
    await page.locator(".hops button").first().focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    expect(await panel.textContent()).to.contain("Hop 3: ");
    expect(await stepOf(page)).to.equal(0);
    await page.keyboard.press("Enter");
    expect(await panel.locator(".place").textContent()).to.match(/^(Hop 3: )?shop eth0 → node-1/);
    expect(await stepOf(page)).to.be.above(0);
  });

  it("marks where NAT and routers changed a field, says what it was, and names rules that were tried", async () => {
    twoNodes();
    sh("node-1", "iptables -t nat -A PREROUTING -p tcp -j DNAT --to-destination 10.244.2.9");
    sh("node-1", "iptables -t nat -A PREROUTING -d 10.96.0.9 -j DNAT --to-destination 10.244.2.2");
    const page = await open(walk("shop", "ping -c 1 10.96.0.9").play().page());
    const seen = (await page.evaluate(everyStep(CHANGED))) as string[];
    expect(seen).to.include("dst10.244.2.2was 10.96.0.9");
    expect(seen).to.include("ttl63was 64");
    expect(seen).to.include("src10.96.0.9was 10.244.2.2");
    expect(seen.filter((each) => each.startsWith("✗"))[0]).to.match(/-p tcp -j DNAT.*protocol: wanted tcp, had icmp$/);
  });

  it("stands with another one on a page, each by itself, the same walk twice too", async () => {
    const one = htmlOf(betweenNodes());
    const page = await open(pageOf("three", one + htmlOf(overBridge()) + one));
    const groups = page.getByRole("group", { name: /^Player\./ });
    expect(await groups.count()).to.equal(3);
    await groups.nth(1).getByRole("slider", { name: "Step" }).focus();
    await page.keyboard.press("End");
    await groups.nth(2).getByRole("button", { name: "One step on (right arrow)" }).click();
    const at = await Promise.all([0, 1, 2].map((i) => stepOf(groups.nth(i))));
    expect([at[0], at[2]]).to.deep.equal([0, 1]);
    expect(at[1]).to.be.above(20);
  });

  it("leaves the numbered picture and its table where scripts are off", async () => {
    const page = await open(betweenNodes().play().page(), { javaScriptEnabled: false });
    expect(await page.getByRole("img", { name: /^The way of ICMP echo request/ }).isVisible()).to.equal(true);
    expect(await page.getByText("As a table").isVisible()).to.equal(true);
    expect(await page.getByRole("button").count()).to.equal(0);
  });

  it("can be used without seeing it: names, roles, values, and words for each step", async () => {
    const page = await open(betweenNodes().play().page());
    expect(await page.locator("img").isVisible()).to.equal(false);
    await page.getByRole("slider", { name: "Step" }).focus();
    await page.keyboard.press("PageDown");
    const said = await page.getByRole("slider", { name: "Step" }).getAttribute("aria-valuetext");
    expect(said).to.match(/^step \d+ of \d+: shop eth0 → node-1 \S+, send$/);
    expect(await page.locator("[aria-live=polite]").textContent()).to.match(
      /^Step \d+ of \d+\. shop eth0 → node-1 \S+: send\. /,
    );
    for (const control of await page.locator("button, select, input").all()) {
      const name = await control.evaluate(
        (each: { ariaLabel: string | null; labels?: ArrayLike<{ textContent: string }> }) =>
          [each.ariaLabel, each.labels?.[0]?.textContent].join(""),
      );
      expect(name).not.to.equal("");
    }
    expect(await page.getByRole("button", { name: /^Hop 1: / }).getAttribute("aria-current")).to.equal("step");
    // One tab stop for all hops; every stop shows that it has the focus.
    const stops = await page.locator(".hops button[tabindex='0']").count();
    expect(stops).to.equal(1);
    for (let i = 0; i < 12; i++) {
      await page.keyboard.press("Tab");
      const outline = await page.evaluate(
        "(() => { const at = document.activeElement?.shadowRoot?.activeElement; return at ? getComputedStyle(at).outlineWidth : '3px'; })()",
      );
      expect(outline).to.equal("3px");
    }
  });

  it("does not move by itself for readers who asked for less motion", async () => {
    for (const [reducedMotion, moves] of [
      ["reduce", false],
      ["no-preference", true],
    ] as const) {
      const page = await open(betweenNodes().play().page(), { reducedMotion });
      const place = () => page.locator(".token").first().getAttribute("transform");
      await page.getByRole("button", { name: "One hop on (Page Down)" }).click();
      const soon = await place();
      await page.clock.runFor(3000);
      expect((await place()) !== soon).to.equal(moves);
    }
  });

  it("keeps the packet off the words, and everything inside the page, at 700 and at 1280 pixels, light and dark", async () => {
    for (const [width, colorScheme, walked] of [
      [700, "dark", overBridge],
      [1280, "light", betweenNodes],
    ] as const) {
      const page = await open(walked().play().page(), {
        viewport: { width, height: 720 },
        colorScheme,
        reducedMotion: "reduce",
      });
      expect(await page.evaluate(everyStep(FAULTS)), `at ${width}`).to.deep.equal([]);
    }
  });

  it("has words that can be read: every text has 4.5:1 to what is behind it", async () => {
    const page = await open(betweenNodes().play().page(), { colorScheme: "dark" });
    await page.getByRole("slider", { name: "Step" }).focus();
    for (let i = 0; i < 6; i++) {
      await page.keyboard.press("PageDown");
      expect(await page.evaluate(CONTRASTS)).to.deep.equal([]);
    }
  });

  it("lets no name become markup or run", async () => {
    const walked = overBridge();
    const html = HOSTILE.map((name) => {
      const { lab, steps } = renamed(walked, name);
      return player(lab, steps).data[HTML];
    });
    const page = await open(pageOf(HOSTILE[0]!, html.join("\n")), { reducedMotion: "reduce" });
    const sliders = await page.getByRole("slider", { name: "Step" }).all();
    expect(sliders).to.have.length(HOSTILE.length);
    for (const slider of sliders) {
      await slider.focus();
      for (const key of ["PageDown", "PageDown", "PageDown", "End"]) await page.keyboard.press(key);
    }
    const seen = (await page.evaluate(`({
      hacked: window.hacked,
      scripts: document.scripts.length,
      strangers: [...document.querySelectorAll("[data-ready] div")]
        .flatMap(({ shadowRoot }) => [...(shadowRoot?.querySelectorAll("script, img, iframe, [onload], [onerror]") ?? [])]).length,
    })`)) as object;
    expect(seen).to.deep.equal({ hacked: undefined, scripts: HOSTILE.length, strangers: 0 });
  });
});

/** The walk of another lab, where this is the name of a pod and of whatever decides. */
function renamed({ lab, steps }: Walk, name: string): { lab: LabData; steps: Step[] } {
  const named = (text: string) => (text === "pod-2" ? name : text);
  return {
    lab: JSON.parse(JSON.stringify(lab), (_, value) => (typeof value === "string" ? named(value) : value)),
    steps: steps.map((step) => ({
      ...step,
      where: { ...step.where, netns: named(step.where.netns) },
      because: `${name} ${step.because}`,
      evidence: { kind: "rule", text: name, command: name },
      tried: [{ text: name, field: name, wanted: name, had: name }],
      chain: { table: name, chain: name, rules: 2, rule: 1, says: "JUMP", to: name },
    })),
  };
}

/** A script that goes through all steps by key, and has of each what another script finds. */
const everyStep = (script: string): string => `(() => {
  const slider = document.querySelector("[data-packetwalk] div").shadowRoot.querySelector("input[type=range]");
  const found = [];
  for (let i = 0; i <= Number(slider.max); i++) {
    found.push(...${script});
    slider.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
  }
  return found;
})()`;

/** Run in the page: fields that are marked, and of steps at a rule those that were tried. */
const CHANGED = `(() => {
  const panel = document.querySelector("[data-packetwalk] div").shadowRoot.querySelector(".panel");
  const texts = (selector, mark) => [...panel.querySelectorAll(selector)].map((each) => mark + each.textContent);
  return [...texts(".changed", ""), ...(panel.querySelector(".what.rule") ? texts("li.no", "✗ ") : [])];
})()`;

/** Run in the page: words under the packet, controls on each other, what sticks out of the page. */
const FAULTS = `(() => {
  const root = document.querySelector("[data-packetwalk] div").shadowRoot;
  const box = (each) => each.getBoundingClientRect();
  const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2;
  const faults = [];
  const words = [...root.querySelectorAll("svg text")].filter((each) => each.closest(".number") === null);
  for (const mark of root.querySelectorAll(".token rect, .number rect"))
    for (const text of words) if (meet(box(mark), box(text))) faults.push("over " + text.textContent);
  const controls = [...root.querySelectorAll("button, select, label, input[type=range], .count, .panel")];
  controls.forEach((a, i) => controls.slice(0, i).forEach((b) => {
    if (!a.contains(b) && !b.contains(a) && meet(box(a), box(b))) faults.push(a.textContent + " on " + b.textContent);
  }));
  if (document.documentElement.scrollWidth > innerWidth) faults.push("wider than the page");
  for (const field of root.querySelectorAll(".panel *")) if (box(field).right > box(root.querySelector(".panel")).right + 1) faults.push("cut: " + field.textContent);
  return faults;
})()`;

/** Run in the page: texts whose contrast to the ground behind them is below 4.5:1 (WCAG 2.2, 1.4.3). */
const CONTRASTS = `(() => {
  const root = document.querySelector("[data-packetwalk] div").shadowRoot;
  const light = (color) => {
    const [r, g, b] = color.match(/[\\d.]+/g).map((each) => { const c = each / 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (each) => {
    for (let at = each; at; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at);
      if (!/, 0\\)$/.test(backgroundColor)) return backgroundColor;
    }
    return "rgb(255, 255, 255)";
  };
  return [...root.querySelectorAll(".grid *")]
    .filter((each) => !each.closest("svg") && each.getAttribute("aria-disabled") !== "true" && [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== ""))
    .flatMap((each) => {
      const [a, b] = [light(getComputedStyle(each).color), light(ground(each))].sort((x, y) => y - x);
      const ratio = (a + 0.05) / (b + 0.05);
      return ratio < 4.5 ? [each.textContent.slice(0, 40) + " " + ratio.toFixed(2)] : [];
    });
})()`;
