// What player.py saw of a case on the real kernel, in the words of the comparison.
import { canonical, listAt } from "./canonical.ts";
import type { Beginnings } from "./canonical-tcp.ts";
import type { Result, SeenFrame } from "./case.ts";

/** A program that ran later than this, in milliseconds, may have met another state of the kernel than the model's. */
const LATEST = 200;

/** Why what was seen proves nothing, or null. */
export function disturbance({ lost, lateness }: Report["cases"][number]): string | null {
  if (lost > 0) return `${lost} frames were not captured`;
  return lateness > LATEST ? `the machine was too busy: ${lateness.toFixed(0)} ms late` : null;
}

/** What player.py prints. */
export interface Report {
  readonly entries: number;
  readonly cases: readonly {
    readonly lateness: number;
    /** Frames that were not captured. */
    readonly lost: number;
    readonly frames: readonly (readonly [ns: string, device: string, way: string, at: number, bytes: string])[];
    readonly sockets: readonly (readonly string[])[];
    readonly look: Readonly<Record<string, Look>>;
  }[];
}

interface Look {
  readonly neighbours: readonly Entry[];
  readonly fdb: readonly Entry[];
  /** By device, in the order of counters.ts. */
  readonly counters: Readonly<Record<string, readonly number[]>>;
  /** By `Ip.InReceives`. */
  readonly snmp: Readonly<Record<string, number>>;
}

interface Entry {
  readonly dev: string;
  readonly state: number;
  readonly flags: number;
  readonly dst: string;
  readonly mac: string | null;
  readonly master: string | null;
}

/** include/uapi/linux/neighbour.h; NOARP entries, of lo and of broadcasts, are not listed by `ip neigh` either. */
const NUD: Readonly<Record<number, string>> = {
  1: "INCOMPLETE",
  2: "REACHABLE",
  4: "STALE",
  8: "DELAY",
  16: "PROBE",
  32: "FAILED",
  128: "PERMANENT",
};
const NUD_PERMANENT = 128;

/** A case as it was seen until `end`, in milliseconds, but for what commands print. */
export function resultOf(seen: Report["cases"][number], end: number): Omit<Result, "texts"> {
  const frames: Record<string, SeenFrame[]> = {};
  const beginnings: Beginnings = new Map();
  const inTime = [...seen.frames].sort((a, b) => a[3] - b[3]);
  for (const [ns, device, way, at, bytes] of inTime)
    if (at <= end) {
      const text = canonical(Buffer.from(bytes, "hex"), device, beginnings);
      listAt(frames, `${ns} ${device} ${way}`).push({ at, text });
    }
  const counters: Record<string, readonly number[]> = {};
  const snmp: Record<string, number> = {};
  const neighbours: Record<string, Record<string, string[]>> = {};
  const fdb: Record<string, string[]> = {};
  for (const [ns, look] of Object.entries(seen.look)) {
    neighbours[ns] = {};
    for (const { dst, dev, mac, state } of look.neighbours)
      if (NUD[state] !== undefined)
        neighbours[ns][`${dst} dev ${dev}`] = [mac === null ? NUD[state] : `lladdr ${mac} ${NUD[state]}`];
    // Every device also lists the multicast addresses it listens to (self); what a bridge knows has a master.
    const lines = look.fdb
      .filter(({ master }) => master !== null)
      .map(
        ({ mac, dev, master, state }) =>
          `${mac} dev ${dev} master ${master}${state & NUD_PERMANENT ? " permanent" : ""}`,
      );
    if (lines.length > 0) fdb[ns] = lines.sort();
    for (const [device, counted] of Object.entries(look.counters)) counters[`${ns} ${device}`] = counted;
    for (const [counter, counted] of Object.entries(look.snmp)) snmp[`${ns} ${counter}`] = counted;
  }
  return { frames, sockets: seen.sockets, neighbours, fdb, counters, snmp };
}
