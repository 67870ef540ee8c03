/** One line of `npm run bench`: ours against theirs, measured in the same run. */
export interface BenchFigure {
  readonly name: string;
  readonly ours: number;
  /** Null when the peer is not on this machine; `peer` says why. */
  readonly theirs: number | null;
  readonly unit: string;
  /** What `theirs` is. */
  readonly peer: string;
  /** What the figure should be at most, in `unit`. */
  readonly target?: number;
}

/** The median of a few runs of `measure`, after `warm` runs that do not count. */
export function median(measure: () => number, runs = 7, warm = 2): number {
  for (let i = 0; i < warm; i++) measure();
  const all = Array.from({ length: runs }, measure).sort((a, b) => a - b);
  return all[Math.floor(runs / 2)]!;
}

/** Milliseconds that `work` takes. */
export function milliseconds(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}
