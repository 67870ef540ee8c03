// The hook map of a namespace: the five hooks in the order in which a packet may meet them, who looks at it there in the
// order of priorities, the packet's way lit; below, what decided.
// Before you edit: netns/hooks.ts (priorities), netns/netfilter/witness.ts (what is said of rules).
import type { Step, What } from "../trace/step.ts";
import { packetName, passage } from "./passage.ts";
import { BODY, CODE, LINE, MARGIN, Painter, type Point, type Scene, SMALL, STRONG, scene, WIDEST } from "./scene.ts";
import { measure, wrap } from "./text.ts";

export interface HooksOptions {
  readonly title?: string;
  /** Which packet, counted from 1 in the order in which they came to a hook. */
  readonly packet?: number;
  /** Decisions drawn; the table has all. */
  readonly most?: number;
}

/** Who can be asked at each hook, the smallest priority first; IPVS is drawn where there are virtual servers. */
const WITH_IPVS = {
  PREROUTING: ["defragmentation", "table raw", "connection tracking", "table mangle", "table nat"],
  INPUT: [
    "table mangle",
    "table filter",
    "IPVS, answers",
    "IPVS, requests",
    "table nat",
    "confirmation of connections",
  ],
  FORWARD: ["table mangle", "table filter", "IPVS, errors", "IPVS, answers"],
  OUTPUT: [
    "defragmentation",
    "table raw",
    "connection tracking",
    "table mangle",
    "table nat",
    "IPVS, answers",
    "IPVS, requests",
    "table filter",
  ],
  POSTROUTING: ["table mangle", "table nat", "confirmation of connections"],
} as const;
type HookName = keyof typeof WITH_IPVS;
const HOOKS = Object.keys(WITH_IPVS) as HookName[];
type Asked = Readonly<Record<HookName, readonly string[]>>;
const ASKED = Object.fromEntries(
  HOOKS.map((hook) => [hook, WITH_IPVS[hook].filter((name) => !name.startsWith("IPVS"))]),
) as unknown as Asked;

const DECISIONS = new Set<What>([
  "rule",
  "chain",
  "ipvs",
  "nat",
  "conntrack",
  "drop",
  "deliver",
  "forward",
  "route",
  "send",
]);
const WIDTH = WIDEST - 2 * MARGIN;
const HOOK_W = 178;
const ROW = 19;
const HEAD = 24;
/** Left edges and tops of the boxes. */
const AT: Readonly<Record<HookName, Point>> = {
  PREROUTING: [MARGIN, 44],
  FORWARD: [322, 44],
  POSTROUTING: [WIDEST - MARGIN - HOOK_W, 44],
  INPUT: [158, 196],
  OUTPUT: [WIDEST - MARGIN - HOOK_W, 196],
};
const ROUTING_W = 84;
const ROUTING: Point = [212, 44];
const PROCESS: Point = [386, 210];
const PROCESS_W = 132;
const SMALL_H = 30;

/** The way of one packet through the hooks of a namespace. */
export function hooks(steps: readonly Step[], options: HooksOptions = {}): Scene {
  const way = passage(steps, options.packet);
  const passed = new Set(way.map(({ where }) => where.hook));
  const last = way.at(-1);
  const painter = new Painter();
  const title =
    options.title ??
    (last === undefined
      ? "No packet came to a hook"
      : `${last.where.netns}: the hooks, and the way of ${packetName(options.packet)}`);
  painter.text(MARGIN, MARGIN + 13, title, WIDTH, STRONG);
  const [isIn, isForwarded, isOut] = [passed.has("INPUT"), passed.has("FORWARD"), passed.has("OUTPUT")];
  const isRouted = isIn || isForwarded || way.some(({ what, where }) => what === "route" && where.hook === undefined);
  const isLostAtInput = last?.what === "drop" && last.where.hook === "INPUT";
  // IPVS takes it at INPUT and sends it on: no program of the machine hears of it.
  const isBalanced = isIn && way.some(({ what }) => what === "ipvs");
  const isHeard = isBalanced || (isIn && !isOut && !isLostAtInput);
  const asked = steps.some(({ what, because }) => what === "hook" && because.startsWith("asks IPVS"))
    ? WITH_IPVS
    : ASKED;
  drawArrows(painter, { isRouted: isRouted && passed.has("PREROUTING"), isIn, isHeard, isForwarded, isOut, passed });
  small(painter, ROUTING, ROUTING_W, "routing", isRouted && passed.has("PREROUTING"));
  small(
    painter,
    PROCESS,
    PROCESS_W,
    isBalanced ? "IPVS sends it on" : "the machine itself",
    isOut || last?.what === "deliver",
  );
  for (const hook of HOOKS) drawHook(painter, hook, asked[hook], way, passed.has(hook));
  const decisions = way.filter(({ what }) => DECISIONS.has(what));
  const y = drawDecisions(painter, decisions, options.most ?? 16, AT.OUTPUT[1] + heightOf(asked.OUTPUT) + 18);
  return scene({
    title,
    desc:
      decisions
        .slice(0, 12)
        .map(({ because }) => `${because}.`)
        .join(" ") || "No packet came to a hook.",
    width: WIDEST,
    height: y + MARGIN,
    shapes: painter.shapes,
    table: {
      columns: ["hook", "what", "because", "entry"],
      rows: decisions.map(({ what, where, because, evidence }) => [
        where.hook ?? "",
        what,
        because,
        evidence?.text ?? "",
      ]),
    },
  });
}

