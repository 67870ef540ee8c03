// Pictures under each other as one, for a file that holds one picture.
import type { Point, Scene, Shape } from "./scene.ts";
import { scene } from "./scene.ts";

export function stacked(title: string, parts: readonly Scene[]): Scene {
  const shapes: Shape[] = [];
  let y = 0;
  for (const part of parts) {
    // The first shape is the part's own card; the whole has one.
    for (const shape of part.shapes.slice(1)) shapes.push(lowered(shape, y));
    y += part.height;
  }
  return scene({
    title,
    desc: parts.map(({ desc }) => desc).join(" "),
    width: Math.max(...parts.map(({ width }) => width)),
    height: y,
    shapes,
    table: {
      columns: ["picture", "row"],
      rows: parts.flatMap((part) => part.table.rows.map((row) => [part.title, row.filter(Boolean).join(", ")])),
    },
  });
}

function lowered(shape: Shape, by: number): Shape {
  if ("points" in shape) return { ...shape, points: shape.points.map(([x, y]): Point => [x, y + by]) };
  return { ...shape, y: shape.y + by };
}
