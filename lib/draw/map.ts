// A lab as a map: each machine at the place that a lecturer gave it, and a straight line for each cable.
import type { DeviceData, LabData, NetnsData } from "../lab/data.ts";
import { BODY, MARGIN, Painter, type Scene, scene, WIDEST } from "./scene.ts";
import { BOX_W, border, drawSpot, MOST_LINES, type Places, spotsAt } from "./spots.ts";

/** The namespaces that have a place, with the addresses of their devices; a switch is one that only bridges. */
export function map(lab: LabData, places: Places, options: { readonly title?: string } = {}): Scene {
  const all = lab.nodes.flatMap(({ namespaces }) => namespaces).filter(({ name }) => places[name] !== undefined);
  const spots = spotsAt(
    all.map((netns) => ({ name: netns.name, lines: linesOf(netns) })),
    places,
  );
  const spotOf = new Map(spots.map((spot) => [spot.name, spot]));
  const painter = new Painter();
  const cables = all.flatMap((netns) => cablesOf(netns).filter(([, to]) => spotOf.has(to)));
  for (const [from, to] of cables) {
    const [a, b] = [spotOf.get(from)!, spotOf.get(to)!];
    painter.line([border(a, b), border(b, a)], "cable");
  }
  for (const netns of all) drawSpot(painter, spotOf.get(netns.name)!, isSwitch(netns) ? "bridge" : "pod");
  if (all.length === 0) painter.text(MARGIN, MARGIN + 14, "No machine has a place.", WIDEST, BODY, "muted");
  const title = options.title ?? `Map of ${all.length} machines`;
  return scene({
    title,
    desc: `${title}. ${cables.map(([from, to]) => `${from} is cabled to ${to}`).join("; ")}.`,
    width: Math.max(WIDEST / 2, ...spots.map(({ x }) => x + BOX_W / 2 + MARGIN)),
    height: Math.max(MARGIN + 30, ...spots.map(({ y, h }) => y + h / 2)) + MARGIN,
    shapes: painter.shapes,
    table: {
      columns: ["machine", "addresses", "cables to"],
      rows: all.map(({ name, devices }) => [
        name,
        devices.flatMap(addressesOf).join(", "),
        devices.flatMap(({ peer }) => (peer ? [peer.netns] : [])).join(", "),
      ]),
    },
  });
}

function isSwitch({ devices }: NetnsData): boolean {
  return devices.some(({ kind }) => kind === "bridge") && linesFor(devices).length === 0;
}

function linesOf({ devices }: NetnsData): string[] {
  const lines = linesFor(devices);
  return lines.length <= MOST_LINES ? lines : [...lines.slice(0, MOST_LINES - 1), `and ${lines.length - 2} more`];
}

function linesFor(devices: readonly DeviceData[]): string[] {
  return devices.flatMap(addressesOf);
}

function addressesOf({ name, addresses }: DeviceData): string[] {
  return addresses.filter(({ address }) => !address.startsWith("127.")).map(({ address }) => `${name} ${address}`);
}

/** Each cable once, from the end whose name comes first. */
function cablesOf({ name, devices }: NetnsData): (readonly [string, string])[] {
  return devices.flatMap(({ peer }) => (peer && name < peer.netns ? [[name, peer.netns] as const] : []));
}
