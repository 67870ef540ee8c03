// Several numbers that grow with another one, on scales that multiply: a line for each, its name at its end.
import type { Ink } from "./ink.ts";
import { CODE, MARGIN, Painter, type Point, type Scene, SMALL, STRONG, scene, WIDEST } from "./scene.ts";
import { measure } from "./text.ts";

/** By the name of the line: from what stands below to what stands at the left, both greater than 0. */
export type Curves = Readonly<Record<string, Readonly<Record<number, number>>>>;

export interface Axes {
  readonly x: string;
  readonly y: string;
}

const HEIGHT = 240;
const INKS: readonly { readonly line: Ink; readonly mark: Ink }[] = [
  { line: "walk", mark: "walk" },
  { line: "reply", mark: "reply" },
  { line: "cable", mark: "lifelineDot" },
  { line: "drop", mark: "drop" },
];

export function curves(title: string, lines: Curves, axes: Axes): Scene {
  const painter = new Painter();
  const all = Object.entries(lines).map(([name, values]) => ({
    name,
    points: Object.entries(values).map(([x, y]): Point => [Number(x), y]),
  }));
  const xs = all.flatMap(({ points }) => points.map(([x]) => x));
  const ys = all.flatMap(({ points }) => points.map(([, y]) => y));
  const nameW = Math.max(0, ...all.map(({ name }) => measure(name, STRONG))) + 24;
  const left = MARGIN + 56;
  const top = MARGIN + 48;
  const domain = padded(ys);
  const x = logScale(padded(xs), [left + 10, WIDEST - MARGIN - nameW - 10]);
  const y = logScale(domain, [top + HEIGHT, top]);
  painter.text(MARGIN, MARGIN + 13, title, WIDEST - 2 * MARGIN, STRONG);
  painter.text(MARGIN, MARGIN + 34, axes.y, 300, SMALL, "muted");
  painter.text(WIDEST - MARGIN, top + HEIGHT + 42, axes.x, 300, SMALL, "muted", { anchor: "end" });
  for (const power of powers(domain)) {
    painter.line(
      [
        [left, y(power)],
        [WIDEST - MARGIN - nameW, y(power)],
      ],
      "link",
    );
    painter.text(left - 8, y(power) + 4, words(power), 60, CODE, "muted", { anchor: "end" });
  }
  for (const each of [...new Set(xs)])
    painter.text(x(each), top + HEIGHT + 22, words(each), 80, CODE, "muted", { anchor: "middle" });
  const ends: number[] = [];
  all.forEach(({ points }, i) => {
    const { line, mark } = INKS[i % INKS.length]!;
    const at = points.map(([a, b]): Point => [x(a), y(b)]);
    painter.line(at, line);
    for (const [a, b] of at) painter.dot(a, b, 4, mark);
  });
  // Names stand apart, though lines end together: the highest first.
  const named = all.map(({ name, points }, i) => ({ name, i, at: y(points.at(-1)?.[1] ?? 1) }));
  for (const { name, at } of named.sort((one, other) => one.at - other.at)) {
    const low = Math.max(at + 4.5, (ends.at(-1) ?? Number.NEGATIVE_INFINITY) + 18);
    ends.push(low);
    painter.text(WIDEST - MARGIN, low, name, nameW - 14, STRONG, "text", { anchor: "end" });
  }
  return scene({
    title,
    desc: all.map(({ name, points }) => `${name}: ${points.map(([a, b]) => `${b} at ${a}`).join(", ")}`).join("; "),
    width: WIDEST,
    height: top + HEIGHT + 50 + MARGIN,
    shapes: painter.shapes,
    table: {
      columns: [axes.x, ...all.map(({ name }) => name)],
      rows: [...new Set(xs)].map((at) => [`${at}`, ...Object.values(lines).map((values) => `${values[at] ?? ""}`)]),
    },
  });
}

/** From a domain to a range, so that equal factors are equal distances. */
function logScale([low, high]: readonly [number, number], [from, to]: readonly [number, number]) {
  return (value: number): number => from + ((to - from) * Math.log(value / low)) / Math.log(high / low);
}

/** A scale that multiplies has no 0, and one value needs room around it, too. */
function padded(values: readonly number[]): [number, number] {
  const low = Math.max(1, Math.min(...values));
  const high = Math.max(low, ...values);
  return [10 ** Math.floor(Math.log10(low)), high === low ? high * 10 : high];
}

function powers([from = 1, to = 1]: readonly number[]): number[] {
  const found = [];
  for (let each = from; each <= to; each *= 10) found.push(each);
  return found;
}

const words = (value: number): string => value.toLocaleString("en");
