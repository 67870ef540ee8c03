// What different plugins put around a pod's packet: the longest frame of each walk on one scale of octets, header by header.
// Before you edit: lib/draw/caught.ts; RFC 7348 §5, RFC 2003 §3; weave router/sleeve.go.
import { PROTOCOL } from "../wire/packet.ts";
import { type Caught, hasEthernet, type Sight, sightsOf } from "./caught.ts";
import { BODY, CODE, LINE, MARGIN, Painter, type Scene, SMALL, SMALL_CODE, STRONG, scene, WIDEST } from "./scene.ts";
import { listed, measure, visible } from "./text.ts";

export interface Wrapped {
  readonly name: string;
  readonly frames: readonly Caught[];
}
interface Part {
  readonly name: string;
  readonly at: number;
  readonly length: number;
  /** Whether a plugin put it there. */
  readonly around: boolean;
}

const BAR_H = 40;
/** Headers of programs that a datagram carries, by its port. */
const CARRIES: Readonly<Record<number, string>> = { 4789: "VXLAN", 6783: "Sleeve", 6784: "VXLAN", 8472: "VXLAN" };
const ICMP = 8;
const UDP = 8;
const IPV4 = 20;
const ETHERNET = 14;

/** The first packet of each walk, where it was longest on its way. */
export function octetBars(walks: readonly Wrapped[], options: { readonly title?: string } = {}): Scene {
  const all = walks.map(({ name, frames }) => {
    const sights = sightsOf(frames);
    const longest = sights.reduce<Sight | null>(
      (best, each) => (best !== null && best.octets.length >= each.octets.length ? best : each),
      null,
    );
    return { name, at: longest, parts: longest === null ? [] : partsOf(longest) };
  });
  const scale = (WIDEST - 2 * MARGIN - 60) / Math.max(1, ...all.map(({ parts }) => parts.at(-1)?.at ?? 0));
  const painter = new Painter();
  let y = MARGIN;
  for (const { name, at, parts } of all) {
    const overhead = overheadOf(parts);
    const where = at === null ? "no packet" : `at ${at.netns} ${at.device}: ${overhead} octets around the packet`;
    painter.text(MARGIN, y + 13, visible(name), 170, STRONG);
    painter.text(MARGIN + 180, y + 13, where, WIDEST - 2 * MARGIN - 180, BODY, "muted");
    drawBar(painter, parts, scale, y + 20);
    y += 20 + BAR_H + 24;
  }
  return scene({
    title: options.title ?? `Octets on the wire: ${listed(all.map(({ name }) => name))}`,
    desc: all
      .map(({ name, parts }) => `${name}: ${parts.map((part) => `${part.at} ${part.name} ${part.length}`).join(", ")}.`)
      .join(" "),
    width: WIDEST,
    height: Math.max(y, MARGIN + LINE) + MARGIN - 6,
    shapes: painter.shapes,
    table: {
      columns: ["walk", "octets", "header", "length", "put around it"],
      rows: all.flatMap(({ name, parts }) =>
        parts.map(({ name: header, at, length, around }) => [
          name,
          `${at}–${at + length - 1}`,
          header,
          `${length}`,
          around ? "yes" : "",
        ]),
      ),
    },
  });
}

/** What a frame is longer by than the same packet on a plain link. */
function overheadOf(parts: readonly Part[]): number {
  const around = parts.filter((part) => part.around).reduce((sum, { length }) => sum + length, 0);
  return around === 0 || parts.filter(({ name }) => name === "Eth").length > 1 ? around : around - ETHERNET;
}

function partsOf(sight: Sight): Part[] {
  const { octets, at: own } = sight;
  const parts: Part[] = [];
  const put = (name: string, length: number) => {
    const at = (parts.at(-1)?.at ?? 0) + (parts.at(-1)?.length ?? 0);
    if (length > 0) parts.push({ name, at, length, around: at < begin });
  };
  const begin = own > ETHERNET ? own - (hasEthernet(sight) ? ETHERNET : 0) : 0;
  if (begin > 0) {
    put("Eth", ETHERNET);
    put("IPv4", IPV4);
    if (octets[ETHERNET + 9] === PROTOCOL.udp) {
      put("UDP", UDP);
      const port = (octets[ETHERNET + IPV4 + 2]! << 8) | octets[ETHERNET + IPV4 + 3]!;
      put(CARRIES[port] ?? `port ${port}`, begin - ETHERNET - IPV4 - UDP);
    }
  }
  if (hasEthernet(sight)) put("Eth", ETHERNET);
  put("IPv4", IPV4);
  if (octets[own + 9] === PROTOCOL.icmp) put("ICMP", ICMP);
  const last = parts.at(-1)!;
  put("data", octets.length - last.at - last.length);
  return parts;
}

function drawBar(painter: Painter, parts: readonly Part[], scale: number, y: number): void {
  for (const { name, at, length, around } of parts) {
    const x = MARGIN + at * scale;
    const w = name === "data" ? WIDEST - MARGIN - x : length * scale;
    const fits = measure(name, SMALL) <= w - 4;
    painter.box(x, y, w, BAR_H, around ? "changed" : name === "data" ? "field" : "header", {
      round: 2,
      tip: `${name}, ${length} octets from ${at}`,
    });
    if (fits) painter.text(x + w / 2, y + 17, name, w - 4, SMALL, "text", { anchor: "middle" });
    painter.text(x + w / 2, y + 33, `${length}`, w, CODE, "muted", { anchor: "middle" });
    painter.text(x + 1, y + BAR_H + 14, `${at}`, 40, SMALL_CODE, "muted");
  }
}
