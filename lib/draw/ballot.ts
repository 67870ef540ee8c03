// One pick as a ballot: each real server with what the scheduler looked at, who got the connection, and why the others
// did not.
// Before you edit: ipvs/scheduler.ts (Candidate).
import type { Picked, Standing } from "../lab/clients.ts";
import { BODY, LINE, MARGIN, Painter, type Scene, SMALL, STRONG, scene, WIDEST } from "./scene.ts";
import { wrap } from "./text.ts";

const WIDTH = WIDEST - 2 * MARGIN;
const HEADS = ["server", "weight", "active", "inactive", "what is compared", "why"] as const;
const COLUMN = [0, 58, 114, 168, 230, 458, WIDTH];
const PAD = 9;

/** In the order in which the scheduler looks at them. `number` counts the picks of a row from 1. */
export function ballot(pick: Picked, number: number): Scene {
  const painter = new Painter();
  const { scheduler, client, virtual, server, standings } = pick;
  const result = server === null ? "nobody can take it: refused" : `server ${server} takes it`;
  const title = `${scheduler}, connection ${number}: ${result}`;
  painter.text(MARGIN, MARGIN + 13, `${title} (${client} to ${virtual})`, WIDTH, STRONG);
  let y = MARGIN + 26;
  const room = (i: number) => COLUMN[i + 1]! - COLUMN[i]! - 14;
  HEADS.forEach((head, i) => {
    painter.text(MARGIN + 8 + COLUMN[i]!, y + 12, head, room(i), SMALL, "muted");
  });
  y += 20;
  const rows = standings.map(rowOf);
  standings.forEach(({ lost }, row) => {
    const cells = rows[row]!.map((text, i) => wrap(text, room(i), BODY, 2));
    const height = PAD + LINE * Math.max(...cells.map((lines) => lines.length));
    painter.box(MARGIN, y, WIDTH, height, lost === null ? "lit" : "field", { round: 3 });
    cells.forEach((lines, i) => {
      lines.forEach((line, n) => {
        painter.text(MARGIN + 8 + COLUMN[i]!, y + 18 + n * LINE, line, room(i));
      });
    });
    y += height + 4;
  });
  return scene({
    title,
    desc: rows.map(([name, , , , cost, why]) => `Server ${name}: ${cost}, ${why}`).join("; ") || "There is no server.",
    width: WIDEST,
    height: y + MARGIN - 4,
    shapes: painter.shapes,
    table: { columns: HEADS, rows },
  });
}

function rowOf({ server, weight, active, inactive, cost, lost }: Standing): string[] {
  return [server, `${weight}`, `${active}`, `${inactive}`, cost, lost === null ? "takes it" : whyNot(lost, cost)];
}

/** What is compared stands beside it already. */
function whyNot({ field, wanted, had }: NonNullable<Standing["lost"]>, cost: string): string {
  if (wanted === "") return `${field}: ${had}`;
  return had === cost ? `wanted ${wanted}` : `${field}: ${had}, wanted ${wanted}`;
}
