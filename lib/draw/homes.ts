// Locality over time: which servers each virtual address has, connection by connection. A new box begins where the
// set changes.
// Before you edit: ipvs/schedulers/lblc.ts, lblcr.ts.
import type { Picked } from "../lab/clients.ts";
import { BODY, CODE, LINE, MARGIN, Painter, type Scene, SMALL, STRONG, scene, WIDEST } from "./scene.ts";
import { byName, tonesOf } from "./tones.ts";

const LEFT = 104;
const WIDTH = WIDEST - 2 * MARGIN - LEFT;
/** How high a server of a set is drawn. */
const MEMBER = 20;
const MOST = 12;

/** A stretch of connections during which an address had the same servers. */
interface Stretch {
  readonly from: number;
  readonly homes: readonly string[];
}

export function homes(panels: readonly { readonly name: string; readonly picks: readonly Picked[] }[]): Scene {
  const painter = new Painter();
  const tone = tonesOf(panels.flatMap(({ picks }) => picks.flatMap((pick) => pick.homes)));
  let y = MARGIN;
  for (const { name, picks } of panels) y = drawPanel(painter, name, picks, tone, y);
  painter.text(
    MARGIN,
    y + 8,
    "Box: the servers an address has from this connection on. Mark below: a connection to the address.",
    700,
    BODY,
  );
  return scene({
    title: "The servers of each virtual address over time",
    desc: panels.map(({ name, picks }) => `${name}: ${words(picks)}`).join("; "),
    width: WIDEST,
    height: y + 8 + MARGIN,
    shapes: painter.shapes,
    table: {
      columns: ["scheduler", "connection", "address", "server", "servers of the address"],
      rows: panels.flatMap(({ name, picks }) =>
        picks.map((pick, i) => [name, `${i + 1}`, pick.virtual, pick.server ?? "none", pick.homes.join(" ")]),
      ),
    },
  });
}

function drawPanel(
  painter: Painter,
  name: string,
  picks: readonly Picked[],
  tone: ReturnType<typeof tonesOf>,
  top: number,
): number {
  const addresses = [...new Set(picks.map(({ virtual }) => virtual))].sort(byName);
  const pitch = WIDTH / Math.max(1, picks.length);
  const x = (i: number) => MARGIN + LEFT + i * pitch;
  painter.text(MARGIN, top + 13, `${name}: ${picks.length} connections, from left to right`, WIDTH, STRONG);
  let y = top + 24;
  for (const address of addresses.slice(0, MOST)) {
    const stretches = stretchesOf(picks, address);
    const height = MEMBER * Math.max(1, ...stretches.map((each) => each.homes.length));
    painter.text(MARGIN, y + 15, address, LEFT - 8, CODE);
    stretches.forEach(({ from, homes: servers }, n) => {
      const left = x(from);
      const width = x(stretches[n + 1]?.from ?? picks.length) - left - 2;
      [...servers].sort(byName).forEach((server, row) => {
        const top = y + row * MEMBER;
        painter.box(left, top, width, MEMBER - 2, tone(server), { round: 2, tip: `${address}: ${servers.join(" ")}` });
        if (width > 14)
          painter.text(left + width / 2, top + 14, server, width - 2, STRONG, "text", { anchor: "middle" });
      });
    });
    picks.forEach((pick, i) => {
      const at = x(i) + 1;
      if (pick.virtual !== address) return;
      painter.line(
        [
          [at, y + height + 1],
          [at, y + height + 7],
        ],
        "mark",
      );
    });
    y += height + 16;
  }
  if (addresses.length > MOST) {
    painter.text(MARGIN, y + 12, `and ${addresses.length - MOST} more addresses, in the table`, WIDTH, SMALL, "muted");
    y += LINE;
  }
  return y + 10;
}

function stretchesOf(picks: readonly Picked[], address: string): Stretch[] {
  const found: Stretch[] = [];
  picks.forEach(({ virtual, homes: now }, from) => {
    if (virtual !== address || now.length === 0) return;
    if (found.at(-1)?.homes.join(" ") !== now.join(" ")) found.push({ from, homes: now });
  });
  return found;
}

function words(picks: readonly Picked[]): string {
  return [...new Set(picks.map(({ virtual }) => virtual))]
    .sort(byName)
    .slice(0, MOST)
    .map((address) => {
      const sets = stretchesOf(picks, address).map((each) => `{${[...each.homes].sort(byName).join(" ")}}`);
      return `${address} ${sets.join(" then ")}`;
    })
    .join(", ");
}
