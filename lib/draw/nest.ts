// What a topology shows and how large it is: namespaces as blocks with their devices on the upper or the lower
// edge (where their cables leave), blocks in bands, bands in nodes, nodes in tiers. No coordinates yet.
import type { DeviceData, LabData, NetnsData } from "../lab/data.ts";
import type { Ink } from "./ink.ts";
import { BODY, CODE, SMALL_CODE, STRONG, STRONG_CODE } from "./scene.ts";
import { measure, type Type, visible, wrap } from "./text.ts";
import { keyOf, type Place } from "./way.ts";

export interface Words {
  readonly text: string;
  readonly type: Type;
  readonly ink: Ink;
  /** A cross before it: a drop. */
  readonly cross?: boolean;
}

/** A device drawn as a box on an edge of its block. */
export interface Slot {
  readonly block: Block;
  readonly device: DeviceData;
  readonly words: readonly Words[];
  readonly w: number;
  readonly h: number;
  side: "top" | "bottom";
  /** The slot at the other end of the cable. */
  peer?: Slot;
  /** Left edge and upper edge, set by `place.ts`. */
  x: number;
  y: number;
}

/** A bridge: a bar through the middle of its block that ports hang on. */
export interface Bar {
  readonly device: DeviceData;
  readonly words: readonly Words[];
  readonly w: number;
}

