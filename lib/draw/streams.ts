// Watches as streams: a track for each watcher, a bead for each change that it is told of, and below what came of each.
import { BODY, LINE, MARGIN, Painter, type Scene, SMALL, STRONG, scene, WIDEST } from "./scene.ts";
import { wrap } from "./text.ts";

export interface StreamChange {
  readonly revision: number;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  /** `Pod default/web`. */
  readonly what: string;
  /** Who made it, and how. */
  readonly by: string;
}

export interface Track {
  readonly name: string;
  /** What it watches: `pods of node-1`. */
  readonly watches: string;
  /** Revisions of the changes that it was told of, and of those because of which it called. */
  readonly told: ReadonlySet<number>;
  readonly acted: ReadonlySet<number>;
}

const LABEL = 232;
const TRACK = 40;
const SMALL_LINE = 14;
const MOST = 18;
const LETTER = { ADDED: "A", MODIFIED: "M", DELETED: "D" } as const;

export function streams(changes: readonly StreamChange[], tracks: readonly Track[], title: string): Scene {
  const painter = new Painter();
  const shown = changes.slice(0, MOST);
  const left = MARGIN + LABEL;
  const pitch = Math.min(44, (WIDEST - MARGIN - left) / Math.max(1, shown.length));
  const x = (i: number) => left + (i + 0.5) * pitch;
  painter.text(MARGIN, MARGIN + 13, "change number", LABEL - 10, SMALL, "muted");
  shown.forEach(({ revision }, i) => {
    painter.text(x(i), MARGIN + 13, `${revision}`, pitch, SMALL, "muted", { anchor: "middle" });
  });
  let y = MARGIN + 24;
  for (const { name, watches, told, acted } of tracks) {
    painter.text(MARGIN, y + 15, name, LABEL - 12, STRONG);
    const kinds = wrap(watches, LABEL - 12, SMALL, 3);
    kinds.forEach((line, i) => {
      painter.text(MARGIN, y + 30 + i * SMALL_LINE, line, LABEL - 12, SMALL, "muted");
    });
    const middle = y + TRACK / 2;
    painter.line(
      [
        [left, middle],
        [left + pitch * shown.length, middle],
      ],
      "link",
    );
    shown.forEach(({ revision, type }, i) => {
      if (!told.has(revision)) return;
      painter.badge(x(i), middle, LETTER[type], acted.has(revision) ? "walk" : "heard");
    });
    y += TRACK + 4 + (kinds.length - 1) * SMALL_LINE;
  }
  y += 8;
  const legend =
    "A added, M modified, D deleted · filled: told, and called the API server because of it · dotted: only told";
  painter.text(MARGIN, y + 10, legend, WIDEST - 2 * MARGIN, SMALL, "muted");
  y += 26;
  for (const { revision, type, what, by } of shown) {
    painter.text(MARGIN, y + 13, `${revision}`, 44, STRONG);
    painter.text(MARGIN + 50, y + 13, `${type} ${what}`, 330, BODY);
    painter.text(MARGIN + 390, y + 13, by, WIDEST - 2 * MARGIN - 390, BODY, "muted");
    y += LINE;
  }
  if (changes.length > shown.length) {
    painter.text(MARGIN, y + 13, `and ${changes.length - shown.length} more, in the table`, 400, BODY, "muted");
    y += LINE;
  }
  const listening = (revision: number, of: "told" | "acted") =>
    tracks
      .filter((each) => each[of].has(revision))
      .map(({ name }) => name)
      .join(", ");
  return scene({
    title,
    desc: tracks
      .map(({ name, told, acted }) => `${name} is told of ${told.size} changes, acts on ${acted.size}`)
      .join("; "),
    width: WIDEST,
    height: y + MARGIN,
    shapes: painter.shapes,
    table: {
      columns: ["change", "what", "made by", "told", "acted"],
      rows: changes.map(({ revision, type, what, by }) => [
        `${revision}`,
        `${type} ${what}`,
        by,
        listening(revision, "told"),
        listening(revision, "acted"),
      ]),
    },
  });
}
