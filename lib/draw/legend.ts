// Under a topology: what each number was, one line for each packet.
import { BODY, badgeWidth, LINE, MARGIN, type Painter, STRONG, WIDEST } from "./scene.ts";
import { measure, shorten } from "./text.ts";
import type { Message, Way } from "./way.ts";

const MOST = 14;
const ROW = 25;
const MOST_RANGES = 4;

/** The numbers of a packet as `4, 7–9`. */
function numbersOf(message: Message): string {
  const numbers = [...new Set(message.crossings.map((crossing) => crossing.number))].sort((a, b) => a - b);
  const ranges: [from: number, to: number][] = [];
  for (const number of numbers) {
    const last = ranges[ranges.length - 1];
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  const words = ranges.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`));
  return words.length <= MOST_RANGES ? words.join(", ") : `${words.slice(0, MOST_RANGES).join(", ")}, …`;
}

/** How wide the legend would like to be; no wider than a picture should be. */
export function legendWidth(walked: Way): number {
  const shown = walked.messages.slice(0, MOST);
  return Math.min(
    WIDEST - 2 * MARGIN,
    indentOf(shown) + Math.max(0, ...shown.map((message) => Math.ceil(measure(message.caption, STRONG)))),
  );
}

function indentOf(shown: readonly Message[]): number {
  return Math.max(0, ...shown.map((message) => badgeWidth(numbersOf(message)))) + 26;
}

/** How high the legend will be. */
export function legendHeight(walked: Way): number {
  const shown = walked.messages.slice(0, MOST);
  if (shown.length === 0) return 0;
  return shown.length * ROW + (walked.messages.length > MOST ? LINE : 0) + 16;
}

/** Draws it at x, y. */
export function legend(painter: Painter, walked: Way, x: number, y: number, width: number): void {
  const shown = walked.messages.slice(0, MOST);
  const indent = indentOf(shown);
  shown.forEach((message, i) => {
    const top = y + i * ROW;
    const label = numbersOf(message);
    const kind = message.back ? "reply" : "walk";
    const lost = !message.arrived && message.drops.length > 0;
    if (label !== "") painter.badge(x + badgeWidth(label) / 2, top + 8, label, kind);
    if (lost) painter.cross(x + indent - 13, top + 8, 5);
    painter.text(x + indent, top + 12.5, message.caption, width - indent, lost ? STRONG : BODY, "text");
  });
  if (walked.messages.length > MOST)
    painter.text(
      x,
      y + MOST * ROW + 12,
      shorten(`and ${walked.messages.length - MOST} more packets, in the table`, width, BODY),
      width,
      BODY,
      "muted",
    );
}
