// A packet that was cut: the octets it carried as one bar, and under it each piece where its octets were, with the
// fields that let the receiver put them together. Before you edit: RFC 791 §3.2, net/ipv4/ip_fragment.c.
import type { Step } from "../trace/step.ts";
import { ipLength } from "../wire/bytes.ts";
import { headers6Length } from "../wire/bytes6.ts";
import type { Ipv4Packet, Ipv6Packet } from "../wire/packet.ts";
import { inner, protocolName } from "./packet.ts";
import { BODY, LINE, MARGIN, Painter, type Scene, SMALL_CODE, STRONG, scene, WIDEST } from "./scene.ts";
import { measure, wrap } from "./text.ts";
import { placeName } from "./way.ts";

export interface FragmentsOptions {
  readonly title?: string;
  /** Packets drawn; the table has all. */
  readonly most?: number;
}

/** A piece, or a whole packet, of either family. */
interface Piece {
  readonly packet: Ipv4Packet | Ipv6Packet;
  readonly id: number;
  readonly offset: number;
  readonly more: boolean;
  /** Octets of its headers, of the packet it was cut from, and in all. */
  readonly header: number;
  readonly length: number;
}

/** A packet of which pieces were seen. */
interface Cut {
  readonly pieces: readonly Piece[];
  /** Where it was cut and because of what; none when it was cut before the steps begin. */
  readonly by: readonly Step[];
  /** What the receivers said of the pieces, the last word of each. */
  readonly ends: readonly Step[];
}

const BAR_H = 30;
const ROW = 54;
/** From here on a piece has room for its words. */
const WIDE = 150;
const MOST_PIECES = 12;
const WIDTH = WIDEST - 2 * MARGIN;
/** Room on the left for the IP header that each piece has of its own. */
const HEAD_W = 74;

/** For each packet among the steps that travelled in pieces: the pieces, and what became of them. */
export function fragments(steps: readonly Step[], options: FragmentsOptions = {}): Scene {
  const cuts = read(steps);
  const shown = cuts.slice(0, options.most ?? 2);
  const painter = new Painter();
  let y = MARGIN;
  for (const cut of shown) y = drawCut(painter, cut, y) + 12;
  const more = cuts.length - shown.length;
  const rest = cuts.length === 0 ? "No packet was cut." : more > 0 ? `and ${more} more packets, in the table` : "";
  if (rest !== "") {
    painter.text(MARGIN, y + 12, rest, WIDTH, BODY, "muted");
    y += LINE + 6;
  }
  return scene({
    title: options.title ?? (cuts.length === 0 ? "No packet was cut" : `Fragments of ${nameOf(cuts[0] as Cut)}`),
    desc: cuts.map(describe).join(" ") || "No packet was cut.",
    width: WIDEST,
    height: y,
    shapes: painter.shapes,
    table: {
      columns: ["packet", "identification", "octets", "offset field", "MF", "total length"],
      rows: cuts.flatMap((cut) =>
        cut.pieces.map((piece) => [
          nameOf(cut),
          `${piece.id}`,
          octetsOf(piece),
          `${piece.offset / 8}`,
          piece.more ? "1" : "0",
          `${piece.length}`,
        ]),
      ),
    },
  });
}

function drawCut(painter: Painter, cut: Cut, top: number): number {
  const { pieces, by } = cut;
  const end = Math.max(...pieces.map((piece) => piece.offset + carried(piece)));
  const isWhole = pieces.some((piece) => !piece.more);
  const [first] = pieces as [Piece];
  // The fragment header of IPv6 is the pieces' own.
  const before = first.packet.kind === "ipv6" ? first.header - 8 : first.header;
  const bar = MARGIN + HEAD_W;
  const x = (octet: number): number => bar + (octet / end) * (WIDTH - HEAD_W);
  let y = top;
  painter.text(MARGIN, y + 13, nameOf(cut), WIDTH, STRONG);
  y += 20;
  for (const step of by)
    for (const line of wrap(`${placeName(step.where)}: ${step.because}`, WIDTH, BODY, 2)) {
      painter.text(MARGIN, y + 13, line, WIDTH, BODY, "muted");
      y += LINE;
    }
  y += 6;
  painter.box(MARGIN, y, HEAD_W, BAR_H, "header", { round: 2 });
  painter.text(MARGIN + HEAD_W / 2, y + 19.5, `header ${before}`, HEAD_W - 6, BODY, "text", { anchor: "middle" });
  painter.box(bar, y, WIDTH - HEAD_W, BAR_H, "field", { round: 2 });
  const says = isWhole ? `${end} octets, 0 to ${end - 1}` : `at least ${end} octets; the end was not seen`;
  painter.text(bar + (WIDTH - HEAD_W) / 2, y + 19.5, says, WIDTH - HEAD_W - 12, STRONG, "text", { anchor: "middle" });
  y += BAR_H + 14;
  for (const piece of pieces.slice(0, MOST_PIECES)) {
    const left = x(piece.offset);
    const w = Math.max(4, x(piece.offset + carried(piece)) - left);
    painter.box(left - HEAD_W, y, HEAD_W, BAR_H, "header", { round: 2 });
    painter.text(left - HEAD_W / 2, y + 19.5, `header ${piece.header}`, HEAD_W - 6, BODY, "text", { anchor: "middle" });
    painter.box(left, y, w, BAR_H, "lit", { round: 2 });
    if (w > WIDE) painter.text(left + w / 2, y + 19.5, octetsOf(piece), w - 8, STRONG, "text", { anchor: "middle" });
    const fields = w > WIDE ? fieldsOf(piece) : `${octetsOf(piece)}: ${fieldsOf(piece)}`;
    const isLeft = left - HEAD_W + measure(fields, SMALL_CODE) <= MARGIN + WIDTH;
    painter.text(isLeft ? left - HEAD_W : MARGIN + WIDTH, y + BAR_H + 15, fields, WIDTH, SMALL_CODE, "muted", {
      anchor: isLeft ? "start" : "end",
    });
    y += ROW;
  }
  if (pieces.length > MOST_PIECES) {
    painter.text(MARGIN, y + 10, `and ${pieces.length - MOST_PIECES} more pieces, in the table`, WIDTH, BODY, "muted");
    y += LINE;
  }
  for (const step of cut.ends) {
    const lost = step.what === "drop";
    if (lost) painter.cross(MARGIN + 6, y + 8.5, 5);
    const indent = lost ? 18 : 0;
    const text = `${placeName(step.where)}: ${step.because}`;
    painter.text(MARGIN + indent, y + 13, text, WIDTH - indent, lost ? STRONG : BODY, lost ? "drop" : "text");
    y += LINE;
  }
  return y;
}