/** A namespace as it is drawn. */
export interface Block {
  readonly node: string;
  readonly netns: NetnsData;
  readonly own: boolean;
  readonly header: readonly Words[];
  readonly chips: readonly string[];
  readonly headerW: number;
  readonly headerH: number;
  readonly slots: Slot[];
  readonly bars: Bar[];
  /** Pods drawn as one block of small cells, because there are too many of them. */
  readonly cells?: readonly NetnsData[];
  /** Room on the right of loopback for the numbers of what went round it. */
  readonly loopW: number;
  headerSide: "top" | "bottom";
  headerX: number;
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface NestOptions {
  /** Namespaces on the way: always drawn in full, with their loopback if it was used. */
  readonly involved: ReadonlySet<string>;
  /** How often a packet went round the loopback of a namespace. */
  readonly loops: ReadonlyMap<string, number>;
  /** Reasons of drops, by namespace. */
  readonly notes: ReadonlyMap<string, readonly string[]>;
  readonly macs: boolean;
  /** Pods drawn in full on one node before the others become cells. */
  readonly most: number;
}

export const DEVICE_LINE = 16;
export const CHIP_H = 22;
export const CELL_W = 80;
export const CELL_H = 20;
export const CELLS_IN_ROW = 8;
/** The last cell says how many pods are left out; the table has them all. */
export const MOST_CELLS = 160;
export const MOST_LOOPS = 5;
/** The longest name that Linux allows a device (IFNAMSIZ - 1); what a lab calls a pod may be longer. */
const LONGEST_DEVICE = 16;
const WIDEST_NAME = 200;
const NOTE_WIDTH = 250;

/** The blocks of a lab, node by node, and every device that is drawn, by namespace and name. */
export function nest(lab: LabData, options: NestOptions): { nodes: Block[][]; slots: Map<string, Slot> } {
  const slots = new Map<string, Slot>();
  const nodes = lab.nodes.map((node) => {
    const pods = node.namespaces.slice(1);
    const full = pods.length > options.most ? chosen(pods, options) : new Set(pods.map((pod) => pod.name));
    const blocks: Block[] = [];
    for (const netns of node.namespaces) {
      const own = netns === node.namespaces[0];
      if (own ? isWorthDrawing(netns, options) || pods.length === 0 : full.has(netns.name))
        blocks.push(block(node.name, netns, own, options, slots));
    }
    const others = pods.filter((pod) => !full.has(pod.name));
    if (others.length > 0) blocks.push(crowd(node.name, others, slots, blocks));
    return blocks;
  });
  for (const slot of slots.values()) {
    const { peer } = slot.device;
    const other = peer && slots.get(keyOf(peer));
    if (other !== undefined) slot.peer = other;
  }
  return { nodes, slots };
}

/** A machine's own namespace with nothing but loopback says nothing. */
function isWorthDrawing(netns: NetnsData, options: NestOptions): boolean {
  return netns.devices.some((device) => device.kind !== "loopback") || options.involved.has(netns.name);
}

function chosen(pods: readonly NetnsData[], options: NestOptions): Set<string> {
  const involved = pods.filter((pod) => options.involved.has(pod.name)).slice(0, 4);
  return new Set((involved.length > 0 ? involved : pods.slice(0, Math.min(3, options.most))).map((pod) => pod.name));
}

function block(node: string, netns: NetnsData, own: boolean, options: NestOptions, slots: Map<string, Slot>): Block {
  // A machine's own namespace has the machine's name, which the box around it says already.
  const header: Words[] = [{ text: own ? "root namespace" : netns.name, type: STRONG, ink: "text" }];
  if (netns.sysctls["net.ipv4.ip_forward"] === "1")
    header.push({ text: "ip_forward = 1", type: SMALL_CODE, ink: "muted" });
  for (const note of options.notes.get(netns.name) ?? []) {
    const lines = wrap(note, NOTE_WIDTH, STRONG, 4);
    lines.forEach((text, i) => {
      header.push({ text, type: STRONG, ink: "drop", ...(i === 0 ? { cross: true } : {}) });
    });
  }
  const chips = netns.containers.slice(0, 6);
  if (netns.containers.length > 6) chips.push(`${netns.containers.length - 6} more`);
  const textW = Math.max(...header.map((words) => widthOf(words)), ...chips.map((chip) => nameWidth(chip, BODY) + 16));
  const made: Block = {
    node,
    netns,
    own,
    header,
    chips,
    headerW: textW,
    headerH: header.length * DEVICE_LINE + chips.length * (CHIP_H + 4) + (chips.length > 0 ? 4 : 0),
    slots: [],
    bars: [],
    loopW: 24 + 24 * Math.min(MOST_LOOPS, options.loops.get(netns.name) ?? 0),
    headerSide: "top",
    headerX: 0,
    x: 0,
    y: 0,
    w: 0,
    h: 0,
  };
  for (const device of netns.devices) {
    if (device.kind === "bridge") made.bars.push(bar(device, options));
    else if (device.kind !== "loopback" || netns.devices.length === 1 || options.loops.has(netns.name))
      made.slots.push(slot(made, device, options, slots));
  }
  return made;
}

/** All that is left of a node's pods, one small cell each, on a bundle of cables. */
function crowd(node: string, pods: readonly NetnsData[], slots: Map<string, Slot>, blocks: readonly Block[]): Block {
  const title = `${pods.length} ${blocks.some((other) => !other.own) ? "more pods" : "pods"}`;
  const made: Block = {
    node,
    netns: { name: "", inode: 0, containers: [], sysctls: {}, devices: [], routes: [], neighbours: [] },
    own: false,
    header: [{ text: title, type: STRONG, ink: "text" }],
    chips: [],
    headerW: measure(title, STRONG),
    headerH: DEVICE_LINE,
    slots: [],
    bars: [],
    cells: pods,
    loopW: 0,
    headerSide: "top",
    headerX: 0,
    x: 0,
    y: 0,
    w: 0,
    h: 0,
  };
  const host = blocks.find((other) => other.own);
  const peers = pods.flatMap((pod) => pod.devices.flatMap((device) => (device.peer ? [device.peer] : [])));
  const ports =
    host?.netns.devices.filter((device) =>
      peers.some((peer) => peer.netns === host.netns.name && peer.device === device.name),
    ) ?? [];
  const [port] = ports;
  if (host === undefined || port === undefined) return made;
  // One port of the host stands for all of them; the ports themselves leave the picture with their pods.
  const gone = new Set(ports.map((each) => each.name));
  for (const name of gone) slots.delete(keyOf({ netns: host.netns.name, device: name }));
  const kept = host.slots.filter((each) => !gone.has(each.device.name));
  host.slots.splice(0, host.slots.length, ...kept);
  const label = `${ports.length} veth ports`;
  const { peer: _, ...portWithoutPeer } = port;
  const options = { macs: false };
  const end = slot(
    made,
    { ...portWithoutPeer, name: `${ports.length} × eth0`, addresses: [], index: 0 },
    options,
    slots,
  );
  const bundle = slot(host, { ...portWithoutPeer, name: label, addresses: [] }, options, slots);
  made.slots.push(end);
  host.slots.push(bundle);
  end.peer = bundle;
  bundle.peer = end;
  for (const name of gone) slots.set(keyOf({ netns: host.netns.name, device: name }), bundle);
  for (const pod of pods)
    for (const device of pod.devices) slots.set(keyOf({ netns: pod.name, device: device.name }), end);
  return made;
}

function slot(owner: Block, device: DeviceData, options: { macs: boolean }, slots: Map<string, Slot>): Slot {
  const words = deviceWords(device, options.macs);
  const made: Slot = {
    block: owner,
    device,
    words,
    w: Math.ceil(Math.max(60, ...words.map(widthOf)) + 16),
    h: words.length * DEVICE_LINE + 8,
    side: "bottom",
    x: 0,
    y: 0,
  };
  slots.set(keyOf({ netns: owner.netns.name, device: device.name }), made);
  return made;
}

function bar(device: DeviceData, options: NestOptions): Bar {
  const words = deviceWords(device, options.macs);
  return { device, words, w: words.reduce((sum, each) => sum + widthOf(each) + 14, 10) };
}

function deviceWords(device: DeviceData, macs: boolean): Words[] {
  const down = device.up ? "" : " DOWN";
  const words: Words[] = [{ text: device.name + down, type: STRONG_CODE, ink: "text" }];
  for (const { address } of device.addresses.slice(0, 3)) words.push({ text: address, type: CODE, ink: "text" });
  if (device.addresses.length > 3)
    words.push({ text: `${device.addresses.length - 3} more`, type: BODY, ink: "muted" });
  if (macs && device.kind !== "loopback") words.push({ text: device.mac, type: SMALL_CODE, ink: "muted" });
  return words;
}

/** The room that words get: their own width, bounded for names that no tool would have accepted. */
export function widthOf(words: Words): number {
  const bound =
    words.ink === "drop"
      ? NOTE_WIDTH + 16
      : words.type.font === "mono"
        ? LONGEST_DEVICE * 1.35 * words.type.size
        : WIDEST_NAME;
  const all = visible(words.text.slice(0, 300));
  return Math.min(bound, Math.ceil(measure(all, words.type)) + (words.cross || words.ink === "drop" ? 16 : 0));
}

export function nameWidth(name: string, type: Type): number {
  return Math.min(WIDEST_NAME, Math.ceil(measure(visible(name.slice(0, 300)), type)));
}

/** The other end of each device's cable, as the lab has it; loopback leads to itself. */
export function cabling(lab: LabData): (place: Place) => Place | undefined {
  const ends = new Map<string, Place>();
  const nodeOf = new Map<string, string>();
  for (const node of lab.nodes) for (const netns of node.namespaces) nodeOf.set(netns.name, node.name);
  for (const node of lab.nodes)
    for (const netns of node.namespaces)
      for (const device of netns.devices) {
        const here = { node: node.name, netns: netns.name, device: device.name };
        const { peer } = device;
        if (device.kind === "loopback") ends.set(keyOf(here), here);
        else if (peer !== undefined) ends.set(keyOf(here), { node: nodeOf.get(peer.netns) ?? "", ...peer });
      }
  return (place) => ends.get(keyOf(place));
}
