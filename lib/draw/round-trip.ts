// A packet's way there and its answer's way back between machines that stand where the lecturer wants them: the same
// places for several walks make their ways comparable.
import type { LabData } from "../lab/data.ts";
import type { Step } from "../trace/step.ts";
import type { Ipv4Packet } from "../wire/packet.ts";
import { type Hop, type Journey, journey } from "./journey.ts";
import { inner, type Packet, tunnelled } from "./packet.ts";
import { BODY, CODE, LINE, MARGIN, Painter, type Point, type Scene, STRONG, scene, WIDEST } from "./scene.ts";
import { BOX_W, border, drawSpot, MOST_LINES, type Places, type Spot, spotsAt, TALLEST } from "./spots.ts";
import { measure, wrap } from "./text.ts";

export interface RoundTripOptions {
  readonly title?: string;
  /** Where machines stand; those that are not named stand three in a row, in the order of the way. */
  readonly places?: Places;
}

/** Between two arrows that join the same boxes; less where they are many. */
const LANE = 25;
const NARROW_LANE = 18;
/** What an arrow's head needs beside a number, and a number beside another one. */
const HEAD_ROOM = 24;
/** Of a box's side, where no arrow ends. */
const CORNERS = 16;

/** The numbered way of the first packet and its answer, and below it what each frame had for headers. */
export function roundTrip(lab: LabData, steps: readonly Step[], options: RoundTripOptions = {}): Scene {
  const way = journey(steps);
  const painter = new Painter();
  const spots = placed(lab, way, options.places ?? {});
  const middles = way.hops.map((hop) => drawArrow(painter, hop, way, spots));
  way.hops.forEach(({ number, back }, i) => {
    const at = middles[i];
    if (at) painter.badge(at[0], at[1], `${number}`, back ? "reply" : "walk", { step: number });
  });
  for (const spot of spots) drawSpot(painter, spot, way.lost?.where.netns === spot.name ? "miss" : "pod");
  let y = Math.max(MARGIN, ...spots.map((spot) => spot.y + spot.h / 2)) + 28;
  for (const hop of way.hops) y = drawRow(painter, hop, nameOf(lab, hop), y);
  if (way.isCut) {
    painter.text(NAMES_X, y + 4.5, "and so on", WIDEST - NAMES_X, BODY, "muted");
    y += LINE + 8;
  }
  if (way.lost !== null) y = drawLoss(painter, way.lost, y + 4);
  if (way.hops.length === 0) painter.text(MARGIN, y, "No packet was on a cable.", WIDEST, BODY, "muted");
  return scene({
    title: options.title ?? titleOf(way),
    desc: `${titleOf(way)}. ${way.lost === null ? "" : `Lost at ${way.lost.where.netns}: ${way.lost.because}. `}${way.hops.map((hop) => `${hop.number}: ${sentence(lab, hop)}`).join("; ")}.`,
    width: Math.max(WIDEST, ...spots.map(({ x }) => x + BOX_W / 2 + MARGIN)),
    height: y + MARGIN,
    shapes: painter.shapes,
    table: {
      columns: ["number", "from", "to", "direction", "to the", "packet"],
      rows: way.hops.map((hop) => [
        `${hop.number}`,
        hop.from,
        hop.to ?? "nobody",
        hop.back ? "back" : "there",
        nameOf(lab, hop),
        headerWords(hop.frame).join(" "),
      ]),
    },
  });
}

function titleOf({ hops }: Journey): string {
  const first = hops[0];
  return first === undefined ? "Nothing was sent" : `There and back: ${headerWords(first.frame).at(-1)}`;
}

function placed(lab: LabData, { hops, lost }: Journey, places: Places): Spot[] {
  const names = new Set(hops.flatMap(({ from, to }) => (to === null ? [from] : [from, to])));
  if (lost !== null) names.add(lost.where.netns);
  const used = new Set(hops.flatMap(({ frame }) => addressesIn(frame)));
  const shown = [...names].map((name) => ({ name, lines: linesOf(lab, name, used, hops), least: sideOf(name, hops) }));
  return spotsAt(shown, places);
}

/** How long a side must be for the arrows between this machine and any other one. */
function sideOf(name: string, hops: readonly Hop[]): number {
  const arrows = new Map<string | null, number>();
  for (const { from, to } of hops)
    if (from === name || to === name) {
      const other = from === name ? to : from;
      arrows.set(other, (arrows.get(other) ?? 0) + 1);
    }
  return Math.min(TALLEST, CORNERS + (Math.max(1, ...arrows.values()) - 1) * NARROW_LANE);
}

/** The addresses of a machine that the way is about: those in its headers, and those of devices that sent or received. */
function linesOf(lab: LabData, name: string, used: ReadonlySet<string>, hops: readonly Hop[]): string[] {
  const macs = new Set(hops.flatMap(({ frame }) => [`${frame.src}`, `${frame.dst}`]));
  const netns = lab.nodes.flatMap(({ namespaces }) => namespaces).find((each) => each.name === name);
  return (netns?.devices ?? [])
    .flatMap((device) =>
      device.addresses
        .map(({ address }) => address.split("/")[0]!)
        .filter((address, i) => used.has(address) || (i === 0 && macs.has(device.mac)))
        .map((address) => `${device.name} ${address}`),
    )
    .slice(0, MOST_LINES);
}

function addressesIn(packet: Packet): string[] {
  const body = inner(packet);
  if (body?.kind !== "ipv4") return [];
  const carried = carriedBy(body);
  return [`${body.src}`, `${body.dst}`, ...(carried === null ? [] : addressesIn(carried))];
}

function carriedBy(packet: Ipv4Packet): Ipv4Packet | null {
  const carried = tunnelled(packet);
  return carried === null || "vni" in carried ? null : carried;
}

