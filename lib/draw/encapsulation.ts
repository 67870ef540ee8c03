// A frame as its octets lie in it: each header with its offset and length, what a tunnel put around the packet, and
// for the fields that a table decided, where the entry is that they were taken from. Before you edit: RFC 7348 §5, RFC 2003 §3.
import type { LabData } from "../lab/data.ts";
import type { Evidence, Step } from "../trace/step.ts";
import { frameBytes } from "../wire/bytes.ts";
import type { Frame } from "../wire/packet.ts";
import { type Field, type Layer, layers } from "./layers.ts";
import { frameOf } from "./packet.ts";
import { BODY, CODE, LINE, MARGIN, Painter, type Scene, SMALL, SMALL_CODE, STRONG, scene, WIDEST } from "./scene.ts";
import { measure, visible } from "./text.ts";
import { type Crossing, placeName, way } from "./way.ts";

export interface EncapsulationOptions {
  readonly title?: string;
}

/** One header, or what comes after the last. */
interface Part {
  readonly name: string;
  readonly at: number;
  readonly length: number;
  readonly fields: readonly Sourced[];
  /** Whether a tunnel put it there. */
  readonly around: boolean;
}
interface Sourced extends Field {
  /** What it was taken from; absent when nothing recorded says so. */
  readonly from?: string;
}

const WIDTH = WIDEST - 2 * MARGIN;
const BAR_H = 44;
const OCTETS_W = 84;
const NAME_W = 92;
const FIELD_W = 208;
const LENGTH: Readonly<Record<string, number>> = {
  Ethernet: 14,
  Eth: 14,
  ARP: 28,
  IPv4: 20,
  IPv6: 40,
  ICMP: 8,
  ICMPv6: 8,
  UDP: 8,
  VXLAN: 8,
  fragment: 8,
  "hop-by-hop": 8,
};

/** The first frame among the steps that a tunnel carries, or else the first with IPv4 or at all; `lab` names its devices' MACs. */
export function encapsulation(steps: readonly Step[], lab: LabData, options: EncapsulationOptions = {}): Scene {
  const { crossings } = way(steps);
  const isCarried = ({ step }: Crossing) => layers(step.packet as Frame).some(({ name }) => name.startsWith("outer "));
  const isIp = ({ step }: Crossing) => layers(step.packet as Frame).some(({ name }) => name === "IPv4");
  const crossing = crossings.find(isCarried) ?? crossings.find(isIp) ?? crossings[0];
  const painter = new Painter();
  if (crossing === undefined) {
    painter.text(MARGIN, MARGIN + 14, "No frame was on a cable.", WIDTH, BODY, "muted");
    return scene({
      title: "No frame",
      desc: "No frame was on a cable.",
      width: 360,
      height: 2 * MARGIN + LINE,
      shapes: painter.shapes,
      table: { columns: COLUMNS, rows: [] },
    });
  }
  const frame = frameOf(crossing.step.packet as Frame) as Frame;
  const parts = partsOf(frame, evidenceOf(steps, crossing.step), ownMacs(lab));
  const total = end(parts);
  const where = `${placeName(crossing.from)} → ${placeName(crossing.to)}`;
  painter.text(MARGIN, MARGIN + 13, crossing.message.caption, WIDTH, STRONG);
  painter.text(MARGIN, MARGIN + 31, `as it is on the cable ${where}: ${total} octets`, WIDTH, BODY, "muted");
  let y = drawBar(painter, parts, MARGIN + 46);
  for (const part of parts) y = drawPart(painter, part, y);
  return scene({
    title: options.title ?? `The octets of ${crossing.message.caption}`,
    desc: `${where}, ${total} octets. ${parts.map((part) => `${rangeOf(part)}: ${part.name}, ${part.length} octets`).join("; ")}.`,
    width: WIDEST,
    height: y + MARGIN - 4,
    shapes: painter.shapes,
    table: {
      columns: COLUMNS,
      rows: parts.flatMap((part) =>
        (part.fields.length > 0 ? part.fields : [{ name: "", value: "" } as Sourced]).map(({ name, value, from }) => [
          rangeOf(part),
          part.name,
          name,
          value,
          from ?? "",
        ]),
      ),
    },
  });
}

