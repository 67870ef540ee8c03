// How pods are wired: every device that a packet came by, numbered, in the namespace where it is; one row for each walk.
// Before you edit: lib/draw/caught.ts.
import type { LabData } from "../lab/data.ts";
import { type Caught, type Sight, sightsOf, sourceAt, ttlAt } from "./caught.ts";
import { BODY, LINE, MARGIN, Painter, type Scene, SMALL, SMALL_CODE, STRONG, scene, WIDEST } from "./scene.ts";
import { brief, listed, measure, visible } from "./text.ts";

export interface Wired {
  readonly name: string;
  readonly lab: LabData;
  readonly frames: readonly Caught[];
}
/** A namespace that the packet came by, with its devices. */
interface Stop {
  readonly netns: string;
  readonly ttl: number;
  /** Of the packet as it left, when NAT has changed it here. */
  source?: string;
  readonly devices: readonly { readonly number: number; readonly name: string; readonly bridge: string | undefined }[];
}

const GAP = 22;
const ROW = 24;
const HEAD = 26;
/** Beside a device's name: its number and the edges; beside a namespace's: the TTL. */
const NUMBER_W = 44;
const TTL_W = 66;
const WIDEST_NAME = 160;
const MOST_STOPS = 7;
const MOST_W = 1000;

/** Each walk's first packet, from where it was sent to who took it. */
export function wirings(walks: readonly Wired[], options: { readonly title?: string } = {}): Scene {
  const all = walks.map(({ name, lab, frames }) => ({ name, stops: stopsOf(lab, sightsOf(frames)) }));
  const columns = columnsOf(all.map(({ stops }) => stops.slice(0, MOST_STOPS)));
  const painter = new Painter();
  let y = MARGIN;
  for (const each of all) y = drawWiring(painter, each, columns, y) + LINE;
  return scene({
    title: options.title ?? `Wiring: ${listed(all.map(({ name }) => name))}`,
    desc: all
      .map(({ name, stops }) => `${name}: ${stops.map((stop) => `${stop.netns} (${namesOf(stop)})`).join(" to ")}.`)
      .join(" "),
    width: Math.max(WIDEST, (columns.at(-1)?.x ?? 0) + (columns.at(-1)?.w ?? 0) + MARGIN),
    height: Math.max(y, MARGIN + LINE) + MARGIN - LINE,
    shapes: painter.shapes,
    table: {
      columns: ["wiring", "number", "namespace", "device", "port of", "ttl", "new source"],
      rows: all.flatMap(({ name, stops }) =>
        stops.flatMap(({ netns, ttl, source = "", devices }) =>
          devices.map((device) => [
            name,
            `${device.number}`,
            netns,
            device.name,
            device.bridge ?? "",
            `${ttl}`,
            source,
          ]),
        ),
      ),
    },
  });
}

interface Column {
  readonly x: number;
  readonly w: number;
}

/** As wide as the longest name that stands there in any row; what is left is shared. */
function columnsOf(rows: readonly (readonly Stop[])[]): Column[] {
  const count = Math.max(0, ...rows.map((stops) => stops.length));
  const least = Array.from({ length: count }, (_, i) => {
    const stops = rows.flatMap((row) => row[i] ?? []);
    const names = stops.flatMap(({ devices }) =>
      devices.map(
        ({ name, bridge = "" }) =>
          measure(visible(`${name}${bridge}`.slice(0, 24)), SMALL_CODE) + NUMBER_W + (bridge === "" ? 0 : 8),
      ),
    );
    const heads = stops.map(({ netns }) => measure(visible(netns.slice(0, 20)), STRONG) + TTL_W);
    return Math.min(WIDEST_NAME + NUMBER_W, Math.max(...names, ...heads));
  });
  const wanted = least.reduce((sum, w) => sum + w, 0);
  // Rather a wider picture than a name cut short, up to a point.
  const room = Math.max(WIDEST, Math.min(MOST_W, wanted + around(count))) - around(count);
  const columns: Column[] = [];
  for (const w of least) {
    const { x = MARGIN - GAP, w: before = 0 } = columns.at(-1) ?? {};
    columns.push({
      x: x + before + GAP,
      w: Math.floor(wanted > room ? (w * room) / wanted : w + (room - wanted) / count),
    });
  }
  return columns;
}

/** What is no column in a picture of so many. */
const around = (count: number): number => 2 * MARGIN + GAP * (count - 1);

