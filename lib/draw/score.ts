// Picks as a score: a line for each real server in the order of the kernel's list, a note where it got a connection, a
// cross where its weight was too small for the round.
// Before you edit: ipvs/schedulers/wrr.ts (what a candidate's cost says of the round).
import type { Picked } from "../lab/clients.ts";
import { BODY, MARGIN, Painter, type Scene, SMALL, STRONG, scene, WIDEST } from "./scene.ts";

const LEFT = 108;
const PITCH = 26;
const ROW = 34;
const MOST = Math.floor((WIDEST - 2 * MARGIN - LEFT) / PITCH);

export function score(picks: readonly Picked[]): Scene {
  const shown = picks.slice(0, MOST);
  const painter = new Painter();
  const name = shown[0]?.scheduler ?? "no pick";
  const servers = shown[0]?.standings ?? [];
  const thresholds = shown.map(thresholdOf);
  const order = picks.map(({ server }) => server ?? "–").join(" ");
  const x = (i: number) => MARGIN + LEFT + i * PITCH + PITCH / 2;
  painter.text(
    MARGIN,
    MARGIN + 13,
    `${name}: ${servers.length} servers in the order of the kernel's list`,
    600,
    STRONG,
  );
  let y = MARGIN + 30;
  const hasRounds = thresholds.some((each) => each !== null);
  if (hasRounds) {
    painter.text(MARGIN, y + 13, "weight ≥", LEFT - 8, SMALL, "muted");
    thresholds.forEach((each, i) => {
      painter.text(x(i), y + 13, `${each ?? ""}`, PITCH, STRONG, "text", { anchor: "middle" });
    });
    y += 22;
  }
  const top = y;
  servers.forEach(({ server, weight }, row) => {
    const middle = y + ROW / 2;
    painter.text(MARGIN, middle + 4.5, `${server}`, 34, STRONG);
    painter.text(MARGIN + 34, middle + 4.5, `weight ${weight}`, LEFT - 40, BODY, "muted");
    painter.line(
      [
        [x(0) - PITCH / 2, middle],
        [x(shown.length) - PITCH / 2, middle],
      ],
      "lifeline",
    );
    shown.forEach((pick, i) => {
      const lost = pick.standings[row]?.lost;
      if (lost === null) painter.dot(x(i), middle, 9, "walk");
      else if (lost?.field === "weight") painter.cross(x(i), middle, 4.5);
    });
    y += ROW;
  });
  // A bar where the threshold changes: the next pass through the list.
  thresholds.forEach((each, i) => {
    if (i > 0 && each !== thresholds[i - 1])
      painter.line(
        [
          [x(i) - PITCH / 2, top],
          [x(i) - PITCH / 2, y],
        ],
        "cable",
      );
  });
  painter.text(MARGIN, y + 16, "connection", LEFT - 8, SMALL, "muted");
  shown.forEach((_, i) => {
    painter.text(x(i), y + 16, `${i + 1}`, PITCH, SMALL, "muted", { anchor: "middle" });
  });
  y += 32;
  painter.dot(MARGIN + 9, y + 4, 8, "walk");
  painter.text(MARGIN + 26, y + 8.5, "gets the connection", 150, BODY);
  if (hasRounds) {
    painter.cross(MARGIN + 200, y + 4, 4.5);
    painter.text(MARGIN + 214, y + 8.5, "its weight is below what this pass asks for", 320, BODY);
  }
  return scene({
    title: `${name}: who gets the next connection`,
    desc: `In this order: ${order}.`,
    width: WIDEST,
    height: y + 26,
    shapes: painter.shapes,
    table: {
      columns: ["connection", "server", ...(hasRounds ? ["weight at least"] : [])],
      rows: picks.map((pick, i) => [`${i + 1}`, pick.server ?? "none", ...(hasRounds ? [`${thresholdOf(pick)}`] : [])]),
    },
  });
}

/** What a weight must reach in this pass; null: the scheduler has no passes. */
function thresholdOf({ standings }: Picked): number | null {
  const [, threshold] = /the round takes (\d+) and more/.exec(standings[0]?.cost ?? "") ?? [];
  return threshold === undefined ? null : Number(threshold);
}
