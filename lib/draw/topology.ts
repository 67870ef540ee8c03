// The lab as nested boxes with the way of a packet numbered on its cables.
import type { LabData } from "../lab/data.ts";
import type { Step } from "../trace/step.ts";
import { placeAcross } from "./across.ts";
import { arrange, type NodeBox } from "./bands.ts";
import { type Cable, type NameSpot, type Plan, route } from "./cables.ts";
import { fold } from "./fold.ts";
import { legend, legendHeight, legendWidth } from "./legend.ts";
import { cabling, nest, type Slot } from "./nest.ts";
import { drawBlock, drawCable, drawNode, type Visits } from "./nodes.ts";
import { innermost } from "./packet.ts";
import { BODY, MARGIN, Painter, type Scene, STRONG, scene } from "./scene.ts";
import { measure, visible } from "./text.ts";
import { type Crossing, isHeard, keyOf, placeName, since, type Way, way } from "./way.ts";

export interface TopologyOptions {
  readonly title?: string;
  /** Whether MAC addresses are written into the devices; they are unless there are many devices. */
  readonly macs?: boolean;
  /** From so many pods on a node on (6, none in a lab of many nodes), those the walk does not touch become cells. */
  readonly most?: number;
  /** Whether nodes beside the way are drawn (true unless said otherwise). */
  readonly others?: boolean;
}

/** Boxes and cables at their places, before anything is drawn. */
export interface Layout {
  readonly boxes: readonly NodeBox[];
  /** The box of each device, by `keyOf`. */
  readonly slots: ReadonlyMap<string, Slot>;
  readonly plan: Plan;
  /** What passed each device. */
  readonly visits: Visits;
  /** How many nodes are left out. */
  readonly left: number;
}

/** Places the lab; `reasons` of drops by namespace, and `badgeRows` rows of numbers beside a cable, take room. */
export function layOut(
  lab: LabData,
  walked: Way,
  options: TopologyOptions,
  reasons: ReadonlyMap<string, readonly string[]>,
  badgeRows: (visits: Visits, slot: Slot) => number,
): Layout {
  const { lab: shown, left } = fold(lab, involved(walked), options.others);
  const devices = shown.nodes.reduce(
    (sum, node) => sum + node.namespaces.reduce((all, netns) => all + netns.devices.length, 0),
    0,
  );
  const { nodes, slots } = nest(shown, {
    involved: involved(walked),
    loops: loops(walked),
    notes: reasons,
    macs: options.macs ?? devices <= 40,
    most: options.most ?? (shown.nodes.length > 4 ? 0 : 6),
  });
  const boxes = arrange(
    shown.nodes.map((node) => node.name),
    nodes,
  );
  placeAcross(boxes);
  const visits = visitsOf(walked, slots);
  const plan = route(
    boxes,
    (slot) => badgeRows(visits, slot),
    MARGIN,
    (box) => Math.min(nameWidth(box), 260),
  );
  return { boxes, slots, plan, visits, left };
}

/** The lab with every namespace, device and cable, and the way of the steps on it. */
export function topology(lab: LabData, steps: readonly Step[] = [], options: TopologyOptions = {}): Scene {
  const walked = way(steps, cabling(lab));
  const { boxes, plan, visits, left } = layOut(lab, walked, options, notes(walked), rows);
  const painter = new Painter();
  const width = Math.max(plan.width + MARGIN, legendWidth(walked) + 2 * MARGIN, 200);
  for (const box of boxes) drawNode(painter, box, plan.names.get(box) as NameSpot);
  for (const block of boxes.flatMap((box) => box.bands.flat())) drawBlock(painter, block, visits);
  for (const cable of plan.cables) drawCable(painter, cable, visits);
  const folded = left > 0 ? 28 : 0;
  if (left > 0)
    painter.text(MARGIN, plan.height + 20, `and ${left} more nodes, in the table`, width - 2 * MARGIN, BODY, "muted");
  legend(painter, walked, MARGIN, plan.height + folded + 16, width - 2 * MARGIN);
  const title = options.title ?? titleOf(lab, walked);
  return scene({
    title,
    desc: describe(lab, walked, plan.cables),
    width,
    height: plan.height + folded + MARGIN + legendHeight(walked),
    shapes: painter.shapes,
    table: table(lab, walked),
  });
}

function nameWidth(box: NodeBox): number {
  return measure(visible(box.name.slice(0, 60)), STRONG);
}

function isLoop(crossing: Crossing): boolean {
  return crossing.from.netns === crossing.to.netns && crossing.from.device === crossing.to.device;
}

function loops(walked: Way): Map<string, number> {
  const count = new Map<string, number>();
  for (const crossing of walked.crossings)
    if (isLoop(crossing)) count.set(crossing.from.netns, (count.get(crossing.from.netns) ?? 0) + 1);
  return count;
}

/** Of a flood that found somebody, those who only heard it are not part of the way. */
function involved(walked: Way): Set<string> {
  const names = new Set(walked.drops.map((drop) => drop.where.netns));
  for (const crossing of walked.crossings) {
    names.add(crossing.from.netns);
    if (!isHeard(crossing)) names.add(crossing.to.netns);
  }
  return names;
}