/** The fields of the header that tell the piece's place. The offset field counts in units of eight octets. */
function fieldsOf(piece: Piece): string {
  const units = piece.offset / 8;
  const offset = units === 0 ? "offset 0" : `offset ${units} (× 8 = ${piece.offset})`;
  return `id ${piece.id}, ${offset}, MF ${piece.more ? 1 : 0}, total length ${piece.length}`;
}

function octetsOf(piece: Piece): string {
  return `octets ${piece.offset} to ${piece.offset + carried(piece) - 1}`;
}

function carried(piece: Piece): number {
  return piece.length - piece.header;
}

function nameOf({ pieces }: Cut): string {
  const { packet } = pieces[0] as Piece;
  return `${protocolName(packet)} ${packet.src} → ${packet.dst} in ${pieces.length} ${pieces.length === 1 ? "piece" : "pieces"}`;
}

function describe(cut: Cut): string {
  const { pieces, by, ends } = cut;
  const parts = pieces.slice(0, MOST_PIECES).map((piece) => `${octetsOf(piece)} (${fieldsOf(piece)})`);
  const told = [...by, ...ends].map((step) => `${placeName(step.where)}: ${step.because}`);
  return `${nameOf(cut)}: ${parts.join("; ")}. ${told.join(". ")}`;
}

function pieceOf(packet: Ipv4Packet | Ipv6Packet): Piece {
  const length = ipLength(packet);
  if (packet.kind === "ipv4") {
    const { id, fragmentOffset: offset, moreFragments: more } = packet;
    return { packet, id, offset, more, header: 20, length };
  }
  const { id = 0, offset = 0, more = false } = packet.fragment ?? {};
  return { packet, id, offset, more, header: headers6Length(packet), length };
}

/** Pieces with one identification belong together. Each hop shows them again, and a router may cut a piece once more. */
function read(steps: readonly Step[]): Cut[] {
  const cuts = new Map<string, { pieces: Map<number, Piece>; by: Step[]; ends: Map<string, Step> }>();
  const lastCut = new Map<string, Step>();
  for (const step of steps) {
    const { packet: on, what, where } = step;
    const packet = on && inner(on);
    if (on === undefined || packet === undefined || packet.kind === "arp") continue;
    const inStack = "kind" in on;
    const piece = pieceOf(packet);
    // A whole IPv6 packet has no identification: what was cut last between the two is meant.
    const ends = `${packet.src} ${packet.dst}`;
    const key = packet.kind === "ipv4" ? `${ends} ${piece.id}` : ends;
    let cut = cuts.get(key);
    if (!piece.more && piece.offset === 0) {
      if (what === "send" && inStack) lastCut.set(key, step);
      else if (what === "receive" || what === "drop") cut?.ends.set(where.netns, step);
      continue;
    }
    if (cut === undefined) {
      const by = lastCut.get(key);
      cut = { pieces: new Map(), by: by === undefined ? [] : [by], ends: new Map() };
      cuts.set(key, cut);
    }
    const isNew = cut.by.length < 3 && cut.by.every(({ because }) => because !== step.because);
    if (what === "send" && inStack && isNew) cut.by.push(step);
    const known = cut.pieces.get(piece.offset);
    if (known === undefined || carried(piece) < carried(known)) cut.pieces.set(piece.offset, piece);
    // A receiver speaks of the pieces where it puts them together, not where a frame enters a device.
    if (what === "drop" || (what === "receive" && inStack)) cut.ends.set(where.netns, step);
  }
  return [...cuts.values()].map(({ pieces, by, ends }) => ({
    pieces: [...pieces.values()].sort((a, b) => a.offset - b.offset),
    by,
    ends: [...ends.values()].slice(0, 4),
  }));
}
