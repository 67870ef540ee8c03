// The lab before anything moves, and where on it a packet is: what the player draws its packet over.
import type { LabData } from "../lab/data.ts";
import type { Where } from "../trace/step.ts";
import { BAR_H, middleHeight, PAD, rowHeight } from "./bands.ts";
import type { Block, Slot } from "./nest.ts";
import { drawBlock, drawCable, drawNode, span, type Visits } from "./nodes.ts";
import { MARGIN, Painter, type Point, type Scene, scene } from "./scene.ts";
import { layOut } from "./topology.ts";
import { keyOf, type Place, type Way } from "./way.ts";

/** x, y, width, height. */
export type Area = readonly [number, number, number, number];

/** Where a packet rests, and what is lit while it does. */
export interface Spot {
  readonly at: Point;
  readonly areas: readonly Area[];
  readonly block: Block;
}

export interface Stage {
  readonly scene: Scene;
  /** The device, or the namespace where none is named; undefined for what the picture leaves out. */
  spot(where: Omit<Where, "node">): Spot | undefined;
  /** The cable from one device to another; undefined where it is not drawn. */
  cable(from: Place, to: Place): readonly Point[] | undefined;
}

/** How far before a device a packet waits: on the border of its namespace, where it hides no text. */
const BEFORE = PAD;
const LOOP = 24;

/** Draws the lab without a way; whoever is on the way is drawn in full. */
export function stage(lab: LabData, walked: Way, title: string): Stage {
  const isPassed = (visits: Visits, slot: Slot) => visits.out.has(slot) || visits.into.has(slot);
  const { boxes, slots, plan, left } = layOut(lab, walked, { others: false }, new Map(), (visits, slot) =>
    isPassed(visits, slot) ? 1 : 0,
  );
  const painter = new Painter();
  const none: Visits = { out: new Map(), into: new Map(), moves: [] };
  const blocks = boxes.flatMap((box) => box.bands.flat());
  for (const box of boxes) drawNode(painter, box, plan.names.get(box)!);
  for (const block of blocks) drawBlock(painter, block, none);
  for (const cable of plan.cables) drawCable(painter, cable, none);
  const byName = new Map<string, Block>();
  for (const block of blocks)
    for (const netns of block.cells ?? [block.netns]) if (!byName.has(netns.name)) byName.set(netns.name, block);

  const spot = ({ netns, device }: Omit<Where, "node">): Spot | undefined => {
    const slot = device === undefined ? undefined : slots.get(keyOf({ netns, device }));
    const block = slot?.block ?? byName.get(netns);
    if (block === undefined) return undefined;
    const around: Area = [block.x, block.y, block.w, block.h];
    if (slot !== undefined)
      return { at: [middle(slot), outer(slot)], areas: [around, [slot.x, slot.y, slot.w, slot.h]], block };
    const bar = block.bars.find((each) => each.device.name === device);
    if (bar === undefined) return { at: [block.x, corridor(block)], areas: [around], block };
    const { x, w } = span(block, bar);
    const y = corridor(block);
    return { at: [x + w, y], areas: [around, [x, y - BAR_H / 2, w, BAR_H]], block };
  };
  const cable = (from: Place, to: Place): readonly Point[] | undefined => {
    const a = slots.get(keyOf(from));
    const b = slots.get(keyOf(to));
    if (a === undefined || b === undefined) return undefined;
    if (a === b) return loop(a);
    const found = plan.cables.find((each) => (each.a === a && each.b === b) || (each.a === b && each.b === a));
    return found?.a === a ? found.points : found && [...found.points].reverse();
  };
  return {
    scene: scene({
      title,
      desc: `The lab of ${lab.nodes.length === 1 ? "one node" : `${lab.nodes.length} nodes`}${left > 0 ? `, of which ${left} are not drawn` : ""}.`,
      width: plan.width + MARGIN,
      height: plan.height + MARGIN,
      shapes: painter.shapes,
      table: { columns: [], rows: [] },
    }),
    spot,
    cable,
  };
}

/** From one spot to another of the same namespace, through its middle. */
export function inside(from: Spot, to: Spot): readonly Point[] {
  const y = corridor(from.block);
  const points: readonly Point[] = [from.at, [from.at[0], y], [to.at[0], y], to.at];
  return points.filter(([x, y], i) => i === 0 || x !== points[i - 1]![0] || y !== points[i - 1]![1]);
}

/** The height at which a namespace is crossed: that of its bridge, if it has one. */
function corridor(block: Block): number {
  return block.y + PAD + rowHeight(block, "top") + middleHeight(block) / 2;
}

function middle(slot: Slot): number {
  return slot.x + slot.w / 2;
}

function outer(slot: Slot): number {
  return slot.side === "top" ? slot.y - BEFORE : slot.y + slot.h + BEFORE;
}

/** Once around loopback: out at its right, where the picture of a way has its arrow, and back. */
function loop(slot: Slot): readonly Point[] {
  const x = slot.x + slot.w + LOOP;
  const y = slot.y + slot.h / 2;
  return [
    [middle(slot), outer(slot)],
    [x, outer(slot)],
    [x, y],
    [slot.x + slot.w, y],
  ];
}
