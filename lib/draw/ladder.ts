// What happened when: one lifeline for each namespace, time running down, an arrow for each frame on a cable and
// its words beside it, as tcpdump would print them.
import type { LabData } from "../lab/data.ts";
import type { Step, What } from "../trace/step.ts";
import { isDiscovery } from "./icmp.ts";
import { mtuRows, sizeOf, tellsOfSizes } from "./mtu.ts";
import { innermost } from "./packet.ts";
import { BODY, badgeWidth, LINE, MARGIN, Painter, type Scene, SMALL, STRONG, scene, WIDEST } from "./scene.ts";
import { measure, visible, wrap } from "./text.ts";
import { type Crossing, isHeard, placeName, since, way } from "./way.ts";

export interface LadderOptions {
  readonly title?: string;
  /** Decisions written between the arrows: those that end or change a packet, all, or none. */
  readonly notes?: "few" | "all" | "none";
  /** The lab, when sizes matter: the MTUs stand under the names, and each arrow says how large its packet is. */
  readonly mtus?: LabData;
  /** Rows drawn; the table has all. */
  readonly most?: number;
}

const FEW: ReadonlySet<What> = new Set([
  "forward",
  "encapsulate",
  "decapsulate",
  "icmp error",
  "deliver",
  "drop",
  "nat",
  "balance",
]);
const ALL: ReadonlySet<What> = new Set([...FEW, "learn", "fdb", "arp", "nd", "neighbour", "route", "socket"]);
const MOST_LIFELINES = 8;

type Row =
  | { readonly kind: "arrow"; readonly time: number; readonly crossing: Crossing; readonly others: number }
  | { readonly kind: "note"; readonly time: number; readonly step: Step; readonly lost: boolean };

/** The steps as a ladder of messages over virtual time. */
export function ladder(steps: readonly Step[], options: LadderOptions = {}): Scene {
  const sizes = options.mtus !== undefined;
  const all = rowsOf(steps, isTold(options.notes ?? (sizes ? "sizes" : "few"))).filter(
    (row) => !sizes || !isQuestion(row),
  );
  const most = options.most ?? 60;
  const rows = all.slice(0, most);
  const names = lifelines(rows);
  const start = Math.min(...all.map((row) => row.time));
  const painter = new Painter();
  const pitch = Math.max(
    sizes && names.length <= 5 ? 78 : 42,
    Math.min(104, Math.floor(330 / Math.max(names.length, 1))),
  );
  const time = Math.max(40, ...rows.map((row) => Math.ceil(measure(since(row.time, start), SMALL)))) + 10;
  const left = MARGIN + time;
  const words = left + names.length * pitch + 10;
  const room = Math.min(420, WIDEST - MARGIN - words);
  const centre = (name: string): number =>
    left + (names.includes(name) ? names.indexOf(name) : names.length - 1) * pitch + pitch / 2;
  const under = heads(painter, names, centre, pitch);
  const top = options.mtus === undefined ? under : mtuRows(painter, options.mtus, names, centre, pitch, under);
  const laid = layout(rows, top + (sizes ? 28 : 16), room, sizes);
  const bottom = laid.bottom + 6;
  for (const name of names)
    painter.line(
      [
        [centre(name), top],
        [centre(name), bottom],
      ],
      "lifeline",
    );
  painter.text(MARGIN, sizes ? top + 8 : top - 8, "time", time - 8, SMALL, "muted");
  for (const { row, y, lines } of laid.rows) {
    painter.text(MARGIN, y + 4.5, since(row.time, start), time - 8, SMALL, "muted");
    if (row.kind === "arrow") drawArrow(painter, row, y, centre);
    else drawNote(painter, row, y, centre);
    lines.forEach((line, i) => {
      const ink = row.kind === "note" ? (row.lost ? "drop" : "muted") : "text";
      painter.text(words, y + 4.5 + i * LINE, line, room, row.kind === "note" && row.lost ? STRONG : BODY, ink);
    });
  }
  if (all.length > rows.length)
    painter.text(words, bottom + 4, `and ${all.length - rows.length} more, in the table`, room, BODY, "muted");
  return scene({
    title:
      options.title ??
      (all.length === 0 ? "Nothing was sent" : `${all.filter((row) => row.kind === "arrow").length} frames over time`),
    desc: describe(all),
    width: words + room + MARGIN,
    height: bottom + MARGIN + (all.length > rows.length ? LINE : 0),
    shapes: painter.shapes,
    table: { columns: ["number", "time", "from", "to", "what"], rows: all.map((row) => tableRow(row, start)) },
  });
}