function small(painter: Painter, [x, y]: Point, w: number, label: string, isLit: boolean): void {
  painter.box(x, y, w, SMALL_H, isLit ? "lit" : "dim", { round: 15 });
  painter.text(x + w / 2, y + 19.5, label, w - 8, BODY, isLit ? "text" : "muted", { anchor: "middle" });
}

function heightOf(names: readonly string[]): number {
  return HEAD + names.length * ROW + 4;
}

function drawHook(
  painter: Painter,
  hook: HookName,
  names: readonly string[],
  way: readonly Step[],
  isPassed: boolean,
): void {
  const [x, y] = AT[hook];
  const here = way.filter(({ where }) => where.hook === hook);
  const asked = new Set(here.filter(({ what }) => what === "hook").map(({ because }) => because.replace(/^asks /, "")));
  const isEnd = here.some(({ what }) => what === "drop");
  painter.box(x, y, HOOK_W, heightOf(names), isPassed ? "lit" : "dim", { round: 4 });
  painter.text(x + 8, y + 17, hook, HOOK_W - 40, STRONG, isPassed ? "text" : "muted");
  if (isEnd) painter.cross(x + HOOK_W - 14, y + 13, 6);
  names.forEach((name, i) => {
    const top = y + HEAD + i * ROW;
    const isAsked = asked.has(name);
    if (isAsked) painter.dot(x + 14, top + 9, 3.5, "spot");
    painter.text(
      x + 24,
      top + 13.5,
      name.replace(/ of connections$/, ""),
      HOOK_W - 30,
      SMALL,
      isAsked ? "text" : "muted",
    );
  });
}

interface Passed {
  readonly isRouted: boolean;
  readonly isIn: boolean;
  readonly isHeard: boolean;
  readonly isForwarded: boolean;
  readonly isOut: boolean;
  readonly passed: ReadonlySet<string | undefined>;
}

function drawArrows(painter: Painter, { isRouted, isIn, isHeard, isForwarded, isOut, passed }: Passed): void {
  const middle = ROUTING[1] + SMALL_H / 2;
  const arrow = (points: readonly Point[], direction: "up" | "down" | "left" | "right", isLit: boolean) => {
    const [x, y] = points.at(-1)!;
    painter.line(points, isLit ? "walk" : "cable");
    painter.head(x, y, direction, isLit ? "walk" : "lifelineDot");
  };
  const right = (from: number, to: number, y: number, isLit: boolean) =>
    arrow(
      [
        [from, y],
        [to, y],
      ],
      "right",
      isLit,
    );
  const isLast = passed.has("POSTROUTING");
  right(AT.PREROUTING[0] + HOOK_W, ROUTING[0], middle, isRouted);
  right(ROUTING[0] + ROUTING_W, AT.FORWARD[0], middle, isForwarded);
  right(AT.FORWARD[0] + HOOK_W, AT.POSTROUTING[0], middle, isForwarded && isLast);
  const down = ROUTING[0] + ROUTING_W / 2;
  arrow(
    [
      [down, ROUTING[1] + SMALL_H],
      [down, AT.INPUT[1]],
    ],
    "down",
    isIn,
  );
  const local = PROCESS[1] + SMALL_H / 2;
  right(AT.INPUT[0] + HOOK_W, PROCESS[0], local, isHeard);
  right(PROCESS[0] + PROCESS_W, AT.OUTPUT[0], local, isOut);
  const up = AT.OUTPUT[0] + HOOK_W / 2;
  arrow(
    [
      [up, AT.OUTPUT[1]],
      [up, AT.POSTROUTING[1] + heightOf(ASKED.POSTROUTING)],
    ],
    "up",
    isOut && isLast,
  );
}

/** A row for each decision: the hook, the sentence, and under it the entry as its tool prints it. */
function drawDecisions(painter: Painter, decisions: readonly Step[], most: number, top: number): number {
  let y = top;
  const column = Math.ceil(measure("POSTROUTING", SMALL)) + 12;
  for (const { what, where, because, evidence } of decisions.slice(0, most)) {
    const isLit = what === "rule" || what === "nat" || what === "ipvs";
    painter.text(MARGIN, y + 13, where.hook ?? what, column - 8, SMALL, "muted");
    if (what === "drop") painter.cross(MARGIN + column + 5, y + 9, 5);
    const indent = column + (what === "drop" ? 18 : 0);
    const ink = what === "drop" ? "drop" : isLit ? "text" : "muted";
    for (const line of wrap(because, WIDTH - indent, BODY, 2)) {
      painter.text(MARGIN + indent, y + 13, line, WIDTH - indent, BODY, ink);
      y += LINE;
    }
    if (evidence?.kind === "rule" && what !== "chain") {
      painter.text(
        MARGIN + column,
        y + 13,
        evidence.text,
        WIDTH - column,
        CODE,
        isLit || what === "drop" ? "text" : "muted",
      );
      y += LINE;
    }
    y += 3;
  }
  const more = decisions.length - most;
  const rest = decisions.length === 0 ? "No packet came to a hook." : more > 0 ? `and ${more} more, in the table` : "";
  if (rest !== "") {
    painter.text(MARGIN, y + 13, rest, WIDTH, BODY, "muted");
    y += LINE;
  }
  return y;
}
