// How much somebody changed: what stands in a lab's namespaces before and after, entry by entry. How it was written does not
// count, so one command that rewrites a table costs as many changes as it has other rules now.
import type { DeviceData, LabData, NetnsData } from "../lab/data.ts";

/** Entries by the kind of thing that they are. */
export type Entries = ReadonlyMap<string, readonly string[]>;

/** An entry that came or went, as `node-1, routes: + 10.1.2.0/24 via 192.168.7.12`. */
export interface Changes {
  /** One that was replaced counts once. */
  readonly count: number;
  readonly entries: readonly string[];
}

/** What is different in `after`. What a lab learns or counts by itself is no difference. */
export function changesBetween(before: LabData, after: LabData): Changes {
  return differences(entriesOf(before), entriesOf(after));
}

/** Entries of the same kind, of which some came and some went. */
export function differences(before: Entries, after: Entries): Changes {
  let count = 0;
  const entries: string[] = [];
  for (const kind of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [before.get(kind) ?? [], after.get(kind) ?? []];
    const [gone, came] = [without(old, now), without(now, old)];
    const isMoved = gone.length + came.length === 0 && old.some((each, i) => each !== now[i]);
    count += isMoved ? 1 : Math.max(gone.length, came.length);
    if (isMoved) entries.push(`${kind}: another order`);
    for (const each of gone) entries.push(`${kind}: - ${each}`);
    for (const each of came) entries.push(`${kind}: + ${each}`);
  }
  return { count, entries };
}

/** Those of a list that another one has not, each as often as it has too few. */
function without(list: readonly string[], other: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const each of other) left.set(each, (left.get(each) ?? 0) + 1);
  return list.filter((each) => {
    const more = left.get(each) ?? 0;
    left.set(each, more - 1);
    return more <= 0;
  });
}

/** What stands in all namespaces, by namespace and kind. */
export function entriesOf({ nodes }: LabData): Entries {
  const entries = new Map<string, string[]>();
  for (const { name, modules = [], namespaces } of nodes) {
    entries.set(`${name}, modules`, [...modules]);
    for (const each of namespaces)
      for (const [kind, texts] of Object.entries(kindsOf(each))) entries.set(`${each.name}, ${kind}`, texts);
  }
  return entries;
}

function kindsOf(netns: NetnsData): Readonly<Record<string, string[]>> {
  const { devices, routes, neighbours, rules = [], sysctls, fou = [], ipvs = [], ipset = [], nftables = [] } = netns;
  return {
    devices: devices.map(settingsOf).sort(),
    addresses: devices
      .flatMap(({ name, addresses }) => addresses.map(({ address }) => `${address} dev ${name}`))
      .sort(),
    "forwarding entries": devices.flatMap(pinned).sort(),
    // The kernel's own come and go with addresses.
    routes: routes
      .filter(({ protocol }) => protocol !== "kernel")
      .map(text)
      .sort(),
    "routing rules": rules.map(text),
    neighbours: neighbours
      .filter(({ state }) => state === "PERMANENT")
      .map(text)
      .sort(),
    sysctls: Object.entries(sysctls)
      .map(([name, value]) => `${name} = ${value}`)
      .sort(),
    "foo over UDP": fou.map(text),
    "virtual servers": [...ipvs],
    sets: ipset.map((line) => line.replace(/ (timeout|packets|bytes) \d+/g, "")),
    iptables: uncounted(netns.iptables ?? []),
    ip6tables: uncounted(netns.ip6tables ?? []),
    nftables: nftables.map((line) => line.replace(/packets \d+ bytes \d+/g, "").trim()),
  };
}

/** Rules with their table; chains without counters, and those of an empty table not at all. */
function uncounted(saved: readonly string[]): string[] {
  let table = "";
  return saved.flatMap((line) => {
    if (line.startsWith("*")) table = line.slice(1);
    if (/^\*|^COMMIT/.test(line) || /^:\S+ ACCEPT/.test(line)) return [];
    return [`${table}: ${line.replace(/ ?\[\d+:\d+\] ?/, "")}`];
  });
}

const text = (entry: object): string => Object.values(entry).map(String).join(" ");

/** A device as somebody set it: not its number, its state, or what it learned. */
function settingsOf(device: DeviceData): string {
  const { index: _, mac: __, state: ___, wasUp: ____, addresses: _____, fdb: ______, ports: _______, ...set } = device;
  const { vxlan, kind } = set;
  if (vxlan !== undefined) return JSON.stringify({ ...set, vxlan: { ...vxlan, entries: [] } });
  // A bridge takes its MTU from its ports.
  return JSON.stringify(kind === "bridge" ? { ...set, mtu: null } : set);
}

/** Entries of forwarding tables that somebody wrote. */
function pinned({ name, fdb = [], vxlan }: DeviceData): string[] {
  const own = fdb.filter((each) => each.permanent || each.static).map((each) => `${each.mac} dev ${each.port}`);
  const far = (vxlan?.entries ?? []).filter(({ state }) => state !== "reachable");
  return [...own, ...far.map(({ mac, to }) => `${mac} dev ${name} ${to.map(({ address }) => address).join(" ")}`)];
}