/** Which steps are written between the arrows. */
function isTold(notes: "few" | "all" | "none" | "sizes"): (step: Step) => boolean {
  if (notes === "sizes") return tellsOfSizes;
  const wanted = notes === "few" ? FEW : notes === "all" ? ALL : new Set<What>();
  return ({ what }) => wanted.has(what);
}

/** ARP and neighbour discovery are small. */
function isQuestion(row: Row): boolean {
  const packet = row.kind === "arrow" ? row.crossing.message.packet : row.step.packet;
  const body = packet && innermost(packet);
  return body?.kind === "arp" || (body?.kind === "ipv6" && body.body.kind === "icmp6" && isDiscovery(body.body));
}

/** Arrows and notes in time; branches of a flood to many namespaces are one arrow. */
function rowsOf(steps: readonly Step[], isWanted: (step: Step) => boolean): Row[] {
  const walked = way(steps);
  const lost = new Set(walked.drops);
  const ignored = new Set(walked.messages.flatMap((message) => (message.arrived ? message.drops : [])));
  const rows: (Row & { readonly id: number })[] = [];
  const floods = new Map<string, Crossing[]>();
  for (const crossing of walked.crossings) {
    const key = JSON.stringify([crossing.message.index, crossing.number, crossing.from.netns]);
    floods.set(key, [...(floods.get(key) ?? []), crossing]);
  }
  for (const branches of floods.values()) {
    const shown =
      branches.length > MOST_LIFELINES - 2
        ? [branches.find((branch) => !isHeard(branch)) ?? (branches[0] as Crossing)]
        : branches;
    for (const crossing of shown)
      rows.push({
        kind: "arrow",
        id: crossing.step.id,
        time: crossing.time,
        crossing,
        others: branches.length - shown.length,
      });
  }
  const hidden = new Set(
    [...floods.values()]
      .filter((branches) => branches.length > MOST_LIFELINES - 2)
      .flat()
      .map((crossing) => crossing.to.netns),
  );
  /** A connection's packets are all translated alike: it is said of the first there, and of the first back. */
  const translated = new Set<string>();
  for (const step of steps) {
    if (!isWanted(step) || (ignored.has(step) && hidden.has(step.where.netns))) continue;
    if (step.what === "nat") {
      const change = `${step.where.netns} ${step.because.replace(/, as the (rule said|connection says)$/, "")}`;
      if (translated.has(change)) continue;
      translated.add(change);
    }
    rows.push({ kind: "note", id: step.id, time: step.time, step, lost: lost.has(step) });
  }
  return rows.sort((a, b) => a.id - b.id);
}

function lifelines(rows: readonly Row[]): string[] {
  const names = new Set<string>();
  for (const row of rows) {
    if (row.kind === "arrow") names.add(row.crossing.from.netns).add(row.crossing.to.netns);
    else names.add(row.step.where.netns);
  }
  const all = [...names];
  // What does not fit shares the last lifeline.
  return all.length <= MOST_LIFELINES
    ? all
    : [...all.slice(0, MOST_LIFELINES - 1), `${all.length - MOST_LIFELINES + 1} others`];
}

