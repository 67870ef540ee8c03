// Policy routing as a table: the rules of a machine in the order in which they are asked, a column for each packet, and in
// it what each rule said, down to the route that was taken.
// Before you edit: net/core/fib_rules.c (fib_rules_lookup); the steps are those of lib/ip/rule.ts.
import type { Step } from "../trace/step.ts";
import { LINE, MARGIN, Painter, type Scene, SMALL, SMALL_CODE, STRONG, scene, WIDEST } from "./scene.ts";
import { brief, listed, type Type, visible, wrap } from "./text.ts";

export interface Asked {
  readonly name: string;
  readonly steps: readonly Step[];
}
interface Answer {
  readonly kind: "no" | "empty" | "found";
  readonly says: string;
}
interface Column {
  readonly name: string;
  readonly answers: ReadonlyMap<string, Answer>;
  readonly route: string;
}

const RULE_W = 262;
const GAP = 8;
const STRONG_SMALL: Type = { ...SMALL, bold: true };

/** The first packet of each walk that the namespace forwarded or sent. */
export function ruleColumns(netns: string, walks: readonly Asked[], options: { readonly title?: string } = {}): Scene {
  const columns = walks.map(({ name, steps }) => columnOf(name, netns, steps));
  const rules = [...new Set(columns.flatMap(({ answers }) => [...answers.keys()]))].sort(
    (a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10),
  );
  const w = Math.max(140, (WIDEST - 2 * MARGIN - RULE_W) / Math.max(1, columns.length) - GAP);
  const left = (i: number) => MARGIN + RULE_W + GAP + i * (w + GAP);
  const painter = new Painter();
  painter.text(MARGIN, MARGIN + 14, `$ ip rule`, RULE_W, SMALL_CODE, "muted");
  for (const [i, { name }] of columns.entries()) painter.text(left(i), MARGIN + 14, visible(name), w, STRONG);
  let y = MARGIN + 24;
  for (const rule of rules) y = drawRule(painter, rule, columns, left, w, y) + 4;
  y += 6;
  painter.text(MARGIN, y + 16, "the route that was taken", RULE_W, STRONG);
  let bottom = y + 22;
  columns.forEach(({ route }, i) => {
    const lines = wrap(route, w - 14, SMALL_CODE, 4);
    const h = lines.length * LINE + 8;
    painter.box(left(i), y, w, h, "lit", { round: 3, tip: brief(route) });
    lines.forEach((line, k) => {
      painter.text(left(i) + 7, y + 17 + k * LINE, line, w - 12, SMALL_CODE);
    });
    bottom = Math.max(bottom, y + h);
  });
  return scene({
    title: options.title ?? `The rules of ${netns}: ${listed(columns.map(({ name }) => name))}`,
    desc: columns
      .map(
        ({ name, answers, route }) =>
          `${name}: ${[...answers].map(([rule, { says }]) => `${spaced(rule)}: ${says}`).join("; ")}; ${route}.`,
      )
      .join(" "),
    width: Math.max(WIDEST, left(columns.length) - GAP + MARGIN),
    height: bottom + MARGIN,
    shapes: painter.shapes,
    table: {
      columns: ["rule", ...columns.map(({ name }) => name)],
      rows: [
        ...rules.map((rule) => [spaced(rule), ...columns.map(({ answers }) => answers.get(rule)?.says ?? "not asked")]),
        ["route", ...columns.map(({ route }) => route)],
      ],
    },
  });
}

const spaced = (rule: string): string => rule.replaceAll("\t", " ");

/** The rules of one decision follow from each other; the route ends it. */
function columnOf(name: string, netns: string, steps: readonly Step[]): Column {
  const answers = new Map<string, Answer>();
  const own = steps.filter(({ where }) => where.netns === netns);
  let last: Step | undefined = own.find(({ what, packet }) => what === "ip rule" && packet !== undefined);
  last ??= own.find(({ what }) => what === "ip rule");
  let route = "none";
  while (last !== undefined) {
    const { id, what, evidence, tried, because } = last;
    if (what === "ip rule") answers.set(evidence?.text ?? "", answerOf(evidence?.text ?? "", because, tried));
    else route = `${evidence?.text ?? because}`;
    last =
      what === "ip rule"
        ? own.find((each) => each.cause === id && (each.what === "ip rule" || each.what === "route"))
        : undefined;
  }
  return { name, answers, route };
}

function answerOf(rule: string, because: string, tried: Step["tried"]): Answer {
  const [first] = tried ?? [];
  const table = / lookup (\S+)/.exec(rule)?.[1] ?? "";
  if (because.startsWith("the rule does not match") && first !== undefined)
    return { kind: "no", says: first.field === "not" ? 'no: "not" excludes it' : `no: ${first.field} is ${first.had}` };
  if (/ has no route to /.test(because)) return { kind: "empty", says: `table ${table}: no route` };
  return { kind: "found", says: `table ${table}: found` };
}

function drawRule(
  painter: Painter,
  rule: string,
  columns: readonly Column[],
  left: (i: number) => number,
  w: number,
  y: number,
): number {
  const lines = wrap(spaced(rule), RULE_W - 10, SMALL_CODE, 2);
  const h = lines.length * LINE + 6;
  lines.forEach((line, k) => {
    painter.text(MARGIN, y + 16 + k * LINE, line, RULE_W - 6, SMALL_CODE);
  });
  columns.forEach(({ answers }, i) => {
    const answer = answers.get(rule);
    if (answer === undefined) return;
    const found = answer.kind === "found";
    painter.box(left(i), y, w, h, found ? "lit" : "dim", { round: 3, tip: brief(answer.says) });
    painter.text(left(i) + 7, y + 16, answer.says, w - 12, found ? STRONG_SMALL : SMALL, found ? "text" : "muted");
  });
  return y + h;
}
