// How often each of several equally likely things came, with the line where all would end, and Pearson's test: could
// fair dice have done that?
import { BODY, CODE, MARGIN, Painter, type Scene, SMALL_CODE, STRONG, scene, WIDEST } from "./scene.ts";
import { measure } from "./text.ts";

const ROW_H = 24;

/** Draws counts that should be equal. */
export function histogram(title: string, counts: Readonly<Record<string, number>>): Scene {
  const rows = Object.entries(counts);
  const { statistic, freedom, chance } = chiSquare(rows.map(([, count]) => count));
  const total = rows.reduce((sum, [, count]) => sum + count, 0);
  const expected = total / Math.max(1, rows.length);
  const painter = new Painter();
  const labelW = Math.min(300, Math.max(0, ...rows.map(([name]) => measure(name, SMALL_CODE)))) + 12;
  const valueW = Math.max(0, ...rows.map(([, count]) => measure(`${count}`, CODE))) + 10;
  const left = MARGIN + labelW;
  const width = WIDEST - MARGIN - valueW - left;
  const largest = Math.max(1, expected, ...rows.map(([, count]) => count));
  painter.text(MARGIN, MARGIN + 13, title, WIDEST - 2 * MARGIN, STRONG);
  const line = left + (width * expected) / largest;
  painter.text(line, MARGIN + 36, `expected ${round(expected)}`, 160, SMALL_CODE, "muted", { anchor: "end" });
  const top = MARGIN + 44;
  rows.forEach(([name, count], i) => {
    const y = top + i * ROW_H;
    painter.text(MARGIN, y + 15.5, name, labelW - 10, SMALL_CODE);
    if (count > 0) painter.box(left, y + 3, (width * count) / largest, ROW_H - 6, "lit", { round: 2 });
    painter.text(WIDEST - MARGIN, y + 15.5, `${count}`, valueW, CODE, "text", { anchor: "end" });
  });
  const bottom = top + rows.length * ROW_H;
  painter.line(
    [
      [line, top - 4],
      [line, bottom + 2],
    ],
    "replyLine",
  );
  const said = `χ² = ${round(statistic)} with ${freedom} degrees of freedom: of 100 fair runs, ${often(chance)} as uneven as this or more.`;
  painter.text(MARGIN, bottom + 22, said, WIDEST - 2 * MARGIN, BODY);
  return scene({
    title,
    desc: said,
    width: WIDEST,
    height: bottom + 28 + MARGIN,
    shapes: painter.shapes,
    table: {
      columns: ["who", "how often", "expected"],
      rows: rows.map(([name, n]) => [name, `${n}`, round(expected)]),
    },
  });
}

function often(chance: number): string {
  const times = Math.round(chance * 100);
  return chance < 0.01 ? "less than 1 is" : times === 1 ? "1 is" : `${times} are`;
}

const round = (value: number): string => `${Math.round(value * 100) / 100}`;

/** Pearson's test of equal shares; `chance`: how likely fair dice are so far off, or farther. */
export function chiSquare(counts: readonly number[]): {
  readonly statistic: number;
  readonly freedom: number;
  readonly chance: number;
} {
  const freedom = Math.max(0, counts.length - 1);
  const expected = counts.reduce((sum, count) => sum + count, 0) / Math.max(1, counts.length);
  if (freedom === 0 || expected === 0) return { statistic: 0, freedom, chance: 1 };
  const statistic = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  return { statistic, freedom, chance: 1 - gammaShare(freedom / 2, statistic / 2) };
}

/** The regularised lower incomplete gamma function by its power series, terms until they no longer count. */
function gammaShare(a: number, x: number): number {
  if (x <= 0) return 0;
  // Nothing that a picture shows is left then, and powers would be too large for numbers.
  if (x > 2 * a + 200) return 1;
  let term = 1 / a;
  let sum = term;
  for (let n = 1; term > sum * 1e-12; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return Math.min(1, sum * Math.exp(a * Math.log(x) - x - logGamma(a)));
}

/** ln Γ of a half or a whole number, from Γ(1) and Γ(1/2) upwards. */
function logGamma(a: number): number {
  let sum = Number.isInteger(a) ? 0 : Math.log(Math.PI) / 2;
  for (let at = Number.isInteger(a) ? 1 : 0.5; at < a; at++) sum += Math.log(at);
  return sum;
}