const namesOf = ({ devices }: Stop): string => devices.map(({ name }) => name).join(", ");

function stopsOf(lab: LabData, sights: readonly Sight[]): Stop[] {
  const masters = new Map<string, string | undefined>();
  for (const { namespaces } of lab.nodes)
    for (const { name, devices } of namespaces)
      for (const device of devices) masters.set(`${name} ${device.name}`, device.master);
  const stops: { netns: string; ttl: number; source?: string; devices: Stop["devices"][number][] }[] = [];
  for (const [i, sight] of sights.entries()) {
    const { netns, device } = sight;
    if (stops.at(-1)?.netns !== netns) stops.push({ netns, ttl: ttlAt(sight), devices: [] });
    const stop = stops.at(-1)!;
    stop.devices.push({ number: i + 1, name: device, bridge: masters.get(`${netns} ${device}`) });
    if (i > 0 && sourceAt(sight) !== sourceAt(sights[i - 1]!)) stop.source = sourceAt(sight);
  }
  return stops;
}

function drawWiring(
  painter: Painter,
  { name, stops: all }: { readonly name: string; readonly stops: readonly Stop[] },
  columns: readonly Column[],
  top: number,
): number {
  painter.text(MARGIN, top + 13, visible(name), WIDEST / 2, STRONG);
  const stops = all.slice(0, MOST_STOPS);
  if (all.length > stops.length)
    painter.text(
      WIDEST - MARGIN,
      top + 13,
      `and ${all.length - stops.length} more namespaces, in the table`,
      WIDEST / 2 - 30,
      BODY,
      "muted",
      {
        anchor: "end",
      },
    );
  if (stops.length === 0) {
    painter.text(MARGIN, top + 13 + LINE, "No packet came by a device.", WIDEST, BODY, "muted");
    return top + 2 * LINE;
  }
  const y = top + 22;
  const rows = stops.map(({ devices, source }) => devices.length + (source === undefined ? 0 : 1));
  const h = HEAD + Math.max(...rows) * ROW + 6;
  stops.forEach((stop, i) => {
    drawStop(painter, stop, columns[i]!, y, h);
  });
  for (const [i, { devices }] of stops.slice(0, -1).entries()) {
    const x = columns[i]!.x + columns[i]!.w;
    const from = y + HEAD + (devices.length - 0.5) * ROW;
    const to = y + HEAD + 0.5 * ROW;
    const step = { step: devices.at(-1)!.number };
    const bend = [[x + GAP / 2 - 3, from] as const, [x + GAP / 2 - 3, to] as const];
    painter.line([[x - 6, from], ...(from === to ? [] : bend), [x + GAP - 3, to]], "walk", step);
    painter.head(x + GAP + 5, to, "right", "walk", step);
  }
  return y + h;
}

function drawStop(
  painter: Painter,
  { netns, ttl, source, devices }: Stop,
  { x, w }: Column,
  y: number,
  h: number,
): void {
  painter.box(x, y, w, h, "node", { round: 6 });
  painter.text(x + 8, y + 17, visible(netns), w - 62, STRONG);
  painter.text(x + w - 8, y + 17, `ttl ${ttl}`, 50, SMALL, "muted", { anchor: "end" });
  if (source !== undefined)
    painter.text(x + 11, y + HEAD + devices.length * ROW + 14.5, `src ${source}`, w - 18, SMALL_CODE, "changed");
  devices.forEach(({ number, name, bridge }, i) => {
    const top = y + HEAD + i * ROW;
    const tip = bridge === undefined ? {} : { tip: brief(`${name}, a port of ${bridge}`) };
    painter.box(x + 6, top, w - 12, ROW - 4, bridge === undefined ? "device" : "bridge", {
      round: 3,
      step: number,
      ...tip,
    });
    painter.text(x + 11, top + 14.5, `${number}`, 20, SMALL, "walk", { step: number });
    painter.text(x + 29, top + 14.5, name, w - 40, SMALL_CODE, "text", { step: number });
    const free = w - 46 - measure(visible(name.slice(0, 20)), SMALL_CODE);
    if (bridge !== undefined && measure(visible(bridge), SMALL_CODE) <= free)
      painter.text(x + w - 12, top + 14.5, bridge, free, SMALL_CODE, "muted", { anchor: "end", step: number });
  });
}
