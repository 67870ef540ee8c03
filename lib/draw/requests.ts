// Requests of HTTP at a balancer as a table: its rules in the order in which they are asked, a column for each request,
// in it what each rule failed on, and below it to whom the request went and by which machines.
// Before you edit: the steps are those of lib/kube/edge/http-balancer.ts.
import type { Step } from "../trace/step.ts";
import { LINE, MARGIN, Painter, type Scene, SMALL, SMALL_CODE, STRONG, scene, WIDEST } from "./scene.ts";
import { brief, listed, type Type, visible, wrap } from "./text.ts";

export interface Request {
  readonly name: string;
  readonly steps: readonly Step[];
  /** The machines that its connections came to. */
  readonly way: readonly string[];
}
interface Column {
  readonly name: string;
  readonly way: readonly string[];
  /** By rule: why not, or null for the one that took it. */
  readonly answers: ReadonlyMap<string, string | null>;
  readonly to: string;
}

const RULE_W = 220;
const GAP = 8;
const LEAST_W = 124;
const STRONG_SMALL: Type = { ...SMALL, bold: true };

/** The rules that were asked, and for each request which one took it. */
export function requests(asked: readonly Request[], options: { readonly title?: string } = {}): Scene {
  const columns = asked.map(columnOf);
  const rules = inOrder(columns);
  const w = Math.max(LEAST_W, (WIDEST - 2 * MARGIN - RULE_W) / Math.max(1, columns.length) - GAP);
  const left = (i: number) => MARGIN + RULE_W + GAP + i * (w + GAP);
  const painter = new Painter();
  painter.text(MARGIN, MARGIN + 14, "rules, in the order asked", RULE_W, SMALL, "muted");
  const titles = columns.map(({ name }) => wrap(visible(name), w, STRONG, 2));
  titles.forEach((lines, i) => {
    lines.forEach((line, k) => {
      painter.text(left(i), MARGIN + 14 + k * LINE, line, w, STRONG);
    });
  });
  let y = MARGIN + 8 + LINE * Math.max(1, ...titles.map(({ length }) => length));
  for (const rule of rules) y = drawRule(painter, rule, columns, left, w, y);
  y += 6;
  y = drawList(
    painter,
    "goes to",
    columns.map(({ to }) => backendLines(to)),
    STRONG_SMALL,
    left,
    w,
    y,
  );
  y = drawList(
    painter,
    "by way of",
    columns.map(({ way }) => way.map((each, i) => `${i + 1} ${visible(each)}`)),
    SMALL,
    left,
    w,
    y,
  ); // prettier-ignore
  return scene({
    title: options.title ?? `Which rule takes which request: ${listed(columns.map(({ name }) => name))}`,
    desc: columns.map(({ name, to, way }) => `${name}: to ${to}, by ${way.join(", ")}.`).join(" "),
    width: Math.max(WIDEST, left(columns.length) - GAP + MARGIN),
    height: y + MARGIN,
    shapes: painter.shapes,
    table: {
      columns: ["rule", ...columns.map(({ name }) => name)],
      rows: [
        ...rules.map((rule) => [rule, ...columns.map((column) => words(column, rule))]),
        ["goes to", ...columns.map(({ to }) => to)],
        ["by way of", ...columns.map(({ way }) => way.join(", "))],
      ],
    },
  });
}

/** The balancer says `GET shop/: RULE leads to BACKEND; …`, or what it answers itself. */
function columnOf({ name, steps, way }: Request): Column {
  const step = steps.find(({ what, tried }) => what === "balance" && tried !== undefined);
  const answers = new Map<string, string | null>();
  for (const { text, field, had } of step?.tried ?? []) answers.set(text, `${field} is ${had}`);
  const [, , rule, backend] = /^(TLS [^;]*; )?\S+ \S+: (.*?) leads to ([^\s;,]+)/.exec(step?.because ?? "") ?? [];
  if (rule !== undefined) answers.set(rule, null);
  const refused = /(\d{3} [A-Z].*)$/.exec(step?.because ?? "")?.[1];
  return { name, way, answers, to: refused ?? backend ?? "nobody" };
}

/** `beta/cart:80` as two lines. */
function backendLines(to: string): string[] {
  const [namespace, name] = to.split("/");
  return name === undefined ? [to] : [name, `in ${namespace}`];
}

/** A rule stands behind all that some request was compared with before it. */
function inOrder(columns: readonly Column[]): string[] {
  const order: string[] = [];
  for (const { answers } of columns) {
    let at = 0;
    for (const rule of answers.keys()) {
      const known = order.indexOf(rule);
      if (known < 0) order.splice(at++, 0, rule);
      else at = known + 1;
    }
  }
  return order;
}

function words({ answers }: Column, rule: string): string {
  const answer = answers.get(rule);
  return answer === undefined ? "not asked" : answer === null ? "✔ takes it" : `✘ ${answer}`;
}

function drawRule(
  painter: Painter,
  rule: string,
  columns: readonly Column[],
  left: (i: number) => number,
  w: number,
  top: number,
): number {
  const [from = "", rest = ""] = rule.split(/: (.*)/);
  const lines = wrap(rest, RULE_W - 6, SMALL_CODE, 2);
  const said = columns.map((column) => wrap(words(column, rule), w - 12, SMALL, 2));
  const h = Math.max(lines.length + 1, ...said.map(({ length }) => length)) * LINE + 4;
  lines.forEach((line, k) => {
    painter.text(MARGIN, top + 15 + k * LINE, line, RULE_W - 4, SMALL_CODE);
  });
  painter.text(MARGIN, top + 15 + lines.length * LINE, from, RULE_W - 4, SMALL, "muted");
  columns.forEach(({ answers }, i) => {
    const answer = answers.get(rule);
    if (answer === undefined) return;
    painter.box(left(i), top, w, h, answer === null ? "lit" : "dim", { round: 3, tip: brief(answer ?? rule) });
    said[i]!.forEach((line, k) => {
      const [type, ink] = answer === null ? ([STRONG_SMALL, "text"] as const) : ([SMALL, "muted"] as const);
      painter.text(left(i) + 6, top + 15 + k * LINE, line, w - 10, type, ink);
    });
  });
  return top + h + 4;
}

function drawList(
  painter: Painter,
  title: string,
  lists: readonly (readonly string[])[],
  type: Type,
  left: (i: number) => number,
  w: number,
  top: number,
): number {
  painter.text(MARGIN, top + 15, title, RULE_W, STRONG);
  lists.forEach((lines, i) => {
    lines.forEach((line, k) => {
      painter.text(left(i) + 6, top + 15 + k * LINE, line, w - 10, type);
    });
  });
  return top + Math.max(1, ...lists.map(({ length }) => length)) * LINE + 8;
}