const COLUMNS = ["octets", "header", "field", "value", "taken from"];

function end(parts: readonly Part[]): number {
  const last = parts[parts.length - 1];
  return last === undefined ? 0 : last.at + last.length;
}

function rangeOf({ at, length }: Part): string {
  return `${at}–${at + length - 1}`;
}

function partsOf(frame: Frame, known: readonly Evidence[], macs: ReadonlyMap<string, string>): Part[] {
  const octets = frameBytes(frame);
  const parts: Part[] = [];
  let at = 0;
  for (const layer of layers(frame)) {
    const name = layer.name.replace(/^outer /, "");
    const length = lengthOf(name, layer, octets[at + 12] ?? 0);
    const around = layer.name.startsWith("outer ") || name === "VXLAN";
    parts.push({
      name: layer.name,
      at,
      length,
      around,
      fields: layer.fields.map((field) => sourced(field, layer, known, macs)),
    });
    at += length;
  }
  if (octets.length > at) parts.push({ name: "data", at, length: octets.length - at, around: false, fields: [] });
  return parts;
}

/** A tag stands inside the Ethernet header, options inside that of TCP; `octet` is the thirteenth of the header. */
function lengthOf(name: string, { fields }: Layer, octet: number): number {
  if (name === "TCP") return 4 * (octet >> 4);
  return (LENGTH[name] ?? 0) + (fields.some((field) => field.name === "VLAN") ? 4 : 0);
}

/** What led to this frame, the nearest first: its MAC was looked up last. */
function evidenceOf(steps: readonly Step[], last: Step): Evidence[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const found: Evidence[] = [];
  for (let at: Step | undefined = last; at !== undefined; at = at.cause === null ? undefined : byId.get(at.cause))
    if (at.evidence !== undefined) found.push(at.evidence);
  return found;
}

function ownMacs(lab: LabData): Map<string, string> {
  const found = new Map<string, string>();
  for (const node of lab.nodes)
    for (const netns of node.namespaces)
      for (const { mac, name, kind } of netns.devices)
        if (kind !== "loopback" && !found.has(mac)) found.set(mac, `${netns.name} ${name}`);
  return found;
}

/** The word before a value in the entry that a field is taken from, by header and field. */
const WORDS: Readonly<Record<string, readonly (readonly [kind: Evidence["kind"], before: string])[]>> = {
  "Ethernet dst": [["neighbour", "lladdr "]],
  "outer Eth dst": [["neighbour", "lladdr "]],
  "outer IPv4 src": [
    ["link", "local "],
    ["route", "src "],
  ],
  "outer IPv4 dst": [
    ["fdb", "dst "],
    ["link", "remote "],
    ["route", "via "],
  ],
  "outer UDP dst port": [["link", "dstport "]],
  "VXLAN VNI": [["link", "id "]],
  "IPv4 src": [["route", "src "]],
};

function sourced(field: Field, layer: Layer, known: readonly Evidence[], macs: ReadonlyMap<string, string>): Sourced {
  const name = `${layer.name} ${field.name}`;
  if (name === "outer UDP src port") return { ...field, from: "a hash of the flow inside" };
  if (name.endsWith(" src") && macs.has(field.value)) return { ...field, from: `the MAC of ${macs.get(field.value)}` };
  for (const [kind, before] of WORDS[name] ?? []) {
    const entry = known.find((each) => each.kind === kind && `${each.text} `.includes(`${before}${field.value} `));
    if (entry !== undefined)
      return { ...field, from: `${entry.command}: ${kind === "link" ? before.trim() : entry.text.split(" ")[0]}` };
  }
  return field;
}

