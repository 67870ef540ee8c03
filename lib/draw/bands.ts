// Who stands above whom: nodes in tiers by their distance over cables, the namespaces of a node in bands around
// the one that most cables lead to, every device on the edge that faces its cable's other end.
import { type Block, CELL_H, CELL_W, CELLS_IN_ROW, MOST_CELLS, type Slot } from "./nest.ts";
import { MARGIN, WIDEST } from "./scene.ts";

export const PAD = 10;
export const SLOT_GAP = 14;
export const BAR_H = 26;
/** Between bridges of one namespace. */
export const BAR_GAP = 10;
export const BLOCK_GAP = 14;
export const NODE_PAD = 12;
export const NODE_GAP = 24;
export const CHANNEL = 14;

export interface NodeBox {
  readonly name: string;
  readonly bands: Block[][];
  readonly tier: number;
  x: number;
  y: number;
  w: number;
  h: number;
  /** How many cables may have to run down its right side. */
  channels: number;
}

/** Puts the blocks of each node into bands, and the devices of each block on its edges. */
export function arrange(names: readonly string[], nodes: readonly Block[][]): NodeBox[] {
  const widths = nodes.map(leastNodeWidth);
  const tier = isShortChain(nodes, widths) ? nodes.map(() => 0) : pack(tiers(nodes), widths);
  const boxes = nodes.map((blocks, i): NodeBox => {
    const mine = tier[i] as number;
    const away = blocks
      .flatMap((block) => block.slots)
      .filter((slot) => slot.peer && !blocks.includes(slot.peer.block));
    const up = away.some((slot) => (tier[nodeOf(nodes, slot)] as number) < mine);
    const down = away.some((slot) => (tier[nodeOf(nodes, slot)] as number) >= mine);
    return {
      name: names[i] as string,
      bands: bandsOf(blocks, up, down),
      tier: mine,
      x: 0,
      y: 0,
      w: 0,
      h: 0,
      channels: 0,
    };
  });
  for (const box of boxes) assignSides(box, boxes);
  for (const box of boxes) box.channels = channelsOf(box);
  return boxes;
}

function nodeOf(nodes: readonly Block[][], slot: Slot): number {
  return nodes.findIndex((blocks) => blocks.includes((slot.peer as Slot).block));
}

/** Nodes that stand beside each other: a row, each cabled to the next at most, that fits the picture. */
function isShortChain(nodes: readonly Block[][], widths: readonly number[]): boolean {
  // Devices without a cable stand beside the header.
  const free = nodes.map((blocks) =>
    blocks.flatMap((block) => block.slots).reduce((sum, slot) => sum + (slot.peer ? 0 : cellWidth(slot) + SLOT_GAP), 0),
  );
  const row = widths.reduce((sum, w, i) => sum + w + (free[i] as number) + NODE_GAP, -NODE_GAP);
  return (
    row <= WIDEST - 2 * MARGIN &&
    neighboursOf(nodes).every((to, i) => [...to].every((other) => Math.abs(other - i) <= 1))
  );
}

function neighboursOf(nodes: readonly Block[][]): Set<number>[] {
  return nodes.map((blocks) => {
    const to = new Set<number>();
    for (const slot of blocks.flatMap((block) => block.slots)) if (slot.peer) to.add(nodeOf(nodes, slot));
    return to;
  });
}

function tiers(nodes: readonly Block[][]): number[] {
  const neighbours = neighboursOf(nodes);
  return distances(nodes.length, [], (i) => [...(neighbours[i] as Set<number>)]);
}

/** Nodes of one distance that do not fit beside each other get tiers of their own. */
function pack(distance: readonly number[], widths: readonly number[]): number[] {
  const tier: number[] = [];
  let next = 0;
  for (const far of [...new Set(distance)].sort((a, b) => a - b)) {
    let used = 0;
    for (const [i, each] of distance.entries()) {
      if (each !== far) continue;
      const w = widths[i] as number;
      if (used > 0 && used + w > WIDEST - 2 * MARGIN) {
        next++;
        used = 0;
      }
      tier[i] = next;
      used += w + NODE_GAP;
    }
    next++;
  }
  return tier;
}

/** How wide a node will be at least: its pods in rows, or its own namespace with the header beside its cables. */
function leastNodeWidth(blocks: readonly Block[]): number {
  const pods = blocks
    .filter((block) => !block.own)
    .reduce((sum, block) => sum + leastWidth(block) + BLOCK_GAP, -BLOCK_GAP);
  const own = blocks.find((block) => block.own);
  const cables = own?.slots.filter((slot) => slot.peer && !blocks.includes(slot.peer.block)) ?? [];
  const header = own === undefined ? 0 : cables.reduce((sum, slot) => sum + slot.w + SLOT_GAP, own.headerW + 2 * PAD);
  return Math.max(Math.min(pods, WIDEST - 2 * MARGIN), header, 0) + 2 * NODE_PAD;
}

/** Steps from the first of each connected part; `from` are tried as firsts before all others. */
function distances(count: number, from: readonly number[], next: (i: number) => readonly number[]): number[] {
  const found: number[] = new Array<number>(count).fill(-1);
  for (const start of [...from, ...found.keys()]) {
    if (found[start] !== -1) continue;
    found[start] = 0;
    const queue = [start];
    for (const at of queue)
      for (const to of next(at)) {
        if (found[to] !== -1) continue;
        found[to] = (found[at] as number) + 1;
        queue.push(to);
      }
  }
  return found;
}

