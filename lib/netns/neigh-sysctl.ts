// net.ipv4.neigh: the switches of neighbours, for each device, and in a machine's own namespace also those of the whole
// table and what new devices begin with.
// Before you edit: net/core/neighbour.c (neigh_sysctl_register, neigh_copy_dflt_parms).
import { PARM_NAMES, type ParmName } from "../ip/neighbour-parms.ts";
import type { Netns } from "./netns.ts";

const THRESHOLDS = ["gc_thresh1", "gc_thresh2", "gc_thresh3"] as const;
type NeighName = ParmName | (typeof THRESHOLDS)[number];

interface NeighKey {
  readonly who: string;
  readonly name: NeighName;
}

const isThreshold = (name: string) => (THRESHOLDS as readonly string[]).includes(name);

/** The parts of a name that is modelled and there in this namespace, else null. */
export function neighKey(ns: Netns, key: string): NeighKey | null {
  const [, written, name] = /^net\.ipv4\.neigh\.([^.]+)\.(\w+)$/.exec(key) ?? [];
  const who = written?.replaceAll("/", ".");
  if (who === undefined || !((PARM_NAMES as string[]).includes(name!) || (who === "default" && isThreshold(name!))))
    return null;
  // Only the first namespace of a machine has the defaults.
  if (who === "default" ? !ns.isFirst : !ns.devices.has(who)) return null;
  return { who, name: name as NeighName };
}

/** A name of a switch that is modelled, of a device that is not there. */
export function isNeighName(key: string): boolean {
  const name = /^net\.ipv4\.neigh\.[^.]+\.(\w+)$/.exec(key)?.[1];
  return name !== undefined && ((PARM_NAMES as string[]).includes(name) || isThreshold(name));
}

export function readNeigh(ns: Netns, { who, name }: NeighKey): number {
  const { arp } = ns.kernel;
  if (isThreshold(name)) return arp.thresholds[Number(name.at(-1)) - 1]!;
  const parms = who === "default" ? arp.defaults : ns.inet.get(ns.devices.get(who)!)!.parms;
  return parms.read(name as ParmName);
}

export function writeNeigh(ns: Netns, { who, name }: NeighKey, value: number): void {
  const { arp } = ns.kernel;
  if (isThreshold(name)) arp.thresholds[Number(name.at(-1)) - 1] = value;
  else if (who !== "default") ns.inet.get(ns.devices.get(who)!)!.parms.write(name as ParmName, value);
  else {
    arp.defaults.write(name as ParmName, value);
    for (const { parms } of ns.inet.values()) parms.follow(name as ParmName, arp.defaults);
  }
}

/** What is not at its default, in an order in which it can be set again. */
export function changedNeigh(ns: Netns): [string, string][] {
  const { arp } = ns.kernel;
  const lines: [string, string][] = [];
  if (ns.isFirst) {
    for (const [i, preset] of [128, 512, 1024].entries())
      if (arp.thresholds[i] !== preset) lines.push([neighText("default", THRESHOLDS[i]!), `${arp.thresholds[i]}`]);
    for (const [name, value] of arp.defaults.changed(null)) lines.push([neighText("default", name), `${value}`]);
  }
  for (const [{ name: device }, { parms }] of ns.inet)
    for (const [name, value] of parms.changed(arp.defaults)) lines.push([neighText(device, name), `${value}`]);
  return lines;
}

/** Every name there is, in the order of `sysctl -a`. */
export function allNeigh(ns: Netns): string[] {
  const of = (who: string) =>
    [...PARM_NAMES, ...(who === "default" ? THRESHOLDS : [])].sort().map((name) => neighText(who, name));
  return [...(ns.isFirst ? ["default"] : []), ...ns.devices.keys()].sort().flatMap(of);
}

/** The names that are modelled, a device's with DEV for its name. */
export const NEIGH_NAMES: readonly string[] = [
  ...PARM_NAMES.map((name) => neighText("DEV", name)),
  ...THRESHOLDS.map((name) => neighText("default", name)),
];

function neighText(who: string, name: NeighName): string {
  return `net.ipv4.neigh.${who.replaceAll(".", "/")}.${name}`;
}
