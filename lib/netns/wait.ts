/** Something a program can wait for: a socket that gets data, an error or a state. */
export class Waitable {
  private sleepers: (() => void)[] = [];

  /** Calls `wake` once, when something happens. Returns what takes it back. */
  sleep(wake: () => void): () => void {
    this.sleepers.push(wake);
    return () => {
      this.sleepers = this.sleepers.filter((each) => each !== wake);
    };
  }

  /** Something happened: whoever sleeps here wakes, in the order of falling asleep. */
  wake(): void {
    const sleepers = this.sleepers;
    this.sleepers = [];
    for (const wake of sleepers) wake();
  }
}
