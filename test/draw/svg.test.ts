import { expect } from "chai";
import { figure } from "../../lib/draw/figure.ts";
import { paint } from "../../lib/draw/ink.ts";
import { interactive } from "../../lib/draw/interactive.ts";
import type { Shape } from "../../lib/draw/scene.ts";
import { svg } from "../../lib/draw/svg.ts";
import { faults } from "./inspect.ts";
import { crowd, drawKnown, HOSTILE, hostile, known, random } from "./scenes.ts";
import { wellFormed } from "./xml.ts";

function holds(box: Shape & { shape: "box" }, x: number, y: number): boolean {
  return x >= box.x && x <= box.x + box.w && y >= box.y && y <= box.y + box.h;
}

/** WCAG 2.2, relative luminance and contrast ratio. */
function contrast(a: string, b: string): number {
  const luminance = (hex: string): number => {
    const [r, g, blue] = [1, 3, 5]
      .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)) as [
      number,
      number,
      number,
    ];
    return 0.2126 * r + 0.7152 * g + 0.0722 * blue;
  };
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

describe("a scene as SVG", () => {
  it("is well-formed XML, also with names that nobody should have", () => {
    for (const { name, scene } of [...known(), ...crowd(), ...hostile(), ...random("xml")])
      expect(wellFormed(svg(scene)), name).to.equal(null);
  });
  it("is the same to the byte when it is drawn again from the same state", () => {
    const [first, second] = [known(), drawKnown()];
    first.forEach(({ name, scene }, i) => {
      expect(svg(scene), name).to.equal(svg((second[i] as (typeof first)[number]).scene));
    });
  });
  it("begins as the viewers need it: namespace, size, role, title, desc; and has no script and nothing from outside", () => {
    for (const { name, scene } of known()) {
      const text = svg(scene);
      expect(text, name).to.match(
        /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" id="pw-[0-9a-f]{12}" viewBox="0 0 \d+ \d+" width="\d+" height="\d+" role="img" aria-labelledby="pw-\w+-title pw-\w+-desc" [^>]*><title id="[^"]+">[^<]+<\/title><desc id="[^"]+">/,
      );
      expect(text, name).not.to.match(/<script|<foreignObject|href=|url\(|@import| on\w+=/i);
    }
  });
  it("has an id of its own for each picture, so that many stand on one page", () => {
    const ids = known().map(({ scene }) => JSON.stringify([/id="([^"]+)"/.exec(svg(scene))?.[1], svg(scene)]));
    const byId = new Map(ids.map((pair) => JSON.parse(pair) as [string, string]));
    expect(byId.size).to.equal(new Set(ids).size);
  });
  it("has no number with more than two decimals", () => {
    for (const { name, scene } of [...known(), ...random("decimals")])
      expect(
        svg(scene)
          .replace(/<title.*?<\/desc>/s, "")
          .match(/ (?:x|y|d|cx|cy|r|width|height)="[^"]*\.\d{3}/),
        name,
      ).to.equal(null);
  });
  it("has the contrast that WCAG asks of text (AA, 4.5 to 1) on whatever ground a text stands", () => {
    for (const { name, scene } of [...known(), ...random("contrast")]) {
      scene.shapes.forEach((text, order) => {
        if (text.shape !== "text") return;
        const grounds = scene.shapes
          .slice(0, order)
          .filter((box) => box.shape === "box" && paint(box.ink).fill !== undefined && holds(box, text.x, text.y));
        const ground = paint((grounds[grounds.length - 1] as Shape).ink).fill as string;
        const ratio = contrast(paint(text.ink).text as string, ground);
        expect(ratio, `${name}: ${text.text} (${text.ink} on ${ground})`).to.be.at.least(4.5);
      });
    }
  });
  it("writes nothing smaller than twelve pixels", () => {
    for (const { name, scene } of known())
      for (const [, size] of svg(scene).matchAll(/font-size="([\d.]+)"/g))
        expect(Number(size), name).to.be.at.least(12);
  });
});

describe("a figure", () => {
  it("has its picture in a data address, a text for who cannot see it, a caption and a table", () => {
    for (const { name, scene } of known()) {
      const { data, metadata } = figure(scene);
      expect(data["text/html"], name).to.match(
        /^<figure [^>]*><img alt="[^"]+" width="\d+" height="\d+" style="max-width:100%;min-width:\d+px;height:auto" src="data:image\/svg\+xml;base64,[A-Za-z0-9+/=]+"><figcaption>/,
      );
      expect(data["text/html"], name).not.to.contain("<script");
      expect(data["text/plain"].startsWith(scene.title), name).to.equal(true);
      expect(metadata.vscode_altText, name).to.contain(scene.title);
      if (scene.table.rows.length > 0) expect(data["text/html"], name).to.contain("<details><summary>");
    }
  });
  it("keeps every hostile name as text, and no name makes it large", () => {
    for (const { name, scene } of hostile()) {
      for (const { data } of [figure(scene), interactive(scene)]) {
        const html = data["text/html"];
        expect(html.length, name).to.be.below(400_000);
        for (const bad of HOSTILE.filter((text) => text.includes("<")))
          expect(html.includes(bad), `${name}: ${bad}`).to.equal(false);
        expect(html, name).not.to.match(
          /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/,
        );
        expect(data["text/plain"], name).not.to.match(
          /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/,
        );
      }
    }
  });
  it("shows several scenes one after another", () => {
    const [a, b] = known()
      .slice(0, 2)
      .map(({ scene }) => scene) as [
      ReturnType<typeof known>[number]["scene"],
      ReturnType<typeof known>[number]["scene"],
    ];
    expect(figure([a, b]).data["text/html"].match(/<img /g)).to.have.length(2);
  });
});

describe("the measuring of scenes", () => {
  it("finds a text moved onto another, out of the picture, over an edge or under a line", () => {
    const scene = known()[0]?.scene as ReturnType<typeof known>[number]["scene"];
    const texts = scene.shapes.filter((shape) => shape.shape === "text");
    const [first, second] = texts as [(typeof texts)[number], (typeof texts)[number]];
    const moved = (to: object): string[] =>
      faults({ ...scene, shapes: scene.shapes.map((shape) => (shape === first ? { ...shape, ...to } : shape)) });
    expect(faults(scene)).to.deep.equal([]);
    expect(moved({ x: second.x, y: second.y }).join()).to.contain("two texts on each other");
    expect(moved({ x: scene.width - 5 }).join()).to.contain("cut by the edge");
    expect(moved({ x: 0 }).join()).to.contain("over the edge of a box");
    const line = {
      shape: "line",
      ink: "cable",
      points: [
        [0, first.y - 3],
        [400, first.y - 3],
      ],
    } as const;
    expect(faults({ ...scene, shapes: [...scene.shapes, line] }).join()).to.contain("a line is drawn over");
  });
});
