// The neighbours of a whole machine: all its namespaces share one table, and that has an end.
// Before you edit: net/core/neighbour.c (neigh_alloc, neigh_forced_gc, neigh_periodic_work, neigh_update_gc_list),
// Documentation/networking/ip-sysctl.rst (gc_thresh1 to 3).
import { SECOND, type Timer, type World } from "../trace/world.ts";
import type { NeighbourParms } from "./neighbour-parms.ts";

/** An entry as the table sees it. */
export interface Entry {
  readonly state: string | null;
  readonly used: number;
  readonly confirmed: number;
  readonly updated: number;
  /** A timer runs or packets wait: it is in use (its reference count is more than the table's own). */
  readonly isInUse: boolean;
  readonly parms: NeighbourParms;
  /** Takes the entry out of its device, and with that out of the table. */
  forget(because: string): void;
}

/** An entry is kept so long after its last change, whatever room is needed. */
const YOUNG = 5 * SECOND;
/** Every so often each device draws its reachable_time anew. */
const REDRAW = 300 * SECOND;

export class NeighbourTable {
  /** `arp_cache`, as /proc/net/stat and the kernel's log call it. */
  readonly id: string;
  /** net.ipv4.neigh.default.gc_thresh1, 2, 3. */
  readonly thresholds: [number, number, number] = [128, 512, 1024];
  /** What devices that are made begin with (net.ipv4.neigh.default). */
  readonly defaults: NeighbourParms;
  /** /proc/net/stat: how often an entry was refused, and how often the two collections ran. */
  readonly stats = { allocs: 0, destroys: 0, tableFulls: 0, forcedRuns: 0, periodicRuns: 0, unresolvedDiscards: 0 };
  private readonly world: World;
  private readonly all = new Set<Entry>();
  /** Those that may be collected, oldest first: PERMANENT ones may not. */
  private readonly collectable = new Set<Entry>();
  private lastFlush = 0;
  private lastDraw = 0;
  private timer: Timer | null = null;
  private readonly overflow: () => void;

  /** `overflow` is called when an entry is refused. */
  constructor(id: string, world: World, defaults: NeighbourParms, overflow: () => void) {
    this.id = id;
    this.world = world;
    this.defaults = defaults;
    this.overflow = overflow;
  }

  get size(): number {
    return this.all.size;
  }

  /** Whether there is room for one more that may be collected; old ones go for it if they must (neigh_alloc). */
  hasRoom(): boolean {
    const [, soft, hard] = this.thresholds;
    const entries = this.collectable.size;
    const { now } = this.world;
    if (entries < hard && (entries < soft || now <= this.lastFlush + YOUNG)) return true;
    if (this.collect(entries + 1 - soft) > 0 || entries < hard) return true;
    this.stats.tableFulls++;
    this.overflow();
    return false;
  }

  /** `exempt` for what somebody set for ever (neigh_add), and for loopback. */
  add(entry: Entry, exempt: boolean): void {
    this.stats.allocs++;
    this.all.add(entry);
    if (!exempt) this.collectable.add(entry);
    this.arm();
  }

  /** The entry changed: PERMANENT is never collected (neigh_update_gc_list). */
  changed(entry: Entry): void {
    if (!this.all.has(entry)) return;
    if (entry.state === "PERMANENT") this.collectable.delete(entry);
    else this.collectable.add(entry);
  }

  delete(entry: Entry): void {
    if (this.all.delete(entry)) this.stats.destroys++;
    this.collectable.delete(entry);
  }

  /** neigh_forced_gc: what nobody uses, and is old or FAILED, goes until enough are gone. */
  private collect(most: number): number {
    const { now } = this.world;
    let gone = 0;
    this.stats.forcedRuns++;
    for (const entry of this.collectable) {
      if (entry.isInUse || (entry.state !== "FAILED" && entry.updated >= now - YOUNG)) continue;
      entry.forget(`${this.id} is nearly full, and nobody uses it`);
      if (++gone >= most) break;
    }
    this.lastFlush = now;
    return gone;
  }

  /** neigh_periodic_work: every half of base_reachable_time. */
  private arm(): void {
    if (this.timer !== null) return;
    const period = (this.defaults.read("base_reachable_time_ms") * 1_000_000) / 2;
    this.timer = this.world.later(Math.max(period, SECOND), () => this.work(), true);
  }

  private work(): void {
    this.timer = null;
    this.stats.periodicRuns++;
    const { now } = this.world;
    if (now > this.lastDraw + REDRAW) {
      this.lastDraw = now;
      for (const parms of new Set([...this.all].map((entry) => entry.parms))) parms.draw();
    }
    if (this.all.size >= this.thresholds[0])
      for (const entry of this.all) {
        if (entry.state === "PERMANENT" || entry.isInUse) continue;
        const used = Math.max(entry.used, entry.confirmed);
        if (entry.state === "FAILED" || now >= used + entry.parms.stale)
          entry.forget(`there are ${this.all.size} of them, and nobody used it for ${entry.parms.stale / SECOND} s`);
      }
    if (this.all.size > 0) this.arm();
  }
}
