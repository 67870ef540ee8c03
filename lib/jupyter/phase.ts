// What the socket thread must know of the main thread while the main thread is
// too busy to say it.

/** Two shared numbers: is the compiler at work, and how many interrupts has the main thread taken notice of. */
export interface Phase {
  readonly shared: SharedArrayBuffer;
  /** Stopping the compiler would leave it half updated, so an interrupt waits for it. */
  compiling(): boolean;
  /** Runs the compiler. */
  compile<T>(work: () => T): T;
  taken(): number;
  take(): void;
}

/** A view on the shared numbers; without an argument, new ones. */
export function createPhase(shared: SharedArrayBuffer = new SharedArrayBuffer(8)): Phase {
  const cells = new Int32Array(shared);
  return {
    shared,
    compiling: () => Atomics.load(cells, 0) === 1,
    compile(work) {
      Atomics.store(cells, 0, 1);
      try {
        return work();
      } finally {
        Atomics.store(cells, 0, 0);
      }
    },
    taken: () => Atomics.load(cells, 1),
    take: () => void Atomics.add(cells, 1, 1),
  };
}
