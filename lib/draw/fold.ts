// A lab of many nodes, cut down to those a picture can show: first the ones on the way, then the first of the lab.
import type { LabData } from "../lab/data.ts";

const MOST_NODES = 7;

/**
 * The lab without the nodes that are left out and the ends of their cables, and how many were left out. With
 * `others` false only nodes on the way are kept, if there are any.
 */
export function fold(lab: LabData, involved: ReadonlySet<string>, others = true): { lab: LabData; left: number } {
  const isInvolved = (i: number): boolean =>
    lab.nodes[i]?.namespaces.some((netns) => involved.has(netns.name)) ?? false;
  const count = others ? 0 : [...lab.nodes.keys()].filter(isInvolved).length;
  const most = count === 0 ? MOST_NODES : Math.min(count, MOST_NODES);
  if (lab.nodes.length <= most) return { lab, left: 0 };
  const order = [...lab.nodes.keys()].sort((a, b) => Number(isInvolved(b)) - Number(isInvolved(a)) || a - b);
  const kept = new Set(order.slice(0, most));
  const nodes = lab.nodes.filter((_, i) => kept.has(i));
  const names = new Set(nodes.flatMap((node) => node.namespaces.map((netns) => netns.name)));
  const cut = nodes.map((node) => ({
    ...node,
    namespaces: node.namespaces.map((netns) => ({
      ...netns,
      devices: netns.devices.filter((device) => device.peer === undefined || names.has(device.peer.netns)),
    })),
  }));
  return { lab: { ...lab, nodes: cut }, left: lab.nodes.length - cut.length };
}
