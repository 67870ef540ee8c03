// The chains that one packet went through: the rules that were about it, the one that decided lit; those that were not, dim
// and with the field that failed; chains that were jumped to inside their callers.
import type { Step } from "../trace/step.ts";
import { type Row, rowsOf } from "./chain-rows.ts";
import type { Ink } from "./ink.ts";
import { caption } from "./packet.ts";
import { packetName, passage } from "./passage.ts";
import {
  BODY,
  CODE,
  MARGIN,
  Painter,
  type Scene,
  SMALL,
  SMALL_CODE,
  STRONG,
  STRONG_CODE,
  scene,
  WIDEST,
} from "./scene.ts";
import { brief, measure, type Type, visible } from "./text.ts";

export interface ChainsOptions {
  readonly title?: string;
  /** Which packet, counted from 1 in the order in which they came to a hook. */
  readonly packet?: number;
  /** Rows drawn; the table has more. */
  readonly most?: number;
}

const RIGHT = WIDEST - MARGIN;
const INDENT = 22;
/** Deeper chains stand under each other. */
const DEEPEST = 5;
const TARGET_W = 346;
const GAP = 6;
const MOST_IN_TABLE = 400;

/** Draws the chains of one packet's way. */
export function chains(steps: readonly Step[], options: ChainsOptions = {}): Scene {
  const way = passage(steps, options.packet);
  const all = rowsOf(way);
  const rows = all.slice(0, options.most ?? 70);
  const painter = new Painter();
  const netns = way.at(-1)?.where.netns;
  const title =
    options.title ??
    (netns === undefined
      ? "No packet came to a hook"
      : `${netns}: the chains that ${packetName(options.packet)} went through`);
  const numbers = rows.map((row) => ("number" in row ? Math.ceil(measure(row.number, SMALL_CODE)) : 0));
  const indent = Math.max(26, ...numbers) + 16;
  painter.text(MARGIN, MARGIN + 13, title, RIGHT - MARGIN, STRONG);
  const first = way.find(({ packet }) => packet !== undefined)?.packet;
  if (first !== undefined) painter.text(MARGIN, MARGIN + 32, caption(first), RIGHT - MARGIN, BODY);
  let y = MARGIN + (first === undefined ? 28 : 44);
  /** Where the bar of each open chain begins. */
  const bars: number[] = [];
  const close = (depth: number) => {
    while (bars.length > depth) {
      const top = bars.pop()!;
      // Deeper ones share the last bar.
      if (bars.length > 0 && bars.length <= DEEPEST) drawBar(painter, bars.length, top, y);
    }
  };
  for (const row of rows) {
    close(row.kind === "head" ? row.depth : row.depth + 1);
    if (row.kind === "head" && row.isBase) y += 8;
    if (row.kind === "head") bars.push(y);
    y = drawRow(painter, row, y, indent);
  }
  close(0);
  const more = all.length - rows.length;
  const rest = all.length === 0 ? "No packet came to a hook." : more > 0 ? `and ${more} more rows, in the table` : "";
  if (rest !== "") {
    painter.text(MARGIN, y + 14, rest, RIGHT - MARGIN, BODY, "muted");
    y += 20;
  }
  return scene({
    title,
    desc: describe(all),
    width: WIDEST,
    height: y + MARGIN,
    shapes: painter.shapes,
    table: {
      columns: ["hook", "table", "chain", "rule", "text", "because"],
      rows: all.slice(0, MOST_IN_TABLE).map(cells),
    },
  });
}

function left(depth: number): number {
  return MARGIN + Math.min(depth, DEEPEST) * INDENT;
}

/** Beside all that happens in a chain that was jumped to. */
function drawBar(painter: Painter, depth: number, top: number, bottom: number): void {
  const x = left(depth) - 10;
  painter.line(
    [
      [x, top + 3],
      [x, bottom - 4],
    ],
    "cable",
  );
}

