// The verb workload: many clients, servers that take their time, and what became of it.
import { fairness, multiples as multiplesScene, quantile, seconds } from "../draw/multiples.ts";
import type { Lab } from "../lab/lab.ts";
import { type Load, type ServerLoad, type ServingOptions, serve } from "../lab/serving.ts";
import { columns, reader } from "../language/say.ts";
import { place, runShell } from "../tools/shell.ts";
import { DISPLAY, INSPECT, Picture, type Shown } from "./display.ts";
import { Picks } from "./picks.ts";
import { currentLab } from "./session.ts";

/** Clients, servers and what happens meanwhile; `lab` unless the one made last is meant. */
export interface LoadOptions extends Omit<ServingOptions, "meanwhile"> {
  /** Commands at the director while the clients come, by the second: `{ 5: "ipvsadm -e …" }`. */
  readonly at?: Readonly<Record<number, string>>;
  readonly lab?: Lab;
}

/** What became of a workload. Shows itself as a table. */
export class Loaded extends Picks {
  readonly load: Load;

  constructor(load: Load) {
    super(load.picks);
    this.load = load;
  }
  get servers(): readonly ServerLoad[] {
    return this.load.servers;
  }
  /** Seconds in which this part of the answered requests was answered: `latency(0.99)`. */
  latency(part: number): number {
    return quantile(this.load.latencies, part);
  }
  /** 1: each server got connections by its weight; the smaller, the more uneven. */
  get fairness(): number {
    return fairness(this.load);
  }
  /** Part of the requests that a cache answered; 0 without caches. */
  get hitRate(): number {
    return (this.load.hits ?? 0) / Math.max(1, this.load.latencies.length);
  }
  override toString(): string {
    const { say, label } = reader();
    const head = ["server", "weight", "speed", "connections", "worked", "longest queue"].map((each) =>
      label("column", each),
    );
    const rows = this.servers.map(({ server, weight, speed, connections, busy, queue }) => {
      return [server, `${weight}`, `${speed}`, `${connections}`, seconds(busy), `${queue}`];
    });
    const widths = head.map((each, i) => Math.max(columns(each), ...rows.map((row) => row[i]!.length)));
    const right = (cell: string, width: number) => " ".repeat(width - columns(cell)) + cell;
    const lines = [head, ...rows].map((row) => row.map((cell, i) => right(cell, widths[i]!)).join("  "));
    const { scheduler, refused, lost, hits } = this.load;
    const failed = refused + lost === 0 ? "" : `, ${refused} refused, ${lost} got no answer`;
    const cached = hits === null ? "" : `, ${Math.round(100 * this.hitRate)} % from a cache`;
    const waits = `half of the answers within ${seconds(this.latency(0.5))}, 99 % within ${seconds(this.latency(0.99))}`;
    return [say(`${scheduler}: ${waits}${failed}${cached}`), ...lines].join("\n");
  }
  override [DISPLAY](): Shown {
    return { "text/plain": this.toString() };
  }
  override [INSPECT](): string {
    return this.toString();
  }
}

/**
 * Lets the clients of a seeded workload come to the one virtual server of a namespace, and its real servers work: one
 * request after the other, `work` seconds on average, by their `speeds`. IPVS chooses; no frame is sent. Throws BadInput
 * for what is no workload.
 *
 * @example
 * workload("director", { requests: 2000, rate: 100, work: 0.02, speeds: { "3": 0.5 } })
 */
export function workload(where: string, { at = {}, lab = currentLab(), ...options }: LoadOptions = {}): Loaded {
  const shell = place(lab, where);
  const meanwhile = Object.entries(at).map(
    ([second, text]) => [Number(second), () => void runShell(lab, shell, text)] as const,
  );
  return new Loaded(serve(lab, where, { ...options, meanwhile }));
}

/** Fairness and waiting as small multiples: one workload, a panel for each scheduler. */
export function multiples(loads: readonly Loaded[]): Picture {
  return new Picture(multiplesScene(loads.map(({ load }) => load)));
}
