// A routing decision: every route that was considered, longest prefix first, its bits under the destination's bits.
// The one that decided is lit, the others say which bit or which rule spoke against them.
import type { Step, Tried } from "../trace/step.ts";
import { inner } from "./packet.ts";
import {
  BODY,
  CODE,
  LINE,
  MARGIN,
  Painter,
  type Scene,
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
  /** Decisions drawn, and routes drawn in each; the table has all. */
  readonly most?: number;
}

interface Candidate {
  readonly text: string;
  readonly length: number;
  /** The network's bits, when the text names one. */
  readonly bits?: number;
  readonly chosen: boolean;
  readonly why: string;
}

const PITCH = 8;
const OCTET_GAP = 7;
const BITS_W = 32 * PITCH + 3 * OCTET_GAP;
const INSET = 12;
const MOST_ROUTES = 24;

/** The routing decisions among the steps: one step, or all of a walk. */
export function routing(steps: Step | readonly Step[], options: RoutingOptions = {}): Scene {
  const all = "what" in steps ? [steps] : steps;
  const decisions = all.filter(
    (step) => step.what === "route" || (step.what === "ip rule" && (step.tried?.length ?? 0) > 0),
  );
  const shown = decisions.slice(0, options.most ?? 4);
  const painter = new Painter();
  const width = WIDEST - 2 * MARGIN;
  let y = MARGIN;
  for (const step of shown) y = drawDecision(painter, step, y, width) + 12;
  if (decisions.length > shown.length) {
    painter.text(
      MARGIN,
      y + 8,
      `and ${decisions.length - shown.length} more decisions, in the table`,
      width,
      BODY,
      "muted",
    );
    y += LINE + 4;
  }
  if (decisions.length === 0) {
    painter.text(MARGIN, y + 14, "No route was looked for.", width, BODY, "muted");
    y += 2 * LINE;
  }
  return scene({
    title: options.title ?? titleOf(decisions),
    desc:
      decisions
        .slice(0, 8)
        .map((step) => `${placeName(step.where)}: ${step.because}.`)
        .join(" ") || "No route was looked for.",
    width: WIDEST,
    height: y,
    shapes: painter.shapes,
    table: {
      columns: ["where", "destination", "route", "decided", "because"],
      rows: decisions.flatMap((step) =>
        candidates(step).map((each) => [
          placeName(step.where),
          destinationOf(step) ?? "",
          each.text,
          each.chosen ? "yes" : "no",
          each.chosen ? step.because : each.why,
        ]),
      ),
    },
  });
}

function titleOf(decisions: readonly Step[]): string {
  const [first] = decisions;
  if (first === undefined) return "No routing decision";
  if (decisions.length > 1) return `${decisions.length} routing decisions`;
  return `${first.where.netns}: which way to ${destinationOf(first) ?? "the destination"}?`;
}

/** The destination is the packet's; before there is one, every route that failed says what it was compared with. */
function destinationOf(step: Step): string | undefined {
  const body = step.packet && inner(step.packet);
  if (body?.kind === "ipv4") return body.dst.text;
  return step.tried?.find((tried) => tried.field === "destination")?.had;
}

function candidates(step: Step): Candidate[] {
  const all = (step.tried ?? []).map(
    (tried): Candidate => ({ ...prefixOf(tried.text), text: tried.text, chosen: false, why: reason(tried) }),
  );
  if (step.what === "route" && step.evidence !== undefined)
    all.push({ ...prefixOf(step.evidence.text), text: step.evidence.text, chosen: true, why: "decides" });
  return all
    .map((each, i) => ({ each, i }))
    .sort((a, b) => b.each.length - a.each.length || a.i - b.i)
    .map(({ each }) => each);
}

function reason(tried: Tried): string {
  if (tried.field === "destination") return `${tried.had} is not in ${tried.wanted}`;
  if (tried.field === "prefix length") return `matches, but ${tried.had} is shorter than ${tried.wanted}`;
  return `${tried.field}: wanted ${tried.wanted}, had ${tried.had}`;
}

/** The network at the beginning of a route's text, after its type if it says one. */
function prefixOf(text: string): { length: number; bits?: number } {
  const [, network = ""] =
    /^(?:(?:local|broadcast|blackhole|unreachable|prohibit|unicast|throw) )?(\S+)/.exec(text) ?? [];
  if (network === "default") return { length: 0, bits: 0 };
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/.exec(network);
  if (match === null) return { length: -1 };
  const [a, b, c, d] = match.slice(1, 5).map(Number) as [number, number, number, number];
  return { length: match[5] === undefined ? 32 : Number(match[5]), bits: ((a << 24) | (b << 16) | (c << 8) | d) >>> 0 };
}

