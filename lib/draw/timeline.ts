// Who got which connection, a row for each scheduler, on one workload: what they have in common and where they part.
import type { Picked } from "../lab/clients.ts";
import { MARGIN, Painter, type Scene, SMALL, STRONG, scene, WIDEST } from "./scene.ts";
import { tonesOf } from "./tones.ts";

const LEFT = 84;
const PITCH = 27;
const ROW = 27;
const MOST = Math.floor((WIDEST - 2 * MARGIN - LEFT) / PITCH);

export function timeline(rows: readonly { readonly scheduler: string; readonly picks: readonly Picked[] }[]): Scene {
  const painter = new Painter();
  const shown = Math.min(MOST, Math.max(0, ...rows.map(({ picks }) => picks.length)));
  const tone = tonesOf(rows.flatMap(({ picks }) => picks.map(({ server }) => server)));
  const x = (i: number) => MARGIN + LEFT + i * PITCH;
  let y = MARGIN;
  painter.text(MARGIN, y + 13, "connection", LEFT - 4, SMALL, "muted");
  for (let i = 0; i < shown; i++)
    painter.text(x(i) + PITCH / 2 - 1, y + 13, `${i + 1}`, PITCH, SMALL, "muted", { anchor: "middle" });
  y += 22;
  for (const { scheduler, picks } of rows) {
    painter.text(MARGIN, y + 16.5, scheduler, LEFT - 6, STRONG);
    picks.slice(0, shown).forEach(({ server, client }, i) => {
      const tip = `${scheduler}: ${client} to ${server ?? "nobody"}`;
      painter.box(x(i), y, PITCH - 3, ROW - 4, server === null ? "miss" : tone(server), { round: 3, tip });
      const ink = server === null ? "drop" : "text";
      painter.text(x(i) + (PITCH - 3) / 2, y + 16.5, server ?? "–", PITCH - 6, STRONG, ink, { anchor: "middle" });
    });
    y += ROW;
  }
  return scene({
    title: "One workload, each scheduler: which server gets which connection",
    desc: rows.map(({ scheduler, picks }) => `${scheduler}: ${namesOf(picks.slice(0, shown))}`).join("; "),
    width: WIDEST,
    height: y + MARGIN - 4,
    shapes: painter.shapes,
    table: {
      columns: ["scheduler", "servers"],
      rows: rows.map(({ scheduler, picks }) => [scheduler, namesOf(picks.slice(0, 80))]),
    },
  });
}

function namesOf(picks: readonly Picked[]): string {
  return picks.map(({ server }) => server ?? "–").join(" ");
}
