// A routing decision: every route that was considered, longest prefix first, its bits under the destination's bits.
// The one that decided is lit, the others say which bit or which rule spoke against them.
import type { Step } from "../trace/step.ts";
import { type Candidate, type Decision, decisionsOf, type Lookup, networkOf } from "./decisions.ts";
import {
  BODY,
  CODE,
  LINE,
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
import { brief, measure, wrap } from "./text.ts";
import { placeName } from "./way.ts";

export interface RoutingOptions {
  readonly title?: string;
  /** Decisions drawn; the table has all. */
  readonly most?: number;
}

const PITCH = 8;
const OCTET_GAP = 7;
const BITS_W = 32 * PITCH + 3 * OCTET_GAP;
const INSET = 12;
const MARK_W = Math.ceil(measure("/32", STRONG_CODE)) + 14;
/** Routes drawn of a table that decided, and of one that did not. */
const MOST_ROUTES = 20;
const MOST_PASSED = 3;
const WIDTH = WIDEST - 2 * MARGIN;

/** The routing decisions among the steps: one step, or all of a walk. */
export function routing(steps: Step | readonly Step[], options: RoutingOptions = {}): Scene {
  const made = decisionsOf("what" in steps ? [steps] : steps);
  const decisions = [...distinct(made).values()];
  const shown = decisions.slice(0, options.most ?? 4);
  const painter = new Painter();
  let y = MARGIN;
  for (const decision of shown) y = drawDecision(painter, decision.first, decision.times, y) + 14;
  const more = decisions.length - shown.length;
  const rest =
    decisions.length === 0 ? "No route was looked for." : more > 0 ? `and ${more} more decisions, in the table` : "";
  if (rest !== "") {
    painter.text(MARGIN, y + 10, rest, WIDTH, BODY, "muted");
    y += LINE + MARGIN;
  }
  return scene({
    title: options.title ?? titleOf(made),
    desc:
      decisions
        .slice(0, 8)
        .map(({ first, times }) => `${question(first)} ${first.because}${times > 1 ? `, ${times} times` : ""}.`)
        .join(" ") || "No route was looked for.",
    width: WIDEST,
    height: y,
    shapes: painter.shapes,
    table: { columns: ["where", "destination", "route", "decided", "because"], rows: made.flatMap(rows) },
  });
}

/** The same question with the same answer is drawn once, and says how often. */
function distinct(decisions: readonly Decision[]): Map<string, { readonly first: Decision; times: number }> {
  const found = new Map<string, { readonly first: Decision; times: number }>();
  for (const decision of decisions) {
    const { where, destination, because, lookups } = decision;
    const key = JSON.stringify([where.netns, destination, because, lookups]);
    const known = found.get(key);
    if (known === undefined) found.set(key, { first: decision, times: 1 });
    else known.times++;
  }
  return found;
}

function rows({ where, destination = "", lookups }: Decision): string[][] {
  return lookups.flatMap(({ because, candidates }) =>
    candidates.map(({ text, chosen, why }) => [
      placeName(where),
      destination,
      text,
      chosen ? "yes" : "no",
      chosen ? because : why,
    ]),
  );
}

function titleOf(decisions: readonly Decision[]): string {
  const [first] = decisions;
  if (first === undefined) return "No routing decision";
  return decisions.length > 1 ? `${decisions.length} routing decisions` : question(first);
}

function question({ where, destination }: Decision): string {
  return `${placeName(where)}: ${destination === undefined ? "which route?" : `which way to ${destination}?`}`;
}

function drawDecision(painter: Painter, decision: Decision, times: number, top: number): number {
  let y = top;
  painter.text(MARGIN, y + 13, question(decision), WIDTH - 60, STRONG);
  if (times > 1) painter.text(MARGIN + WIDTH, y + 13, `${times}×`, 50, STRONG, "walk", { anchor: "end" });
  y += 20;
  if (!decision.decided) painter.cross(MARGIN + 6, y + 8.5, 5);
  const indent = decision.decided ? 0 : 18;
  for (const line of wrap(decision.because, WIDTH - indent, BODY, 2)) {
    painter.text(MARGIN + indent, y + 13, line, WIDTH - indent, BODY, decision.decided ? "text" : "drop");
    y += LINE;
  }
  const bits = decision.destination === undefined ? undefined : networkOf(decision.destination).bits;
  for (const lookup of decision.lookups) y = drawLookup(painter, lookup, decision.destination, bits, y + 6);
  return y;
}

/** The table that decided with all its bits; a table that was passed over in short lines. */
function drawLookup(
  painter: Painter,
  lookup: Lookup,
  destination: string | undefined,
  bits: number | undefined,
  top: number,
): number {
  const { candidates, decided } = lookup;
  let y = top;
  painter.text(
    MARGIN,
    y + 12,
    decided
      ? `$ ${lookup.command}${lookup.rule === undefined ? "" : `, asked because of rule ${lookup.rule}`}`
      : lookup.because,
    WIDTH,
    decided ? SMALL_CODE : SMALL,
    "muted",
  );
  y += LINE + 2;
  if (decided && destination !== undefined && bits !== undefined) {
    drawBits(painter, MARGIN + INSET, y + 14, bits, 32, undefined, true);
    painter.text(
      MARGIN + INSET + BITS_W + 16,
      y + 14,
      `${destination}, the destination`,
      WIDTH - BITS_W - 3 * INSET,
      STRONG,
    );
    y += 24;
  }
  const shown = candidates.filter((each, i) => each.chosen || i < (decided ? MOST_ROUTES : MOST_PASSED));
  for (const each of shown)
    y = decided ? drawCandidate(painter, each, bits, y) + 6 : drawPassed(painter, each, bits, y) + 3;
  if (shown.length < candidates.length) {
    painter.text(
      MARGIN,
      y + 12,
      `and ${candidates.length - shown.length} more that did not decide`,
      WIDTH,
      BODY,
      "muted",
    );
    y += LINE;
  }
  return y;
}

function drawPassed(
  painter: Painter,
  { text, bits, length, why }: Candidate,
  destination: number | undefined,
  y: number,
): number {
  const bit = bits === undefined || destination === undefined ? undefined : differing(bits, length, destination);
  const says = bit === undefined ? why : `bit ${bit + 1} differs`;
  const room = bit === undefined ? 300 : 110;
  painter.box(MARGIN, y, WIDTH, 22, "dim", { round: 3, tip: brief(`${text}: ${why}`) });
  if (length >= 0) painter.text(MARGIN + INSET, y + 15.5, `/${length}`, MARK_W, SMALL_CODE, "muted");
  painter.text(MARGIN + INSET + MARK_W, y + 15.5, text, WIDTH - 2 * INSET - MARK_W - room - 10, SMALL_CODE, "muted");
  painter.text(MARGIN + WIDTH - INSET, y + 15.5, says, room, SMALL, "muted", { anchor: "end" });
  return y + 22;
}

function drawCandidate(painter: Painter, candidate: Candidate, destination: number | undefined, y: number): number {
  const { chosen, text, bits, length } = candidate;
  const showsBits = bits !== undefined && destination !== undefined;
  const whyX = MARGIN + INSET + (showsBits ? BITS_W + 16 : MARK_W);
  const whyW = MARGIN + WIDTH - INSET - whyX;
  const [type, ink] = chosen ? ([STRONG_CODE, "text"] as const) : ([CODE, "muted"] as const);
  const why = wrap(candidate.why, whyW, chosen ? STRONG : BODY, 2);
  const h = 30 + why.length * LINE;
  painter.box(MARGIN, y, WIDTH, h, chosen ? "lit" : "dim", { tip: brief(text) });
  if (length >= 0) painter.text(MARGIN + INSET, y + 18, `/${length}`, MARK_W, type, ink);
  painter.text(MARGIN + INSET + MARK_W, y + 18, text, WIDTH - 2 * INSET - MARK_W - (chosen ? 20 : 0), type, ink);
  if (chosen) painter.head(MARGIN + WIDTH - INSET, y + 14, "right", "walk");
  if (showsBits) drawBits(painter, MARGIN + INSET, y + 39, bits, length, destination, chosen);
  why.forEach((line, i) => {
    painter.text(whyX, y + 39 + i * LINE, line, whyW, chosen ? STRONG : BODY, ink);
  });
  return y + h;
}

/** The first bit of a prefix in which the destination differs; undefined when it is in the prefix. */
function differing(bits: number, length: number, destination: number): number | undefined {
  const bit = Math.clz32((bits ^ destination) >>> 0);
  return bit < length ? bit : undefined;
}

/** Thirty-two columns: the network's bits, the first that differs framed, a dot where the route does not look. */
function drawBits(
  painter: Painter,
  x: number,
  y: number,
  bits: number,
  length: number,
  destination: number | undefined,
  strong: boolean,
): void {
  const miss = destination === undefined ? undefined : differing(bits, length, destination);
  const place = (i: number): number => x + i * PITCH + Math.floor(i / 8) * OCTET_GAP;
  const inkOf = (i: number): "text" | "muted" | "miss" =>
    i === miss ? "miss" : i < (miss ?? length) ? "text" : "muted";
  if (miss !== undefined) painter.box(place(miss) - 0.5, y - 11, PITCH - 0.2, 14, "miss", { round: 2 });
  for (let from = 0; from < 32; ) {
    let to = from + 1;
    while (to < 32 && to % 8 !== 0 && inkOf(to) === inkOf(from)) to++;
    const digits = Array.from({ length: to - from }, (_, k) =>
      from + k < length ? (bits >>> (31 - from - k)) & 1 : "·",
    ).join("");
    const ink = inkOf(from);
    painter.digits(place(from), y, digits, PITCH, { font: "mono", size: 12, bold: strong && ink === "text" }, ink);
    from = to;
  }
}