function drawDecision(painter: Painter, step: Step, top: number, width: number): number {
  const destination = destinationOf(step);
  const bits = destination === undefined ? undefined : prefixOf(destination).bits;
  let y = top;
  const question = `${placeName(step.where)}: ${destination === undefined ? "which route?" : `which way to ${destination}?`}`;
  painter.text(MARGIN, y + 13, question, width, STRONG);
  y += 20;
  for (const line of wrap(step.because, width, BODY, 2)) {
    painter.text(MARGIN, y + 13, line, width, BODY);
    y += LINE;
  }
  if (step.evidence !== undefined) {
    painter.text(MARGIN, y + 13, `$ ${step.evidence.command}`, width, SMALL_CODE, "muted");
    y += LINE;
  }
  y += 6;
  if (bits !== undefined) {
    drawBits(painter, MARGIN + INSET, y + 14, bits, 32, undefined, true);
    painter.text(
      MARGIN + INSET + BITS_W + 16,
      y + 14,
      `${destination}, the destination`,
      width - BITS_W - 3 * INSET,
      STRONG,
    );
    y += 24;
  }
  const all = candidates(step);
  const shown = all.filter((each, i) => i < MOST_ROUTES || each.chosen);
  for (const each of shown) y = drawCandidate(painter, each, bits, y, width) + 6;
  if (shown.length < all.length) {
    painter.text(
      MARGIN,
      y + 12,
      `and ${all.length - shown.length} more routes that do not match`,
      width,
      BODY,
      "muted",
    );
    y += LINE;
  }
  return y;
}

function drawCandidate(
  painter: Painter,
  candidate: Candidate,
  destination: number | undefined,
  y: number,
  width: number,
): number {
  const { chosen, text, bits, length } = candidate;
  const showsBits = bits !== undefined && destination !== undefined;
  const whyX = showsBits ? MARGIN + INSET + BITS_W + 16 : MARGIN + INSET + 18;
  const whyW = MARGIN + width - INSET - whyX;
  const why = wrap(candidate.why, whyW, chosen ? STRONG : BODY, 2);
  const h = 26 + why.length * LINE + 4;
  painter.box(MARGIN, y, width, h, chosen ? "lit" : "dim", { tip: brief(text) });
  const mark = measure("/32", STRONG_CODE) + 14;
  painter.text(
    MARGIN + INSET,
    y + 18,
    length < 0 ? "" : `/${length}`,
    mark,
    chosen ? STRONG_CODE : CODE,
    chosen ? "text" : "muted",
  );
  painter.text(
    MARGIN + INSET + mark,
    y + 18,
    text,
    width - 2 * INSET - mark - (chosen ? 30 : 0),
    chosen ? STRONG_CODE : CODE,
    chosen ? "text" : "muted",
  );
  if (chosen) painter.head(MARGIN + width - INSET, y + 14, "right", "walk");
  if (showsBits) drawBits(painter, MARGIN + INSET, y + 39, bits, length, destination, chosen);
  why.forEach((line, i) => {
    painter.text(whyX, y + 39 + i * LINE, line, whyW, chosen ? STRONG : BODY, chosen ? "text" : "muted");
  });
  return y + h;
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
  const differs = destination === undefined ? 32 : Math.clz32((bits ^ destination) >>> 0);
  const miss = differs < length ? differs : -1;
  const place = (i: number): number => x + i * PITCH + Math.floor(i / 8) * OCTET_GAP;
  const inkOf = (i: number): "text" | "muted" | "miss" =>
    i === miss ? "miss" : i < length && (miss < 0 || i < miss) ? "text" : "muted";
  if (miss >= 0) painter.box(place(miss) - 0.5, y - 11, PITCH - 0.2, 14, "miss", { round: 2 });
  for (let from = 0; from < 32; ) {
    let to = from + 1;
    while (to < 32 && to % 8 !== 0 && inkOf(to) === inkOf(from)) to++;
    const digits = Array.from({ length: to - from }, (_, k) =>
      from + k < length ? (bits >>> (31 - from - k)) & 1 : "·",
    ).join("");
    painter.digits(
      place(from),
      y,
      digits,
      PITCH,
      { font: "mono", size: 12, bold: strong && inkOf(from) === "text" },
      inkOf(from),
    );
    from = to;
  }
}