function notes(walked: Way): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const drop of walked.drops) {
    const list = found.get(drop.where.netns) ?? [];
    found.set(drop.where.netns, list);
    const text = `${drop.where.device === undefined ? "" : `${drop.where.device}: `}${drop.because}`;
    if (list.length < 3 && !list.includes(text)) list.push(text);
  }
  return found;
}

/** What passed each device, outward and inward, as labels for badges. */
function visitsOf(walked: Way, slots: ReadonlyMap<string, Slot>): Visits {
  const visits: Visits = { out: new Map(), into: new Map(), moves: [] };
  const add = (map: Map<Slot, Crossing[]>, slot: Slot | undefined, crossing: Crossing): void => {
    if (slot === undefined) return;
    const list = map.get(slot);
    if (list === undefined) map.set(slot, [crossing]);
    else if (!list.some((other) => other.number === crossing.number)) list.push(crossing);
  };
  for (const crossing of walked.crossings) {
    add(visits.out, slots.get(keyOf(crossing.from)), crossing);
    if (!isLoop(crossing)) add(visits.into, slots.get(keyOf(crossing.to)), crossing);
  }
  for (const message of walked.messages)
    for (const after of message.crossings) {
      const before = message.crossings.find(
        (c) => c.to.netns === after.from.netns && c.number < after.number && c.to.device !== after.from.device,
      );
      const from = before && slots.get(keyOf(before.to));
      const to = slots.get(keyOf(after.from));
      if (from !== undefined && to !== undefined && from !== to && from.block === to.block)
        visits.moves.push({ from, to, back: message.back, step: after.number });
    }
  return visits;
}

/** Rows of badges beside a device: those that go one way stand left of the cable, the others right. */
function rows(visits: Visits, slot: Slot): number {
  return Math.max(visits.out.get(slot)?.length ?? 0, visits.into.get(slot)?.length ?? 0, 0) === 0
    ? 0
    : Math.min(4, Math.max(visits.out.get(slot)?.length ?? 0, visits.into.get(slot)?.length ?? 0));
}

function titleOf(lab: LabData, walked: Way): string {
  const { messages } = walked;
  const first = messages.find((message) => innermost(message.packet)?.kind !== "arp") ?? messages[0];
  if (first === undefined) return `Topology of ${counted(lab.nodes.length, "node")}`;
  return `The way of ${first.caption} through ${counted(machinesOf(lab, walked), "machine")}`;
}

function counted(n: number, what: string): string {
  return n === 1 ? `one ${what}` : `${n} ${what}s`;
}

/** How many machines the way came by, switches of their own included: not those that only stand beside it. */
function machinesOf(lab: LabData, { crossings, drops }: Way): number {
  const places = [...crossings.flatMap(({ from, to }) => [from, to]), ...drops.map(({ where }) => where)];
  const names = new Set(places.map(({ netns }) => netns));
  return lab.nodes.filter(({ namespaces }) => namespaces.some(({ name }) => names.has(name))).length;
}

function describe(lab: LabData, walked: Way, cables: readonly Cable[]): string {
  const parts = lab.nodes.map((node) => {
    const pods = node.namespaces.slice(1).map((pod) => pod.name);
    const names = pods.slice(0, 6).join(", ") + (pods.length > 6 ? `, and ${pods.length - 6} more` : "");
    return pods.length === 0 ? `Node ${node.name}.` : `Node ${node.name} with ${names}.`;
  });
  const shown = parts.slice(0, 8).join(" ") + (parts.length > 8 ? ` And ${parts.length - 8} more nodes.` : "");
  const steps = walked.messages.slice(0, 12).map((message) => {
    const numbers = message.crossings.map((crossing) => crossing.number);
    const end = message.arrived || message.drops.length === 0 ? "" : `, dropped: ${message.drops[0]?.because}`;
    return `${message.caption}${numbers.length > 0 ? ` (cable crossings ${Math.min(...numbers)} to ${Math.max(...numbers)})` : ""}${end}`;
  });
  return `${shown} ${cables.length} cables drawn. ${steps.length > 0 ? `The way: ${steps.join("; ")}.` : ""}`.trim();
}

function table(lab: LabData, walked: Way): Scene["table"] {
  if (walked.messages.length > 0) {
    const start = Math.min(
      ...walked.crossings.map((crossing) => crossing.time),
      ...walked.drops.map((drop) => drop.time),
    );
    const rows = walked.crossings.map((crossing) => [
      `${crossing.number}`,
      since(crossing.time, start),
      placeName(crossing.from),
      placeName(crossing.to),
      crossing.message.caption,
      crossing.step.because,
    ]);
    const drops = walked.drops.map((drop) => [
      "dropped",
      since(drop.time, start),
      placeName(drop.where),
      "",
      "",
      drop.because,
    ]);
    return { columns: ["number", "time", "from", "to", "packet", "because"], rows: [...rows, ...drops] };
  }
  const rows = lab.nodes.flatMap((node) =>
    node.namespaces.flatMap((netns) =>
      netns.devices.map((device) => [
        node.name,
        netns.name,
        netns.containers.join(", "),
        device.name,
        device.addresses.map((each) => each.address).join(", "),
        device.mac,
        device.peer ? `cable to ${device.peer.netns} ${device.peer.device}` : device.master ? "" : device.kind,
        device.master ?? "",
      ]),
    ),
  );
  return { columns: ["node", "namespace", "containers", "device", "addresses", "MAC", "leads to", "port of"], rows };
}