/** Texts of rules stand `indent` to the right of their chain, behind the number. */
function drawRow(painter: Painter, row: Row, y: number, indent: number): number {
  const x = left(row.depth);
  const plain = (text: string, h = 21) => {
    painter.text(x, y + 15, text, RIGHT - x, BODY, "muted");
    return y + h;
  };
  switch (row.kind) {
    case "head":
      return drawHead(painter, row, x, y);
    case "folded":
      return plain(row.text);
    case "back":
      return plain(`↩ ${row.text}`);
    case "between":
      if (row.isDrop) painter.cross(x + 6, y + 10.5, 5);
      painter.text(x + 18, y + 15, row.text, RIGHT - x - 18, BODY, row.isDrop ? "drop" : "muted");
      if (!row.isDrop) painter.dot(x + 6, y + 10.5, 3.5, "lifelineDot");
      return y + 21;
    case "policy": {
      painter.box(x, y + 1, RIGHT - x, 22, "lit", { round: 3 });
      painter.text(x + indent, y + 16.5, row.text, RIGHT - x - indent - 40, STRONG_CODE);
      if (row.says === "DROP") painter.cross(RIGHT - 14, y + 12, 6);
      return y + 23 + GAP;
    }
    case "tried":
      drawRule(painter, row, x, y, indent, "muted", CODE);
      painter.text(x + indent, y + 32, `✗ ${row.why}`, RIGHT - x - indent, SMALL, "muted");
      return y + 40;
    case "rule":
      return drawMatched(painter, row, x, y, indent);
  }
}

function drawHead(painter: Painter, row: Row & { kind: "head" }, x: number, y: number): number {
  const name = row.isBase ? `${row.table} ${row.chain}` : row.chain;
  const type = row.isBase ? STRONG : STRONG_CODE;
  const w = Math.min(Math.ceil(measure(visible(name.slice(0, 80)), type)) + 16, RIGHT - x - 220);
  painter.box(x, y, w, 22, "header", { round: 4 });
  painter.text(x + 8, y + 15.5, name, w - 14, type);
  painter.text(x + w + 8, y + 15.5, row.rules, RIGHT - x - w - 8, SMALL, "muted");
  return y + 22 + 4;
}

/** The rule's number, what it wants, and its target at the right. */
function drawRule(
  painter: Painter,
  { number, rule }: Row & { kind: "tried" | "rule" },
  x: number,
  y: number,
  indent: number,
  ink: Ink,
  code: Type,
): void {
  const right = RIGHT - 8;
  const target = rule.target === "" ? "only counts" : rule.target;
  const w = Math.min(TARGET_W, Math.ceil(measure(visible(target.slice(0, 200)), code)));
  const tip = { tip: brief(rule.whole) };
  painter.text(x + indent - 10, y + 15, number, indent - 12, SMALL_CODE, "muted", { anchor: "end" });
  const wants = rule.wants === "" ? "every packet" : rule.wants;
  const room = right - w - 12 - x - indent;
  painter.text(x + indent, y + 15, wants, room, rule.wants === "" ? BODY : CODE, ink, tip);
  painter.text(right, y + 15, target, w, code, ink, { anchor: "end", ...tip });
}

function drawMatched(painter: Painter, row: Row & { kind: "rule" }, x: number, y: number, indent: number): number {
  const said = sentence(row);
  const h = said === "" ? 22 : 40;
  const isDrop = row.says === "DROP";
  painter.box(x, y + 1, RIGHT - x, h, row.decides ? "lit" : "field", { round: 3 });
  if (isDrop) painter.cross(x + 9, y + 12, 5);
  drawRule(painter, row, x, y + 1.5, indent, "text", row.decides ? STRONG_CODE : CODE);
  if (said !== "") painter.text(x + indent, y + 33, said, RIGHT - x - indent - 8, BODY);
  return y + h + 1 + GAP;
}

/** What the target said, where the target's name does not say it. */
function sentence({ says, said, rule }: Row & { kind: "rule" }): string {
  if (says === "JUMP" || says === "GOTO" || says === "RETURN") return "";
  return rule.target === says || rule.target === "" ? "" : said;
}

function cells(row: Row): string[] {
  const at = [row.hook, row.table, row.chain];
  switch (row.kind) {
    case "head":
      return [...at, "", row.rules, ""];
    case "tried":
      return [...at, row.number, row.rule.whole, row.why];
    case "rule":
      return [...at, row.number, row.rule.whole, row.said];
    default:
      return [...at, "", row.text, ""];
  }
}

function describe(rows: readonly Row[]): string {
  const told = rows.flatMap((row) => {
    if (row.kind === "rule") return [`${row.table} ${row.chain} rule ${row.number}: ${row.said}`];
    if (row.kind === "policy") return [`${row.table} ${row.chain}: ${row.text}`];
    return row.kind === "between" ? [row.text] : [];
  });
  return told.length === 0 ? "No packet came to a hook." : `${told.slice(0, 16).join(". ")}.`;
}
