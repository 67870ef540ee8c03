// net.ipv4.neigh and net.ipv6.neigh: the switches of neighbours, for each device, and in a machine's own namespace also what
// new devices begin with, and those of the whole table of ARP.
// Before you edit: net/core/neighbour.c (neigh_sysctl_register, neigh_copy_dflt_parms), net/ipv6/ndisc.c (nd_tbl).
import { type NeighbourParms, PARM_NAMES, type ParmName } from "../ip/neighbour-parms.ts";
import type { Netns } from "./netns.ts";

const THRESHOLDS = ["gc_thresh1", "gc_thresh2", "gc_thresh3"] as const;
type NeighName = ParmName | (typeof THRESHOLDS)[number];
type Family = 4 | 6;

interface NeighKey {
  readonly family: Family;
  readonly who: string;
  readonly name: NeighName;
}

const isThreshold = (name: string) => (THRESHOLDS as readonly string[]).includes(name);

/** Those that only ARP listens to here: ND has no locktime, and its proxies answer at once. */
const OF_ARP: ReadonlySet<string> = new Set(["locktime", "proxy_delay", "proxy_qlen"]);
const PARMS: Readonly<Record<Family, readonly ParmName[]>> = {
  4: PARM_NAMES,
  6: PARM_NAMES.filter((name) => !OF_ARP.has(name)),
};

const isParm = (family: Family, name: string) => (PARMS[family] as readonly string[]).includes(name);

/** The parts of a name that is modelled and there in this namespace, else null. */
export function neighKey(ns: Netns, key: string): NeighKey | null {
  const [, of, written, name] = /^net\.ipv([46])\.neigh\.([^.]+)\.(\w+)$/.exec(key) ?? [];
  const who = written?.replaceAll("/", ".");
  if (who === undefined) return null;
  const family = Number(of) as Family;
  if (!(isParm(family, name!) || (family === 4 && who === "default" && isThreshold(name!)))) return null;
  // Only the first namespace of a machine has the defaults.
  if (who === "default" ? !ns.isFirst : !ns.devices.has(who)) return null;
  return { family, who, name: name as NeighName };
}

/** A name of a switch that is modelled, of a device that is not there. */
export function isNeighName(key: string): boolean {
  const [, of, name] = /^net\.ipv([46])\.neigh\.[^.]+\.(\w+)$/.exec(key) ?? [];
  return name !== undefined && (isParm(Number(of) as Family, name) || (of === "4" && isThreshold(name)));
}

const defaultsOf = ({ kernel }: Netns, family: Family) => (family === 4 ? kernel.arp.defaults : kernel.nd);

function parmsOf(ns: Netns, { family, who }: NeighKey): NeighbourParms {
  if (who === "default") return defaultsOf(ns, family);
  const device = ns.devices.get(who)!;
  return family === 4 ? ns.inet.get(device)!.parms : ns.ipv6.of(device).parms;
}

export function readNeigh(ns: Netns, key: NeighKey): number {
  const { name } = key;
  if (isThreshold(name)) return ns.kernel.arp.thresholds[Number(name.at(-1)) - 1]!;
  return parmsOf(ns, key).read(name as ParmName);
}

export function writeNeigh(ns: Netns, key: NeighKey, value: number): void {
  const { family, who, name } = key;
  if (isThreshold(name)) {
    ns.kernel.arp.thresholds[Number(name.at(-1)) - 1] = value;
    return;
  }
  const parms = parmsOf(ns, key);
  parms.write(name as ParmName, value);
  if (who === "default") for (const each of devicesOf(ns, family)) each[1].follow(name as ParmName, parms);
}

/** The devices of a namespace with their switches; of IPv6 none as long as nobody asked for it. */
function devicesOf(ns: Netns, family: Family): [string, NeighbourParms][] {
  const inets = family === 4 ? ns.inet : ns.hasIpv6 ? ns.ipv6.devices : [];
  return [...inets].map(([{ name }, { parms }]) => [name, parms]);
}

/** What is not at its default, in an order in which it can be set again. */
export function changedNeigh(ns: Netns): [string, string][] {
  const lines: [string, string][] = [];
  if (ns.isFirst)
    for (const [i, preset] of [128, 512, 1024].entries()) {
      const value = ns.kernel.arp.thresholds[i]!;
      if (value !== preset) lines.push([neighText(4, "default", THRESHOLDS[i]!), `${value}`]);
    }
  for (const family of [4, 6] as const) {
    const defaults = defaultsOf(ns, family);
    const all = [
      ...(ns.isFirst ? [["default", defaults.changed(null)] as const] : []),
      ...devicesOf(ns, family).map(([device, parms]) => [device, parms.changed(defaults)] as const),
    ];
    for (const [who, changed] of all)
      for (const [name, value] of changed) lines.push([neighText(family, who, name), `${value}`]);
  }
  return lines;
}

/** Every name there is of a family, in the order of `sysctl -a`. */
export function allNeigh(ns: Netns, family: Family): string[] {
  const of = (who: string) =>
    [...PARMS[family], ...(who === "default" && family === 4 ? THRESHOLDS : [])]
      .sort()
      .map((name) => neighText(family, who, name));
  return [...(ns.isFirst ? ["default"] : []), ...ns.devices.keys()].sort().flatMap(of);
}

/** The names that are modelled, a device's with DEV for its name. */
export const NEIGH_NAMES: readonly string[] = [
  ...PARMS[4].map((name) => neighText(4, "DEV", name)),
  ...THRESHOLDS.map((name) => neighText(4, "default", name)),
  ...PARMS[6].map((name) => neighText(6, "DEV", name)),
];

function neighText(family: Family, who: string, name: NeighName): string {
  return `net.ipv${family}.neigh.${who.replaceAll(".", "/")}.${name}`;
}
