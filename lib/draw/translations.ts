// NAT as strips of headers: addresses and ports before and after each change, the rule or the entry that changed them, and
// the answer's way back, on which the entry says it all in reverse.
// Before you edit: netns/netfilter/tracking.ts (which steps tell of translation).
import type { Step } from "../trace/step.ts";
import { parseQuote } from "../wire/parse.ts";
import { readEntry } from "./entry.ts";
import { CELL_H, type Cell, drawCell, WAS_H } from "./headers.ts";
import { isEcho } from "./icmp.ts";
import { caption, inner, type Packet } from "./packet.ts";
import { passages } from "./passage.ts";
import {
  BODY,
  drawPackets,
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
import { brief, measure, visible, wrap } from "./text.ts";

export interface TranslationsOptions {
  readonly title?: string;
  /** Packets drawn; the table has all. */
  readonly most?: number;
}

/** A header as it was at one moment. */
interface Moment {
  readonly where: string;
  /** Who changed it, and its text as the tool prints it. */
  readonly by: string;
  readonly text: string;
  readonly cells: readonly Cell[];
}

/** A packet's way through one namespace that translated it. */
interface Passage {
  readonly netns: string;
  readonly caption: string;
  readonly isAnswer: boolean;
  readonly moments: readonly Moment[];
}

const WIDTH = WIDEST - 2 * MARGIN;

/** Of each translated connection the first packet there and the first one back. */
export function translations(steps: readonly Step[], options: TranslationsOptions = {}): Scene {
  const all = translated(steps);
  const shown = all.slice(0, options.most ?? 6);
  const painter = new Painter();
  const names = [...new Set(all.map(({ netns }) => netns))].join(", ");
  const title = options.title ?? (all.length === 0 ? "No packet was translated" : `${names}: what NAT changed`);
  painter.text(MARGIN, MARGIN + 13, title, WIDTH, STRONG);
  const y = drawPackets(painter, shown, all.length, "No packet was translated.", MARGIN + 30, drawPassage);
  return scene({
    title,
    desc: all.length === 0 ? "No packet was translated." : shown.map(describe).join(" "),
    width: WIDEST,
    height: y + MARGIN,
    shapes: painter.shapes,
    table: {
      columns: ["namespace", "packet", "where", "field", "value", "was", "because"],
      rows: all.flatMap(({ netns, caption: packet, moments }) =>
        moments.flatMap(({ where, text, cells }) =>
          cells.map(({ name, value, was }) => [netns, packet, where, name, value, was ?? "", text]),
        ),
      ),
    },
  });
}

function translated(steps: readonly Step[]): Passage[] {
  const seen = new Set<string>();
  const found: Passage[] = [];
  for (const way of passages(steps)) {
    const told = way.find(({ what }) => what === "nat");
    const entry = readEntry(told?.evidence?.text ?? "");
    const first = way.find(({ packet }) => packet !== undefined)?.packet;
    if (told === undefined || entry === null || first === undefined) continue;
    const before = cellsOf(first);
    const isAnswer = entry.get("original src")?.split(" ")[0] !== endOf(before, "src");
    const { netns } = told.where;
    const name = [netns, isAnswer, entry.get("protocol"), entry.get("original src"), entry.get("original dst")].join();
    if (seen.has(name)) continue;
    seen.add(name);
    found.push({ netns, caption: caption(first), isAnswer, moments: momentsOf(way, before) });
  }
  return found;
}

function momentsOf(way: readonly Step[], first: readonly Cell[]): Moment[] {
  const start = way.find(({ where }) => where.hook !== undefined)?.where.hook === "OUTPUT" ? "made here" : "comes in";
  const moments: Moment[] = [{ where: start, by: "", text: "", cells: first }];
  let before = first;
  let rule: Step | undefined;
  for (const step of way) {
    if (step.chain?.table === "nat" && step.chain.rule !== null) rule = step;
    if (step.what !== "nat" || step.packet === undefined) continue;
    const now = cellsOf(step.packet);
    const isByRule = rule !== undefined && rule.where.hook === step.where.hook;
    const by = isByRule ? `by rule ${rule!.chain!.rule} of ${rule!.chain!.chain}` : "no rule is asked: remembered";
    const text = isByRule ? (rule!.evidence?.text ?? "") : entryWords(step);
    moments.push({ where: step.where.hook ?? "", by, text, cells: compared(now, before) });
    before = now;
  }
  return moments;
}

/** What the entry says of a packet that no rule was asked about. */
function entryWords({ evidence }: Step): string {
  const entry = readEntry(evidence?.text ?? "");
  if (entry === null) return "";
  const words = (side: "original" | "reply") => `${entry.get(`${side} src`)} to ${entry.get(`${side} dst`)}`;
  return `${words("original")}, answered ${words("reply")}`;
}

function compared(now: readonly Cell[], before: readonly Cell[]): Cell[] {
  return now.map((cell) => {
    const was = before.find(({ name }) => name === cell.name)?.value;
    return was === undefined || was === cell.value ? cell : { ...cell, was };
  });
}

/** Whom NAT may rename: addresses, and ports or the id of an echo; of an error also those of the packet it quotes. */
function cellsOf(packet: Packet): Cell[] {
  const body = inner(packet);
  if (body?.kind !== "ipv4" && body?.kind !== "ipv6") return [];
  const inside = body.body;
  const [src, dst] = [`${body.src}`, `${body.dst}`];
  if (inside.kind === "tcp" || inside.kind === "udp")
    return [
      { name: "src", value: src },
      { name: "src port", value: `${inside.srcPort}` },
      { name: "dst", value: dst },
      { name: "dst port", value: `${inside.dstPort}` },
    ];
  const cells = [
    { name: "src", value: src },
    { name: "dst", value: dst },
  ];
  if (inside.kind !== "icmp" && inside.kind !== "icmp6") return cells;
  if (isEcho(inside)) return [...cells, { name: "id", value: `${inside.rest >>> 16}` }];
  if (inside.kind !== "icmp" || inside.data.length < 28) return cells;
  return [...cells, ...cellsOf(parseQuote(inside.data)).map((cell) => ({ ...cell, name: `quoted ${cell.name}` }))];
}

function endOf(cells: readonly Cell[], side: "src" | "dst"): string {
  const value = (name: string) => cells.find((cell) => cell.name === name)?.value;
  const [address = "", port] = [value(side), value(`${side} port`)];
  if (port === undefined) return address;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

function drawPassage(painter: Painter, { netns, caption: words, isAnswer, moments }: Passage, top: number): number {
  const label = isAnswer ? "the answer" : "the question";
  const w = Math.ceil(measure(label, STRONG)) + 18;
  painter.box(MARGIN, top, w, 24, isAnswer ? "reply" : "lit", { round: 4 });
  painter.text(MARGIN + 9, top + 16.5, label, w - 12, STRONG, isAnswer ? "reply" : "text");
  painter.text(MARGIN + w + 10, top + 16.5, `${words}, at ${netns}`, WIDTH - w - 10, BODY);
  const widths = columns(moments);
  let y = top + 32;
  for (const moment of moments) y = drawMoment(painter, moment, widths, y);
  return y + 10;
}

/** As wide as the widest value of a column; all narrower when they have no room beside each other. */
function columns(moments: readonly Moment[]): number[] {
  const wide = ({ name, value, was }: Cell) =>
    Math.max(measure(name, SMALL), measure(visible(value), STRONG_CODE), was ? measure(`was ${was}`, SMALL_CODE) : 0);
  const widths = (moments[0]?.cells ?? []).map(
    (_, i) => Math.ceil(Math.max(...moments.map(({ cells }) => (cells[i] === undefined ? 0 : wide(cells[i]))))) + 18,
  );
  const scale = Math.min(1, WIDTH / widths.reduce((sum, each) => sum + each, 0));
  return widths.map((each) => Math.floor(each * scale));
}

function drawMoment(painter: Painter, moment: Moment, widths: readonly number[], top: number): number {
  const { where, by, text, cells } = moment;
  let y = top;
  const w = Math.ceil(measure(where, STRONG)) + 8;
  painter.text(MARGIN, y + 14, where, w, STRONG);
  painter.text(MARGIN + w, y + 14, by, WIDTH - w, BODY, "muted");
  y += LINE;
  for (const line of wrap(text, WIDTH, SMALL_CODE, 2)) {
    painter.text(MARGIN, y + 13, line, WIDTH, SMALL_CODE, "muted", { tip: brief(text) });
    y += LINE - 2;
  }
  y += 3;
  const h = CELL_H + (cells.some(({ was }) => was !== undefined) ? WAS_H : 0);
  let x = MARGIN;
  cells.forEach((cell, i) => {
    drawCell(painter, cell, x, y, widths[i] ?? 0, h);
    x += widths[i] ?? 0;
  });
  return y + h + 8;
}

function describe({ netns, caption: words, moments }: Passage): string {
  const changes = moments.flatMap(({ where, cells }) =>
    cells.filter(({ was }) => was !== undefined).map(({ name, value, was }) => `${where} ${name} ${was} to ${value}`),
  );
  return `${words}, at ${netns}: ${changes.join(", ") || "the packet it quotes is translated"}.`;
}
