// Who says what to whom, in order: a lifeline for each program, time running down, an arrow for each message with its words
// above it. Messages that were asked for are solid; what somebody is told of by a stream is dashed.
import { LINE, MARGIN, Painter, type Scene, SMALL, scene, WIDEST } from "./scene.ts";
import { measure, shorten, type Type, visible } from "./text.ts";

export interface Message {
  /** Virtual nanoseconds. */
  readonly at: number;
  readonly from: string;
  readonly to: string;
  readonly text: string;
  /** A call somebody makes, or news that a stream brings. */
  readonly kind: "call" | "news";
  /** What the message made or tells of, by its number. */
  readonly number?: string;
}

export interface SequenceOptions {
  readonly title: string;
  /** What the numbers are: `resource version`. */
  readonly numbers: string;
  /** Names of lifelines from the left; others follow as they come. */
  readonly order?: readonly string[];
  /** A line below: what was left out. */
  readonly footer?: string;
}

const ROW = 36;
const TIMES = 56;
const NUMBERS = 44;
const NAME: Type = { font: "sans", size: 12, bold: true };
const MOST = 60;

/** The messages from top to bottom. */
export function sequence(messages: readonly Message[], options: SequenceOptions): Scene {
  const { title, numbers, order = [], footer = "" } = options;
  const shown = messages.slice(0, MOST);
  const said = new Set(shown.flatMap(({ from, to }) => [from, to]));
  const names = [...new Set([...order.filter((name) => said.has(name)), ...said])];
  const left = MARGIN + TIMES + NUMBERS;
  const longest = Math.max(0, ...names.flatMap((name) => inTwo(name, 74)).map((part) => measure(part, NAME)));
  const pitch = Math.max(Math.min(longest, 120) + 14, (WIDEST - MARGIN - left) / Math.max(1, names.length));
  const width = Math.max(WIDEST, left + pitch * names.length + MARGIN);
  const centre = (name: string) => left + (names.indexOf(name) + 0.5) * pitch;
  const painter = new Painter();
  const top = MARGIN + 46;
  const bottom = top + 14 + shown.length * ROW;
  for (const name of names) {
    painter.box(centre(name) - pitch / 2 + 3, MARGIN, pitch - 6, 40, "header", { round: 4, tip: name });
    const lines = inTwo(name, 74);
    lines.forEach((line, i) => {
      const y = MARGIN + (lines.length === 1 ? 24.5 : 16.5 + i * 16);
      painter.text(centre(name), y, line, pitch - 8, NAME, "text", { anchor: "middle" });
    });
    painter.line(
      [
        [centre(name), top - 6],
        [centre(name), bottom],
      ],
      "lifeline",
    );
  }
  painter.text(MARGIN, top + 4, "time", TIMES - 8, SMALL, "muted");
  const start = shown[0]?.at ?? 0;
  shown.forEach((each, i) => {
    const y = top + 12 + (i + 1) * ROW - 12;
    if (i === 0 || each.at !== shown[i - 1]!.at)
      painter.text(MARGIN, y + 4, milliseconds(each.at - start), TIMES - 2, SMALL, "muted");
    if (each.number !== undefined)
      painter.badge(MARGIN + TIMES + NUMBERS / 2 - 2, y, each.number, each.kind === "call" ? "walk" : "reply");
    drawMessage(painter, each, y, centre(each.from), centre(each.to), width);
  });
  const more = messages.length > shown.length ? `and ${messages.length - shown.length} more, in the table` : "";
  const notes = [
    `in a pill: the ${numbers} a call made (filled) or a watch tells of (dashed)`,
    ...[more, footer].filter((each) => each !== ""),
  ];
  notes.forEach((each, i) => {
    painter.text(MARGIN, bottom + 16 + i * LINE, each, width - 2 * MARGIN, SMALL, "muted");
  });
  return scene({
    title,
    desc: shown
      .slice(0, 24)
      .map(({ from, to, text, kind }) => `${from} ${kind === "call" ? "to" : "tells"} ${to}: ${text}`)
      .join("; "),
    width,
    height: bottom + 8 + notes.length * LINE + MARGIN,
    shapes: painter.shapes,
    table: {
      columns: ["time", numbers, "from", "to", "what"],
      rows: messages.map(({ at, number = "", from, to, text, kind }) => [
        milliseconds(at - start),
        number,
        from,
        to,
        kind === "call" ? text : `watch: ${text}`,
      ]),
    },
  });
}

function drawMessage(painter: Painter, { text, kind }: Message, y: number, from: number, to: number, width: number) {
  const direction = to > from ? 1 : -1;
  painter.line(
    [
      [from + direction * 2, y],
      [to - direction * 9, y],
    ],
    kind === "call" ? "walk" : "reply",
  );
  painter.head(to - direction, y, direction > 0 ? "right" : "left", kind === "call" ? "walk" : "replyHead");
  const words = shorten(visible(text), width - 2 * MARGIN - TIMES - NUMBERS - 20, SMALL);
  const w = Math.ceil(measure(words, SMALL)) + 6;
  const x = Math.min(Math.min(from, to) + 5, width - MARGIN - w);
  painter.box(x, y - 20, w, 16, "label");
  painter.text(x + 3, y - 7.5, words, w - 2, SMALL, "text", words === text ? {} : { tip: text });
}

/** `54 ms`: what programs take here is counted in milliseconds. */
function milliseconds(time: number): string {
  return `${Math.round(time / 1e6)} ms`;
}

/** `replicaset-` and `controller`, where one line is too short for both. */
function inTwo(name: string, room: number): string[] {
  const all = visible(name);
  if (measure(all, NAME) <= room) return [all];
  const cuts = [...all.matchAll(/[-/ ]/g)].map(({ index }) => index + 1);
  const widest = (cut: number) => Math.max(measure(all.slice(0, cut), NAME), measure(all.slice(cut), NAME));
  const [best] = cuts.filter((cut) => cut < all.length).sort((a, b) => widest(a) - widest(b));
  return best === undefined ? [all] : [all.slice(0, best), all.slice(best)];
}
