// Who sees whom: a row for each way to a server, on it the machines that a connection came to, each with the source
// address that it saw there. The server stands at the right, so that a reader compares the ways by its column.
import { LINE, MARGIN, Painter, type Scene, SMALL, SMALL_CODE, STRONG, scene, WIDEST } from "./scene.ts";
import { type Type, visible, wrap } from "./text.ts";

/** A machine that the connection came to. */
export interface Stop {
  readonly where: string;
  /** The source address of the packet that came. */
  readonly source: string;
  /** Whose address that is; empty where it is on no device. */
  readonly of: string;
}
export interface SourcePath {
  readonly name: string;
  readonly client: string;
  readonly stops: readonly Stop[];
  /** What a header of HTTP told the server of the client; empty where none did. */
  readonly told: string;
  /** Whether the client was answered; otherwise the last machine is not the server. */
  readonly isServed: boolean;
}

const NAME_W = 150;
const GAP = 16;
/** So many boxes in a row share the picture's width; more of them make it wider. */
const FEWEST = 3;
const MOST = 5;
const BOX_H = 3 * LINE + 4;
const STRONG_SMALL: Type = { ...SMALL, bold: true };
const STRONG_SMALL_CODE: Type = { ...SMALL_CODE, bold: true };

/** Every way with its machines; a source that is not the client's any more is framed as changed. */
export function sources(paths: readonly SourcePath[], options: { readonly title?: string } = {}): Scene {
  const most = Math.max(FEWEST, ...paths.map(({ stops }) => stops.length));
  const boxW = (WIDEST - 2 * MARGIN - NAME_W) / Math.min(most, MOST) - GAP;
  const left = (i: number) => MARGIN + NAME_W + GAP + i * (boxW + GAP);
  const painter = new Painter();
  painter.text(left(0), MARGIN + 12, "the packet comes to, from", boxW * 3, SMALL, "muted");
  const right = left(most - 1) + boxW;
  painter.text(right, MARGIN + 12, "the server sees", boxW + GAP, STRONG_SMALL, "text", { anchor: "end" });
  let y = MARGIN + 22;
  for (const path of paths) {
    const lines = wrap(visible(path.name), NAME_W, STRONG, 3);
    lines.forEach((line, k) => {
      painter.text(MARGIN, y + 16 + k * LINE, line, NAME_W, STRONG);
    });
    path.stops.forEach((stop, i) => {
      const isLast = path.isServed && i === path.stops.length - 1;
      const at = isLast ? most - 1 : i;
      if (i > 0)
        painter.line(
          [
            [left(i - 1) + boxW, y + BOX_H / 2],
            [left(at), y + BOX_H / 2],
          ],
          "cable",
        ); // prettier-ignore
      drawStop(painter, stop, path, { x: left(at), y, w: boxW });
    });
    if (!path.isServed)
      painter.text(right, y + BOX_H / 2 + 4.5, "✘ no answer", boxW + GAP, STRONG_SMALL, "drop", {
        anchor: "end",
      });
    y += BOX_H + 4;
    if (path.told !== "")
      painter.text(right, y + 11, `X-Forwarded-For: ${path.told}`, 400, SMALL, "text", {
        anchor: "end",
      });
    y += path.told === "" ? 8 : LINE + 6;
  }
  return scene({
    title: options.title ?? "Who sees which source address",
    desc: paths.map(sentence).join(" "),
    width: left(most) - GAP + MARGIN,
    height: y - 8 + MARGIN,
    shapes: painter.shapes,
    table: {
      columns: ["way", "the client is", "machines, and the source each saw", "the server sees", "whose", "is told"],
      rows: paths.map(({ name, client, stops, told, isServed }) => {
        const last = isServed ? stops.at(-1) : undefined;
        const way = stops.map(({ where, source }) => `${where}: ${source}`).join(", ");
        return [name, client, way, last?.source ?? "nothing", last?.of ?? "", told];
      }),
    },
  });
}

function drawStop(
  painter: Painter,
  { where, source, of }: Stop,
  { client }: SourcePath,
  { x, y, w }: { readonly x: number; readonly y: number; readonly w: number },
): void {
  const isOwn = source === client;
  painter.box(x, y, w, BOX_H, isOwn ? "lit" : "changed", { round: 3, tip: `${where} sees ${source}` });
  painter.text(x + 6, y + LINE - 3, visible(where), w - 12, STRONG_SMALL);
  painter.text(
    x + 6,
    y + 2 * LINE - 3,
    source,
    w - 12,
    isOwn ? SMALL_CODE : STRONG_SMALL_CODE,
    isOwn ? "text" : "changed",
  );
  painter.text(x + 6, y + 3 * LINE - 3, whose(of, isOwn), w - 12, SMALL, isOwn ? "text" : "changed");
}

function whose(of: string, isOwn: boolean): string {
  if (isOwn) return "the client";
  return of === "" ? "on no device" : visible(of);
}

function sentence({ name, client, stops, told, isServed }: SourcePath): string {
  const way = stops
    .map(({ where, source, of }) => `${where} sees ${source} (${whose(of, source === client)})`)
    .join(", ");
  const header = told === "" ? "" : `, and X-Forwarded-For tells ${told}`;
  return `${name}: ${way}${isServed ? header : ", and nobody answers"}.`;
}
