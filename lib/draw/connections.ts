// What connection tracking remembers: the entry before a packet and after it, with what changed lit.
import type { Step } from "../trace/step.ts";
import { type Entry, PARTS, readEntry, translationOf } from "./entry.ts";
import { caption } from "./packet.ts";
import { passage, passages } from "./passage.ts";
import {
  BODY,
  CODE,
  drawPackets,
  LINE,
  MARGIN,
  Painter,
  type Scene,
  SMALL,
  STRONG,
  STRONG_CODE,
  scene,
  WIDEST,
} from "./scene.ts";

export interface ConnectionsOptions {
  readonly title?: string;
  /** Only this packet, counted from 1 in the order in which they came to a hook. */
  readonly packet?: number;
  /** Packets drawn; the table has all. */
  readonly most?: number;
}

/** What one packet did to its connection's entry. */
interface Change {
  readonly number: number;
  readonly netns: string;
  readonly packet: string;
  /** `NEW: no connection has ...` */
  readonly because: string;
  readonly before: Entry | null;
  readonly after: Entry | null;
}

const WIDTH = WIDEST - 2 * MARGIN;
const LABEL_W = 104;
const ARROW_W = 30;
const HALF = (WIDTH - LABEL_W - ARROW_W) / 2;
const BEFORE = MARGIN + LABEL_W;
const AFTER = BEFORE + HALF + ARROW_W;
const ROW = 22;

/** The entries of a namespace before and after its packets: those that changed more than the time that is left. */
export function connections(steps: readonly Step[], options: ConnectionsOptions = {}): Scene {
  const all = changesOf(steps, options.packet);
  const told = options.packet === undefined ? all.filter(isTold) : all;
  const shown = told.slice(0, options.most ?? 4);
  const painter = new Painter();
  const title =
    options.title ??
    (all.length === 0 ? "No packet was tracked" : `${all[0]!.netns}: what connection tracking remembers`);
  painter.text(MARGIN, MARGIN + 13, title, WIDTH, STRONG);
  const y = drawPackets(painter, shown, all.length, "No packet was tracked.", MARGIN + 26, drawChange);
  return scene({
    title,
    desc: all.length === 0 ? "No packet was tracked." : shown.map(describe).join(" "),
    width: WIDEST,
    height: y + MARGIN,
    shapes: painter.shapes,
    table: {
      columns: ["packet", "namespace", "what", "part", "before", "after"],
      rows: all.flatMap((change) =>
        partsOf(change).map((part) => [
          `${change.number}`,
          change.netns,
          change.packet,
          part,
          change.before?.get(part) ?? "",
          change.after?.get(part) ?? "",
        ]),
      ),
    },
  });
}

function changesOf(steps: readonly Step[], packet: number | undefined): Change[] {
  const ways = packet === undefined ? passages(steps) : [passage(steps, packet)];
  return ways.flatMap((way, i) => {
    const tracked = way.filter(({ what, evidence }) => what === "conntrack" && evidence?.kind === "conntrack");
    const [first] = tracked;
    if (first?.packet === undefined) return [];
    const before = first.evidence?.before;
    const isLost = before === undefined && way.at(-1)?.what === "drop";
    // Translation and marks change an entry later than its first line was taken.
    const last = way.findLast(({ evidence }) => evidence?.kind === "conntrack")?.evidence?.text;
    return {
      number: packet ?? i + 1,
      netns: first.where.netns,
      packet: caption(first.packet),
      because: first.because,
      before: before === undefined ? null : readEntry(before),
      after: isLost || last === undefined ? null : readEntry(last),
    };
  });
}

function isTold({ before, after }: Change): boolean {
  if (before === null || after === null) return true;
  return PARTS.some((part) => part !== "seconds left" && before.get(part) !== after.get(part));
}

function partsOf({ before, after }: Change): (typeof PARTS)[number][] {
  return PARTS.filter((part) => before?.has(part) || after?.has(part));
}

function drawChange(painter: Painter, change: Change, top: number): number {
  const { number, packet, because, before, after } = change;
  painter.text(MARGIN, top + 15, `packet ${number}`, LABEL_W - 10, SMALL, "muted");
  painter.text(BEFORE, top + 15, packet, WIDTH - LABEL_W, STRONG);
  painter.text(BEFORE, top + 15 + LINE, because, WIDTH - LABEL_W, BODY, "muted");
  const parts = partsOf(change);
  const y = top + 24 + LINE;
  const h = LINE + 8 + parts.length * ROW;
  drawSide(painter, "before", before, BEFORE, y, h);
  drawSide(painter, "after", after, AFTER, y, h);
  const middle = y + h / 2;
  painter.line(
    [
      [BEFORE + HALF + 4, middle],
      [AFTER - 12, middle],
    ],
    "walk",
  );
  painter.head(AFTER - 4, middle, "right", "walk");
  parts.forEach((part, i) => {
    const at = y + LINE + 4 + i * ROW;
    painter.text(MARGIN, at + 15, part, LABEL_W - 10, SMALL, "muted");
    const [was, is] = [before?.get(part), after?.get(part)];
    if (was !== undefined) painter.text(BEFORE + 10, at + 15, was, HALF - 20, CODE, "text");
    if (is === undefined) return;
    const isChanged = before !== null && was !== is;
    if (isChanged) painter.box(AFTER + 5, at + 1, HALF - 10, ROW - 2, "changed", { round: 3 });
    painter.text(AFTER + 10, at + 15, is, HALF - 20, isChanged ? STRONG_CODE : CODE, isChanged ? "changed" : "text");
  });
  let bottom = y + h + 2;
  for (const sentence of after === null ? [] : translationOf(after)) {
    painter.text(BEFORE, bottom + 14, sentence, WIDTH - LABEL_W, SMALL, "muted");
    bottom += LINE;
  }
  return bottom + 12;
}

function drawSide(painter: Painter, name: string, entry: Entry | null, x: number, y: number, h: number): void {
  painter.box(x, y, HALF, h, entry === null ? "dim" : "field", { round: 4 });
  painter.text(x + 10, y + 16, entry === null ? `${name}: no entry` : name, HALF - 20, SMALL, "muted");
}

function describe({ number, packet, because, before, after }: Change): string {
  const changes = PARTS.filter((part) => before?.get(part) !== after?.get(part)).map(
    (part) => `${part} ${before?.get(part) ?? "nothing"} becomes ${after?.get(part) ?? "nothing"}`,
  );
  return `Packet ${number}, ${packet}: ${because}; ${changes.join(", ") || "nothing changes"}.`;
}
