// What is wrong with a picture, by measuring its scene: texts cut, over each other, over edges or crossed by lines.
import { type Box, extent, type Line, type Scene, type Text } from "../../lib/draw/scene.ts";

interface Rect {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

const SLACK = 0.6;

/** One sentence for each fault; none for a good picture. */
export function faults(scene: Scene): string[] {
  const found: string[] = [];
  const card = { x: 0, y: 0, w: scene.width, h: scene.height };
  const texts = scene.shapes
    .map((shape, order) => ({ shape, order }))
    .filter((each): each is { shape: Text; order: number } => each.shape.shape === "text");
  const boxes = scene.shapes
    .map((shape, order) => ({ shape, order }))
    .filter((each): each is { shape: Box; order: number } => each.shape.shape === "box");
  const lines = scene.shapes
    .map((shape, order) => ({ shape, order }))
    .filter((each): each is { shape: Line; order: number } => each.shape.shape === "line");
  for (const shape of scene.shapes) {
    const numbers = Object.values(shape)
      .flat(2)
      .filter((value) => typeof value === "number");
    if (numbers.some((value) => !Number.isFinite(value)))
      found.push(`not a number: ${JSON.stringify(shape).slice(0, 120)}`);
  }
  const rects = texts.map(({ shape }) => extent(shape));
  texts.forEach(({ shape: text, order }, i) => {
    const rect = rects[i] as Rect;
    if (text.text === "") return;
    if (!inside(rect, card)) found.push(`cut by the edge of the picture: ${text.text}`);
    texts.slice(0, i).forEach((other, j) => {
      if (other.shape.text !== "" && overlap(rect, rects[j] as Rect))
        found.push(`two texts on each other: ${text.text} | ${other.shape.text}`);
    });
    for (const { shape: box } of boxes)
      if (overlap(rect, box) && !inside(rect, box) && !inside(box, rect))
        found.push(`over the edge of a box (${box.ink} ${box.tip ?? ""}): ${text.text}`);
    for (const line of lines) {
      if (line.order > order && crosses(line.shape, rect)) found.push(`a line is drawn over: ${text.text}`);
      // A box that lies over the line and under the text hides the line.
      else if (
        crosses(line.shape, rect) &&
        !boxes.some(({ shape, order: at }) => at > line.order && at < order && inside(rect, shape))
      )
        found.push(`crossed by a line (${line.shape.ink}): ${text.text}`);
    }
  });
  boxes.forEach(({ shape: a }, i) => {
    for (const { shape: b } of boxes.slice(0, i))
      if (overlap(a, b, 1.5) && !inside(a, b, 1.5) && !inside(b, a, 1.5))
        found.push(`two boxes overlap: ${a.ink} ${a.tip ?? ""} | ${b.ink} ${b.tip ?? ""}`);
  });
  return found;
}

function inside(a: Rect, b: Rect, slack = SLACK): boolean {
  return a.x >= b.x - slack && a.y >= b.y - slack && a.x + a.w <= b.x + b.w + slack && a.y + a.h <= b.y + b.h + slack;
}

function overlap(a: Rect, b: Rect, slack = SLACK): boolean {
  return a.x + slack < b.x + b.w && b.x + slack < a.x + a.w && a.y + slack < b.y + b.h && b.y + slack < a.y + a.h;
}

/** Lines are at right angles except in `network`, whose names have boxes behind them. */
function crosses(line: Line, rect: Rect): boolean {
  return line.points.slice(1).some(([x2, y2], i) => {
    const [x1, y1] = line.points[i] as readonly [number, number];
    const box = { x: Math.min(x1, x2), y: Math.min(y1, y2), w: Math.abs(x1 - x2) + 0.01, h: Math.abs(y1 - y2) + 0.01 };
    return (
      box.x + SLACK < rect.x + rect.w &&
      rect.x + SLACK < box.x + box.w &&
      box.y + SLACK < rect.y + rect.h &&
      rect.y + SLACK < box.y + box.h
    );
  });
}