function bandsOf(blocks: readonly Block[], up: boolean, down: boolean): Block[][] {
  const own = blocks.findIndex(
    (block) => block.own && block.slots.some((slot) => slot.peer && blocks.includes(slot.peer.block)),
  );
  const centred = own >= 0;
  const distance = distances(blocks.length, centred ? [own] : [], (i) =>
    (blocks[i] as Block).slots.flatMap((slot) => {
      const at = slot.peer === undefined ? -1 : blocks.indexOf(slot.peer.block);
      return at < 0 ? [] : [at];
    }),
  );
  const levels: Block[][] = [];
  blocks.forEach((block, i) => {
    const level = distance[i] as number;
    levels[level] ??= [];
    levels[level].push(block);
  });
  if (!centred) return levels.flatMap(wrapBand);
  const [middle = [], ...around] = levels;
  const near = around[0] ?? [];
  // Pods go to the side where no cable leaves the node; with too many for one row and no cable, to both sides.
  const rows = wrapBand(near);
  const far = around.slice(1).flatMap(wrapBand);
  if (up && !down) return [middle, ...rows, ...far];
  if (!up && !down && rows.length > 1) {
    const half = Math.ceil(near.length / 2);
    return [...far.reverse(), ...wrapBand(near.slice(0, half)), middle, ...wrapBand(near.slice(half))];
  }
  return [...far.reverse(), ...rows.reverse(), middle];
}

/** Cuts a band where it would be wider than a picture should be. */
function wrapBand(band: readonly Block[]): Block[][] {
  const rows: Block[][] = [];
  let width = Number.POSITIVE_INFINITY;
  for (const block of band) {
    const w = leastWidth(block) + BLOCK_GAP;
    if (width + w > WIDEST - 2 * (MARGIN + NODE_PAD) + BLOCK_GAP) {
      rows.push([]);
      width = 0;
    }
    (rows[rows.length - 1] as Block[]).push(block);
    width += w;
  }
  return rows;
}

function assignSides(box: NodeBox, boxes: readonly NodeBox[]): void {
  const bandOf = (block: Block): number => box.bands.findIndex((band) => band.includes(block));
  for (const [index, band] of box.bands.entries())
    for (const block of band) {
      for (const slot of block.slots) {
        const { peer } = slot;
        if (peer === undefined) continue;
        const other = bandOf(peer.block);
        const theirs = boxes.find((each) => each.bands.some((b) => b.includes(peer.block)));
        const above = other >= 0 ? other < index : (theirs as NodeBox).tier < box.tier;
        slot.side = above ? "top" : "bottom";
      }
      const cabled = block.slots.filter((slot) => slot.peer);
      const top = cabled.filter((slot) => slot.side === "top").length;
      block.headerSide = top > cabled.length - top ? "bottom" : "top";
      // Devices without a cable stand beside the cable of a pod, but not between the many ports of a node.
      const free = cabled.length === 1 ? (cabled[0] as Slot).side : cabled.length === 0 ? "bottom" : block.headerSide;
      for (const slot of block.slots) if (!slot.peer) slot.side = free;
    }
}

/** Cables that cannot go straight from their gap to where they must: past a band, or out of the node behind one. */
function channelsOf(box: NodeBox): number {
  const bandOf = new Map(box.bands.flatMap((band, i) => band.map((block) => [block, i] as const)));
  const gapOf = (slot: Slot): number | undefined => {
    const band = bandOf.get(slot.block);
    return band === undefined ? undefined : band + (slot.side === "top" ? 0 : 1);
  };
  const passing = box.bands
    .flat()
    .flatMap((block) => block.slots)
    .filter((slot) => {
      if (slot.peer === undefined) return false;
      const edge = slot.side === "top" ? 0 : box.bands.length;
      return gapOf(slot) !== (gapOf(slot.peer) ?? edge);
    });
  // A cable inside the node is counted from both its ends.
  const inside = passing.filter((slot) => bandOf.has((slot.peer as Slot).block)).length;
  return passing.length - inside / 2;
}

/** The room a device takes in its row. */
export function cellWidth(slot: Slot): number {
  return slot.w + slot.block.loopW * (slot.device.kind === "loopback" ? 1 : 0);
}

/** Sides may not be known yet, so all devices count as if they stood beside the header's opposite. */
function leastWidth(block: Block): number {
  const row = block.slots.reduce((sum, slot) => sum + cellWidth(slot) + SLOT_GAP, -SLOT_GAP);
  return Math.max(row + 2 * PAD, leastHeader(block));
}

/** The width that a block's header, bridges and cells need. */
export function leastHeader(block: Block): number {
  const cells = block.cells === undefined ? 0 : Math.min(block.cells.length, CELLS_IN_ROW) * CELL_W;
  const bars = block.bars.reduce((sum, bar) => sum + bar.w + BAR_GAP, -BAR_GAP);
  return Math.max(block.headerW, cells, bars) + 2 * PAD;
}

/** Heights inside a block: the row of a side, and the middle with its bridge or its way from edge to edge. */
export function rowHeight(block: Block, side: "top" | "bottom"): number {
  const slots = Math.max(0, ...block.slots.filter((slot) => slot.side === side).map((slot) => slot.h));
  return side === block.headerSide ? Math.max(slots, block.headerH) : slots;
}

export function middleHeight(block: Block): number {
  if (block.bars.length > 0) return BAR_H + 2 * 16;
  if (block.cells !== undefined)
    return Math.ceil(Math.min(block.cells.length, MOST_CELLS) / CELLS_IN_ROW) * CELL_H + 16;
  return rowHeight(block, "top") > 0 && rowHeight(block, "bottom") > 0 ? (block.slots.length > 1 ? 26 : 8) : 0;
}

export function blockHeight(block: Block): number {
  return rowHeight(block, "top") + middleHeight(block) + rowHeight(block, "bottom") + 2 * PAD;
}
