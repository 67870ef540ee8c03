// Left to right: bands from the outside in, each device in line with its cable's other end where that is possible.
import {
  BLOCK_GAP,
  CHANNEL,
  cellWidth,
  leastHeader,
  NODE_GAP,
  NODE_PAD,
  type NodeBox,
  PAD,
  SLOT_GAP,
} from "./bands.ts";
import type { Block, Slot } from "./nest.ts";
import { MARGIN, STRONG } from "./scene.ts";
import { measure, visible } from "./text.ts";

/** Left edges: bands from the outside in, so that a namespace in the middle can stand under its pods' cables. */
export function placeAcross(boxes: readonly NodeBox[]): void {
  const placed = new Map<Slot, NodeBox>();
  const byTier = new Map<number, NodeBox[]>();
  for (const box of boxes) byTier.set(box.tier, [...(byTier.get(box.tier) ?? []), box]);
  for (const row of byTier.values()) {
    let x = MARGIN;
    for (const box of row) {
      box.x = x;
      placeNode(box, placed);
      x += box.w + NODE_GAP;
    }
  }
}

function placeNode(box: NodeBox, placed: Map<Slot, NodeBox>): void {
  const middle = box.bands.findIndex((band) => band.some((block) => block.own));
  const order = [...box.bands.keys()].filter((i) => i !== middle);
  if (middle >= 0) order.push(middle);
  let right = box.x + NODE_PAD + measure(visible(box.name.slice(0, 40)), STRONG);
  for (const index of order) {
    let cursor = box.x + NODE_PAD;
    for (const block of box.bands[index] as Block[]) {
      placeBlock(box, block, cursor, placed);
      cursor = block.x + block.w + BLOCK_GAP;
      right = Math.max(right, block.x + block.w);
    }
  }
  box.w = right - box.x + NODE_PAD + (box.channels > 0 ? box.channels * CHANNEL : 0);
  const [only] = middle >= 0 ? (box.bands[middle] as Block[]) : [];
  if (only !== undefined && box.bands[middle]?.length === 1 && box.bands.length > 1) only.w = right - only.x;
}

function placeBlock(box: NodeBox, block: Block, cursor: number, placed: Map<Slot, NodeBox>): void {
  const rows = (["top", "bottom"] as const).map((side) => block.slots.filter((slot) => slot.side === side));
  const wish = (slot: Slot): number | undefined => {
    const { peer } = slot;
    const home = peer && placed.get(peer);
    // A cable that comes around the side gains nothing by ends that are in line.
    if (peer === undefined || home === undefined || box.tier - home.tier > 1) return undefined;
    return peer.x + peer.w / 2 - slot.w / 2;
  };
  const wishes = block.slots.map(wish).filter((x) => x !== undefined);
  // Cabled devices go first, so that they can stand in line with their peers; the header then follows them.
  const cabled = block.slots.some((slot) => slot.side === block.headerSide && slot.peer);
  block.x = block.own || wishes.length === 0 ? cursor : Math.max(cursor, Math.min(...wishes) - PAD);
  block.headerX = block.x + PAD;
  let right = block.x + leastHeader(block);
  for (const row of rows) {
    const isHeaders = row[0]?.side === block.headerSide;
    let x = block.x + PAD + (isHeaders && !cabled ? block.headerW + SLOT_GAP : 0);
    // A device whose cable's other end stands already wants to be in line with it; the others follow.
    const rank = (slot: Slot): number => wish(slot) ?? (slot.peer ? 1e8 : 1e9);
    row.sort((a, b) => rank(a) - rank(b));
    for (const slot of row) {
      slot.x = Math.max(x, wish(slot) ?? x);
      x = slot.x + cellWidth(slot) + SLOT_GAP;
      right = Math.max(right, x - SLOT_GAP + PAD);
      placed.set(slot, box);
    }
    if (isHeaders && cabled) {
      block.headerX = x;
      right = Math.max(right, x + block.headerW + PAD);
    }
  }
  block.w = right - block.x;
}
