// Numbers as bars, in groups that stand beside each other and have one scale.
import { CODE, LINE, MARGIN, Painter, type Scene, SMALL, STRONG, scene, WIDEST } from "./scene.ts";
import { measure, visible } from "./text.ts";

/** For each group its bars by name. */
export type Groups = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface BarsOptions {
  /** What is counted: `octets`. */
  readonly unit?: string;
}

const GAP = 20;
const BAR_H = 22;
const MOST_IN_A_ROW = 3;

/** Groups of bars from the left to the right, three in a row. */
export function bars(title: string, groups: Groups, { unit = "" }: BarsOptions = {}): Scene {
  const all = Object.entries(groups).map(([name, values]) => ({ name, values: Object.entries(values) }));
  const columns = Math.max(1, Math.min(MOST_IN_A_ROW, all.length));
  const w = (WIDEST - 2 * MARGIN - GAP * (columns - 1)) / columns;
  const numbers = all.flatMap(({ values }) => values.map(([, value]) => value));
  const largest = Math.max(1, ...numbers);
  const labelW = Math.min(w / 2, Math.max(0, ...all.flatMap(({ values }) => values.map(([name]) => wide(name)))) + 10);
  const valueW = Math.max(0, ...numbers.map((value) => measure(words(value), CODE))) + 8;
  const painter = new Painter();
  painter.text(MARGIN, MARGIN + 13, title, WIDEST - 2 * MARGIN - 110, STRONG);
  painter.text(WIDEST - MARGIN, MARGIN + 13, unit, 100, SMALL, "muted", { anchor: "end" });
  let top = MARGIN + 34;
  for (let first = 0; first < all.length; first += columns) {
    const row = all.slice(first, first + columns);
    row.forEach(({ name, values }, i) => {
      const x = MARGIN + i * (w + GAP);
      painter.text(x, top + 13, visible(name), w, STRONG);
      values.forEach(([label, value], k) => {
        const y = top + 24 + k * BAR_H;
        painter.text(x, y + 14.5, label, labelW - 8, SMALL);
        const length = Math.max(value > 0 ? 2 : 0, ((w - labelW - valueW) * value) / largest);
        if (length > 0) painter.box(x + labelW, y + 2, length, BAR_H - 6, "lit", { round: 2 });
        painter.text(x + labelW + length + 6, y + 14.5, words(value), valueW, CODE, "text");
      });
    });
    top += 24 + Math.max(...row.map(({ values }) => values.length)) * BAR_H + LINE;
  }
  return scene({
    title,
    desc: all
      .map(({ name, values }) => `${name}: ${values.map(([label, value]) => `${label} ${words(value)}`).join(", ")}`)
      .join("; "),
    width: WIDEST,
    height: top,
    shapes: painter.shapes,
    table: {
      columns: ["group", "bar", unit || "number"],
      rows: all.flatMap(({ name, values }) => values.map(([label, value]) => [name, label, words(value)])),
    },
  });
}

function wide(text: string): number {
  return measure(visible(text), SMALL);
}

/** At most three digits behind the point. */
function words(value: number): string {
  return `${Math.round(value * 1000) / 1000}`;
}
