// Neighbour entries over virtual time: one column for each entry, a box for each state it was in and how long, and
// beside it why it changed. Before you edit: net/core/neighbour.c (neigh_timer_handler) for what can follow what.
import type { Step } from "../trace/step.ts";
import type { Ink } from "./ink.ts";
import { inner } from "./packet.ts";
import { BODY, LINE, MARGIN, Painter, type Scene, SMALL, SMALL_CODE, STRONG, scene, WIDEST } from "./scene.ts";
import { measure, type Type, visible, wrap } from "./text.ts";
import { since } from "./way.ts";

export interface NeighboursOptions {
  readonly title?: string;
  /** Rows drawn; the table has all. */
  readonly most?: number;
}

/** A change of one entry, or a question about it. */
interface Row {
  readonly step: Step;
  readonly entry: string;
  /** The new state; absent for a question. */
  readonly state?: string;
  readonly text: string;
}

interface Entry {
  readonly netns: string;
  readonly address: string;
}

const STATE: Type = { ...SMALL, bold: true };
const MOST_ENTRIES = 3;
const PITCH = 112;
const INK_OF: Readonly<Record<string, Ink>> = {
  REACHABLE: "lit",
  PERMANENT: "lit",
  NOARP: "lit",
  STALE: "dim",
  INCOMPLETE: "changed",
  DELAY: "changed",
  PROBE: "changed",
  FAILED: "miss",
};

/** The states of the neighbour entries that the steps tell of. */
export function neighbours(steps: readonly Step[], options: NeighboursOptions = {}): Scene {
  const { entries, rows: all } = read(steps);
  const names = [...entries.keys()].slice(0, MOST_ENTRIES);
  const drawn = all.filter((row) => names.includes(row.entry));
  const rows = drawn.slice(0, options.most ?? 40);
  const left = all.length - rows.length;
  const start = steps[0]?.time ?? 0;
  const painter = new Painter();
  const time = Math.max(40, ...rows.map(({ step }) => Math.ceil(measure(since(step.time, start), SMALL)))) + 12;
  const laneX = (entry: string): number => MARGIN + time + names.indexOf(entry) * PITCH;
  const words = MARGIN + time + names.length * PITCH + 8;
  const room = Math.max(170, Math.min(420, WIDEST - MARGIN - words));
  for (const entry of names) head(painter, entries.get(entry) as Entry, laneX(entry));
  painter.text(MARGIN, MARGIN + 30, names.length > 0 ? "time" : "", time - 8, SMALL, "muted");

  let y = MARGIN + 44;
  const laid = rows.map((row) => {
    const lines = wrap(row.text, room, BODY, 3);
    const here = { row, lines, y };
    y += Math.max(30, lines.length * LINE + 10);
    return here;
  });
  const bottom = y;
  laid.forEach(({ row, y: top }, i) => {
    if (row.state === undefined) return;
    const next = laid.slice(i + 1).find((each) => each.row.entry === row.entry && each.row.state !== undefined);
    const x = laneX(row.entry);
    painter.box(x, top, PITCH - 10, (next?.y ?? bottom) - top - 4, INK_OF[row.state] ?? "field", { round: 3 });
    painter.text(x + 8, top + 17.5, row.state, PITCH - 20, STATE, row.state === "FAILED" ? "drop" : "text");
  });
  for (const { row, lines, y: top } of laid) {
    painter.text(MARGIN, top + 17, since(row.step.time, start), time - 8, SMALL, "muted");
    if (row.state === undefined) painter.dot(laneX(row.entry) + PITCH / 2 - 5, top + 13, 4, "lifelineDot");
    lines.forEach((line, i) => {
      painter.text(words, top + 17.5 + i * LINE, line, room, BODY, row.state === undefined ? "muted" : "text");
    });
  }
  if (all.length === 0) painter.text(MARGIN, MARGIN + 14, "No neighbour entry changed.", 300, BODY, "muted");
  if (left > 0) painter.text(MARGIN, bottom + 12, `and ${left} more changes, in the table`, 300, BODY, "muted");
  return scene({
    title: options.title ?? (all.length === 0 ? "No neighbour entry changed" : "Neighbour entries over time"),
    desc:
      all
        .slice(0, 20)
        .map(({ step, text }) => `${step.where.netns}: ${text}`)
        .join("; ") || "No neighbour entry changed.",
    width: all.length === 0 ? 360 : words + room + MARGIN,
    height: bottom + MARGIN - 4 + (left > 0 ? LINE : 0),
    shapes: painter.shapes,
    table: {
      columns: ["time", "namespace", "address", "state", "because"],
      rows: all.map(({ step, entry, state, text }) => {
        const { netns, address } = entries.get(entry) as Entry;
        return [since(step.time, start), netns, address, state ?? "", text];
      }),
    },
  });
}

function head(painter: Painter, { netns, address }: Entry, x: number): void {
  const w = PITCH - 10;
  painter.box(x, MARGIN, w, 38, "header", { round: 4 });
  painter.text(x + w / 2, MARGIN + 15, netns, w - 8, STRONG, "text", { anchor: "middle" });
  painter.text(x + w / 2, MARGIN + 31, visible(address), w - 6, SMALL_CODE, "muted", { anchor: "middle" });
}

function ordinal(count: number): string {
  return count === 2 ? "second" : count === 3 ? "third" : `${count}th`;
}

/** Changes of state, changes of the MAC, and the questions after the first. */
function read(steps: readonly Step[]): { entries: Map<string, Entry>; rows: Row[] } {
  const entries = new Map<string, Entry>();
  const last = new Map<string, string>();
  const asked = new Map<string, number>();
  const rows: Row[] = [];
  for (const step of steps) {
    const { packet, evidence, where } = step;
    const question = step.what === "arp" && packet !== undefined ? inner(packet) : undefined;
    if (question?.kind === "arp" && question.op === "request") {
      const entry = JSON.stringify([where.netns, where.device, question.targetIp.text]);
      const count = (asked.get(entry) ?? 0) + 1;
      asked.set(entry, count);
      // The first follows from the state at once.
      if (count > 1 && entries.has(entry))
        rows.push({ step, entry, text: `asks again, for the ${ordinal(count)} time` });
    }
    if (step.what !== "neighbour" || evidence?.kind !== "neighbour") continue;
    const [, address, device, mac, state] =
      /^(\S+) dev (\S+)(?: lladdr (\S+))?(?: \S+)*? ([A-Z]+)$/.exec(evidence.text) ?? [];
    if (address === undefined || state === undefined) continue;
    const entry = JSON.stringify([where.netns, device, address]);
    const now = `${mac} ${state}`;
    if (last.get(entry) === now) continue;
    if (!entries.has(entry)) entries.set(entry, { netns: where.netns, address });
    last.set(entry, now);
    if (state !== "INCOMPLETE" && state !== "PROBE") asked.delete(entry);
    // The address stands over the column already.
    rows.push({ step, entry, state, text: step.because.replace(`${address}: `, "") });
  }
  return { entries, rows };
}