/** The whole frame in one row, header after header; their widths say which is longer, not by how much. */
function drawBar(painter: Painter, parts: readonly Part[], top: number): number {
  const least = parts.map((part) => Math.ceil(measure(part.name, STRONG)) + 14);
  const spare = Math.max(0, WIDTH - least.reduce((sum, w) => sum + w, 0));
  const total = parts.reduce((sum, part) => sum + Math.sqrt(part.length), 0);
  const isCarried = parts.some((part) => part.around);
  const y = isCarried ? top + 26 : top;
  let x = MARGIN;
  const edges = parts.map((part, i) => {
    const w = (least[i] as number) + (spare * Math.sqrt(part.length)) / total;
    painter.box(x, y, w, BAR_H, part.around ? "changed" : part.name === "data" ? "field" : "header", { round: 2 });
    painter.text(x + w / 2, y + 18, part.name, w - 4, STRONG, "text", { anchor: "middle" });
    painter.text(x + w / 2, y + 35, `${part.length}`, w - 4, CODE, "muted", { anchor: "middle" });
    painter.text(x + 1, y + BAR_H + 15, `${part.at}`, 40, SMALL_CODE, "muted");
    x += w;
    return x;
  });
  if (isCarried) {
    const last = parts.findLastIndex((part) => part.around);
    const inner = parts.slice(last + 1);
    const split = edges[last] as number;
    const overhead = parts[last + 1]?.at ?? end(parts);
    brace(painter, MARGIN, split, top, `put around it: ${overhead} octets`);
    brace(
      painter,
      split,
      x,
      top,
      `what the tunnel carries: ${inner.reduce((sum, part) => sum + part.length, 0)} octets`,
    );
  }
  return y + BAR_H + 30;
}

function brace(painter: Painter, left: number, right: number, y: number, text: string): void {
  const w = Math.ceil(measure(text, BODY));
  const middle = (left + right) / 2;
  painter.text(middle, y + 13, text, right - left - 20, BODY, "text", { anchor: "middle" });
  if (right - left <= w + 40) return;
  for (const [from, to] of [
    [left + 2, middle - w / 2 - 6],
    [right - 2, middle + w / 2 + 6],
  ] as const)
    painter.line(
      [
        [from, y + 22],
        [from, y + 9],
        [to, y + 9],
      ],
      "cable",
    );
}

/** The fields whose entry is known, each with it; what a header has else is in the table and in `headers`. */
function drawPart(painter: Painter, part: Part, top: number): number {
  const told = part.fields.filter((field) => field.from !== undefined);
  const rows = Math.max(1, told.length);
  const h = rows * LINE + 8;
  const x = MARGIN + OCTETS_W + NAME_W;
  painter.box(MARGIN, top, OCTETS_W + NAME_W, h, part.around ? "changed" : part.name === "data" ? "field" : "header", {
    round: 2,
  });
  painter.box(x, top, WIDTH - OCTETS_W - NAME_W, h, "field", { round: 2 });
  painter.text(MARGIN + 8, top + 17.5, rangeOf(part), OCTETS_W - 10, CODE, "text");
  painter.text(MARGIN + OCTETS_W, top + 17.5, part.name, NAME_W - 6, STRONG);
  told.forEach((field, i) => {
    const y = top + 17.5 + i * LINE;
    painter.text(x + 8, y, visible(`${field.name} ${field.value}`), FIELD_W - 12, SMALL_CODE, "text");
    painter.text(x + FIELD_W, y, `← ${field.from}`, WIDTH - OCTETS_W - NAME_W - FIELD_W - 8, SMALL, "muted");
  });
  if (told.length === 0)
    painter.text(x + 8, top + 17.5, others(part), WIDTH - OCTETS_W - NAME_W - 16, SMALL_CODE, "muted");
  return top + h + 3;
}

function others(part: Part): string {
  if (part.name === "data") return "what the program sent";
  const isTelling = ({ name }: Field): boolean => !["id", "flags", "checksum", "tos"].includes(name);
  return part.fields
    .filter(isTelling)
    .map(({ name, value }) => `${name} ${value}`)
    .join(", ");
}