/** Names over their lifelines, in two heights when they would touch. */
function heads(painter: Painter, names: readonly string[], centre: (name: string) => number, pitch: number): number {
  const longest = Math.max(0, ...names.map((name) => measure(visible(name.slice(0, 60)), STRONG) + 16));
  const levels = longest > pitch - 6 && names.length > 1 ? 2 : 1;
  const room = Math.min(pitch * levels - 6, 240);
  names.forEach((name, i) => {
    const w = Math.min(room, Math.ceil(measure(visible(name.slice(0, 60)), STRONG)) + 16);
    const y = MARGIN + (i % levels) * 30;
    // With two heights, a name may reach over its neighbours' lifelines but not over the edge of the picture.
    const x = Math.max(MARGIN, centre(name) - w / 2);
    painter.box(x, y, w, 24, "header", { round: 4 });
    painter.text(x + w / 2, y + 16.5, name, w - 8, STRONG, "text", { anchor: "middle" });
    if (levels === 2 && i % 2 === 0)
      painter.line(
        [
          [centre(name), y + 24],
          [centre(name), MARGIN + 54],
        ],
        "lifeline",
      );
  });
  return MARGIN + levels * 30 - 6;
}

interface Laid {
  readonly row: Row;
  readonly y: number;
  readonly lines: readonly string[];
}

function layout(rows: readonly Row[], top: number, room: number, sizes: boolean): { rows: Laid[]; bottom: number } {
  let y = top;
  const laid = rows.map((row) => {
    const bold = row.kind === "note" && row.lost;
    const lines = wrap(
      sayRow(row) + (sizes && row.kind === "arrow" ? sizeOf(row.crossing.step.packet) : ""),
      room,
      bold ? STRONG : BODY,
      3,
    );
    const here = { row, y, lines };
    y += Math.max(28, lines.length * LINE + 8);
    return here;
  });
  return { rows: laid, bottom: y };
}

function sayRow(row: Row): string {
  if (row.kind === "note") {
    const { step, lost } = row;
    const what = lost ? "dropped: " : step.what === "drop" ? "ignored: " : step.what === "deliver" ? "delivered: " : "";
    return `${placeName(step.where)}: ${what}${step.because}`;
  }
  return row.others > 0 ? `${row.crossing.message.caption}, and to ${row.others} others` : row.crossing.message.caption;
}

function drawArrow(painter: Painter, row: Row & { kind: "arrow" }, y: number, centre: (name: string) => number): void {
  const { crossing } = row;
  const { number, message } = crossing;
  const from = centre(crossing.from.netns);
  const to = centre(crossing.to.netns);
  const kind = message.back ? "reply" : isHeard(crossing) ? "heard" : "walk";
  const head = message.back ? "replyHead" : "walk";
  const label = `${number}`;
  if (from === to) {
    painter.line(
      [
        [from, y - 6],
        [from + 22, y - 6],
        [from + 22, y + 8],
        [from + 8, y + 8],
      ],
      kind,
      { step: number },
    );
    painter.head(from + 1, y + 8, "left", head, { step: number });
  } else {
    const direction = to > from ? 1 : -1;
    painter.line(
      [
        [from, y],
        [to - direction * 9, y],
      ],
      kind,
      { step: number },
    );
    painter.head(to - direction, y, direction > 0 ? "right" : "left", head, { step: number });
  }
  const at = from === to ? from - badgeWidth(label) / 2 - 3 : (from + to) / 2;
  painter.badge(at, y, label, kind, { step: number });
}

function drawNote(painter: Painter, row: Row & { kind: "note" }, y: number, centre: (name: string) => number): void {
  const x = centre(row.step.where.netns);
  if (row.lost) painter.cross(x, y, 6);
  else painter.dot(x, y, 4, row.step.what === "drop" ? "device" : "lifelineDot");
}

function tableRow(row: Row, start: number): string[] {
  if (row.kind === "note") return ["", since(row.time, start), placeName(row.step.where), "", sayRow(row)];
  const { number, from, to } = row.crossing;
  return [`${number}`, since(row.time, start), placeName(from), placeName(to), sayRow(row)];
}

function describe(rows: readonly Row[]): string {
  if (rows.length === 0) return "No frame was on a cable.";
  return rows
    .slice(0, 20)
    .map((row) =>
      row.kind === "arrow"
        ? `${row.crossing.number}: ${row.crossing.from.netns} to ${row.crossing.to.netns}, ${sayRow(row)}`
        : sayRow(row),
    )
    .join("; ");
}
