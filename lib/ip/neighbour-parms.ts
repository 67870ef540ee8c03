// How long a device's neighbours are believed, how often they are asked: the switches net.ipv4.neigh.DEV and net.ipv6.neigh.DEV.
// Before you edit: include/net/neighbour.h (NEIGH_VAR), net/core/neighbour.c (neigh_sysctl_template, neigh_parms_alloc,
// neigh_proc_base_reachable_time, proc_unres_qlen), net/ipv4/arp.c (arp_tbl).
import { MILLISECOND, SECOND } from "../trace/world.ts";

/** Names in the units of sysctl, with what arp_tbl begins with; locktime and proxy_delay are in hundredths of a second. */
const PRESET = {
  app_solicit: 0,
  base_reachable_time_ms: 30000,
  delay_first_probe_time: 5,
  gc_stale_time: 60,
  locktime: 100,
  mcast_resolicit: 0,
  mcast_solicit: 3,
  /** The kernel's is 80: a lab's proxies answer at once, and its script says so. */
  proxy_delay: 0,
  proxy_qlen: 64,
  retrans_time_ms: 1000,
  ucast_solicit: 3,
  unres_qlen_bytes: 212992,
} as const;

type Stored = keyof typeof PRESET;
type Values = Readonly<Record<Stored, number>>;
/** unres_qlen is unres_qlen_bytes in packets of the size of a full frame. */
export type ParmName = Stored | "unres_qlen";

export const PARM_NAMES = [...Object.keys(PRESET), "unres_qlen"].sort() as ParmName[];

/** What a full frame takes in memory (SKB_TRUESIZE(ETH_FRAME_LEN)). */
const FULL_FRAME = 2090;

export class NeighbourParms {
  private values: Values;
  /** Which somebody set: a new default does not reach those. */
  private set: Set<Stored> | null = null;
  /** reachable_time in nanoseconds: drawn from half to one and a half of base_reachable_time. */
  reachableTime: number;
  /** Questions that a proxy has not answered yet. */
  waiting = 0;
  private readonly dice: { random(): number };

  /** A device begins with what `defaults` has now; `drawn` was drawn for it before. */
  constructor(dice: { random(): number }, defaults: NeighbourParms | null = null, drawn = dice.random()) {
    this.dice = dice;
    this.values = defaults?.values ?? PRESET;
    this.reachableTime = 0;
    this.draw(drawn);
  }

  /** neigh_rand_reach_time. */
  draw(drawn = this.dice.random()): void {
    this.reachableTime = Math.floor((0.5 + drawn) * this.values.base_reachable_time_ms * MILLISECOND);
  }

  /** Nobody ever set any of them. */
  get isPreset(): boolean {
    return this.values === PRESET;
  }

  /** base_reachable_time. */
  get reachable(): number {
    return this.values.base_reachable_time_ms * MILLISECOND;
  }
  get retransmit(): number {
    return Math.max(this.values.retrans_time_ms, 10) * MILLISECOND;
  }
  get delayFirstProbe(): number {
    return this.values.delay_first_probe_time * SECOND;
  }
  get lock(): number {
    return this.values.locktime * 10 * MILLISECOND;
  }
  get stale(): number {
    return this.values.gc_stale_time * SECOND;
  }
  get proxyDelay(): number {
    return this.values.proxy_delay * 10 * MILLISECOND;
  }
  get queueOctets(): number {
    return this.values.unres_qlen_bytes;
  }
  /** Questions to the MAC itself, to programs, to everybody; the last in PROBE and in INCOMPLETE. */
  get solicits(): {
    readonly unicast: number;
    readonly app: number;
    readonly again: number;
    readonly multicast: number;
  } {
    const { ucast_solicit: unicast, app_solicit: app, mcast_resolicit: again, mcast_solicit: multicast } = this.values;
    return { unicast, app, again, multicast };
  }

  read(name: ParmName): number {
    return name === "unres_qlen" ? Math.floor(this.values.unres_qlen_bytes / FULL_FRAME) : this.values[name];
  }

  write(name: ParmName, value: number): void {
    const stored = name === "unres_qlen" ? "unres_qlen_bytes" : name;
    this.set ??= new Set();
    this.set.add(stored);
    this.take(stored, name === "unres_qlen" ? value * FULL_FRAME : value);
  }

  /** A new default, unless somebody chose for this device. */
  follow(name: ParmName, defaults: NeighbourParms): void {
    const stored = name === "unres_qlen" ? "unres_qlen_bytes" : name;
    if (!this.set?.has(stored)) this.take(stored, defaults.values[stored]);
  }

  private take(name: Stored, value: number): void {
    this.values = { ...this.values, [name]: value };
    if (name === "base_reachable_time_ms") this.draw();
  }

  /** What differs from `defaults`, in the units of sysctl. */
  changed(defaults: NeighbourParms | null): [ParmName, number][] {
    const base = defaults?.values ?? PRESET;
    return (Object.keys(PRESET) as Stored[])
      .filter((name) => this.values[name] !== base[name])
      .map((name) => [name, this.values[name]]);
  }
}
