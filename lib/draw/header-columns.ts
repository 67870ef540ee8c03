// Several packets' ways side by side, a column each: the headers that a balancer may change, hop by hop, and framed
// where they differ from the hop before.
import type { LabData } from "../lab/data.ts";
import type { Step } from "../trace/step.ts";
import type { Ipv4Packet } from "../wire/packet.ts";
import { type Hop, journey } from "./journey.ts";
import { inner, innermost } from "./packet.ts";
import { nameOf } from "./round-trip.ts";
import { LINE, MARGIN, Painter, type Scene, SMALL, SMALL_CODE, STRONG, scene, WIDEST } from "./scene.ts";
import { listed, type Type, visible } from "./text.ts";

/** What one column shows. */
export interface Column {
  readonly name: string;
  readonly lab: LabData;
  readonly steps: readonly Step[];
}

interface Field {
  readonly name: string;
  readonly value: string;
  readonly isChanged: boolean;
}
interface Card {
  readonly hop: Hop;
  readonly fields: readonly Field[];
}

const GAP = 12;
const LABEL_W = 40;
const FIELD_H = 21;
const FIELDS = ["MAC", "tun", "src", "dst", "ttl"] as const;
const CARD_H = 24 + FIELDS.length * FIELD_H + 6;
const STRONG_SMALL_CODE: Type = { font: "mono", size: 12, bold: true };

/** The first packet of each walk and its answer, hop under hop. */
export function headerColumns(columns: readonly Column[], options: { readonly title?: string } = {}): Scene {
  const all = columns.map(({ name, lab, steps }) => ({ name, cards: cardsOf(lab, journey(steps).hops) }));
  const there = Math.max(0, ...all.map(({ cards }) => cards.filter(({ hop }) => !hop.back).length));
  const back = Math.max(0, ...all.map(({ cards }) => cards.filter(({ hop }) => hop.back).length));
  const w = Math.max(232, (WIDEST - 2 * MARGIN - GAP * (all.length - 1)) / Math.max(1, all.length));
  const painter = new Painter();
  const top = MARGIN + 26;
  const answersTop = top + LINE + there * CARD_H + 10;
  painter.text(MARGIN, top + 12, "There", w, SMALL, "muted");
  painter.text(MARGIN, answersTop + 12, "Back", w, SMALL, "muted");
  all.forEach(({ name, cards }, i) => {
    const x = MARGIN + i * (w + GAP);
    painter.text(x, MARGIN + 14, visible(name), w, STRONG);
    for (const isBack of [false, true])
      cards
        .filter(({ hop }) => hop.back === isBack)
        .forEach((card, row) => {
          drawCard(painter, card, x, (isBack ? answersTop : top) + LINE + row * CARD_H, w);
        });
  });
  return scene({
    title: options.title ?? `Headers hop by hop: ${listed(all.map(({ name }) => name))}`,
    desc: all.map(({ name, cards }) => `${name}: ${cards.map(sentence).join("; ")}.`).join(" "),
    width: MARGIN * 2 + all.length * (w + GAP) - GAP,
    height: answersTop + LINE + back * CARD_H + MARGIN,
    shapes: painter.shapes,
    table: {
      columns: ["column", "hop", "from", "to", ...FIELDS, "changed"],
      rows: all.flatMap(({ name, cards }) =>
        cards.map(({ hop, fields }) => [
          name,
          `${hop.number}`,
          hop.from,
          hop.to ?? "nobody",
          ...FIELDS.map((field) => fields.find((each) => each.name === field)?.value ?? ""),
          changesOf(fields).join(" "),
        ]),
      ),
    },
  });
}

function cardsOf(lab: LabData, hops: readonly Hop[]): Card[] {
  return hops.map((hop, i) => {
    const before = hops[i - 1];
    const was = before === undefined || before.back !== hop.back ? null : valuesOf(lab, before);
    const fields = valuesOf(lab, hop).map(([name, value]) => {
      const old = was?.find(([other]) => other === name)?.[1];
      return { name, value, isChanged: was !== null && old !== value };
    });
    return { hop, fields };
  });
}

/** The fields in the order of FIELDS; an outer header only where there is one. */
function valuesOf(lab: LabData, hop: Hop): (readonly [string, string])[] {
  const [outer, packet] = [inner(hop.frame), innermost(hop.frame)];
  const mac = ["MAC", nameOf(lab, hop).replace(/^MAC (of )?/, "")] as const;
  if (packet?.kind !== "ipv4" || outer?.kind !== "ipv4") return [mac];
  return [
    mac,
    ...(outer === packet ? [] : [["tun", `${outer.src} > ${outer.dst}`] as const]),
    ["src", endOf(packet, "src")],
    ["dst", endOf(packet, "dst")],
    ["ttl", outer === packet ? `${packet.ttl}` : `${outer.ttl}, inside ${packet.ttl}`],
  ];
}

function endOf(packet: Ipv4Packet, side: "src" | "dst"): string {
  const { body } = packet;
  if (body.kind !== "tcp" && body.kind !== "udp") return `${packet[side]}`;
  return `${packet[side]}:${side === "src" ? body.srcPort : body.dstPort}`;
}

function drawCard(painter: Painter, { hop, fields }: Card, x: number, top: number, w: number): void {
  const step = { step: hop.number };
  painter.badge(x + 10, top + 12, `${hop.number}`, hop.back ? "reply" : "walk", step);
  painter.text(x + 28, top + 16.5, `${hop.from} → ${hop.to ?? "nobody"}`, w - 30, STRONG, "text", step);
  let y = top + 25;
  for (const { name, value, isChanged } of fields) {
    const ink = isChanged ? "changed" : "field";
    const inset = isChanged ? 1 : 0;
    painter.box(x + inset, y + inset, w - 2 * inset, FIELD_H - 1 - 2 * inset, ink, { round: 2, ...step });
    painter.text(x + 7, y + 14.5, name, LABEL_W - 8, SMALL, isChanged ? "changed" : "muted", step);
    const type = isChanged ? STRONG_SMALL_CODE : SMALL_CODE;
    painter.text(x + LABEL_W, y + 14.5, value, w - LABEL_W - 6, type, isChanged ? "changed" : "text", step);
    y += FIELD_H;
  }
}

function changesOf(fields: readonly Field[]): string[] {
  return fields.filter(({ isChanged }) => isChanged).map(({ name }) => name);
}

function sentence({ hop, fields }: Card): string {
  const changed = changesOf(fields);
  return `${hop.from} to ${hop.to ?? "nobody"} ${changed.length === 0 ? "" : `changed ${changed.join(", ")}`}`.trim();
}
