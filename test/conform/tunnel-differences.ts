// What differs from kernel to kernel in labs with tunnels and says nothing of tunnels: queues, VLAN filtering, names of
// namespaces, and the order of what waits in a queue of its own.
import type { Case, Result } from "./case.ts";
import type { Difference } from "./compare.ts";

/** Whether a device of the lab puts frames into packets. */
export function hasTunnels({ lab }: Case): boolean {
  const devices = lab.nodes.flatMap(({ namespaces }) => namespaces.flatMap((ns) => ns.devices));
  return devices.some(({ kind }) => kind === "vxlan" || kind === "ipip" || kind === "tun");
}

/** `about` names the command: a bridge's table is in the order of learning, over all VLANs. */
function normalText(text: string, about: string): string {
  const lines = text
    .replaceAll(/ num[rt]xqueues \d+/g, "")
    .replaceAll(/ link-netns(id)? \S+/g, " link-netns")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/ vlan 1 master \S+ (permanent|static)$/.test(line));
  return (about.includes("bridge fdb") ? lines.sort() : lines).map((line) => `${line}\n`).join("");
}

/** From here on, in milliseconds, neighbours are probed that were used in the beginning. */
const PROBES = 4000;

/** The differences that are none of those. */
export function onlyReal(differences: readonly Difference[]): Difference[] {
  return differences.filter(isReal);
}

function isReal({ where, model, real }: Difference): boolean {
  // A packet that comes out of cut outer ones waits in another queue (gro_cells, netif_rx): its pieces may be overtaken.
  if (where.startsWith("order of frames") && / (MF|offset) /.test(model)) return false;
  // Neighbours inside and outside were used at one time, so their timers run out at one time, in the order of a wheel.
  if (where.startsWith("order of frames") && model.includes(" arp ") && Number.parseFloat(model) > PROBES) return false;
  // With VLAN filtering a bridge has its own addresses twice.
  const normal = (text: string) =>
    where.startsWith("fdb") ? [...new Set(normalText(text, where).split("\n"))].join("\n") : normalText(text, where);
  return normal(model) !== normal(real);
}

/** A result without those. */
export function normalResult(result: Result): Result {
  const texts = Object.fromEntries(Object.entries(result.texts).map(([key, text]) => [key, normalText(text, key)]));
  const fdb = Object.fromEntries(Object.entries(result.fdb).map(([key, lines]) => [key, [...new Set(lines)]]));
  return { ...result, texts, fdb };
}