/** The arrow of a hop; gives where its number stands. */
function drawArrow(painter: Painter, hop: Hop, { hops }: Journey, spots: readonly Spot[]): Point | null {
  const spot = (name: string | null) => spots.find((each) => each.name === name);
  const [from, to] = [spot(hop.from), spot(hop.to)];
  if (from === undefined || to === undefined || from === to) return null;
  const isPair = (other: Hop) =>
    (other.from === hop.from && other.to === hop.to) || (other.from === hop.to && other.to === hop.from);
  const pair = hops.filter(isPair);
  // All arrows end at the sides of the boxes that face each other.
  const isAcross = Math.abs(to.x - from.x) > Math.abs(to.y - from.y);
  const room = (isAcross ? Math.min(from.h, to.h) : BOX_W) - CORNERS;
  const [place, gaps] = [pair.indexOf(hop), Math.max(1, pair.length - 1)];
  const pitch = Math.min(LANE, room / gaps);
  const lane = (place - (pair.length - 1) / 2) * pitch;
  // Both directions are moved to the same side, seen from the machine whose name comes first.
  const [a, b] = from.name < to.name ? [from, to] : [to, from];
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  const [dx, dy] = [((a.y - b.y) / length) * lane, ((b.x - a.x) / length) * lane];
  const start = border(from, to, [dx, dy]);
  const end = border(to, from, [dx, dy]);
  // Numbers side by side need room, and leave it to the heads: each stands further along than the one before, whichever
  // way its arrow points; where that is too little, every other one does.
  const along = (): number => {
    if (pair.length <= 2) return 0.5;
    const long = Math.hypot(end[0] - start[0], end[1] - start[1]);
    const step = (long - 2 * HEAD_ROOM) / gaps;
    return Math.hypot(step, pitch) < HEAD_ROOM ? 0.3 + 0.4 * (place % 2) : (HEAD_ROOM + step * place) / long;
  };
  const ink = hop.back ? "reply" : "walk";
  painter.line([start, end], ink, { step: hop.number });
  arrowHead(painter, start, end, hop);
  const at = from === a ? along() : 1 - along();
  return [start[0] + (end[0] - start[0]) * at, start[1] + (end[1] - start[1]) * at];
}

function arrowHead(painter: Painter, [x0, y0]: Point, [x, y]: Point, hop: Hop): void {
  const length = Math.hypot(x - x0, y - y0);
  const [ux, uy] = [(x - x0) / length, (y - y0) / length];
  const corner = (side: number): Point => [x - ux * 10 - uy * side, y - uy * 10 + ux * side];
  painter.area([[x, y], corner(6.5), corner(-6.5)], hop.back ? "replyHead" : "walk", { step: hop.number });
}

const NAMES_X = MARGIN + 30;
const HEADERS_X = NAMES_X + 158;

function drawRow(painter: Painter, hop: Hop, mac: string, top: number): number {
  painter.badge(MARGIN + 10, top, `${hop.number}`, hop.back ? "reply" : "walk", { step: hop.number });
  painter.text(NAMES_X, top + 4.5, `${hop.from} → ${hop.to ?? "nobody"}`, HEADERS_X - NAMES_X - 8, STRONG);
  const room = WIDEST - MARGIN - HEADERS_X;
  const [first = "", ...rest] = headerWords(hop.frame);
  painter.text(HEADERS_X, top + 4.5, first, room, CODE);
  const w = measure(first, CODE) + 10;
  painter.text(HEADERS_X + w, top + 4.5, mac, room - w, BODY, "muted");
  rest.forEach((line, i) => {
    painter.text(HEADERS_X + 14, top + 4.5 + LINE * (i + 1), line, room - 14, CODE);
  });
  return top + 8 + LINE * (rest.length + 1);
}

function drawLoss(painter: Painter, { where, because }: Step, top: number): number {
  painter.cross(MARGIN + 10, top, 6);
  const lines = wrap(`lost at ${where.netns}: ${because}`, WIDEST - MARGIN - NAMES_X, STRONG, 3);
  lines.forEach((line, i) => {
    painter.text(NAMES_X, top + 4.5 + i * LINE, line, WIDEST - MARGIN - NAMES_X, STRONG, "drop");
  });
  return top + 8 + LINE * lines.length;
}

/** Whose MAC the frame is addressed to, by name: MACs are hard to compare by eye. */
export function nameOf(lab: LabData, { frame }: Hop): string {
  for (const { namespaces } of lab.nodes)
    for (const { name, devices } of namespaces)
      for (const device of devices) if (device.mac === `${frame.dst}`) return `MAC of ${name} ${device.name}`;
  return `MAC ${frame.dst}`;
}

function sentence(lab: LabData, hop: Hop): string {
  return `${hop.from} to ${hop.to ?? "nobody"}, to the ${nameOf(lab, hop)}, ${headerWords(hop.frame).join(" ")}`;
}

/** Addresses, ports and TTL, the outer packet's first. */
function headerWords(packet: Packet): string[] {
  const body = inner(packet);
  if (body?.kind !== "ipv4") return [];
  const carried = carriedBy(body);
  const { src, dst, ttl, body: inside } = body;
  if (carried !== null)
    return [`${src} > ${dst} ttl ${ttl}`, ...headerWords(carried).map((words) => `in it: ${words}`)];
  if (inside.kind === "tcp" || inside.kind === "udp")
    return [`${src}:${inside.srcPort} > ${dst}:${inside.dstPort} ttl ${ttl}`];
  return [`${src} > ${dst} ttl ${ttl}${inside.kind === "icmp" ? ` ICMP ${inside.type}/${inside.code}` : ""}`];
}
