// Counters of a service or a real server, and their rates: every two seconds a quarter of the way to what was measured.
// Before you edit: net/netfilter/ipvs/ip_vs_est.c, ip_vs_ctl.c (ip_vs_copy_stats, ip_vs_zero_stats).
import { SECOND } from "../trace/world.ts";

/** How often rates are estimated. */
export const ESTIMATION = 2 * SECOND;

const COUNTERS = 5;
/** Connections and packets a second are kept in 1024ths, octets in 32nds; the two seconds are in the shift. */
const RISE = [9, 9, 9, 4, 4];
const SCALE = [10, 10, 10, 5, 5];

/** Connections, packets in and out, octets in and out. */
export class Stats {
  private readonly counted = new Float64Array(COUNTERS);
  /** The counters at the last estimation: nobody is shown a newer one. */
  private readonly last = new Float64Array(COUNTERS);
  /** What was shown when they were last set to zero. */
  private readonly zero = new Float64Array(COUNTERS);
  private readonly averages = new Float64Array(COUNTERS);

  connection(): void {
    this.counted[0]!++;
  }
  packetIn(octets: number): void {
    this.counted[1]!++;
    this.counted[3]! += octets;
  }
  packetOut(octets: number): void {
    this.counted[2]!++;
    this.counted[4]! += octets;
  }

  /** Since they were set to zero, up to the last estimation. */
  get counters(): readonly number[] {
    return [...this.last].map((value, i) => value - this.zero[i]!);
  }

  /** A second. */
  get rates(): readonly number[] {
    return [...this.averages].map((value, i) => Math.floor((value + 2 ** (SCALE[i]! - 1) - 1) / 2 ** SCALE[i]!));
  }

  reset(): void {
    this.zero.set(this.last);
    this.averages.fill(0);
  }

  estimate(): void {
    for (let i = 0; i < COUNTERS; i++) {
      const rate = (this.counted[i]! - this.last[i]!) * 2 ** RISE[i]!;
      this.last[i] = this.counted[i]!;
      this.averages[i]! += Math.floor((rate - this.averages[i]!) / 4);
    }
  }
}
