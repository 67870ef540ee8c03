// What kube-proxy writes, kept Service by Service, so that a sync hands over only what is not in the table yet. It comes to
// what the whole text (sync.ts) would make of the table: a chain whose rules stay has its counters set to zero.
// Before you edit: pkg/proxy/iptables/proxier.go (syncProxyRules, partial sync), sync.ts.
import type { Endpoint } from "../endpoints.ts";
import type { ServicePort } from "../service-port.ts";
import { localWords, type ProxySettings } from "../settings.ts";
import { usableEndpoints } from "../topology.ts";
import { SERVICE_CHAIN } from "./names.ts";
import { savedForm } from "./saved-form.ts";
import { chainLine, chainsOf, type Lines, planOf, writeChains, writeEntries } from "./service.ts";
import { fixedLines, LARGE, lastRules, type Sync } from "./sync.ts";

/** What a port of a Service comes to. */
interface Written {
  /** In the chains that all share. */
  readonly filter: readonly string[];
  readonly nat: readonly string[];
  /** Lines of its own chains, and their names. */
  readonly own: string;
  readonly chains: readonly string[];
}

export class Writer {
  private readonly written = new Map<string, readonly Written[]>();
  /** How many endpoints each Service has, and all together. */
  private readonly counts = new Map<string, number>();
  private endpoints = 0;
  private last: ReturnType<typeof lastRules> | null = null;
  /** Chains that nothing leads to any more. */
  private readonly stale = new Set<string>();
  private cleaned = Number.NEGATIVE_INFINITY;

  /** What is to be handed to iptables-restore --noflush --counters at `now`, in nanoseconds. */
  text(sync: Sync, now: number): string {
    const { tracker, changed, existing } = sync;
    const isFirst = changed === null;
    const keys = changed ?? new Set([...tracker.services.keys(), ...this.written.keys()]);
    for (const key of keys) this.count(sync, key);
    const isTerse = this.endpoints > LARGE;
    const dirty = { filter: isFirst, nat: isFirst };
    const own: string[] = [];
    for (const key of keys) {
      const before = this.written.get(key) ?? NOTHING;
      const ports = tracker.services.get(key);
      const after = ports?.map((each) => write(sync, each, isTerse)) ?? NOTHING;
      dirty.filter ||= !sameLines(before, after, "filter");
      dirty.nat ||= !sameLines(before, after, "nat");
      for (const { chains } of before) for (const each of chains) this.stale.add(each);
      for (const { chains, own: lines } of after) {
        for (const each of chains) this.stale.delete(each);
        if (lines !== "") own.push(lines);
      }
      if (ports === undefined) this.written.delete(key);
      else this.written.set(key, after);
    }
    if (isFirst) this.noteStrangers(existing);
    const last = lastRules(sync);
    // The way to node ports changes with the node's addresses.
    dirty.nat ||= this.last === null || this.last.nat.join() !== last.nat.join();
    this.last = last;
    const fixed = fixedLines(sync);
    const filter = dirty.filter
      ? [...fixed.filterChains, ...fixed.filterRules, ...this.all(sync, "filter"), ...last.filter]
      : fixed.filterChains.map(zeroed);
    const nat = [
      ...(dirty.nat ? [...fixed.natChains, ...fixed.natRules] : fixed.natChains.map(zeroed)),
      ...own,
      ...(dirty.nat ? [...this.all(sync, "nat"), ...last.nat] : []),
      ...this.deletions(now),
    ];
    return `*filter\n${filter.join("\n")}\nCOMMIT\n*nat\n${nat.join("\n")}\nCOMMIT\n`;
  }

  private all({ tracker }: Sync, table: "filter" | "nat"): string[] {
    const lines: string[] = [];
    for (const key of tracker.services.keys())
      for (const each of this.written.get(key)!) for (const line of each[table]) lines.push(line);
    return lines;
  }

  private count({ tracker }: Sync, key: string): void {
    let count = 0;
    for (const each of tracker.services.get(key) ?? []) count += tracker.endpointsOfPort(each).length;
    this.endpoints += count - (this.counts.get(key) ?? 0);
    if (count === 0) this.counts.delete(key);
    else this.counts.set(key, count);
  }

  /** Chains that an earlier kube-proxy left behind. */
  private noteStrangers(existing: Iterable<string>): void {
    const used = new Set<string>();
    for (const ports of this.written.values())
      for (const { chains } of ports) for (const each of chains) used.add(each);
    for (const each of existing) if (SERVICE_CHAIN.test(each) && !used.has(each)) this.stale.add(each);
  }

  /** Where there are many endpoints chains are not looked through in every sync. */
  private deletions(now: number): string[] {
    if (this.endpoints > LARGE && now - this.cleaned < SYNC_PERIOD) return [];
    this.cleaned = now;
    const stale = [...this.stale];
    this.stale.clear();
    return [...stale.map(chainLine), ...stale.map((each) => `-X ${each}`)];
  }
}

/** The line that would empty a chain, to be filled as it was, as the one that only lets its rules count anew. */
const zeroed = (line: string): string => `-Z ${line.slice(1, line.indexOf(" "))}`;

/** --iptables-sync-period, in nanoseconds. */
const SYNC_PERIOD = 30e9;

const NOTHING: readonly Written[] = [];

function sameLines(one: readonly Written[], other: readonly Written[], table: "filter" | "nat"): boolean {
  if (one.length !== other.length) return false;
  return one.every((each, i) => {
    const lines = other[i]![table];
    return (
      each === other[i] || (each[table].length === lines.length && each[table].every((line, k) => line === lines[k]))
    );
  });
}

interface Known {
  readonly service: ServicePort;
  readonly settings: string;
  readonly written: Written;
}

/** What nodes have in common is made once: what was written last for these endpoints, or for a port without any. */
const shared = new WeakMap<object, Known>();

function write(sync: Sync, service: ServicePort, isTerse: boolean): Written {
  const { tracker, settings } = sync;
  const endpoints = tracker.endpointsOfPort(service);
  const isAlike =
    !service.usesLocal &&
    service.sourceRanges.length === 0 &&
    endpoints.every(({ zones, nodes }) => zones.length + nodes.length === 0);
  if (!isAlike) return make(sync, service, endpoints, isTerse);
  const said = `${wordsOf(settings)} ${isTerse}`;
  const key = endpoints.length === 0 ? service : endpoints;
  const known = shared.get(key);
  if (known?.service === service && known.settings === said) return known.written;
  const written = make(sync, service, endpoints, isTerse);
  shared.set(key, { service, settings: said, written });
  return written;
}

/** Of the settings, what a Service's rules depend on. */
const wordsOf = ({ masqueradeAll, local }: ProxySettings): string =>
  `${masqueradeAll} ${local === null ? "" : localWords(local, true)}`;

function make(sync: Sync, service: ServicePort, endpoints: readonly Endpoint[], isTerse: boolean): Written {
  const { settings, at } = sync;
  const plan = planOf(service, usableEndpoints(endpoints, service, at));
  const entries: Lines = { filterRules: [], natChains: [], natRules: [] };
  const own: Lines = { filterRules: [], natChains: [], natRules: [] };
  writeEntries(entries, plan);
  writeChains(own, plan, settings, isTerse);
  return {
    filter: entries.filterRules,
    nat: entries.natRules.map(savedForm),
    own: [...own.natChains, ...own.natRules.map(savedForm)].join("\n"),
    chains: chainsOf(plan),
  };
}
