// Lines of costs on axes that both grow by factors: a line that rises as its way grows costs the same for each step of it.
import type { Ink } from "../../lib/draw/ink.ts";
import { BODY, MARGIN, Painter, type Point, type Scene, SMALL, STRONG, scene } from "../../lib/draw/scene.ts";

export interface Curve {
  readonly name: string;
  readonly ink: Ink;
  /** One for each place; null: it was not measured there. At the last place it was. */
  readonly costs: readonly (number | null)[];
}

export interface Plot {
  readonly title: string;
  readonly desc: string;
  /** Of the lower axis. */
  readonly places: readonly number[];
  readonly across: string;
  /** Of the other axis, each with how it is written. */
  readonly costs: readonly (readonly [cost: number, text: string])[];
  readonly unit: string;
  /** Over the columns of the table. */
  readonly column: string;
}

const WIDTH = 720;
const HEIGHT = 380;
const LEFT = 62;
const RIGHT = WIDTH - 246;
const TOP = 52;
const BOTTOM = HEIGHT - 50;

export const short = (cost: number) => (cost < 10 ? cost.toPrecision(2) : cost.toFixed(0));
const lastOf = ({ costs }: Curve): number => costs.at(-1)!;
const share = (value: number, first: number, last: number) => Math.log(value / first) / Math.log(last / first);

export function plot(curves: readonly Curve[], { title, desc, places, across, costs, unit, column }: Plot): Scene {
  const acrossOf = (place: number) => LEFT + share(place, places[0]!, places.at(-1)!) * (RIGHT - LEFT);
  const up = (cost: number) => BOTTOM - share(cost, costs[0]![0], costs.at(-1)![0]) * (BOTTOM - TOP);
  const painter = new Painter();
  painter.text(MARGIN, 28, title, WIDTH - 2 * MARGIN, STRONG);
  for (const [cost, text] of costs) {
    painter.line(
      [
        [LEFT, up(cost)],
        [RIGHT, up(cost)],
      ] as Point[],
      "dim",
    );
    painter.text(LEFT - 8, up(cost) + 4, text, LEFT, SMALL, "muted", { anchor: "end" });
  }
  for (const place of places)
    painter.text(acrossOf(place), BOTTOM + 18, `${place}`, 50, SMALL, "muted", { anchor: "middle" });
  painter.text((LEFT + RIGHT) / 2, BOTTOM + 38, across, 300, SMALL, "muted", { anchor: "middle" });
  // Names stand beside the ends of their lines, and make room for each other.
  const ends = curves.map((curve) => ({ ...curve, y: up(lastOf(curve)) })).sort((a, b) => a.y - b.y);
  let least = TOP;
  for (const { name, ink, costs: each, y } of ends) {
    const known = each.flatMap((cost, i) => (cost === null ? [] : [{ place: places[i]!, cost }]));
    const points = known.map(({ place, cost }): Point => [acrossOf(place), up(cost)]);
    painter.line(points, ink);
    for (const [i, [x, at]] of points.entries())
      painter.dot(x, at, 3, "lifelineDot", { tip: `${name}: ${known[i]!.place}, ${short(known[i]!.cost)} ${unit}` });
    const at = Math.max(y, least);
    painter.line(
      [
        [RIGHT + 4, y],
        [RIGHT + 12, at],
      ] as Point[],
      "link",
    );
    painter.text(RIGHT + 16, at + 4, name, WIDTH - RIGHT - 16 - MARGIN, BODY);
    least = at + 22;
  }
  const last = (curve: Curve) => `${curve.name} ${short(lastOf(curve))} ${unit}`;
  return scene({
    title,
    desc: `${desc}: ${curves.map(last).join(", ")}.`,
    width: WIDTH,
    height: HEIGHT,
    shapes: painter.shapes,
    table: {
      columns: [column, ...places.map((place) => `${place}`)],
      rows: curves.map((curve) => [curve.name, ...curve.costs.map((cost) => (cost === null ? "" : short(cost)))]),
    },
  });
}
