// Which receive queue of a network card each flow went to: the hash of its addresses and ports, the entry of the
// table that the hash names, the queue that stands there; and how the packets were shared among the queues.
// Before you edit: link/rss.ts, Documentation/networking/scaling.rst.
import type { Step } from "../trace/step.ts";
import { BODY, CODE, LINE, MARGIN, Painter, type Scene, SMALL, STRONG, scene, WIDEST } from "./scene.ts";
import { placeName } from "./way.ts";

export interface QueuesOptions {
  readonly title?: string;
  /** Flows drawn of each card; the table has all. */
  readonly most?: number;
}

/** Packets that a card hashed alike. */
interface Flow {
  readonly words: string;
  readonly hash: string;
  readonly entry: string;
  readonly queue: number;
  packets: number;
}

const WIDTH = WIDEST - 2 * MARGIN;
/** Left edges of the columns: flow, hash, entry, queue, packets. */
const COLUMN = [0, 348, 470, 560, 650] as const;
const HEADS = ["flow", "hash", "entry", "queue", "packets"];
const BAR_X = 110;
const MOST_CARDS = 2;
const MOST_QUEUES = 16;

/** The cards among the steps that put what they received into queues. */
export function queues(steps: readonly Step[], options: QueuesOptions = {}): Scene {
  const cards = read(steps);
  const painter = new Painter();
  let y = MARGIN;
  for (const [name, card] of [...cards].slice(0, MOST_CARDS)) y = drawCard(painter, name, card, options.most ?? 16, y);
  const rest =
    cards.size === 0
      ? "No card with queues received anything."
      : cards.size > MOST_CARDS
        ? `and ${cards.size - MOST_CARDS} more cards, in the table`
        : "";
  if (rest !== "") {
    painter.text(MARGIN, y + 12, rest, WIDTH, BODY, "muted");
    y += LINE + MARGIN;
  }
  const rows = [...cards].flatMap(([name, { flows }]) =>
    [...flows.values()].map((flow) => [name, flow.words, flow.hash, flow.entry, `${flow.queue}`, `${flow.packets}`]),
  );
  return scene({
    title: options.title ?? (cards.size === 0 ? "No receive queues" : "Receive queues"),
    desc:
      rows
        .slice(0, 20)
        .map(([name, words, , entry, queue]) => `${name}: ${words}, entry ${entry}, queue ${queue}`)
        .join("; ") || "No card with queues received anything.",
    width: WIDEST,
    height: y,
    shapes: painter.shapes,
    table: { columns: ["card", ...HEADS], rows },
  });
}

interface Card {
  readonly count: number;
  readonly flows: Map<string, Flow>;
}

function drawCard(painter: Painter, name: string, { count, flows }: Card, most: number, top: number): number {
  let y = top;
  painter.text(MARGIN, y + 13, `${name}: ${count} receive ${count === 1 ? "queue" : "queues"}`, WIDTH, STRONG);
  y += 24;
  HEADS.forEach((head, i) => {
    painter.text(MARGIN + 8 + (COLUMN[i] ?? 0), y + 12, head, 90, SMALL, "muted");
  });
  y += LINE;
  const all = [...flows.values()];
  for (const { words, hash, entry, queue, packets } of all.slice(0, most)) {
    painter.box(MARGIN, y, WIDTH, 24, "field", { round: 3 });
    [words, hash, entry, `${queue}`, `${packets}`].forEach((text, i) => {
      const room = (COLUMN[i + 1] ?? WIDTH) - (COLUMN[i] ?? 0) - 14;
      painter.text(MARGIN + 8 + (COLUMN[i] ?? 0), y + 16.5, text, room, CODE, i === 1 ? "muted" : "text");
    });
    y += 27;
  }
  if (all.length > most) {
    painter.text(MARGIN, y + 13, `and ${all.length - most} more flows, in the table`, WIDTH, BODY, "muted");
    y += LINE;
  }
  y += 8;
  const shares = Array.from({ length: Math.min(count, MOST_QUEUES) }, (_, queue) =>
    all.reduce((sum, flow) => sum + (flow.queue === queue ? flow.packets : 0), 0),
  );
  const largest = Math.max(1, ...shares);
  shares.forEach((share, queue) => {
    painter.text(MARGIN + 8, y + 15, `queue ${queue}`, BAR_X - 16, BODY);
    const w = ((WIDTH - BAR_X - 60) * share) / largest;
    if (share > 0) painter.box(MARGIN + BAR_X, y + 2, w, 17, "lit", { round: 2 });
    painter.text(MARGIN + BAR_X + w + 8, y + 15, `${share}`, 50, CODE, "muted");
    y += 23;
  });
  return y + MARGIN;
}

function read(steps: readonly Step[]): Map<string, Card> {
  const cards = new Map<string, Card>();
  for (const { what, where, because, evidence } of steps) {
    const [, queue, count] = /^rx queue (\d+) of (\d+)$/.exec(evidence?.text ?? "") ?? [];
    if (what !== "receive" || queue === undefined) continue;
    const name = placeName(where);
    const card = cards.get(name) ?? { count: Number(count), flows: new Map<string, Flow>() };
    cards.set(name, card);
    const [, hash = "none", words = "not IP", entry = ""] = /^hash (\S+) of \((.+)\) → entry (\d+)/.exec(because) ?? [];
    const flow = card.flows.get(words) ?? { words, hash, entry, queue: Number(queue), packets: 0 };
    card.flows.set(words, flow);
    flow.packets++;
  }
  return cards;
}
